import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleStop, CircleX, LoaderCircle } from 'lucide-react'
import { jobList, type JobView } from '@aquifer/core/contract'
import { useApi } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { lately } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'

const looks = {
  queued: { icon: LoaderCircle, tone: 'mark-info', word: 'waiting' },
  running: { icon: LoaderCircle, tone: 'mark-info', word: 'running' },
  done: { icon: CircleCheck, tone: 'mark-ok', word: 'done' },
  failed: { icon: CircleX, tone: 'mark-bad', word: 'failed' },
  cancelled: { icon: CircleStop, tone: 'mark-idle', word: 'stopped' },
} as const

export function JobsPart({ study }: { study: string }) {
  const api = useApi()
  const queries = useQueryClient()
  const now = useNow()
  const key = ['jobs', study]
  const jobs = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.json(`/jobs/api/v1?study=${encodeURIComponent(study)}&limit=50`, jobList, { signal }),
    refetchInterval: 3000,
  })
  if (jobs.data === undefined) return jobs.error ? <Failure error={jobs.error} retry={() => void jobs.refetch()} /> : <SkeletonRows />
  if (jobs.data.jobs.length === 0)
    return <p className="side-none sub">No job of yours: imports, exports and other long work are listed here.</p>
  const stop = (job: JobView) =>
    void api
      .send(`/jobs/api/v1/${encodeURIComponent(job.id)}`, { method: 'DELETE' })
      .then(() => queries.invalidateQueries({ queryKey: key }))
      .catch((error: unknown) => tellFailure('The job was not stopped', error))
  return (
    <ul>
      {jobs.data.jobs.map((job) => (
        <li key={job.id}>
          <div className="bottom-row">
            <Icon of={looks[job.state].icon} className={looks[job.state].tone} />
            <span className="medium">{job.kind.replaceAll('-', ' ')}</span>
            <span className="grow cut small ink-2">{job.problem ?? looks[job.state].word}</span>
            <span className="small ink-2 num bottom-figure">
              {job.progress === null || job.state !== 'running' ? '' : `${Math.round(job.progress * 100)} %`}
            </span>
            <span className="small ink-3 cut bottom-figure">{job.createdBy}</span>
            <span className="small ink-3 num bottom-when">{lately(job.createdAt, now)}</span>
            {(job.state === 'queued' || job.state === 'running') && <Button onPress={() => stop(job)}>Stop</Button>}
          </div>
        </li>
      ))}
    </ul>
  )
}
