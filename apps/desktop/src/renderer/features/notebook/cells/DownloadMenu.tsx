import { Download, Lock } from 'lucide-react'
import { toast } from 'sonner'
import type { DownloadFormat } from '@aquifer/core/contract'
import { useDownloading } from '../../../api/download-queries.js'
import { mayRelease } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { IconButton } from '../../../ui/Button.js'
import { count, plural } from '../../../ui/format.js'
import { MenuButton, type MenuEntry } from '../../../ui/menus.js'
import { tellFailure } from '../../../ui/tell.js'
import { toggleBottom } from '../../shell/bottom.js'
import { download } from '../csv.js'
import type { RunState } from '../run.js'
import { useNotebook } from '../useNotebook.js'

const formats: { id: DownloadFormat; label: string }[] = [
  { id: 'csv', label: 'CSV' },
  { id: 'xlsx', label: 'Excel, XLSX' },
  { id: 'parquet', label: 'Parquet' },
  { id: 'arrow', label: 'Arrow' },
  { id: 'json', label: 'JSON' },
]

export const denied: MenuEntry = {
  id: 'denied',
  label: 'Rows need the right to release',
  note: 'Ask the study manager for it',
  icon: Lock,
  disabled: true,
  run: () => undefined,
}

/** What is on screen at once, or the whole result as a job: counted before and after, with checksum, manifest and codebook. */
export function DownloadMenu({ name, run, onShown }: { name: string; run: RunState; onShown(): void }) {
  const { notebook } = useNotebook()
  const me = useMe()
  const { write, fetch } = useDownloading(notebook.study)
  const basis = run.result?.basis
  const all = basis === undefined ? '' : basis.totalRows === null ? `more than ${count(basis.rows)} rows` : plural(basis.totalRows, 'row')
  const make = async (format: DownloadFormat) => {
    toast(`Writing ${name}.${format}`, {
      description: 'A job counts and checks it. It is saved when it is ready.',
      action: { label: 'Show jobs', onClick: () => toggleBottom('jobs') },
    })
    const made = await write(run.statement ?? '', format)
    if (made.file === null) {
      toast.error(`${name}.${format} was not written`, { description: made.problem ?? 'It was stopped.' })
      return
    }
    download(`${name}.${format}`, (await fetch(made, 'file')) as BlobPart, made.file.type)
    toast.success(`Saved ${name}.${format}`, { description: `${plural(made.file.rows, 'row')}, counted twice` })
  }
  const entries = formats.map(({ id, label }) => ({
    id,
    label,
    run: () => void make(id).catch((error: unknown) => tellFailure('The file was not written', error)),
  }))
  return (
    <MenuButton
      label="Download"
      trigger={<IconButton label="Download" icon={Download} />}
      groups={
        mayRelease(me)
          ? [
              { title: 'As sorted here', entries: [{ id: 'shown', label: 'CSV', note: 'at once, with its basis', run: onShown }] },
              ...(run.statement === null ? [] : [{ title: `Whole result, ${all}`, entries }]),
            ]
          : [{ entries: [denied] }]
      }
    />
  )
}
