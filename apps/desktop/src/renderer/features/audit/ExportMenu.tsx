import { Download } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { toast } from 'sonner'
import { exportForms, exportTrail, type ExportAsked, type TrailAsked } from '../../api/audit-queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { count } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { MenuButton } from '../../ui/menus.js'
import { tellFailure } from '../../ui/tell.js'
import { download } from '../notebook/csv.js'

const forms: Readonly<Record<ExportAsked['format'], { label: string; type: string }>> = {
  csv: { label: 'CSV, for a spreadsheet', type: 'text/csv;charset=utf-8' },
  json: { label: 'JSON, for a program', type: 'application/json' },
  pdf: { label: 'PDF, with signatures', type: 'application/pdf' },
}

/** A Part 11 report of what is asked: study, person and time; the other filters are for searching alone. */
export function ExportMenu({ asked }: { asked: TrailAsked }) {
  const api = useApi()
  const [share, setShare] = useState<number | null>(null)
  const save = async (format: ExportAsked['format']) => {
    setShare(0)
    try {
      const { study, patient, from, to } = asked
      const { manifest, bytes } = await exportTrail(api, { format, study, person: patient, from, to }, (now) => setShare(now ?? 0))
      download(manifest.file, new Blob([bytes as BlobPart]), forms[format].type)
      toast.success(`${manifest.file} saved`, { description: `${count(manifest.rows)} records, SHA-256 ${manifest.sha256.slice(0, 16)}…` })
    } catch (error) {
      tellFailure('The report was not made', error)
    }
    setShare(null)
  }
  return (
    <MenuButton
      label="Report"
      trigger={
        <AriaButton className="button" isDisabled={share !== null}>
          <Icon of={Download} />
          {share === null ? 'Report' : `Report, ${Math.round(share * 100)} %`}
        </AriaButton>
      }
      groups={[
        {
          title: 'Study, person and days as chosen',
          entries: exportForms.map((id) => ({ id, label: forms[id].label, run: () => void save(id) })),
        },
      ]}
    />
  )
}
