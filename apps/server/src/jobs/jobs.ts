import type { JobView } from '@aquifer/core/contract'
import type { Job, Repository } from '../repository/index.js'

export const leaseMs = 30_000
const reportEveryMs = 1_000

/** One piece of long work while it runs. */
export interface RunningJob {
  id: string
  readonly request: Record<string, unknown>
  /** Tells the figures so far; written at most once a second. */
  progress(figures: Record<string, unknown>): void
  /** The process ends: the job goes on in another one, or in this one when it is back. */
  readonly stopping: boolean
  /** Somebody asked to stop, the process ends, or another process took the job over. */
  readonly cancelled: boolean
  finish(end: { state: 'done' | 'failed' | 'cancelled'; result?: unknown; problem?: string }): Promise<void>
  /** Gives the job back unfinished, its lease ending now: another process, or this one later, goes on with it. */
  letGo(): Promise<void>
}

export interface Jobs {
  start(job: { kind: JobView['kind']; sid: number | null; actor: string; request: Record<string, unknown> }): Promise<RunningJob>
  /** Puts a job in the queue of its kind's worker. */
  queue(job: { kind: JobView['kind']; sid: number | null; actor: string; request: Record<string, unknown> }): Promise<Job>
  /** The oldest job of a kind that waits, or whose process is gone; null when there is none. */
  take(kind: JobView['kind']): Promise<RunningJob | null>
  /** Ends jobs whose process is gone; what they had stored stays. */
  endOrphans(): Promise<number>
}

export function openJobs(options: { repository: Repository; newId: () => string; owner: string }): Jobs {
  const { repository, newId, owner } = options
  return {
    async start(job) {
      const { id } = await repository.jobs.create({ id: newId(), ...job })
      const claimed = await repository.jobs.claimOne(id, owner, leaseMs)
      if (claimed === null) throw new Error('a new job was claimed by another process')
      return running(repository, claimed)
    },
    queue: (job) => repository.jobs.create({ id: newId(), ...job }),
    async take(kind) {
      const claimed = await repository.jobs.claim(kind, owner, leaseMs)
      return claimed === null ? null : running(repository, claimed)
    },
    async endOrphans() {
      let ended = 0
      for (;;) {
        const orphan = await repository.jobs.claim('import', owner, leaseMs)
        if (orphan === null) return ended
        const detail = 'The server ended while this ran. Run it again: nothing is stored twice.'
        await repository.jobs.finish(orphan.id, orphan.fence, { state: 'failed', problem: { detail } })
        ended += 1
      }
    },
  }
}

export function running(repository: Repository, job: Job, stopping: () => boolean = () => false): RunningJob {
  let latest: Record<string, unknown> = {}
  let cancelled = false
  let reporting: Promise<void> = Promise.resolve()
  const report = async (): Promise<void> => {
    const { owned, cancel } = await repository.jobs.report(job.id, job.fence, latest, leaseMs)
    if (!owned || cancel) cancelled = true
  }
  // A failed report is tried again a second later; the lease covers many of them.
  const timer = setInterval(() => {
    reporting = reporting.then(report).catch(() => undefined)
  }, reportEveryMs)
  return {
    id: job.id,
    request: job.request,
    progress(figures) {
      latest = figures
    },
    get stopping() {
      return stopping()
    },
    get cancelled() {
      return cancelled || stopping()
    },
    async letGo() {
      clearInterval(timer)
      await reporting
      await repository.jobs.report(job.id, job.fence, latest, 0)
    },
    async finish(end) {
      clearInterval(timer)
      await reporting
      await report()
      const problem = end.problem === undefined ? {} : { problem: { detail: end.problem } }
      await repository.jobs.finish(job.id, job.fence, { state: end.state, result: end.result, ...problem })
    },
  }
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** A job as the API shows it. `studyOf` names the study of a sid. */
export function toJobView(job: Job, studyOf: (sid: number) => string | null): JobView {
  const { progress, ...detail } = job.progress as { progress?: unknown }
  const ended = job.state === 'done' || job.state === 'failed' || job.state === 'cancelled'
  const told = job.problem?.['detail']
  return {
    id: job.id,
    kind: job.kind as JobView['kind'],
    study: job.sid === null ? null : studyOf(job.sid),
    state: job.state,
    progress: typeof progress === 'number' ? progress : null,
    detail,
    result: job.result ?? null,
    problem: typeof told === 'string' ? told : null,
    createdBy: job.actor,
    createdAt: new Date(job.createdAt).toISOString(),
    startedAt: job.attempts === 0 ? null : isoOrNull(job.createdAt),
    finishedAt: ended ? isoOrNull(job.updatedAt) : null,
  }
}
