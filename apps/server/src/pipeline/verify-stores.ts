import type { StoresDifference, StoresReport, StoresRequest, StoresStudy } from '@aquifer/core/contract'
import { compareCursors, type Lake } from '../lake/index.js'
import type { MaskingRun } from '../masking/index.js'
import type { Replicator } from '../replicator/index.js'
import type { Beside, Reservoir } from '../reservoir/index.js'
import type { Clock } from '../storage/index.js'
import { filesOfCuts, keptReport, type KeptFile, type KeptFound } from './verify-kept.js'
import { compareVersions, type VersionSource, type VersionsFound, type Watermark } from './compare-versions.js'

/** What the repository tells for a comparison. */
export interface TruthSource {
  studies(): Promise<{ id: string; sid: number }[]>
  counts(sid: number): Promise<Record<string, number>>
  versions: VersionSource & {
    stale(sid: number, limit: number): Promise<{ found: number; first: { rid: bigint; type: string; version: number }[] }>
  }
}
export interface StoresParts {
  truth: TruthSource
  replicator: Pick<Replicator, 'status'>
  lake: Lake
  masking: MaskingRun
  reservoir: Reservoir
  clock: Clock
  /** Files of a study as they came, each read; none where they are not told of. */
  files?: (of: { sid: number; study: string }) => AsyncIterable<KeptFile>
}
export interface JobWatch {
  readonly cancelled: boolean
  progress(figures: Record<string, unknown>): void
}

const listedMax = 100
const attemptsMax = 3

/** Compares all stores at a watermark, so that writes can go on; null when it was cancelled. */
export async function verifyStores(parts: StoresParts, asked: StoresRequest, job: JobWatch): Promise<StoresReport | null> {
  const { truth, clock } = parts
  const begun = clock.now()
  const all = (await studiesOf(parts)).filter(({ id }) => asked.study === undefined || id === asked.study)
  const marks = all.map(({ id }) => watermarkOf(parts, id))
  job.progress({ progress: 0, studies: all.length, comparing: 'versions' })
  const versions = await compareVersions(truth.versions, marks, () => job.cancelled)
  if (versions === null) return null
  const studies: StoresStudy[] = []
  for (const [place, study] of all.entries()) {
    job.progress({ progress: (place + 1) / (all.length + 1), studies: all.length, comparing: study.id })
    const made = await studyReport(
      parts,
      study,
      { mark: marks[place]!, versions: versions.get(study.id)!, quick: asked.quick === true },
      job,
    )
    if (made === null) return null
    studies.push(made)
  }
  const now = clock.now()
  return { equal: studies.every(({ equal }) => equal), at: new Date(now).toISOString(), elapsedMs: now - begun, studies }
}

// What the replicator has passed must be in the lake, even where the lake's own manifest is gone.
function watermarkOf({ replicator, lake: all }: StoresParts, study: string): Watermark {
  const { stored } = replicator.status()
  const lake = all.studies().find((each) => each.study === study) ?? null
  const cursor = lake?.manifest().cursor ?? stored
  return { study, lake, at: compareCursors(cursor, stored) > 0 ? cursor : stored }
}

// Those of the repository, and what the lake holds of others.
async function studiesOf({ truth, lake }: StoresParts): Promise<StudyOf[]> {
  const known: StudyOf[] = await truth.studies()
  const others = lake.studies().filter(({ study }) => !known.some(({ id }) => id === study))
  return [...known, ...others.map(({ study }) => ({ id: study, sid: null }))]
}

interface StudyOf {
  id: string
  sid: number | null
}
interface Compared {
  mark: Watermark
  versions: VersionsFound
  quick: boolean
}

async function studyReport(parts: StoresParts, study: StudyOf, compared: Compared, job: JobWatch) {
  const { mark, versions, quick } = compared
  const { truth } = parts
  const stale = study.sid === null ? { found: 0, first: [] } : await truth.versions.stale(study.sid, listedMax)
  const notCurrent = stale.first.map(({ rid, type, version }): StoresDifference => {
    return { store: 'repository', type, resource: `rid ${rid}`, version, what: 'not-current' }
  })
  const rows = quick ? notAsked : await rowsReport(parts, study.id, job)
  if (rows === 'stopped') return null
  const kept = quick ? nothingKept : await keptReport(sourcesOf(parts, study), listedMax, () => job.cancelled)
  if (kept === null) return null
  const current = study.sid === null ? {} : await truth.counts(study.sid)
  const names = new Set([...versions.repository.keys(), ...versions.lake.keys(), ...rows.types.keys()])
  const found = versions.found + stale.found + rows.found + kept.found
  const report: StoresStudy = {
    study: study.id,
    equal: found === 0,
    watermark: `${mark.at.xid}.${mark.at.seq}`,
    snapshot: rows.snapshot,
    notCompared: rows.not,
    compared: rows.compared,
    ...(rows.published === null ? {} : { published: rows.published }),
    types: [...names].sort().map((type) => ({
      type,
      current: current[type] ?? 0,
      repository: figureOf(versions.repository, type),
      lake: figureOf(versions.lake, type),
      reservoir: rows.types.get(type)?.shown ?? null,
      remade: rows.types.get(type)?.made ?? null,
    })),
    ...(quick ? {} : { kept: kept.kept }),
    found,
    differences: [...versions.differences, ...notCurrent, ...rows.differences, ...kept.differences].slice(0, listedMax),
  }
  return report
}

const nothingKept: KeptFound = { kept: [], found: 0, differences: [] }
const sourcesOf = ({ files, reservoir }: StoresParts, { id, sid }: StudyOf) => [
  ...(files === undefined || sid === null ? [] : [['files', files({ sid, study: id })] as const]),
  ['cuts', filesOfCuts(reservoir, id)] as const,
]

function figureOf(digests: VersionsFound['lake'], type: string): { rows: number; hash: string } {
  const digest = digests.get(type)
  return { rows: digest?.rows ?? 0, hash: digest?.hash ?? '' }
}

interface RowsFound {
  snapshot: string | null
  not: string | null
  compared: StoresStudy['compared']
  published: NonNullable<StoresStudy['published']> | null
  types: Map<string, { shown: { rows: number; hash: string }; made: { rows: number; hash: string } }>
  found: number
  differences: StoresDifference[]
}
const none = (not: string): RowsFound => ({
  snapshot: null,
  not,
  compared: null,
  published: null,
  types: new Map(),
  found: 0,
  differences: [],
})
const notAsked = none('not asked for')

// A person may be erased while it is compared: files go that a reader holds, and rows of one side before those of the other.
async function rowsReport(parts: StoresParts, study: string, job: JobWatch): Promise<RowsFound | 'stopped'> {
  let last: RowsFound | null = null
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const made = await compareRows(parts, study, job).catch((error: unknown) => {
      // The engine's; anything else is a mistake of ours.
      if (attempt === attemptsMax && last === null && (error as Error).name !== 'WriterError') throw error
      return null
    })
    if (made === 'stopped' || (made !== null && made.found === 0)) return made
    // Twice the same is no chance.
    if (made !== null && last !== null) return made
    last = made ?? last
  }
  return last ?? unreadable(parts, study)
}

// A file of what is shown is missing or broken, time after time: whoever asks for those rows finds the same.
function unreadable({ reservoir }: StoresParts, study: string): RowsFound {
  const snapshot = reservoir.opened(study)?.snapshot()?.snapshot ?? null
  const difference = { store: 'reservoir', type: '', resource: '', version: 0, what: 'unreadable' } as const
  return { ...none('a file of the reservoir cannot be read'), snapshot, found: 1, differences: [difference] }
}

/** Each file is one difference: whoever asks for its rows meets it. */
function looked(result: RowsFound, type: string, { files, bytes, unreadable }: Awaited<ReturnType<Beside['displays']>>): void {
  const { from, ...before } = result.compared!
  result.compared = { from, files: before.files + files, bytes: before.bytes + bytes }
  result.found += unreadable.length
  for (const { store } of unreadable) result.differences.push({ store, type, resource: '', version: 0, what: 'unreadable' })
}

function takePublished(result: RowsFound, { differences, ...published }: NonNullable<Awaited<ReturnType<Beside['published']>>>): void {
  result.published = published
  result.found += differences.length
  for (const { type, path, what } of differences) result.differences.push({ store: 'published', type, resource: path, version: 0, what })
}

async function compareRows({ masking, reservoir }: StoresParts, study: string, job: JobWatch): Promise<RowsFound | 'stopped'> {
  const pin = reservoir.opened(study)?.pin() ?? null
  if (pin === null) return none('nothing is shown yet')
  const { manifest: shown } = pin
  const beside = await reservoir.beside(study)
  try {
    const remade = await masking.remake({ shown, made: beside.made }, () => !job.cancelled)
    if (remade === 'stopped') return 'stopped'
    if (remade !== 'made') return { ...none(remade.not), snapshot: shown.snapshot }
    const from = reservoir.opened(study)?.objects ? 'bucket' : 'folder'
    const result: RowsFound = { ...none(''), not: null, snapshot: shown.snapshot, compared: { from, files: 0, bytes: 0 } }
    for (const type of new Set([...Object.keys(shown.types), ...Object.keys(beside.made.head()?.types ?? {})])) {
      const found = await beside.compare(shown, type, listedMax)
      result.types.set(type, { shown: found.shown, made: found.made })
      result.found += found.found
      looked(result, type, found)
      for (const { id, version, what } of found.differences)
        result.differences.push({ store: 'reservoir', type, resource: id, version, what })
    }
    looked(result, '', await beside.displays(shown))
    const published = await beside.published(shown)
    if (published !== null) takePublished(result, published)
    return result
  } finally {
    pin.release()
    await beside.remove()
  }
}
