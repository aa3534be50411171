import { mayUse, reachesStudy, type Grant } from '@aquifer/core/access'
import type { JobView } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Job, Repository, Study } from '../repository/index.js'
import { toJobView, type Jobs } from './jobs.js'

/** Jobs as callers may see and cancel them: their own, and all within reach for those who run the platform. */
export interface JobDesk {
  list(grant: Grant, asked: { limit: number; study?: string; kind?: string }): Promise<JobView[]>
  see(grant: Grant, id: string): Promise<JobView | Refusal>
  cancel(grant: Grant, id: string): Promise<JobView | Refusal>
  /** A job as others see it, whoever asks; who may is asked before. */
  view(job: Job, study: string): JobView
  /** Puts a job in the queue of its kind's worker; who may is asked before. */
  queue(job: { kind: JobView['kind']; sid: number | null; actor: string; request: Record<string, unknown> }): Promise<JobView>
}

const noSuchJob = (): Refusal => refuse('unknown', { detail: 'There is no such job here.' })

export function openJobDesk(repository: Repository, queue: Jobs['queue'], queued: () => void): JobDesk {
  const { jobs, studies } = repository
  async function seen(grant: Grant, id: string): Promise<{ job: Job; all: Study[] } | null> {
    const [job, all] = [await jobs.byId(id), await studies.list()]
    return job !== null && maySee(grant, job, all) ? { job, all } : null
  }
  return {
    async list(grant, { limit, study, kind }) {
      const all = await studies.list()
      const only = study === undefined ? undefined : all.find((each) => each.id.toLowerCase() === study.toLowerCase())
      if (study !== undefined && only === undefined) return []
      const page = await jobs.list({
        limit,
        ...(only === undefined ? {} : { sid: only.sid }),
        ...(kind === undefined ? {} : { kind }),
        ...(mayUse(grant, 'jobs.all') ? {} : { actor: grant.user }),
        hidden: all.filter(({ id }) => !reachesStudy(grant, id)).map(({ sid }) => sid),
      })
      return page.map((job) => toJobView(job, nameIn(all)))
    },
    async see(grant, id) {
      const found = await seen(grant, id)
      return found === null ? noSuchJob() : toJobView(found.job, nameIn(found.all))
    },
    view: (job, study) => toJobView(job, () => study),
    async queue(job) {
      const made = await queue(job)
      queued()
      return toJobView(made, nameIn(await studies.list()))
    },
    async cancel(grant, id) {
      const found = await seen(grant, id)
      // A Contract makes its writer the one who began; that he may stop what a person asked for does not follow.
      const isPersons = found?.job.kind === 'withdrawal'
      if (isPersons && !mayUse(grant, 'consent.withdraw') && !mayUse(grant, 'jobs.all'))
        return refuse('not-permitted', { detail: `The role ${grant.role} may not stop a withdrawal.` })
      if (isPersons && found.job.progress['irreversible'] === true)
        return refuse('business-rule', { detail: 'Something was removed already: this withdrawal can only go on to its end.' })
      // Taken out of the queue it would leave its withdrawal begun by nobody, for ever.
      if (isPersons && found.job.state === 'queued')
        return refuse('business-rule', { detail: 'This withdrawal has not begun yet: stop it once it runs.' })
      const cancelled = found === null ? null : await jobs.cancel(id)
      return found === null || cancelled === null ? noSuchJob() : toJobView(cancelled, nameIn(found.all))
    },
  }
}

const nameIn = (studies: readonly Study[]) => (sid: number) => studies.find((study) => study.sid === sid)?.id ?? null

function maySee(grant: Grant, job: Job, studies: readonly Study[]): boolean {
  const study = studies.find((each) => each.sid === job.sid)
  if (study !== undefined && !reachesStudy(grant, study.id)) return false
  return job.actor === grant.user || mayUse(grant, 'jobs.all')
}
