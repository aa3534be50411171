import type { DuckDBConnection } from '@duckdb/node-api'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { textSql } from './living-sql.js'

const parquetEnd = '.parquet'

/** Puts NDJSON, gzip, in the place of a folder's Parquet files, with the same rows in the same order. */
export async function asNdjson(connection: DuckDBConnection, folder: string, form: { select: string; nulls: boolean }): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(parquetEnd)) continue
    const [source, plain] = [join(folder, name), join(folder, `${name}.plain`)]
    const rows = `${form.select} FROM read_parquet(${textSql(source)}, hive_partitioning = false)`
    await connection.run(`COPY (${rows}) TO ${textSql(plain)} (FORMAT json)`)
    const target = createWriteStream(join(folder, `${name.slice(0, -parquetEnd.length)}.ndjson.gz`))
    await pipeline(Readable.from(linesOf(plain, form.nulls)), createGzip(), target)
    await Promise.all([rm(source), rm(plain)])
  }
}

async function* linesOf(file: string, nulls: boolean): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
    yield `${nulls ? line : withoutNulls(line)}\n`
}

// A resource has members only where it has values, and the engine writes each one of the schema. Worked on as text, so that numbers keep
// their digits: a string is passed over as a whole.
const nullMember = /"(?:[^"\\]|\\.)*"(:null(?:,|(?=\})))?/g
const lostComma = /"(?:[^"\\]|\\.)*"|,(?=\})/g

export const withoutNulls = (line: string): string =>
  line
    .replaceAll(nullMember, (found, gone: string | undefined) => (gone === undefined ? found : ''))
    .replaceAll(lostComma, (found) => (found === ',' ? '' : found))
