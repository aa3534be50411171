import { createHash } from 'node:crypto'
import type { StoresDifference } from '@aquifer/core/contract'
import { compareCursors, feedStart, rowsOf, TamperedError, type Cursor, type StudyLake } from '../lake/index.js'
import { addTo, bucketOf, differing, type Digests, type Held } from './digests.js'

/** Versions as the repository's feed names them. */
export interface VersionSource {
  page(after: Cursor, through: Cursor, limit: number): Promise<(Held & Cursor & { study: string; rid: bigint; whole: boolean })[]>
}
export interface Watermark {
  study: string
  /** null: none of its rows is there. */
  lake: StudyLake | null
  at: Cursor
}
export interface VersionsFound {
  repository: Digests
  lake: Digests
  found: number
  differences: StoresDifference[]
}
type Stopped = () => boolean

const pageRows = 5_000
// More than this is listed in part; how many differ at least is told all the same.
const rowsListedMax = 20_000

/** Repository and lake of each study up to its watermark, version by version; null when it was stopped. */
export async function compareVersions(source: VersionSource, marks: readonly Watermark[], stopped: Stopped) {
  const found = new Map<string, VersionsFound>()
  for (const { study } of marks) found.set(study, { repository: new Map(), lake: new Map(), found: 0, differences: [] })
  for await (const version of versionsOf(source, marks)) {
    const of = found.get(version.study)!
    addTo(of.repository, version)
    if (!version.whole) tell(of, { store: 'repository', what: 'content', ...named(version, `rid ${version.rid}`) })
    if (stopped()) return null
  }
  for (const mark of marks) {
    const of = found.get(mark.study)!
    for await (const row of rowsOfLake(mark)) {
      if ('broken' in row) tell(of, { store: 'lake', type: '', resource: `segment ${row.broken}`, version: 0, what: 'unreadable' })
      else addTo(of.lake, row)
      if (stopped()) return null
    }
    const parts = differing(of.repository, of.lake)
    if (parts.size > 0) for (const difference of await lookAgain(source, mark, parts)) tell(of, difference)
  }
  return found
}

function tell(of: VersionsFound, difference: StoresDifference): void {
  of.found += 1
  of.differences.push(difference)
}

const named = ({ type, version }: Held, resource: string) => ({ type, version, resource })

async function* versionsOf(source: VersionSource, marks: readonly Watermark[]) {
  const byStudy = new Map(marks.map((mark) => [mark.study, mark.at]))
  const through = marks.reduce((to, { at }) => (compareCursors(at, to) > 0 ? at : to), feedStart)
  let after = feedStart
  for (;;) {
    const rows = await source.page(after, through, pageRows)
    for (const row of rows) {
      const at = byStudy.get(row.study)
      if (at !== undefined && compareCursors(row, at) <= 0) yield row
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows) return
    after = { xid: last.xid, seq: last.seq }
  }
}

async function* rowsOfLake({ lake, at }: Watermark): AsyncGenerator<(Held & { place: string }) | { broken: string }> {
  if (lake === null) return
  for await (const segment of lake.through(at)) {
    const plain = await lake.read(segment).catch((error: unknown) => {
      if (error instanceof TamperedError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    })
    if (plain === null) {
      yield { broken: segment.id }
      continue
    }
    let line = 0
    for (const row of rowsOf(plain)) {
      line += 1
      if (row.head === null) continue
      const { type, id, v: version, op } = row.head
      const hash = op === 'D' ? null : createHash('sha256').update(row.resource).digest().subarray(0, 16)
      yield { type, id, version, op, hash, place: `segment ${segment.id} row ${line}` }
    }
  }
}

// The parts that differ once more, row by row. A person may have been erased between the two: what differs has to do so twice.
async function lookAgain(source: VersionSource, mark: Watermark, parts: ReadonlyMap<string, Set<number>>): Promise<StoresDifference[]> {
  const first = await differencesIn(source, mark, parts)
  const second = await differencesIn(source, mark, parts)
  return [...second].filter(([key]) => first.has(key)).map(([, difference]) => difference)
}

async function differencesIn(source: VersionSource, mark: Watermark, parts: ReadonlyMap<string, Set<number>>) {
  const wanted = ({ type, id }: Held): boolean => parts.get(type)?.has(bucketOf(id)) ?? false
  const here = new Map<string, { held: Held; resource: string }>()
  for await (const version of versionsOf(source, [mark])) {
    if (wanted(version) && here.size < rowsListedMax) here.set(keyOf(version), { held: version, resource: `rid ${version.rid}` })
  }
  const differences = new Map<string, StoresDifference>()
  const add = (key: string, held: Held, resource: string, what: StoresDifference['what']): void =>
    void differences.set(`${key} ${what}`, { store: 'lake', what, ...named(held, resource) })
  for await (const row of rowsOfLake(mark)) {
    if ('broken' in row || !wanted(row)) continue
    const key = keyOf(row)
    const known = here.get(key)
    // A second row of the same version meets nothing, as one that never was in the repository does.
    if (known === undefined) add(key, row, row.place, 'not-expected')
    else if (hex(known.held.hash) !== hex(row.hash)) add(key, row, known.resource, 'content')
    here.delete(key)
  }
  for (const [key, { held, resource }] of here) add(key, held, resource, 'missing')
  return differences
}

const hex = (hash: Uint8Array | null): string => (hash === null ? '' : Buffer.from(hash).toString('hex'))
const keyOf = ({ type, id, version, op }: Held): string => `${type}/${id}/${version}/${op === 'D' ? 'D' : 'P'}`
