import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

// The engine's own completion over tables that have columns and no rows. Nothing but completion runs here.

export interface EngineCompletion {
  text: string
  from: number
  kind: string
}

let known: { key: string; connection: Promise<DuckDBConnection> } | null = null

/** One set of tables at a time: it changes with a study's views only. */
async function opened(tables: readonly string[]): Promise<DuckDBConnection> {
  const key = tables.join(';')
  if (known?.key !== key) {
    const connection = open(tables)
    known = { key, connection }
    connection.catch(() => (known = null))
  }
  return known.connection
}

async function open(tables: readonly string[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' })
  const connection = await instance.connect()
  for (const sql of tables) await connection.run(sql)
  await connection.run('SET enable_external_access = false; SET lock_configuration = true')
  return connection
}

export async function complete(sql: string, tables: readonly string[]): Promise<EngineCompletion[]> {
  const connection = await opened(tables)
  const reader = await connection.runAndReadAll(
    'SELECT suggestion, suggestion_start, suggestion_type FROM sql_auto_complete(CAST($1 AS VARCHAR)) LIMIT 100',
    [sql],
  )
  return reader.getRows().map(([text, from, kind]) => ({ text: String(text).trimEnd(), from: Number(from), kind: String(kind) }))
}
