import { useQuery, useQueryClient } from '@tanstack/react-query'
import { BookText, CircleCheck, CircleStop, CircleX, Download, Hash, LoaderCircle, ReceiptText, Trash2 } from 'lucide-react'
import { jobList, type DownloadView, type JobView } from '@aquifer/core/contract'
import { useDownloading, useDownloads } from '../../../api/download-queries.js'
import { useApi } from '../../../api/SessionProvider.js'
import { Button, IconButton } from '../../../ui/Button.js'
import { day, lately, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Empty, Failure, SkeletonRows } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'
import { download as save } from '../../notebook/csv.js'

const looks = {
  queued: { icon: LoaderCircle, tone: 'mark-info', word: 'waiting' },
  running: { icon: LoaderCircle, tone: 'mark-info', word: 'running' },
  done: { icon: CircleCheck, tone: 'mark-ok', word: 'done' },
  failed: { icon: CircleX, tone: 'mark-bad', word: 'failed' },
  cancelled: { icon: CircleStop, tone: 'mark-idle', word: 'stopped' },
} as const

export function JobsPart({ study }: { study: string }) {
  const api = useApi()
  const now = useNow()
  const queries = useQueryClient()
  const key = ['jobs', study]
  const downloads = useDownloads(study)
  const jobs = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.json(`/jobs/api/v1?study=${encodeURIComponent(study)}&limit=50`, jobList, { signal }),
    refetchInterval: 3000,
  })
  if (jobs.data === undefined) return jobs.error ? <Failure error={jobs.error} retry={() => void jobs.refetch()} /> : <SkeletonRows />
  if (jobs.data.jobs.length === 0)
    return (
      <Empty icon={Download} title="No job of yours">
        Downloads, imports and other long work are listed here, with checksum and the day until which a file is kept.
      </Empty>
    )
  const stop = (job: JobView) =>
    void api
      .send(`/jobs/api/v1/${encodeURIComponent(job.id)}`, { method: 'DELETE' })
      .then(() => queries.invalidateQueries({ queryKey: key }))
      .catch((error: unknown) => tellFailure('The job was not stopped', error))
  return (
    <ul>
      {jobs.data.jobs.map((job) => {
        const file = downloads.data?.downloads.find(({ id }) => id === job.id)
        return (
          <li key={job.id}>
            <div className="bottom-row">
              <Icon of={looks[job.state].icon} className={looks[job.state].tone} />
              <span className="medium">{job.kind.replaceAll('-', ' ')}</span>
              <span className="grow cut small ink-2">{file ? <FileFacts download={file} /> : (job.problem ?? looks[job.state].word)}</span>
              <span className="small ink-2 num bottom-figure">
                {job.progress === null || job.state !== 'running' ? '' : `${Math.round(job.progress * 100)} %`}
              </span>
              {!file && <span className="small ink-3 cut bottom-figure">{job.createdBy}</span>}
              {file && <Papers study={study} download={file} />}
              <span className="small ink-3 num bottom-when">{lately(job.createdAt, now)}</span>
              {(job.state === 'queued' || job.state === 'running') && <Button onPress={() => stop(job)}>Stop</Button>}
            </div>
          </li>
        )
      })}
    </ul>
  )
}

/** What the file is, and how long it is there. */
function FileFacts({ download: { file, format, state, problem, expiresAt } }: { download: DownloadView }) {
  if (file === null) return <>{problem ?? (state === 'gone' ? `${format}, not kept any more` : `${format}, ${looks[state].word}`)}</>
  return (
    <>
      <span className="ink-1">{file.name}</span> · {plural(file.rows, 'row')} · {bytes(file.bytes)} ·{' '}
      <span className="mono" title={`SHA-256 ${file.sha256}`}>
        sha256 {file.sha256.slice(0, 12)}…
      </span>
      {expiresAt !== null && ` · until ${day(expiresAt)}`}
    </>
  )
}

const bytes = (size: number): string =>
  size < 1000 ? `${size} B` : size < 1_000_000 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`

function Papers({ study, download }: { study: string; download: DownloadView }) {
  const { fetch, remove } = useDownloading(study)
  const { file } = download
  if (file === null) return null
  const take = (part: 'file' | 'manifest' | 'codebook', name: string, type: string) => () =>
    void fetch(download, part)
      .then((content) => save(name, content as BlobPart, type))
      .catch((error: unknown) => tellFailure('The file was not fetched', error))
  const copy = () => void navigator.clipboard.writeText(file.sha256).catch((error: unknown) => tellFailure('It was not copied', error))
  const discard = () => void remove(download.id).catch((error: unknown) => tellFailure('The file was not removed', error))
  return (
    <span className="row" style={{ gap: 2 }}>
      <IconButton label={`Save ${file.name}`} icon={Download} size={14} onPress={take('file', file.name, file.type)} />
      <IconButton
        label={`Save the manifest of ${file.name}`}
        icon={ReceiptText}
        size={14}
        onPress={take('manifest', `${file.name}.manifest.json`, 'application/json')}
      />
      <IconButton
        label={`Save the codebook of ${file.name}`}
        icon={BookText}
        size={14}
        onPress={take('codebook', `${file.name}.codebook.json`, 'application/json')}
      />
      <IconButton label={`Copy the checksum of ${file.name}`} icon={Hash} size={14} onPress={copy} />
      <IconButton label={`Remove ${file.name} from the server`} icon={Trash2} size={14} onPress={discard} />
    </span>
  )
}
