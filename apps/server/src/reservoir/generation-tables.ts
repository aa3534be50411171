import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { OutputForm } from './jobs.js'
import { isOnlyLess, type Leaving } from './leaving.js'
import { linkFolder } from './link-folder.js'
import { livingRowsSql, textSql, type Stretch } from './living-sql.js'
import type { ReservoirManifest } from './manifest.js'
import { together } from './together.js'
import type { WriterProcess } from './writer-process.js'

export interface FlatTable {
  name: string
  /** Resource types whose rows it is made of. */
  types: readonly string[]
  /** Worked out when it is asked for: all tables of a study are several hundred kilobytes of SQL. */
  sql: () => string
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

interface TablesParts {
  dir: string
  writer: WriterProcess
  output: OutputForm
  /** The engine holds about so many rows of a type at once. */
  rowsAtOnce: number
  flatTables: StudyTables
  leaving?: Leaving | undefined
  onLeftOut?: ((table: string) => void) | undefined
}
interface TablesMaking {
  manifest: ReservoirManifest
  /** Folder of the generation that is made. */
  making: string
  /** The generation before, and what its tables were made of. */
  base: { folder: string; tables: Readonly<Record<string, string>>; partitionsOf: PartitionsOf } | null
  partitionsOf: PartitionsOf
}
/** Fingerprints of a type's partitions. */
type PartitionsOf = (type: string) => Readonly<Record<string, string>> | null

/** The tables of a snapshot, and the statements that give each, one after another. */
export function tablesOf(parts: Pick<TablesParts, 'dir' | 'writer' | 'flatTables' | 'rowsAtOnce'>, manifest: ReservoirManifest) {
  const { dir, writer, flatTables, rowsAtOnce } = parts
  const found = new Map<string, Promise<Stretch[]>>()
  const stretchesOf = (type: string): Promise<Stretch[]> => {
    const known = found.get(type) ?? stretchesOfType(type)
    found.set(type, known)
    return known
  }
  // Study days, baselines and repeated readings are looked for among all rows of a person, which the engine holds: so a table of a large
  // type is made in stretches of whole people. Files of the reservoir are in their order, so that each stretch reads little more than its own.
  async function stretchesOfType(type: string): Promise<Stretch[]> {
    const entry = manifest.types[type]
    if (entry === undefined || entry.rows <= rowsAtOnce) return [{}]
    const begins = await writer.run({ kind: 'stretches', dir, type: entry, rows: rowsAtOnce })
    return [undefined, ...begins].map((from, place) => ({ from, to: begins[place] }))
  }
  const isThere = (type: string): boolean => (manifest.types[type]?.files.length ?? 0) > 0
  const displays = manifest.displays ? `SELECT system, code, text FROM read_parquet(${textSql(join(dir, manifest.displays))})` : null
  const over = (stretch: Stretch): readonly FlatTable[] =>
    flatTables.tables({ rowsOf: (type) => (isThere(type) ? livingRowsSql(dir, manifest.types[type]!, 'r.*', stretch) : null), displays })
  // The same statements without file names: what a table is made of is the rows, wherever compaction has put them.
  const shapes = flatTables.tables({ rowsOf: (type) => (isThere(type) ? type : null), displays: manifest.displays })
  return over({}).map((table, place) => ({
    table,
    shape: shapes[place]?.sql(),
    async statements(): Promise<string[]> {
      const [type, ...others] = table.types
      if (type === undefined || others.length > 0) return [table.sql()]
      return (await stretchesOf(type)).map((stretch) => over(stretch)[place]!.sql())
    },
  }))
}

/** Writes the tables that are not as they were; by name what each was made of. */
export async function publishTables(parts: TablesParts, making: TablesMaking): Promise<Record<string, string>> {
  const tables = tablesOf(parts, making.manifest)
  const made = await together(
    tables.map(({ table, shape, statements }) => {
      const madeOf = (partitionsOf: PartitionsOf): string =>
        createHash('sha256')
          .update(JSON.stringify([shape, table.types.map(partitionsOf)]))
          .digest('hex')
      return publishTable(parts, making, { table, madeOf, statements })
    }),
  )
  return Object.fromEntries(tables.flatMap(({ table: { name } }, place) => (made[place] === null ? [] : [[name, made[place]!]])))
}

/** What the table was made of; null: it cannot be made. */
async function publishTable(
  parts: TablesParts,
  making: TablesMaking,
  { table, madeOf, statements }: { table: FlatTable; madeOf: (of: PartitionsOf) => string; statements: () => Promise<string[]> },
): Promise<string | null> {
  const { base } = making
  const of = madeOf(making.partitionsOf)
  const folder = join(making.making, 'tables', table.name)
  if (base?.tables[table.name] === of) {
    await linkFolder(join(base.folder, 'tables', table.name), folder)
    return of
  }
  if (base && base.tables[table.name] === madeOf(base.partitionsOf) && isLess(parts, making, table)) {
    const folders = [{ from: join(base.folder, 'tables', table.name), to: folder }]
    await parts.writer.run({ kind: 'leave-out', folders, person: { ...parts.leaving!.person, ids: [] } })
    return of
  }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  try {
    for (const [part, sql] of (await statements()).entries())
      await parts.writer.run({ kind: 'publish-table', sql, out: folder, part, output: parts.output })
    return of
  } catch (error) {
    if (table.own !== true) throw error
    await rm(folder, { recursive: true, force: true })
    parts.onLeftOut?.(table.name)
    return null
  }
}

// What a row of a table says of its person and of time is looked for among his own rows, so that those of others stay what they are.
function isLess({ leaving, output }: TablesParts, { base, partitionsOf }: TablesMaking, { types, own = false }: FlatTable): boolean {
  const [type, ...others] = types
  const his = type === undefined ? undefined : leaving?.types[type]
  if (type === undefined || others.length > 0 || own || his === undefined || his.byId || output !== 'parquet') return false
  return isOnlyLess(base?.partitionsOf(type) ?? {}, partitionsOf(type) ?? {}, his)
}
