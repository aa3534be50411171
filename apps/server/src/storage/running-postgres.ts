import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { findBinaries } from './postgres-binaries.js'
import { findRunning } from './postgres-cluster.js'

export interface RunningPostgres {
  pid: number
  settings: Record<string, string>
  databaseBytes: number
}

const told = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size']

/** What the database that a server runs in this data folder says of itself; null where none runs. Changes nothing and takes no lock. */
export async function askRunningPostgres(dataDir: string): Promise<RunningPostgres | null> {
  const pointed = await readFile(join(dataDir, 'postgres.json'), 'utf8').then(
    (text) => (JSON.parse(text) as { home: string }).home,
    () => null,
  )
  const home = pointed ?? join(dataDir, 'postgres')
  const password = await readFile(join(home, 'password'), 'utf8').catch(() => '')
  const running = await findRunning({ mode: 'direct', home, binaries: await findBinaries() }, password)
  if (running === null) return null
  const client = new pg.Client({ ...running.address, password, user: 'postgres', database: 'aquifer' })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string; value: string; bytes: string }>(
      'select name, current_setting(name) as value, pg_database_size(current_database()) as bytes from pg_settings where name = any($1)',
      [told],
    )
    return {
      pid: running.pid,
      settings: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
      databaseBytes: Number(rows[0]?.bytes ?? 0),
    }
  } finally {
    await client.end()
  }
}
