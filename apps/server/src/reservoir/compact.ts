import { join } from 'node:path'
import type { MaskedPerson, ReservoirFile, ReservoirManifest, ReservoirType } from './manifest.js'
import { emptyType, listsApart } from './manifest.js'
import type { LivingRows, StudyReservoir } from './study-reservoir.js'
import type { WriterProcess } from './writer-process.js'

// Files of like size are merged, so that a type has few files however long it grows, and a row is rewritten only some times in its life.
const filesPerTier = 8
const tierGrowth = 8
const smallestTierRows = 2000
const keyFilesMax = 24
const deadRowsShare = 0.2
// A type this small is rewritten at no cost worth counting.
const smallTypeRows = 10_000
// As many rows are merged seldom enough to be read twice, once for each of two files.
const rowsApartFrom = 16_000
// A type with more files than this waits for its compaction before it takes another batch.
export const filesMax = 64

// A version can arrive after a later one of its resource, if their transactions overlapped (xid order is not commit order). So keys
// outlive their rows: until everything still to come was written later than this after them.
const transactionMsMax = 10 * 60_000

export interface CompactionPlan {
  type: string
  inputs: ReservoirType
  /** All rows of the type are rewritten, so that superseded keys can go. */
  whole: boolean
}

export function planCompaction(manifest: ReservoirManifest): CompactionPlan | null {
  for (const [type, entry] of Object.entries(manifest.types)) {
    const deadRows = Object.values(entry.keys).reduce((sum, keys) => sum + keys.rows, 0)
    const expired = entry.superseded.filter((path) => isExpired(entry, path, manifest.feedAt))
    const worthwhile = entry.rows <= smallTypeRows || deadRows > deadRowsShare * entry.rows
    const due = entry.superseded.length > keyFilesMax || (expired.length > 0 && worthwhile)
    if (due && entry.files.length > 0) return { type, inputs: entry, whole: true }
    const files = fullestTier(entry.files)
    if (files) return { type, inputs: { ...entry, files }, whole: files.length === entry.files.length }
  }
  return null
}

const isExpired = (entry: ReservoirType, path: string, feedAt: number): boolean => (entry.keys[path]?.at ?? 0) < feedAt - transactionMsMax

const tierOf = (file: ReservoirFile): number =>
  Math.max(0, Math.floor(Math.log(Math.max(1, file.rows) / smallestTierRows) / Math.log(tierGrowth)) + 1)

// The lowest tier that is full takes all smaller files along.
function fullestTier(files: ReservoirFile[]): ReservoirFile[] | null {
  const tiers = files.map(tierOf)
  for (let tier = 0; tier <= Math.max(0, ...tiers); tier++) {
    const upTo = files.filter((_, index) => tiers[index]! <= tier)
    if (upTo.length >= filesPerTier && tiers.filter((each) => each === tier).length >= filesPerTier / 2) return upTo
  }
  return null
}

export async function compact(
  reservoir: StudyReservoir,
  writer: WriterProcess,
  plan: CompactionPlan,
  feedAt: number,
  leaving: { person: MaskedPerson; less: LivingRows } | null = null,
): Promise<void> {
  const { type, inputs, whole } = plan
  const [out, keysOut] = [reservoir.newFile(type), reservoir.newFile(`${type}-superseded`)]
  // Keys without the files that they are of are written again as they are.
  const stays = (path: string): boolean => inputs.files.length === 0 || !isExpired(inputs, path, feedAt)
  const keep = whole ? inputs.superseded.filter(stays) : []
  const { dir } = reservoir
  const without = leaving === null ? { forget: [] } : { forget: leaving.person.ids, without: leaving.person }
  const paths = { out: join(dir, out), keysOut: join(dir, keysOut) }
  // Without a person the rows stay apart, or together, as they are.
  const list = leaving !== null || rowsOf(inputs) < rowsApartFrom ? undefined : listsApart[type]
  const outApart = reservoir.newFile(type)
  const apart = list === undefined ? {} : { apart: { list, out: join(dir, outApart) } }
  const result = await writer.run({ kind: 'compact', dir, inputs, keepKeys: keep, ...without, ...paths, ...apart })
  const made: ReservoirType = emptyType()
  if (inputs.files.length > 0) {
    const file = { path: out, rows: result.rows, bytes: await reservoir.settleFile(out) }
    const lacks = list ?? lackedByAll(inputs)
    made.files = [lacks === undefined ? file : { ...file, without: lacks }]
  }
  if (result.apart > 0) made.files.push({ path: outApart, rows: result.apart, bytes: await reservoir.settleFile(outApart) })
  if (keep.length > 0) {
    await reservoir.settleFile(keysOut)
    made.superseded = [keysOut]
    made.keys = { [keysOut]: { rows: result.keys, at: Math.max(...keep.map((path) => inputs.keys[path]?.at ?? 0)) } }
  }
  const gone = new Set([...inputs.files.map((file) => file.path), ...(whole ? inputs.superseded : [])])
  await reservoir.replaceFiles(type, gone, made, leaving?.less)
}

const rowsOf = ({ files }: ReservoirType): number => files.reduce((sum, { rows }) => sum + rows, 0)

function lackedByAll({ files }: ReservoirType): string | undefined {
  const [first] = files
  return files.every(({ without }) => without === first?.without) ? first?.without : undefined
}
