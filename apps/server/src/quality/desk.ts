import { sitesReached, type Grant } from '@aquifer/core/access'
import type { FeedView, JobView, QualityReport } from '@aquifer/core/contract'
import type { JobDesk, JobRun } from '../jobs/index.js'
import type { Job, Repository, Study } from '../repository/index.js'
import { reportOf } from './report.js'
import { lookThrough, type Found } from './run.js'

export interface QualityDesk {
  /** Of the sites within reach, or of one of them. */
  report(study: Study, asked: { grant: Grant; site: string | null; silentFeeds: FeedView[]; jobs: JobDesk }): Promise<QualityReport>
  /** The job that waits or runs already, or a new one. */
  start(study: Study, asked: { grant: Grant; jobs: JobDesk }): Promise<JobView>
  readonly run: JobRun
  /** Queues what time asks for: open studies that were not looked through for a day and have something new. */
  due(): Promise<number>
  /** What was found last, of all studies this process looked through; null before any was. */
  findings(): number | null
  close(): void
}

interface Parts {
  repository: Repository
  queue: (job: { kind: 'quality'; sid: number; actor: string; request: Record<string, unknown> }) => Promise<Job>
  now: () => number
  /** whether this process keeps time */
  ticks: boolean
  onBug: (error: unknown) => void
}

const kind = 'quality'
const dayMs = 86_400_000
const roundMs = 3_600_000
const nothing: Found = { cells: [], findings: [], people: [] }

export function openQuality(parts: Parts): QualityDesk {
  const { repository, now } = parts
  const last = new Map<number, number>()
  async function unfinished(sid: number): Promise<string | null> {
    const [newest] = await repository.jobs.list({ sid, kind, limit: 1 })
    return newest !== undefined && (newest.state === 'queued' || newest.state === 'running') ? newest.id : null
  }
  const byClock = (sid: number): Promise<Job> => parts.queue({ kind, sid, actor: 'clock', request: {} })
  async function due(): Promise<number> {
    let queued = 0
    for (const { sid, status } of await repository.studies.list()) {
      const kept = status === 'open' ? await repository.quality.kept(sid) : null
      const newest = status === 'open' ? await repository.quality.newest(sid) : 0
      const isDue = newest > 0 && (kept === null || (now() - kept.at >= dayMs && newest > kept.newest))
      if (!isDue || (await unfinished(sid)) !== null) continue
      await byClock(sid)
      queued += 1
    }
    return queued
  }
  // Whoever withdrew counts no longer. A withdrawal does not wait for that.
  async function anew(sid: number): Promise<void> {
    if ((await repository.quality.kept(sid)) !== null && (await unfinished(sid)) === null) await byClock(sid)
  }
  const unhear = repository.onWithdrawal(async (sid) => void anew(sid).catch(parts.onBug))
  const timer = parts.ticks ? setInterval(() => void due().catch(parts.onBug), roundMs).unref() : null
  return {
    due,
    async report(study, { grant, site, silentFeeds, jobs }) {
      const [kept, newest, id] = [
        await repository.quality.kept(study.sid),
        await repository.quality.newest(study.sid),
        await unfinished(study.sid),
      ]
      const reached = sitesReached(grant, study.id)
      const sites = site === null ? reached : [site].filter((each) => reached === null || reached.includes(each))
      const queued = id === null ? null : await repository.jobs.byId(id)
      return reportOf((kept?.report as Found | undefined) ?? nothing, {
        study,
        sites,
        computedAt: kept?.at ?? null,
        current: kept !== null && newest <= kept.newest,
        silentFeeds: reached === null && site === null ? silentFeeds : [],
        job: queued === null ? null : jobs.view(queued, study.id),
      })
    },
    async start(study, { grant, jobs }) {
      const id = await unfinished(study.sid)
      const queued = id === null ? null : await repository.jobs.byId(id)
      if (queued !== null) return jobs.view(queued, study.id)
      return await jobs.queue({ kind, sid: study.sid, actor: grant.user, request: {} })
    },
    async run(job, { sid }) {
      const study = (await repository.studies.list()).find((each) => each.sid === sid)
      if (study === undefined) return { problem: 'The study is not here any more.' }
      const [at, newest] = [now(), await repository.quality.newest(study.sid)]
      const found = await lookThrough(repository, job, { study, now: at })
      if (found === null) return { problem: 'The look through the data was cancelled.' }
      await repository.quality.keep(study.sid, { at, newest, report: found })
      const findings = found.findings.reduce((sum, { count }) => sum + count, 0)
      last.set(study.sid, findings)
      return { result: { resources: found.cells.reduce((sum, { resources }) => sum + resources, 0), findings } }
    },
    findings: () => (last.size === 0 ? null : [...last.values()].reduce((sum, each) => sum + each, 0)),
    close() {
      if (timer !== null) clearInterval(timer)
      unhear()
    },
  }
}
