import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PoolClient } from 'pg'
import type { Postgres } from './postgres.js'
import { packageRoot } from './program.js'

export interface Migration {
  name: string
  sql: string
  hash: string
}

const migrationLock = 0x41715f02

export async function readMigrations(folder = join(packageRoot, 'migrations')): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name)).sort()
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8')
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

// Applies what is missing, each file in its own transaction with its note that it was applied: cut off anywhere, it goes on there.
export async function migrate(postgres: Postgres, migrations?: readonly Migration[]): Promise<{ applied: string[] }> {
  const wanted = migrations ?? (await readMigrations())
  const pool = postgres.pool('owner', { max: 1 })
  const client = await pool.connect()
  try {
    await client.query(`select pg_advisory_lock($1)`, [migrationLock])
    await client.query(
      `create table if not exists migration (name text primary key, hash text not null, applied_at timestamptz not null default now())`,
    )
    const known = await client.query<{ name: string; hash: string }>(`select name, hash from migration`)
    const hashes = new Map(known.rows.map((row) => [row.name, row.hash]))
    const applied: string[] = []
    for (const migration of wanted) {
      const hash = hashes.get(migration.name)
      if (hash !== undefined && hash !== migration.hash) throw new Error(`migration ${migration.name} was changed after it was applied`)
      if (hash !== undefined) continue
      await apply(client, migration)
      applied.push(migration.name)
    }
    const newer = [...hashes.keys()].filter((name) => !wanted.some((migration) => migration.name === name))
    if (newer.length > 0) throw new Error(`the database was migrated by a newer version (${newer.join(', ')}): start that one`)
    return { applied }
  } finally {
    await client.query(`select pg_advisory_unlock_all()`).catch(() => undefined)
    client.release()
    await pool.end()
  }
}

async function apply(client: PoolClient, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query(`insert into migration (name, hash) values ($1, $2)`, [migration.name, migration.hash])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw new Error(`migration ${migration.name} failed: ${(error as Error).message}`, { cause: error })
  }
}
