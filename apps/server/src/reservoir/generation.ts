import { createHash, randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { faultPoint, syncFolder, writeAtomically } from '../storage/index.js'
import type { OutputForm, PartitionLevel, PartitionsResult } from './jobs.js'
import { livingRowsSql, textSql } from './living-sql.js'
import type { ReservoirManifest, ReservoirStamp, ReservoirType } from './manifest.js'
import type { StudyObjects } from './study-objects.js'
import type { StudyReservoir } from './study-reservoir.js'
import { together } from './together.js'
import type { WriterProcess } from './writer-process.js'

// Whole generations for readers outside (Spark, Hive, pandas): plain folders that never change once they have their name.
// What did not change since the last one is linked, not written again.

export interface FlatTable {
  name: string
  /** Resource types whose rows it is made of. */
  types: readonly string[]
  sql: string
  /** By a view of the study's own: one that cannot be made is left out, and the generation goes on. */
  own?: boolean
}
export interface FlatTableInput {
  /** SQL of the living rows of a type, to stand in brackets after FROM; null when the study has none. */
  rowsOf: (type: string) => string | null
  /** SQL of the study's dictionary (system, code, text). */
  displays: string | null
}
/** Made by the query system's views; the reservoir knows no view. */
export interface StudyTables {
  /** Another one when the same rows give other tables. */
  mark: string
  tables: (input: FlatTableInput) => readonly FlatTable[]
}
export type FlatTables = (study: string) => Promise<StudyTables>

export interface Published {
  generation: number
  snapshot: string
  at: number
}
interface PublishedState {
  generation: number
  snapshot: string
  stamp: ReservoirStamp & { replay?: string }
  levels: PartitionLevel[]
  output?: OutputForm
  /** Generations that may still be there, oldest first, and when each was published (epoch ms). */
  history?: Published[]
  /** By type: what its files were, and its partitions with their fingerprints. */
  types: Record<string, { of: string; partitions: Record<string, string> }>
  tables: Record<string, string>
  mark?: string
}

const stateFile = 'published.json'
const unfinished = '.making-'
const generationsKept = 3
// Times of files and folders say nothing: all have this one.
const noTime = new Date('2000-01-01T00:00:00Z')

export async function readPublished(dir: string): Promise<PublishedState | null> {
  const text = await readFile(join(dir, stateFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : (JSON.parse(text) as PublishedState)
}

/** A generation as a reader outside finds it. */
export interface Generation extends Published {
  folder: string
  output: OutputForm
  maskingPolicy: string
}

/** The newest generation, or null before the first. */
export async function newestGeneration(dir: string, objects: StudyObjects | null = null): Promise<Generation | null> {
  const state = await readPublished(dir)
  if (state === null) return null
  const { generation, snapshot, stamp, output = 'parquet', history = [] } = state
  const folder = objects?.placeOf(generation) ?? join(dir, 'published', String(generation))
  return { folder, generation, snapshot, at: history.at(-1)?.at ?? Date.parse(snapshot), output, maskingPolicy: stamp.maskingPolicy }
}

const identityOf = (type: ReservoirType): string => [...type.files.map((file) => file.path), ...type.superseded].sort().join('|')

export interface GenerationParts {
  reservoir: StudyReservoir
  writer: WriterProcess
  levels: PartitionLevel[]
  output: OutputForm
  /** How long generations before the newest are kept (ms); 0: the last few, however old. */
  keepMs: number
  now: number
  flatTables: StudyTables
  /** Told of a table of the study's own that could not be made. */
  onLeftOut?: (table: string) => void
}

export async function publishGeneration(parts: GenerationParts, manifest: ReservoirManifest): Promise<string> {
  try {
    return await made(parts, manifest)
  } catch (error) {
    // Of tries that fail one after another nothing is to stay.
    await removeUnnamed(parts.reservoir).catch(() => null)
    throw error
  }
}

async function made(parts: GenerationParts, manifest: ReservoirManifest): Promise<string> {
  const { dir } = parts.reservoir
  const { maskingPolicy, maskingKey, modelVersion, asOfYear, replay } = manifest
  // After a replay nothing is linked: what was damaged is to be whole again.
  const stamp = { maskingPolicy, maskingKey, modelVersion, asOfYear, ...(replay === undefined ? {} : { replay }) }
  const last = await readPublished(dir)
  const sameMaking = last && JSON.stringify(makingOf(last)) === JSON.stringify([stamp, parts.levels, parts.output])
  const generation = await nextGeneration(parts.reservoir, last)
  const target = join(dir, 'published', String(generation))
  const making = join(dir, 'published', `${unfinished}${generation}-${randomBytes(6).toString('hex')}`)
  const base = sameMaking ? { state: last, folder: join(dir, 'published', String(last.generation)) } : null
  await mkdir(making, { recursive: true, mode: 0o755 })
  const { levels, output } = parts
  const { mark } = parts.flatTables
  const { kept } = thinned([...(last?.history ?? []), { generation, snapshot: manifest.snapshot, at: parts.now }], parts)
  const of = { generation, snapshot: manifest.snapshot, stamp, levels, output, mark }
  const state: PublishedState = { ...of, history: kept, types: {}, tables: {} }
  const living = Object.entries(manifest.types).filter(([, entry]) => entry.rows > 0)
  const published = await together(living.map(([type, entry]) => publishType(parts, type, entry, making, base)))
  for (const [index, [type]] of living.entries()) state.types[type] = published[index]!
  await publishTables(parts, manifest, making, base, state)
  await forgetTimes(making)
  await faultPoint('reservoir.generation-written')
  parts.reservoir.mayWrite()
  await rename(making, target)
  await syncFolder(dirname(target))
  await faultPoint('reservoir.generation-named')
  await parts.reservoir.objects?.publish({ generation, before: last?.generation ?? 0 }, target, state)
  await writeAtomically(join(dir, stateFile), JSON.stringify(state), { mode: 0o600, mayWrite: parts.reservoir.mayWrite })
  await faultPoint('reservoir.generation-published')
  await removeAllBut(parts.reservoir, kept)
  return target
}

// A name that was used is used no more, also where a kill or another process left what was never published under it.
async function nextGeneration({ dir, objects }: Place, last: PublishedState | null): Promise<number> {
  const names = [...(await readdir(join(dir, 'published')).catch(() => [])), ...((await objects?.generations()) ?? [])]
  return 1 + Math.max(last?.generation ?? 0, ...names.filter((name) => /^\d+$/.test(name)).map(Number))
}

const makingOf = ({ stamp, levels, output = 'parquet' }: PublishedState) => [stamp, levels, output]

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Those that stay. A study that publishes all day leaves thousands: of a past hour one stays, and of a past day one. */
export function thinned(all: readonly Published[], { keepMs, now }: { keepMs: number; now: number }): { kept: Published[] } {
  const last = all.slice(-generationsKept)
  const seen = new Set<string>()
  const older = all.slice(0, -generationsKept).filter(({ at, generation }) => {
    const age = now - at
    if (age > keepMs) return false
    const span = age > dayMs ? `d${Math.floor(at / dayMs)}` : age > hourMs ? `h${Math.floor(at / hourMs)}` : `g${generation}`
    return !seen.has(span) && seen.add(span)
  })
  return { kept: [...older, ...last] }
}

interface Base {
  state: PublishedState
  folder: string
}

async function publishType(parts: GenerationParts, type: string, entry: ReservoirType, making: string, base: Base | null) {
  const of = identityOf(entry)
  const before = base?.state.types[type]
  const folder = join(making, type)
  await mkdir(folder, { recursive: true, mode: 0o755 })
  if (base && before?.of === of) {
    for (const path of Object.keys(before.partitions)) await linkFolder(join(base.folder, type, path), join(folder, path))
    return before
  }
  const { levels, output, writer, reservoir } = parts
  const { dir } = reservoir
  const found = await writer.run({ kind: 'partitions', dir, type: entry, levels })
  const isChanged = (part: PartitionsResult[number]): boolean => before?.partitions[part.path] !== part.fingerprint
  if (base) for (const part of found) if (!isChanged(part)) await linkFolder(join(base.folder, type, part.path), join(folder, part.path))
  const job = { kind: 'publish-type', dir, type: entry, levels, out: folder, of: type, output } as const
  for (const partitions of passesOf(found.filter(isChanged))) await writer.run({ ...job, partitions })
  return { of, partitions: Object.fromEntries(found.map((part) => [part.path, part.fingerprint])) }
}

// The engine holds all rows that it writes to partitions, each with the hundreds of columns of its type: 580,000 Observations took 3.2 GB
// (2026-11). Each pass reads the type again, so they are few.
const rowsOfPass = 150_000
const passesMax = 6

function passesOf(parts: PartitionsResult): string[][] {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const most = Math.max(rowsOfPass, rows / passesMax)
  const passes: string[][] = []
  let held = 0
  for (const part of parts) {
    const pass = held + part.rows > most ? undefined : passes.at(-1)
    held = part.rows + (pass === undefined ? 0 : held)
    if (pass === undefined) passes.push([part.path])
    else pass.push(part.path)
  }
  return passes
}

async function publishTables(
  parts: GenerationParts,
  manifest: ReservoirManifest,
  making: string,
  base: Base | null,
  state: PublishedState,
) {
  const { dir } = parts.reservoir
  const living = (type: string): string | null => {
    const entry = manifest.types[type]
    return entry && entry.files.length > 0 ? livingRowsSql(dir, entry) : null
  }
  const displays = manifest.displays ? `SELECT system, code, text FROM read_parquet(${textSql(join(dir, manifest.displays))})` : null
  const tables = parts.flatTables.tables({ rowsOf: living, displays })
  // The same statements without file names: what a table is made of is the rows, wherever compaction has put them.
  const shapes = parts.flatTables.tables({ rowsOf: (type) => (living(type) ? type : null), displays: manifest.displays })
  const made = await together(tables.map((table, index) => publishTable(parts, table, { shape: shapes[index]?.sql, making, base, state })))
  for (const [index, { name }] of tables.entries()) {
    const of = made[index]
    if (typeof of === 'string') state.tables[name] = of
  }
}

interface TableMaking {
  shape: string | undefined
  making: string
  base: Base | null
  state: PublishedState
}

/** What the table was made of; null: it cannot be made. */
async function publishTable(parts: GenerationParts, table: FlatTable, { shape, making, base, state }: TableMaking): Promise<string | null> {
  const rows = table.types.map((type) => state.types[type]?.partitions ?? null)
  const of = createHash('sha256')
    .update(JSON.stringify([shape, rows]))
    .digest('hex')
  const folder = join(making, 'tables', table.name)
  if (base && base.state.tables[table.name] === of) {
    await linkFolder(join(base.folder, 'tables', table.name), folder)
    return of
  }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  try {
    await parts.writer.run({ kind: 'publish-table', sql: table.sql, out: folder, output: parts.output })
    return of
  } catch (error) {
    if (table.own !== true) throw error
    await rm(folder, { recursive: true, force: true })
    parts.onLeftOut?.(table.name)
    return null
  }
}

async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  for (const file of await readdir(from)) {
    await link(join(from, file), join(to, file)).catch(() => copyFile(join(from, file), join(to, file)))
  }
}

async function forgetTimes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await forgetTimes(path)
    else await utimes(path, noTime, noTime)
  }
  await syncFolder(folder)
  await utimes(folder, noTime, noTime)
}

/** Older generations hold people who are in the newest no more. */
export async function removeOlderGenerations(reservoir: Place): Promise<void> {
  const { dir, objects } = reservoir
  const state = await readPublished(dir)
  if (state === null) return
  const history = (state.history ?? []).slice(-1)
  await removeAllBut(reservoir, [{ generation: state.generation }])
  await objects?.replacePublished({ ...state, history })
  await writeAtomically(join(dir, stateFile), JSON.stringify({ ...state, history }), { mode: 0o600, mayWrite: reservoir.mayWrite })
}

type Place = Pick<StudyReservoir, 'dir' | 'objects' | 'mayWrite'>

// What a bucket's list names may be known only there.
async function removeUnnamed(place: Place): Promise<void> {
  const state = await readPublished(place.dir)
  const named = namesOf(state === null ? [] : [state, ...(state.history ?? [])])
  await removeFolders(place, (name) => !named.has(name) && (place.objects === null || name.startsWith(unfinished)))
}

async function removeAllBut(place: Place, kept: readonly Pick<Published, 'generation'>[]): Promise<void> {
  const names = namesOf(kept)
  await place.objects?.removeGenerationsBut(names)
  await removeFolders(place, (name) => !names.has(name))
}

const namesOf = (all: readonly Pick<Published, 'generation'>[]): Set<string> => new Set(all.map(({ generation }) => String(generation)))

async function removeFolders({ dir, mayWrite }: Place, isGone: (name: string) => boolean): Promise<void> {
  const published = join(dir, 'published')
  for (const name of await readdir(published)) {
    if (!isGone(name)) continue
    mayWrite()
    await rm(join(published, name), { recursive: true, force: true })
  }
}
