// Where texts stand: in every row of every table, and in every byte of the data folder, what is encrypted or packed read as its owner
// reads it. PostgreSQL's own files hold what its tables hold, and are left out.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { feedStart } from '../../lake/index.js'
import { openDuckDb } from '../../storage/index.js'
import type { World } from './world.js'

/** A text as it may be written: letters of any case, in hex, in base64 at each of three places. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  )
  return [
    text.toLowerCase(),
    bytes.toString('hex'),
    Buffer.from(text.toLowerCase()).toString('hex'),
    ...base64.map((each) => each.toLowerCase()),
  ]
}

export interface Found {
  text: string
  place: string
}

export async function placesOf(world: World, texts: readonly string[]): Promise<Found[]> {
  const forms = texts.map((text) => ({ text, forms: formsOf(text) }))
  const found = new Map<string, Found>()
  for await (const { place, content } of contents(world)) {
    const lower = content.toLowerCase()
    for (const { text, forms: all } of forms) if (all.some((form) => lower.includes(form))) found.set(`${text} ${place}`, { text, place })
  }
  return [...found.values()]
}

interface Content {
  place: string
  content: string
}
async function* contents(world: World): AsyncGenerator<Content> {
  yield* tables(world)
  yield* await files(world.platform.config.dataDir)
  yield* lakes(world)
}

/** A file that moved while the folder was read is somewhere else now: the folder is read again. */
async function files(dataDir: string): Promise<Content[]> {
  for (;;) {
    try {
      const found: Content[] = []
      for await (const each of filesOnce(dataDir)) found.push(each)
      return found
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !String(error).includes('No files found')) throw error
    }
  }
}

async function* filesOnce(dataDir: string): AsyncGenerator<Content> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const place = path.relative(dataDir, file)
    if (place.split(path.sep)[0] === 'postgres') continue
    yield { place: `name of ${place.split(path.sep)[0]}`, content: entry.name }
    if (!entry.isFile()) continue
    yield { place, content: await readFile(file, 'latin1') }
    if (entry.name.endsWith('.parquet')) yield { place, content: await parquet(file) }
  }
}

async function* tables(world: World): AsyncGenerator<Content> {
  const owner = world.owner()
  const { rows } = await owner.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public' order by 1`)
  for (const { name } of rows) {
    const all = await owner.query<{ row: string }>(`select t::text as row from "${name}" t`)
    yield { place: `table ${name}`, content: all.rows.map(({ row }) => row).join('\n') }
  }
}

async function parquet(file: string): Promise<string> {
  const { connection, close } = await openDuckDb({ threads: 1 })
  try {
    const rows = (await connection.runAndReadAll(`SELECT CAST(t AS VARCHAR) FROM read_parquet('${file}') t`)).getRows()
    return rows.map(String).join('\n')
  } finally {
    close()
  }
}

async function* lakes(world: World): AsyncGenerator<Content> {
  for (const study of world.platform.flow?.lake.studies() ?? []) {
    for (const segment of await study.after(feedStart, Number.MAX_SAFE_INTEGER))
      yield { place: `lake of ${study.study}`, content: (await study.read(segment)).toString() }
    for (const name of ['displays', 'held'])
      yield { place: `${name} of ${study.study}`, content: Buffer.concat((await study.journal(name)).take()).toString() }
  }
}
