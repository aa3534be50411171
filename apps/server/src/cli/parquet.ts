import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuckDb } from '../storage/index.js'
import { CommandFailed } from './failure.js'
import type { Rows } from './rows.js'

type Connection = Awaited<ReturnType<typeof openDuckDb>>['connection']
interface Column {
  place: number
  name: string
  type: string
}

// In JSON they stand as something else than the engine takes for them; their text it reads back.
const throughText: ReadonlySet<string> = new Set(['INTERVAL', 'BLOB'])
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** Rows as one Parquet file with the types they had in the engine, written by the engine itself on the caller's machine. */
export async function parquetBytes({ columns, rows }: Rows): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-query-'))
  const duckdb = await openDuckDb()
  try {
    const [source, target] = [join(folder, 'rows.ndjson'), join(folder, 'rows.parquet')]
    const lines = rows.map((row) => {
      const values = row.map((value, place) => [`c${place}`, columns[place]?.type === 'INTERVAL' ? intervalText(value) : value])
      return `${JSON.stringify(Object.fromEntries(values))}\n`
    })
    await writeFile(source, lines.join(''), { mode: 0o600 })
    const all = columns.map(({ name, type }, place) => ({ place, name, type }))
    await copy(duckdb.connection, { source, target }, all).catch(async () => {
      throw new CommandFailed(await faultIn(duckdb.connection, { source, target }, all))
    })
    return await readFile(target)
  } finally {
    duckdb.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function copy(
  connection: Connection,
  { source, target }: { source: string; target: string },
  columns: readonly Column[],
): Promise<void> {
  const types = columns.map(({ place, type }) => `c${place}: ${quoted(throughText.has(type) ? 'VARCHAR' : type)}`).join(', ')
  const named = columns.map(({ place, name, type }) => {
    const value = throughText.has(type) ? `c${place}::${type}` : `c${place}`
    return `${value} AS "${name.replaceAll('"', '""')}"`
  })
  await connection.run(
    `COPY (SELECT ${named.join(', ')} FROM read_json(${quoted(source)}, format='newline_delimited', columns={${types}}, maximum_object_size=67108864))
     TO ${quoted(target)} (FORMAT parquet, COMPRESSION zstd)`,
  )
}

/** Which columns have a type that does not come through JSON. */
async function faultIn(connection: Connection, files: { source: string; target: string }, columns: readonly Column[]): Promise<string> {
  const failing: string[] = []
  for (const column of columns) {
    const works = await copy(connection, files, [column]).then(
      () => true,
      () => false,
    )
    if (!works) failing.push(`${column.name} (${column.type})`)
  }
  const which = failing.length === 0 ? 'These columns together' : failing.join(', ')
  return `${which} cannot be written as Parquet: cast to another type, such as VARCHAR, or use --format arrow.`
}

/** As JSON an interval is its parts; as text the engine reads it back. */
function intervalText(value: unknown): string | null {
  const { months = 0, days = 0, micros = 0 } = (value ?? {}) as { months?: number; days?: number; micros?: number | string }
  return value === null ? null : `${months} months ${days} days ${micros} microseconds`
}
