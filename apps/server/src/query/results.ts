import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  arrowStreamType,
  type DownloadFormat,
  type ResultColumn,
  type StatementParameters,
  type SuppressedCell,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { bytesOf } from './counts/bytes.js'
import type { EngineProcess } from './engine-process.js'
import type { Engines } from './engines.js'
import { refusalOfFault } from './faults.js'
import { runIn, seated, type EngineWork, type Ran, type Take } from './in-engine.js'
import type { KeptResult, KeptResults } from './kept-results.js'
import { downloadMs, resultBytesMax, statementLimits, type StatementLimits } from './limits.js'
import { windowSql, type Window } from './result-windows.js'

export type RowFormat = 'arrow' | 'json'
export const typeOfRows = (format: RowFormat): string => (format === 'arrow' ? arrowStreamType : 'application/json; charset=utf-8')

export interface WindowRows {
  kept: KeptResult
  /** Rows that the filters leave. */
  matching: number
  bytes: Buffer
  /** Of counts: cells of these rows that are hidden. */
  suppressed?: SuppressedCell[]
}
interface Asked {
  limits?: StatementLimits
  signal?: AbortSignal
  onProgress?: (progress: number) => void
}

/** Rows of results that were kept, read by the engine of their study. */
export class Results {
  readonly #engines: Engines
  readonly #kept: KeptResults
  readonly #filesFolder: (study: string) => Promise<string>

  constructor(engines: Engines, kept: KeptResults, filesFolder: (study: string) => Promise<string>) {
    this.#engines = engines
    this.#kept = kept
    this.#filesFolder = filesFolder
  }

  async #work(kept: KeptResult, asked: Asked): Promise<EngineWork> {
    return {
      study: kept.study,
      filesFolder: await this.#filesFolder(kept.study),
      caller: kept.owner,
      limits: asked.limits ?? statementLimits,
      signal: asked.signal ?? new AbortController().signal,
      onStart: () => undefined,
      onProgress: asked.onProgress ?? (() => undefined),
    }
  }

  async #run(
    engine: EngineProcess,
    kept: KeptResult,
    asked: { sql: string; parameters?: StatementParameters; format: RowFormat; take: Take; work: EngineWork },
  ): Promise<Ran | Refusal> {
    const { sql, parameters = {}, format, take, work } = asked
    // An engine may hold a file for a moment that is taken away.
    if (!this.#isThere(kept)) return refuse('result-gone', { detail: 'The rows are not kept any more: run the statement again.' })
    const run = { ...locked(kept, this.#kept.rowsOf(kept)), sql, parameters, format, rowsMax: kept.basis.rows, bytesMax: resultBytesMax }
    return runIn(engine, run, work, { take, faulty: (said) => faulty(said, sql) })
  }

  #isThere(kept: KeptResult): boolean {
    return existsSync(this.#kept.rowsOf(kept))
  }

  /** Some of the rows. */
  async window(kept: KeptResult, window: Window, format: RowFormat, asked: Asked = {}): Promise<WindowRows | Refusal> {
    const { suppressed } = kept
    if (suppressed === undefined) return this.#window(kept, window, format, asked)
    const rows = await this.#window(kept, window, 'json', asked)
    return isRefusal(rows) ? rows : { ...rows, ...marked(kept.columns, suppressed, rows.bytes, format) }
  }

  async #window(kept: KeptResult, window: Window, format: RowFormat, asked: Asked): Promise<WindowRows | Refusal> {
    const sql = windowSql(kept.columns, window, kept.suppressed !== undefined)
    if (isRefusal(sql)) return sql
    const work = await this.#work(kept, asked)
    return seated(this.#engines, work, async (engine) => {
      const rows: Uint8Array[] = []
      const { parameters } = sql
      const ran = await this.#run(engine, kept, { sql: sql.rows, parameters, format, take: (bytes) => void rows.push(bytes), work })
      if (isRefusal(ran)) return ran
      if (ran.truncated)
        return refuse('statement-limit', { detail: 'These rows are too many bytes for one answer: ask for fewer at once.' })
      const bytes = Buffer.concat(rows)
      if (sql.matching === null) return { kept, matching: kept.basis.rows, bytes }
      const counted: Uint8Array[] = []
      const count = { sql: sql.matching, parameters, format: 'json' as const, take: (piece: Uint8Array) => void counted.push(piece), work }
      const told = await this.#run(engine, kept, count)
      if (isRefusal(told)) return told
      const [matching] = JSON.parse(Buffer.concat(counted).toString()) as [number]
      return { kept, matching, bytes }
    })
  }

  /** All rows as they are taken, read one piece ahead. Whoever is slow holds no seat and two pieces of memory: nothing runs meanwhile. */
  async *pieces(kept: KeptResult, format: RowFormat): AsyncGenerator<Buffer> {
    let rows = pieceRows
    const read = (offset: number): ReturnType<Results['window']> => {
      const piece = this.window(kept, { offset, limit: rows, filters: [] }, format)
      // Whoever goes away takes it no more.
      piece.catch(() => undefined)
      return piece
    }
    let next = read(0)
    for (let offset = 0; offset < kept.basis.rows || offset === 0;) {
      const piece = await next
      // Whoever took the last piece slowly gets none that was read before somebody withdrew.
      if (!this.#isThere(kept)) throw new Error('the rows are gone')
      if (isRefusal(piece)) {
        if (piece.refusal !== 'statement-limit' || rows === 1) throw new Error('the rows could not be read')
        rows = Math.ceil(rows / 4)
        next = read(offset)
        continue
      }
      const isFirst = offset === 0
      offset += rows
      const isLast = offset >= kept.basis.rows
      if (!isLast) next = read(offset)
      if (format === 'arrow') yield withoutEnds(piece.bytes, { first: isFirst, last: isLast })
      else yield isFirst ? piece.bytes : Buffer.concat([comma, piece.bytes])
    }
  }

  /** How many rows only the later of two results has, and only the earlier; null where their columns differ. */
  async apart(before: KeptResult, after: KeptResult): Promise<{ added: number; removed: number } | Refusal | null> {
    const typesOf = ({ columns }: KeptResult): string => JSON.stringify(columns.map(({ name, type }) => [name, type]))
    if (typesOf(before) !== typesOf(after)) return null
    const work = await this.#work(after, {})
    const only = (one: string, other: string): string =>
      `(SELECT count(*) FROM (SELECT * FROM ${one}.main.rows EXCEPT ALL SELECT * FROM ${other}.main.rows))`
    const sql = `SELECT ${only('kept', 'before')} AS added, ${only('before', 'kept')} AS removed`
    const told: Uint8Array[] = []
    return seated(this.#engines, work, async (engine) => {
      const { kept, ...rest } = locked(after, this.#kept.rowsOf(after))
      const both = { ...rest, kept: { ...kept, before: this.#kept.rowsOf(before) } }
      const run = { ...both, sql, format: 'json' as const, rowsMax: 1, bytesMax: resultBytesMax }
      const ran = await runIn(engine, run, work, { take: (bytes) => void told.push(bytes), faulty: (said) => faulty(said, sql) })
      if (isRefusal(ran)) return ran
      const [added, removed] = JSON.parse(Buffer.concat(told).toString()) as [number, number]
      return { added, removed }
    })
  }

  /** All rows as a file, counted before and after; moved to `path` once it is whole. */
  async file(kept: KeptResult, format: DownloadFormat, path: string, asked: Asked = {}): Promise<Ran | Refusal> {
    const work = await this.#work(kept, { ...asked, limits: { ...statementLimits, time: downloadMs } })
    return seated(this.#engines, work, async (engine) => {
      const written = join(engine.spillFolder, `${randomUUID()}.${format}`)
      const file = { path: written, format, columns: fileColumns(kept) }
      const run = { ...locked(kept, this.#kept.rowsOf(kept)), sql: '', format: 'json' as const, rowsMax: 0, bytesMax: 0, file }
      const ran = await runIn(engine, run, work, { take: () => undefined, faulty: (said) => faulty(said, '') })
      if (isRefusal(ran)) await rm(written, { force: true })
      else {
        await chmod(written, 0o600)
        await rename(written, path)
      }
      return ran
    })
  }
}

/** Rows that come with their numbers, and which of their cells are hidden. */
function marked(
  columns: ResultColumn[],
  hidden: readonly SuppressedCell[],
  numbered: Buffer,
  format: RowFormat,
): Pick<WindowRows, 'bytes'> & { suppressed: SuppressedCell[] } {
  const rows = JSON.parse(`[${numbered.toString()}]`) as unknown[][]
  const places = new Map(rows.map((row, place) => [Number(row.at(-1)), place]))
  const suppressed = hidden.flatMap(([row, column, why]): SuppressedCell[] => {
    const place = places.get(row)
    return place === undefined ? [] : [[place, column, why]]
  })
  const told = { columns, rows: rows.map((row) => row.slice(0, columns.length)), suppressed }
  return { bytes: Buffer.concat(bytesOf(told, format)), suppressed }
}

const pieceRows = 65_536
const comma = Buffer.from(',')

/** One stream of Arrow of several: the schema stands before the first batch only, the end mark behind the last. */
function withoutEnds(stream: Buffer, { first, last }: { first: boolean; last: boolean }): Buffer {
  const schemaBytes = 8 + stream.readInt32LE(4)
  return stream.subarray(first ? 0 : schemaBytes, last ? stream.byteLength : stream.byteLength - endMarkBytes)
}
const endMarkBytes = 8

const locked = (kept: KeptResult, path: string) => ({
  ground: [],
  setup: [],
  fileTables: [],
  files: [],
  schema: kept.study,
  kept: { path, mode: 'read' as const },
})

/** Beside each figure of counts a column that says whether its cell is told: an empty one could be taken for no value. */
export function fileColumns({ columns, figures = [] }: Pick<KeptResult, 'columns' | 'figures'>): ResultColumn[] {
  return unlikeNames([...columns, ...figures.map((column) => ({ name: `${columns[column]!.name}_status`, type: 'VARCHAR' }))])
}

/** Names as files need them: no two that differ by case only. */
function unlikeNames(columns: readonly ResultColumn[]): ResultColumn[] {
  const taken = new Set<string>()
  return columns.map(({ name, type }) => {
    let own = name
    for (let next = 1; taken.has(own.toLowerCase()); next++) own = `${name}_${next}`
    taken.add(own.toLowerCase())
    return { name: own, type }
  })
}

const fileFaults: Readonly<Record<string, string>> = {
  RowsLost: 'The file has not as many rows as the result: it was thrown away.',
  SheetFull: 'A sheet holds 1,048,575 rows at most: take CSV or Parquet.',
  CellFull: 'A cell of a sheet holds 32,767 characters at most, and one of the values has more: take CSV or Parquet.',
}
function faulty(said: string, sql: string): Refusal {
  const known = Object.entries(fileFaults).find(([name]) => said.includes(`"exception_type":"${name}"`))
  return known === undefined ? refusalOfFault(said, { sql, offset: 0 }) : refuse('business-rule', { detail: known[1] })
}
