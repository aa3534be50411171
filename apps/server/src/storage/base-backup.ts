import { copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import pg from 'pg'
import { syncFolder } from './atomic-file.js'
import { exists, findBinaries } from './postgres-binaries.js'
import { dataFolder, findRunning } from './postgres-cluster.js'

// PostgreSQL's own way of a base backup, in its low-level form: pg_basebackup is not among the embedded programs. Files are copied while
// they change; the log since the start, copied after the stop, makes them one state when the copy is first started.

const slot = 'aquifer_backup'
// Made anew by every server, or a matter of the one that runs.
const left = ['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans']
const leftFiles = new Set(['postmaster.pid', 'postmaster.opts', 'backup_label', 'tablespace_map', 'current_logfiles'])
const logSegment = /^[0-9A-F]{24}$/

/** Copies the embedded database that runs in a data folder; false where none runs. */
export async function copyRunningCluster(dataDir: string, to: string): Promise<boolean> {
  const home = await homeOf(dataDir)
  const password = await readFile(join(home, 'password'), 'utf8').catch(() => '')
  const place = { mode: 'direct' as const, home, binaries: await findBinaries() }
  const running = await findRunning(place, password)
  if (running === null) return false
  const client = new pg.Client({ ...running.address, password, user: 'postgres', database: 'aquifer' })
  await client.connect()
  try {
    // As long as the slot is there no log since now is thrown away; it goes with this session.
    await client.query(`select pg_create_physical_replication_slot($1, true, true)`, [`${slot}_${process.pid}`])
    await client.query(`select pg_backup_start('aquifer', true)`)
    await copyData(dataFolder(place), to)
    const { rows } = await client.query<{ label: string }>(`select labelfile as label from pg_backup_stop(false)`)
    await writeFile(join(to, 'backup_label'), rows[0]?.label ?? '', { mode: 0o600 })
    await copyLog(join(dataFolder(place), 'pg_wal'), join(to, 'pg_wal'), rows[0]?.label ?? '')
    return true
  } finally {
    await client.end()
  }
}

async function homeOf(dataDir: string): Promise<string> {
  const pointed = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => null)
  return pointed === null ? join(dataDir, 'postgres') : (JSON.parse(pointed) as { home: string }).home
}

async function copyData(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name))
    const [top = ''] = path.split(/[\\/]/)
    if (left.includes(top) && path !== top) continue
    if (entry.isDirectory()) await mkdir(join(to, path), { recursive: true, mode: 0o700 })
    else if (!leftFiles.has(path) && !/pgsql_tmp/.test(path)) await copyIfThere(join(from, path), join(to, path))
  }
}

async function copyLog(from: string, to: string, label: string): Promise<void> {
  await mkdir(join(to, 'archive_status'), { recursive: true, mode: 0o700 })
  const first = /\(file ([0-9A-F]{24})\)/.exec(label)?.[1] ?? ''
  for (const name of await readdir(from)) if (logSegment.test(name) && name >= first) await copyIfThere(join(from, name), join(to, name))
}

// A table that was dropped meanwhile: the log says so, too.
async function copyIfThere(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Puts a copied cluster where a server of the data folder finds it. There must be none. */
export async function placeCluster(from: string, dataDir: string): Promise<void> {
  const home = join(dataDir, 'postgres')
  if (await exists(join(home, 'data'))) throw new Error('there is a database already')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const unfinished = join(home, 'data.restoring')
  await rm(unfinished, { recursive: true, force: true })
  await cp(from, unfinished, { recursive: true, mode: 0 })
  for (const folder of left) await mkdir(join(unfinished, folder), { recursive: true, mode: 0o700 })
  await mkdir(join(unfinished, 'pg_wal', 'archive_status'), { recursive: true, mode: 0o700 })
  if (((await stat(unfinished)).mode & 0o077) !== 0) throw new Error('the copied database is open to others')
  await rename(unfinished, join(home, 'data'))
  await syncFolder(home)
}
