import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuckDb } from '../storage/index.js'
import type { Rows } from './rows.js'

/** Rows as one Parquet file with the types they had in the engine, written by the engine itself on the caller's machine. */
export async function parquetBytes({ columns, rows }: Rows): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-query-'))
  const duckdb = await openDuckDb()
  try {
    const [source, target] = [join(folder, 'rows.ndjson'), join(folder, 'rows.parquet')]
    await writeFile(
      source,
      rows.map((row) => `${JSON.stringify(Object.fromEntries(row.map((value, index) => [`c${index}`, value])))}\n`).join(''),
      {
        mode: 0o600,
      },
    )
    const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
    const types = columns.map(({ type }, index) => `c${index}: ${text(type)}`).join(', ')
    const named = columns.map(({ name }, index) => `c${index} AS "${name.replaceAll('"', '""')}"`).join(', ')
    await duckdb.connection.run(
      `COPY (SELECT ${named} FROM read_json(${text(source)}, format='newline_delimited', columns={${types}}, maximum_object_size=67108864))
       TO ${text(target)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    return await readFile(target)
  } finally {
    duckdb.close()
    await rm(folder, { recursive: true, force: true })
  }
}
