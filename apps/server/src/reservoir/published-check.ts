import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tablesOf, type StudyTables } from './generation-tables.js'
import { readPublished } from './generation.js'
import type { PartitionsResult } from './jobs.js'
import { filesSql, livingRowsSql } from './living-sql.js'
import type { ReservoirManifest } from './manifest.js'
import { pathSql } from './publish-jobs.js'
import type { StudyReservoir } from './study-reservoir.js'
import type { WriterProcess } from './writer-process.js'

/** What readers outside have, beside the snapshot that it says it is. */
export interface PublishedLooked {
  generation: number
  snapshot: string
  files: number
  bytes: number
  /** why its rows were not compared; null: they were */
  not: string | null
  /** `type`: of resources, or a table; `path`: of its partition */
  differences: { type: string; path: string; what: 'missing' | 'not-expected' | 'content' | 'unreadable' }[]
}
interface Parts {
  reservoir: Pick<StudyReservoir, 'dir' | 'objects'>
  writer: WriterProcess
  flatTables: StudyTables
  rowsAtOnce: number
}
type Prints = Map<string, string>

/** Null: nothing was published yet. */
export async function comparePublished(parts: Parts, shown: ReservoirManifest): Promise<PublishedLooked | null> {
  const { dir, objects } = parts.reservoir
  const state = await readPublished(dir)
  if (state === null) return null
  const { generation, snapshot, output = 'parquet' } = state
  const looked: PublishedLooked = { generation, snapshot, files: 0, bytes: 0, not: null, differences: [] }
  if (objects !== null) looked.not = 'it lies in the bucket'
  else if (output !== 'parquet') looked.not = 'it is written as JSON'
  else if (snapshot !== shown.snapshot) looked.not = 'it is of an earlier snapshot: the next one is on its way'
  else if ((state.mark ?? '') !== parts.flatTables.mark) looked.not = 'its tables are about to be made anew'
  if (looked.not !== null) return looked
  const folder = join(dir, 'published', String(generation))
  for (const [type, expected] of await expectedOf(parts, shown, state)) {
    const found = await filesBelow(join(folder, type))
    looked.files += found.paths.length
    looked.bytes += found.bytes
    const there = await printed(parts.writer, found.paths.length === 0 ? [] : [filesRows(found.paths)]).catch(ofEngine)
    if (there === null) looked.differences.push({ type, path: '', what: 'unreadable' })
    else looked.differences.push(...differencesOf(type, await expected(), there))
  }
  return looked
}

// By the folder that it has to have: types that live or that the generation names, and its tables.
async function expectedOf(
  parts: Parts,
  shown: ReservoirManifest,
  state: NonNullable<Awaited<ReturnType<typeof readPublished>>>,
): Promise<Map<string, () => Promise<Prints>>> {
  const { writer, reservoir } = parts
  const { dir } = reservoir
  const expected = new Map<string, () => Promise<Prints>>()
  const folders = await readdir(join(dir, 'published', String(state.generation))).catch(() => [])
  const types = folders.filter((name) => name !== 'tables')
  for (const type of new Set([...types, ...Object.keys(shown.types)])) {
    const entry = shown.types[type]
    const path = `${pathSql(state.levels)} AS _path`
    const columns = `_id AS id, patient_key, masking_policy, * EXCLUDE (_id, _v, _year, patient_key, masking_policy)`
    const rows = (entry?.rows ?? 0) === 0 ? [] : [`SELECT ${columns} FROM (${livingRowsSql(dir, entry!, `r.*, ${path}`)})`]
    expected.set(type, () => printed(writer, rows))
  }
  for (const { table, statements } of tablesOf({ ...parts, dir }, shown)) {
    if (!(table.name in state.tables)) continue
    expected.set(`tables/${table.name}`, async () =>
      printed(
        writer,
        (await statements()).map((sql) => `SELECT *, '' AS _path FROM (${sql})`),
      ),
    )
  }
  return expected
}

const filesRows = (paths: readonly string[]): string =>
  `SELECT * EXCLUDE (filename), regexp_extract(filename, '/(year=[^/]*(?:/[a-z]+=[^/]*)*)/[^/]+$', 1) AS _path
   FROM read_parquet(${filesSql('', paths)}, hive_partitioning = false, filename = true)`

/** Over all columns; of what several statements give together. */
async function printed(writer: WriterProcess, statements: readonly string[]): Promise<Prints> {
  const prints: Prints = new Map()
  for (const sql of statements) {
    const rows = `SELECT x._path AS path, hash(x) AS h FROM (${sql}) x`
    const found: PartitionsResult = await writer.run({ kind: 'prints', rows })
    for (const { path, fingerprint } of found) prints.set(path, together(prints.get(path), fingerprint))
  }
  return prints
}

function together(one: string | undefined, other: string): string {
  if (one === undefined) return other
  const [rows = 0n, xor = 0n, sum = 0n] = one.split('-').map(BigInt)
  const [more = 0n, moreXor = 0n, moreSum = 0n] = other.split('-').map(BigInt)
  return [rows + more, xor ^ moreXor, sum + moreSum].join('-')
}

function differencesOf(type: string, expected: Prints, there: Prints): PublishedLooked['differences'] {
  const paths = [...new Set([...expected.keys(), ...there.keys()])].sort()
  return paths.flatMap((path) => {
    const [wanted, found] = [expected.get(path), there.get(path)]
    if (wanted === found) return []
    return [
      {
        type,
        path,
        what: found === undefined ? ('missing' as const) : wanted === undefined ? ('not-expected' as const) : ('content' as const),
      },
    ]
  })
}

const ofEngine = (error: unknown): null => {
  if ((error as Error).name === 'WriterError') return null
  throw error
}

async function filesBelow(folder: string): Promise<{ paths: string[]; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  return { paths, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}
