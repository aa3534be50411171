import type { EngineFileTable } from './engine-statement.js'

/** A file of the reservoir that statements read by its quoted name, in the study's schema. */
export interface QueryFile {
  name: string
  format: 'csv' | 'json' | 'parquet' | 'txt'
  path: string
  bytes: number
}
export interface StudyFiles {
  /** All that may be read; of each name the newest. */
  files: readonly QueryFile[]
  /** All of them lie below it, and nothing else does. */
  folder: string
}

/** From so many on it is not told how many rows were left out. */
export const leftOutMany = 11

// A larger text is read line by line, which holds only where all lines end alike.
const wholeTextMax = 64 * 1024 * 1024
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The first line names the columns, and so says what stands between them: guessed, it would be what lines agree on that do not fit it. */
const delimiters = [',', ';', '\t', '|']
const csv = (path: string, delimiter: string): string =>
  `read_csv(${path}, delim = '${delimiter}', header = true, skip = 0, quote = '"', comment = '', sample_size = 100000, compression = 'none', hive_partitioning = false)`
const csvHead = (path: string): string =>
  `SELECT line FROM read_csv(${path}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '\u001f', quote = '', escape = '',
    comment = '', compression = 'none', hive_partitioning = false) LIMIT 1`

/** Objects of many members, or of members that are seldom, are taken for maps; where the rows are such, they are read anew as what they are. */
const json = (path: string, more: string): string =>
  `read_json(${path}, records = true, maximum_depth = 64, sample_size = -1, compression = 'uncompressed', hive_partitioning = false${more})`
const noMaps = ', map_inference_threshold = -1, field_appearance_threshold = 0'

/** One, or several of which the first that reads the file is it; of CSV one for each delimiter. */
const readers: Readonly<Record<QueryFile['format'], (path: string, bytes: number) => string[]>> = {
  csv: (path) => delimiters.map((delimiter) => csv(path, delimiter)),
  json: (path) => [json(path, ''), json(path, noMaps)],
  parquet: (path) => [`read_parquet([${path}], hive_partitioning = false)`],
  txt: (path, bytes) => [
    `(SELECT row_number() OVER () AS line_number, line FROM ${bytes > wholeTextMax ? longText(path) : shortText(path)})`,
  ],
}
const shortText = (path: string): string =>
  `(SELECT unnest(regexp_split_to_array(regexp_replace(content, '\\r?\\n$', ''), '\\r?\\n')) AS line FROM read_text(${path}) WHERE content <> '')`
const longText = (path: string): string =>
  `read_csv(${path}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '\u001f', quote = '', escape = '',
    comment = '', max_line_size = 10000000, compression = 'none', hive_partitioning = false)`

/**
 * How the engine makes the table. Where the file has the reservoir's patient_key it shows rows of people who have rows there: who was
 * erased, whose key was another one, and who never was stand in no list by which they could be left out. `people` selects the keys.
 */
export function fileTableSql(study: string, hidden: string, file: QueryFile, people: string): EngineFileTable {
  const { name, path, bytes, format } = file
  const raw = `${hidden}.${quoted(`file ${name}`)}`
  const view = `CREATE VIEW ${quoted(study)}.${quoted(name)} AS SELECT f.* FROM ${raw} f`
  const there = `${hidden}.people p ON p.patient_key = CAST(f.patient_key AS VARCHAR)`
  return {
    name,
    raw: readers[format](text(path), bytes).map((rows) => `CREATE VIEW ${raw} AS SELECT * FROM ${rows}`),
    ...(format === 'csv' ? { head: { sql: csvHead(text(path)), delimiters } } : {}),
    columns: `SELECT column_name FROM duckdb_columns() WHERE schema_name = ${text(hidden.replaceAll('"', ''))} AND table_name = ${text(`file ${name}`)}`,
    view,
    keyedView: `CREATE VIEW IF NOT EXISTS ${hidden}.people AS ${people}; ${view} SEMI JOIN ${there}`,
    leftOut: `SELECT count(*) FROM (SELECT 1 FROM ${raw} f ANTI JOIN ${there} LIMIT ${leftOutMany})`,
  }
}

const needs: Readonly<Record<QueryFile['format'], string>> = {
  csv: 'A CSV file is UTF-8, has its columns’ names in the first line, as many values in every line and quotes that are double ones.',
  json: 'A JSON file is UTF-8 without a mark before it: one list of objects, or an object a line.',
  parquet: 'A Parquet file is whole, from its first bytes to its footer.',
  txt: 'A text file is UTF-8.',
}

/** Why a file is no table, by its name and a line; what stands in it is told to nobody. */
export function fileFault(files: readonly QueryFile[], name: string | null, message: string): { detail: string; suggestion: string } {
  const file = files.find((each) => each.name === name) ?? files[0]
  const which = name === null && files.length > 1 ? 'A file that the statement reads' : `The file "${file?.name ?? ''}"`
  const line = /on line:? (\d{1,12})/i.exec(message)?.[1]
  const where = line === undefined ? '' : ` Line ${line} is the first that does not fit.`
  return {
    detail: `${which} cannot be read as a table.${where} ${file === undefined ? '' : needs[file.format]}`.trim(),
    suggestion: 'Repair the file and upload it again under its name.',
  }
}
