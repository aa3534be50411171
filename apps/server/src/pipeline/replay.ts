import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplayReport, ReplayRequest } from '@aquifer/core/contract'
import type { Lake } from '../lake/index.js'
import type { MaskingRun } from '../masking/index.js'
import { rebuildLake, type Replicator } from '../replicator/index.js'
import type { Clock } from '../storage/index.js'

type RebuildParts = Parameters<typeof rebuildLake>[0]

export interface ReplayParts {
  source: RebuildParts['source']
  studies(): Promise<{ id: string; sid: number }[]>
  /** Whether somebody is being taken out of the study's stores. */
  erasing(sid: number): Promise<boolean>
  replicator: Pick<Replicator, 'status'>
  lake: Lake
  masking: MaskingRun
  clock: Clock
}
export interface ReplayJob {
  id: string
  readonly cancelled: boolean
  readonly stopping: boolean
  progress(figures: Record<string, unknown>): void
}

const pollMs = 200
// A stage that fails this long will not come through by itself.
const failingMsMax = 30_000

class Failing extends Error {}

/** Rebuilds what lies downstream, study by study, beside what is shown. null: it was cancelled, or goes on after a restart. */
export async function replay(parts: ReplayParts, asked: ReplayRequest, job: ReplayJob): Promise<ReplayReport | { problem: string } | null> {
  const begun = parts.clock.now()
  const all = (await parts.studies()).filter(({ id }) => asked.study === undefined || id === asked.study)
  const studies: ReplayReport['studies'] = []
  for (const [place, study] of all.entries()) {
    const tell = (stage: string, share: number): void =>
      job.progress({ progress: (place + Math.min(1, share)) / all.length, study: study.id, stage, done: place, studies: all.length })
    try {
      if (!(await replayStudy(parts, { ...study, from: asked.from }, job, tell))) return null
    } catch (error) {
      if (!(error instanceof Failing)) throw error
      return { problem: `${study.id}: ${error.message}. What was shown before is shown still.` }
    }
    studies.push({ study: study.id, rows: lakeOf(parts, study.id)?.manifest().rows ?? 0 })
  }
  return { from: asked.from, elapsedMs: parts.clock.now() - begun, studies }
}

const lakeOf = ({ lake }: ReplayParts, study: string) => lake.studies().find((each) => each.study === study) ?? null

interface StudyReplay {
  id: string
  sid: number
  from: ReplayRequest['from']
}
type Tell = (stage: string, share: number) => void

async function replayStudy(parts: ReplayParts, study: StudyReplay, job: ReplayJob, tell: Tell): Promise<boolean> {
  // Taken up again after a restart, it may have been done.
  if (parts.masking.run(study.id)?.replayed(job.id) === 'shown') return true
  if (study.from === 'repository' && !(await lakeAnew(parts, study, job, tell))) return false
  return maskedAnew(parts, study.id, job, tell)
}

function lakeAnew(parts: ReplayParts, { id, sid }: StudyReplay, job: ReplayJob, tell: Tell): Promise<boolean> {
  const { source, lake, replicator } = parts
  const before = lakeOf(parts, id)?.manifest().rows ?? 0
  const settled = async (): Promise<boolean> => {
    while (await parts.erasing(sid)) {
      if (job.cancelled) return false
      tell('waits for an erasure', 0)
      await sleep(pollMs)
    }
    return true
  }
  return rebuildLake({ source, lake, stored: () => replicator.status().stored, settled }, id, job.id, {
    get cancelled() {
      return job.cancelled
    },
    rows: (_, rows) => tell('lake', before === 0 ? 0 : rows / before / 2),
    get keeps() {
      return job.stopping
    },
  })
}

/** Until what was masked anew is shown. */
async function maskedAnew(parts: ReplayParts, study: string, job: ReplayJob, tell: Tell): Promise<boolean> {
  const run = parts.masking.run(study)
  if (run === null || (lakeOf(parts, study)?.manifest().rows ?? 0) === 0) return true
  let failingSince: number | null = null
  let asked = await run.replay(job.id, 'begin')
  while (asked !== 'shown') {
    if (job.stopping) return false
    const { state, reason } = run.status()
    failingSince = state === 'failed' ? (failingSince ?? parts.clock.now()) : null
    const failing = failingSince !== null && parts.clock.now() - failingSince > failingMsMax
    if (job.cancelled || failing) {
      await run.replay(job.id, 'abandon')
      if (failing) throw new Failing(`masking fails (${reason ?? 'unknown'})`)
      return false
    }
    const done = await run.rebuilding()
    if (done !== null) tell('reservoir', 0.5 + done.rows / Math.max(1, done.of) / 2)
    await sleep(pollMs)
    // Something else may be made anew just now, or nothing may be shown yet: then after that.
    asked = run.replayed(job.id) === 'none' ? await run.replay(job.id, 'begin') : run.replayed(job.id)
  }
  return true
}
