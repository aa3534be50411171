import './files.css'
import { Database } from 'lucide-react'
import { useState } from 'react'
import type { FileMetadata } from '@aquifer/core/contract'
import { mayUseFiles } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Empty } from '../../ui/states.js'
import { ListPanel } from './ListPanel.js'
import { UploadPanel } from './UploadPanel.js'

export default function FilesPage() {
  const study = useStudy()
  return (
    <div className="page files">
      <header>
        <h1>Files</h1>
        <p className="ink-2">
          De-identified files of the study, kept as they came. SQL reads CSV, JSON, Parquet and text by their name in quotes:{' '}
          <span className="mono">select * from "labs.csv"</span>
        </p>
      </header>
      {study === undefined ? (
        <section className="panel">
          <Empty icon={Database} title="You belong to no study yet">
            An administrator adds you to one; it appears here at your next sign-in.
          </Empty>
        </section>
      ) : (
        <Parts key={study.id} study={study.id} />
      )}
    </div>
  )
}

function Parts({ study }: { study: string }) {
  const me = useMe()
  const [open, setOpen] = useState<FileMetadata | null>(null)
  return (
    <>
      {mayUseFiles(me) && <UploadPanel study={study} />}
      <ListPanel study={study} open={open} setOpen={setOpen} />
    </>
  )
}
