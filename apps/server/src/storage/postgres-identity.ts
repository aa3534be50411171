import { execFile, spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { chown, cp, lchown, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeAtomically } from './atomic-file.js'
import { binaryPath, copyBinaries, exists } from './postgres-binaries.js'
import type { PostgresBinaries } from './postgres-binaries.js'

// PostgreSQL refuses to run as root. direct: as we are · unshare: as root in a user namespace where root is called nobody, files
// stay root's · setuid: as the system's nobody, with a folder of its own.
export type PostgresMode = 'direct' | 'unshare' | 'setuid'

export const nobody = 65534
const unshareArguments = ['-U', `--map-user=${nobody}`, '--']

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

export function spawnAs(mode: PostgresMode, command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (mode === 'unshare') return spawn('unshare', [...unshareArguments, command, ...args], options)
  if (mode === 'setuid') return spawn(command, args, { ...options, uid: nobody, gid: nobody })
  return spawn(command, args, options)
}

async function runs(mode: PostgresMode, command: string, args: readonly string[]): Promise<boolean> {
  return await new Promise((resolve) => {
    const child = spawnAs(mode, command, args, { stdio: 'ignore', cwd: '/' })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

// May a process of this kind enter and fill the folder?
async function canUse(mode: PostgresMode, folder: string): Promise<boolean> {
  return await runs(mode, '/bin/sh', ['-c', 'cd "$0" && test -w .', folder])
}

export interface PostgresPlace {
  mode: PostgresMode
  home: string // holds data/ and, mostly, run/
  binaries: PostgresBinaries
}

interface Wanted {
  mode: 'auto' | PostgresMode
  dataDir: string
  binaries: PostgresBinaries
}

export async function settlePlace({ mode, dataDir, binaries }: Wanted): Promise<PostgresPlace> {
  if (!isRoot()) {
    if (mode !== 'auto' && mode !== 'direct') throw new Error(`postgresMode ${mode} needs root`)
    return { mode: 'direct', home: await homeIn(dataDir, 'direct'), binaries }
  }
  if (mode === 'direct') throw new Error('PostgreSQL refuses to run as root: postgresMode must be auto, unshare or setuid')
  if (mode !== 'setuid') {
    const place = await unsharedPlace(dataDir, binaries)
    if (place !== null) return place
    if (mode === 'unshare') throw new Error('this system does not let root make a user namespace (unshare -U)')
  }
  const home = await homeIn(dataDir, 'setuid')
  const reachable = await runs('setuid', binaryPath(binaries, 'postgres'), ['--version'])
  const usable = reachable ? binaries : await copyBinaries(binaries, home)
  if (!reachable) await own(usable.root, nobody)
  if (!(await runs('setuid', binaryPath(usable, 'postgres'), ['--version']))) {
    throw new Error(`PostgreSQL cannot be started as user ${nobody}: ${home} may be mounted noexec`)
  }
  return { mode: 'setuid', home, binaries: usable }
}

async function unsharedPlace(dataDir: string, binaries: PostgresBinaries): Promise<PostgresPlace | null> {
  if (!(await runs('unshare', binaryPath(binaries, 'postgres'), ['--version']))) return null
  const home = await homeIn(dataDir, 'unshare')
  return (await canUse('unshare', home)) ? { mode: 'unshare', home, binaries } : null
}

// Where the pointer file leads, if there is one: a cluster that was placed elsewhere stays there.
async function homeIn(dataDir: string, mode: PostgresMode): Promise<string> {
  const pointer = join(dataDir, 'postgres.json')
  const pointed = await readFile(pointer, 'utf8').then(
    (text) => (JSON.parse(text) as { home: string }).home,
    () => null,
  )
  if (pointed !== null && !(await exists(pointed))) throw new Error(`the database of ${dataDir} is missing: ${pointer} names ${pointed}`)
  const home = pointed ?? join(dataDir, 'postgres')
  await mkdir(home, { recursive: true, mode: 0o700 })
  if (isRoot()) await own(home, mode === 'setuid' ? nobody : 0)
  if (mode !== 'setuid' || (await canUse('setuid', home))) return home
  if (pointed !== null) throw new Error(`user ${nobody} cannot enter ${home}, where the database is`)
  const elsewhere = await stateFolder()
  await cp(home, elsewhere, { recursive: true })
  await own(elsewhere, nobody)
  await writeAtomically(pointer, JSON.stringify({ home: elsewhere }))
  await rm(home, { recursive: true })
  return elsewhere
}

// The temp folder is the last resort: a system may empty it.
async function stateFolder(): Promise<string> {
  for (const parent of ['/var/lib', tmpdir()]) {
    const made = await mkdtemp(join(parent, 'aquifer-postgres-')).catch(() => null)
    if (made === null) continue
    await chown(made, nobody, nobody)
    if (await canUse('setuid', made)) return made
  }
  throw new Error(`there is no folder that user ${nobody} could keep the database in: set DATABASE_URL`)
}

// A cluster changes hands when it is started in another way than before.
async function own(folder: string, uid: number): Promise<void> {
  if ((await stat(folder)).uid === uid && (await everythingBelongsTo(folder, uid))) return
  // From the leaves up: if this is cut off, the next start sees it at the top.
  for (const entry of (await readdir(folder, { recursive: true })).reverse()) await lchown(join(folder, entry), uid, uid)
  await lchown(folder, uid, uid)
}

async function everythingBelongsTo(folder: string, uid: number): Promise<boolean> {
  for (const entry of await readdir(folder)) if ((await stat(join(folder, entry)).catch(() => null))?.uid !== uid) return false
  return true
}

// What a process id stands for now, to tell our server from a stranger that got its number after a restart of the machine.
export async function commandOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => (text === '' ? null : text.replaceAll('\0', ' ')),
      () => null,
    )
  }
  if (process.platform === 'win32') return isAlive(pid) ? 'postgres' : null
  return await new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-o', 'command='], (error, stdout) => resolve(error ? null : stdout.trim() || null))
  })
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
