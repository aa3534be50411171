import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import { RecordBatchReader } from 'apache-arrow'
import type { EngineDone, EngineFile, FileFormat } from './engine-statement.js'
import { arrowWriter, jsonRowsWriter, type ResultWriter } from './result-writer.js'
import { rowsInSheet, sheetWriter } from './sheet-writer.js'

// Rows that were kept into a file for somebody to take away. Each file is read again to its end, and the rows in it are counted.

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`

export async function writeRows(connection: DuckDBConnection, file: EngineFile): Promise<EngineDone> {
  const before = await countOf(connection, 'kept.main.rows')
  if (file.format === 'csv' || file.format === 'parquet') await copy(connection, file)
  else await writeThrough(connection, file)
  const after = await rowsIn(connection, file)
  if (after !== before) throw new Error(JSON.stringify({ exception_type: 'RowsLost' }))
  return { rows: before, totalRows: before, truncated: false, people: null }
}

async function countOf(connection: DuckDBConnection, from: string): Promise<number> {
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows()[0]?.[0])
}

async function rowsIn(connection: DuckDBConnection, { path, format, columns }: EngineFile): Promise<number> {
  const wide = 'maximum_object_size = 33554432'
  switch (format) {
    case 'csv': {
      const named = columns.map((_, place) => `c${place}: 'VARCHAR'`).join(', ')
      const form = `header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, parallel = false, null_padding = true`
      return countOf(connection, `read_csv(${text(path)}, ${form}, columns = {${named}}, max_line_size = 16777216)`)
    }
    case 'parquet':
      return countOf(connection, `read_parquet(${text(path)})`)
    case 'json':
      return countOf(connection, `read_json_objects(${text(path)}, format = 'array', ${wide})`)
    case 'xlsx':
      return rowsInSheet(path)
    default:
      return rowsInArrow(path)
  }
}

async function rowsInArrow(path: string): Promise<number> {
  let rows = 0
  for await (const batch of await RecordBatchReader.from(createReadStream(path))) rows += batch.numRows
  return rows
}

const isNested = (type: string): boolean => /^(STRUCT|MAP|UNION|VARIANT)\b|\]$/.test(type)

/** A text, or a name, that a spreadsheet would run gets an apostrophe before it; a number with a sign is one. */
const guarded = (sql: string): string =>
  `CASE WHEN regexp_matches(${sql}, '^[=+@\\t\\r-]') AND NOT regexp_full_match(${sql}, '[+-]?[0-9.,]+') THEN '''' || ${sql} ELSE ${sql} END`

type Column = EngineFile['columns'][number]

const csvColumn = ({ name, type }: Column, place: number): string => {
  const column = `c${place}`
  const isText = /^(VARCHAR|ENUM)/.test(type)
  const value = isNested(type) ? `CAST(to_json(${column}) AS VARCHAR)` : isText ? guarded(`CAST(${column} AS VARCHAR)`) : column
  return `${value} AS ${quotedName(/^[=+@\t\r-]/.test(name) ? `'${name}` : name)}`
}

// What Parquet has no type for: whole numbers of 128 bits would become inexact, the others cannot be written at all.
const parquetColumn = ({ name, type }: Column, place: number): string => {
  const column = `c${place}`
  const isWide = type === 'HUGEINT' || type === 'UHUGEINT'
  const value = isWide
    ? `CAST(${column} AS DECIMAL(38, 0))`
    : /^(UNION|BIT|TIME WITH|VARIANT)/.test(type)
      ? `CAST(${column} AS VARCHAR)`
      : column
  return `${value} AS ${quotedName(name)}`
}

const copyOptions = {
  csv: `FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', DATEFORMAT '%Y-%m-%d', TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'`,
  parquet: 'FORMAT parquet, COMPRESSION zstd',
}

async function copy(connection: DuckDBConnection, { path, format, columns }: EngineFile): Promise<void> {
  const selected = columns.map(format === 'csv' ? csvColumn : parquetColumn).join(', ')
  const options = copyOptions[format === 'csv' ? 'csv' : 'parquet']
  await connection.run(`COPY (SELECT ${selected} FROM kept.main.rows ORDER BY rowid) TO ${text(path)} (${options}, USE_TMP_FILE false)`)
}

async function writeThrough(connection: DuckDBConnection, { path, format, columns }: EngineFile): Promise<void> {
  const result = await connection.stream(`SELECT * FROM kept.main.rows ORDER BY rowid`)
  const [names, types] = [columns.map(({ name }) => name), result.columnTypes()]
  const writers: Partial<Record<FileFormat, () => ResultWriter>> = {
    arrow: () => arrowWriter(names, types),
    json: () => jsonRowsWriter(names, types),
    xlsx: () => sheetWriter(names, types),
  }
  const writer = writers[format]?.()
  if (writer === undefined) throw new Error('no such format')
  const file = openSync(path, 'w', 0o600)
  const write = (pieces: Uint8Array[]): void => {
    for (const bytes of pieces) for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at)
  }
  try {
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      writer.append(chunk, chunk.rowCount)
      write(writer.ready())
    }
    write(writer.end())
  } finally {
    closeSync(file)
  }
}
