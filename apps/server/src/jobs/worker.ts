import type { Repository } from '../repository/index.js'
import { Sleeper } from '../storage/index.js'
import { leaseMs, running, type RunningJob } from './jobs.js'

/** How a job of one kind is done. It may run again from the beginning after a process was killed: its effects are idempotent. */
export type JobRun = (
  job: RunningJob,
  asked: { request: Record<string, unknown>; actor: string; sid: number | null },
) => Promise<{ result: unknown } | { problem: string }>

export interface JobWorker {
  /** Something was queued. */
  wake(): void
  stop(): Promise<void>
}

const pollMs = 2_000

/** Takes queued jobs, and those whose process is gone, one of a kind at a time. */
export function openJobWorker(options: {
  repository: Repository
  owner: string
  kinds: Readonly<Record<string, JobRun>>
  onFailure: (failure: { kind: string; reason: string }) => void
}): JobWorker {
  const { repository, owner, kinds, onFailure } = options
  const sleepers: Sleeper[] = []
  let stopping = false

  async function work(kind: string, run: JobRun, sleeper: Sleeper): Promise<void> {
    while (!stopping) {
      const claimed = await repository.jobs.claim(kind, owner, leaseMs).catch(() => null)
      if (claimed === null) {
        await sleeper.sleep(pollMs)
        continue
      }
      const job = running(repository, claimed, () => stopping)
      try {
        const end = await run(job, claimed)
        if (stopping && job.cancelled) await job.letGo()
        else if (job.cancelled) await job.finish({ state: 'cancelled' })
        else await job.finish('problem' in end ? { state: 'failed', problem: end.problem } : { state: 'done', result: end.result })
      } catch (error) {
        onFailure({ kind, reason: error instanceof Error ? error.name : 'failed' })
        await job.finish({ state: 'failed', problem: 'The job met an error of the server.' }).catch(() => undefined)
      }
    }
  }
  const loops = Object.entries(kinds).map(([kind, run]) => {
    const sleeper = new Sleeper()
    sleepers.push(sleeper)
    return work(kind, run, sleeper)
  })
  return {
    wake: () => sleepers.forEach((sleeper) => sleeper.wake()),
    async stop() {
      stopping = true
      for (const sleeper of sleepers) sleeper.end()
      await Promise.all(loops)
    },
  }
}
