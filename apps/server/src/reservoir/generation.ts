import { mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { faultPoint, syncFolder, writeAtomically } from '../storage/index.js'
import { publishTables, type StudyTables } from './generation-tables.js'
import type { OutputForm, PartitionLevel, PartitionsResult } from './jobs.js'
import { fingerprintWithout, type Leaving } from './leaving.js'
import { linkFolder } from './link-folder.js'
import type { ReservoirManifest, ReservoirStamp, ReservoirType } from './manifest.js'
import type { StudyObjects } from './study-objects.js'
import type { StudyReservoir } from './study-reservoir.js'
import { together } from './together.js'
import type { WriterProcess } from './writer-process.js'

// Whole generations for readers outside (Spark, Hive, pandas): plain folders that never change once they have their name.
// What did not change since the last one is linked, not written again.

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
  /** The engine holds about so many rows of a type at once. */
  rowsAtOnce: number
  /** Somebody without whom it is made, for that reason alone. */
  leaving?: Leaving | undefined
  /** Told of a table of the study's own that could not be made. */
  onLeftOut?: (table: string) => void
}

export async function publishGeneration(parts: GenerationParts, manifest: ReservoirManifest): Promise<string> {
  const { dir } = parts.reservoir
  const { maskingPolicy, maskingKey, modelVersion, asOfYear, replay } = manifest
  // After a replay nothing is linked: what was damaged is to be whole again.
  const stamp = { maskingPolicy, maskingKey, modelVersion, asOfYear, ...(replay === undefined ? {} : { replay }) }
  const last = await readPublished(dir)
  const sameMaking = last && JSON.stringify(makingOf(last)) === JSON.stringify([stamp, parts.levels, parts.output])
  const generation = (last?.generation ?? 0) + 1
  const target = join(dir, 'published', String(generation))
  const making = join(dir, 'published', `.making-${generation}`)
  const base = sameMaking ? { state: last, folder: join(dir, 'published', String(last.generation)) } : null
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true, mode: 0o755 })
  const { levels, output } = parts
  const { mark } = parts.flatTables
  const { kept } = thinned([...(last?.history ?? []), { generation, snapshot: manifest.snapshot, at: parts.now }], parts)
  const made = { generation, snapshot: manifest.snapshot, stamp, levels, output, mark }
  const state: PublishedState = { ...made, history: kept, types: {}, tables: {} }
  const living = Object.entries(manifest.types).filter(([, entry]) => entry.rows > 0)
  const published = await together(living.map(([type, entry]) => publishType(parts, type, entry, making, base)))
  for (const [index, [type]] of living.entries()) state.types[type] = published[index]!
  const partitionsIn =
    ({ types }: PublishedState) =>
    (type: string) =>
      types[type]?.partitions ?? null
  const before = base === null ? null : { folder: base.folder, tables: base.state.tables, partitionsOf: partitionsIn(base.state) }
  state.tables = await publishTables({ ...parts, dir }, { manifest, making, base: before, partitionsOf: partitionsIn(state) })
  await forgetTimes(making)
  await faultPoint('reservoir.generation-written')
  await rm(target, { recursive: true, force: true })
  await rename(making, target)
  await syncFolder(dirname(target))
  await parts.reservoir.objects?.publish(generation, target, state)
  await writeAtomically(join(dir, stateFile), JSON.stringify(state), { mode: 0o600 })
  await faultPoint('reservoir.generation-published')
  await removeAllBut(parts.reservoir, kept)
  return target
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
  const { levels, output, writer, reservoir, leaving, rowsAtOnce } = parts
  const { dir } = reservoir
  const found = await writer.run({ kind: 'partitions', dir, type: entry, levels })
  const isChanged = (part: PartitionsResult[number]): boolean => before?.partitions[part.path] !== part.fingerprint
  if (base) for (const part of found) if (!isChanged(part)) await linkFolder(join(base.folder, type, part.path), join(folder, part.path))
  const isLess = ({ path, fingerprint }: PartitionsResult[number]): boolean => {
    const [all, his] = [before?.partitions[path], leaving?.types[type]?.partitions[path]]
    return output === 'parquet' && all !== undefined && his !== undefined && fingerprintWithout(all, his) === fingerprint
  }
  const changed = found.filter(isChanged)
  const less = changed.filter(isLess)
  if (base && leaving && less.length > 0) {
    const folders = less.map(({ path }) => ({ from: join(base.folder, type, path), to: join(folder, path) }))
    await writer.run({ kind: 'leave-out', folders, person: leaving.person })
  }
  const job = { kind: 'publish-type', dir, type: entry, levels, out: folder, of: type, output } as const
  for (const partitions of passesOf(
    changed.filter((part) => !less.includes(part)),
    rowsAtOnce,
  ))
    await writer.run({ ...job, partitions })
  return { of, partitions: Object.fromEntries(found.map((part) => [part.path, part.fingerprint])) }
}

// The engine holds all rows that it writes to partitions, each with the hundreds of columns of its type: 580,000 Observations took 3.2 GB
// (2026-11). Each pass reads the type again, so they are few.
const passesMax = 16

function passesOf(parts: PartitionsResult, rowsAtOnce: number): string[][] {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const most = Math.max(rowsAtOnce, rows / passesMax)
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
  await writeAtomically(join(dir, stateFile), JSON.stringify({ ...state, history }), { mode: 0o600 })
}

type Place = Pick<StudyReservoir, 'dir' | 'objects'>

async function removeAllBut({ dir, objects }: Place, kept: readonly Pick<Published, 'generation'>[]): Promise<void> {
  const published = join(dir, 'published')
  const names = new Set(kept.map(({ generation }) => String(generation)))
  await objects?.removeGenerationsBut(names)
  for (const name of await readdir(published)) if (!names.has(name)) await rm(join(published, name), { recursive: true, force: true })
}
