import { AnewGone, compareCursors, type Cursor, type Lake, type LakeAnew, type StudyLake } from '../lake/index.js'
import type { ChangeRow, Changes } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'
import { batchOf } from './batch.js'

export interface RebuildParts {
  source: { changes(after: Cursor, limit: number, options: { maxBytes: number }): Promise<Changes>; epoch(): Promise<string> }
  lake: Lake
  /** The place up to which the replicator has stored every study. */
  stored: () => Cursor
  /** Resolves once nobody is being taken out of the study's stores any more; false: it was told to stop waiting. */
  settled: (study: string) => Promise<boolean>
}
export interface RebuildWatch {
  readonly cancelled: boolean
  /** Cancelled only until the process is back: what was written again stays. */
  readonly keeps: boolean
  rows(study: string, rows: number): void
}

const rowsPerRead = 4_000
const bytesPerRead = 4 * 1024 * 1024
const batchBytesMax = 8 * 1024 * 1024

/**
 * Writes a study's lake again from the repository's feed, beside the one that counts, and puts it in its place. Goes on where it was left
 * under the same id. false: it was cancelled, and the lake is as it was.
 */
export async function rebuildLake(parts: RebuildParts, study: string, id: string, watch: RebuildWatch): Promise<boolean> {
  const lake = await parts.lake.study(study)
  for (;;) {
    try {
      // First the list, then the look: who is taken out of the lake after this takes the list away.
      const anew = await lake.anew(id, await parts.source.epoch())
      if ((await parts.settled(study)) && (await fill(parts, { lake, anew }, watch))) {
        await faultPoint('replicator.rebuilt')
        await lake.takeOver(
          anew,
          async (place) => void (await copy(parts, { lake, anew, append: (batch) => anew.append(batch) }, place, watch)),
        )
        await faultPoint('replicator.taken-over')
        return true
      }
      if (!watch.keeps) await lake.dropAnew()
      return false
    } catch (error) {
      if (error instanceof AnewGone) continue
      // Whoever asks again asks for another: a half that nobody goes on with would lie beside the lake for ever.
      await lake.dropAnew().catch(() => undefined)
      throw error
    }
  }
}

interface Target {
  lake: StudyLake
  anew: LakeAnew
}

async function fill(parts: RebuildParts, { lake, anew }: Target, watch: RebuildWatch): Promise<boolean> {
  const append: Copying['append'] = (batch) => lake.appendAnew(anew, batch)
  for (;;) {
    const place = later(lake.manifest().cursor, parts.stored())
    if (!(await copy(parts, { lake, anew, append }, place, watch))) return false
    if (compareCursors(later(lake.manifest().cursor, parts.stored()), place) <= 0) return true
    // So little is left that it can be done while the lake stands still.
    if (anew.manifest().rows > 0 && lake.manifest().rows - anew.manifest().rows < rowsPerRead) return true
  }
}

interface Copying extends Target {
  append(batch: Parameters<LakeAnew['append']>[0]): Promise<void>
}

async function copy(parts: RebuildParts, { lake, anew, append }: Copying, place: Cursor, watch: RebuildWatch): Promise<boolean> {
  const ends = [...(await lake.ends()), place].sort(compareCursors)
  let waiting: ChangeRow[] = []
  let bytes = 0
  const store = async (to: Cursor | null): Promise<void> => {
    const batch = batchOf(waiting)
    waiting = []
    bytes = 0
    if (batch) await append(to === null ? batch : { ...batch, to })
    watch.rows(lake.study, anew.manifest().rows)
  }
  let after = anew.manifest().cursor
  let end = 0
  while (compareCursors(after, place) < 0) {
    if (watch.cancelled) return false
    const read = await parts.source.changes(after, rowsPerRead, { maxBytes: bytesPerRead })
    for (const row of read.rows) {
      if (row.study !== lake.study || compareCursors(row, place) > 0) continue
      // A segment never lies on both sides of a place where whoever follows the lake may stand.
      while (end < ends.length && compareCursors(row, ends[end]!) > 0) {
        if (waiting.length > 0) await store(ends[end]!)
        end += 1
      }
      waiting.push(row)
      bytes += row.content?.length ?? 0
      if (bytes >= batchBytesMax) await store(null)
    }
    if (compareCursors(read.cursor, after) <= 0) break
    after = read.cursor
  }
  if (waiting.length > 0) await store(earlier(place, ends[end] ?? place))
  return true
}

const later = (a: Cursor, b: Cursor): Cursor => (compareCursors(a, b) >= 0 ? a : b)
const earlier = (a: Cursor, b: Cursor): Cursor => (compareCursors(a, b) <= 0 ? a : b)
