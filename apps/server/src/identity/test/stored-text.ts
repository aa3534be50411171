import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'

/** Every row of every table as text, read past the server as somebody would who got hold of its database. */
export async function storedText(dataDir: string): Promise<string> {
  const home = path.join(dataDir, 'postgres')
  const lines = (await readFile(path.join(home, 'data', 'postmaster.pid'), 'utf8')).split('\n').map((line) => line.trim())
  const client = new pg.Client({
    host: lines[4] || '127.0.0.1',
    port: Number(lines[3]),
    password: await readFile(path.join(home, 'password'), 'utf8'),
    user: 'postgres',
    database: 'aquifer',
  })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`)
    const texts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${client.escapeIdentifier(name)} t`)
      texts.push(...rows.map(({ row }) => row))
    }
    return texts.join('\n')
  } finally {
    await client.end()
  }
}
