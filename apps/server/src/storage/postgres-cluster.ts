import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeAtomically } from './atomic-file.js'
import { binaryPath, exists } from './postgres-binaries.js'
import { commandOf, isAlive, nobody, spawnAs } from './postgres-identity.js'
import type { PostgresPlace } from './postgres-identity.js'

export type Transport = 'socket' | 'loopback'
export interface Address {
  host: string // a folder for sockets
  port: number
  password?: string
}

// Outside of PostgreSQL's own user everything is closed: a socket in a 0700 folder, or a random password on loopback.
const socketPathMax = 107
const socketPort = 5432
const logBytesMax = 10 * 1024 * 1024

export const dataFolder = (place: PostgresPlace): string => join(place.home, 'data')

export async function initCluster(place: PostgresPlace, password: string, durable: boolean): Promise<void> {
  const data = dataFolder(place)
  if (await exists(data)) return
  // A cluster appears whole or not at all, also if two servers start on one empty folder.
  const unfinished = `${data}.${process.pid}.tmp`
  const passwordFile = `${unfinished}.pw`
  await rm(unfinished, { recursive: true, force: true })
  await writeFile(passwordFile, password, { mode: 0o600 })
  await handOver(place, passwordFile)
  const args = ['-D', unfinished, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  args.push('--data-checksums', '--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`)
  if (!durable) args.push('--no-sync', '--wal-segsize=1')
  try {
    const { code, output } = await runToEnd(place, args)
    if (code !== 0) throw new Error(`initdb ended with ${code}: ${output.trim().split('\n').slice(-3).join(' ')}`)
    await rename(unfinished, data).catch(async (error: unknown) => {
      if (!(await exists(data))) throw error
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
    await rm(passwordFile, { force: true })
  }
}

async function runToEnd(place: PostgresPlace, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  // initdb insists on a name for its user, which a container's arbitrary number has not: nobody has one.
  const mode = place.mode === 'direct' && isNameless() ? 'unshare' : place.mode
  const child = spawnAs(mode, binaryPath(place.binaries, 'initdb'), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: place.home,
    env: childEnvironment(),
  })
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

function isNameless(): boolean {
  try {
    return process.platform === 'linux' && userInfo().username === ''
  } catch {
    return true
  }
}

// Nothing of ours is handed down: settings and secrets of this process are not the database's business.
const childEnvironment = (): NodeJS.ProcessEnv => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' })

async function handOver(place: PostgresPlace, path: string): Promise<void> {
  if (place.mode === 'setuid') await chown(path, nobody, nobody)
}

export async function addressFor(place: PostgresPlace, transport: Transport, password: string): Promise<Address> {
  if (transport === 'loopback') return { host: '127.0.0.1', port: await freePort(), password }
  return { host: await socketFolder(place), port: socketPort }
}

async function socketFolder(place: PostgresPlace): Promise<string> {
  const inHome = join(place.home, 'run')
  const fits = Buffer.byteLength(join(inHome, `.s.PGSQL.${socketPort}`)) <= socketPathMax
  const folder = fits ? inHome : await shortFolder(place)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await handOver(place, folder)
  return folder
}

async function shortFolder(place: PostgresPlace): Promise<string> {
  const pointer = join(place.home, 'run.json')
  const known = await readFile(pointer, 'utf8').then(
    (text) => (JSON.parse(text) as { folder: string }).folder,
    () => null,
  )
  if (known !== null && (await isOursAlone(known))) return known
  const folder = await mkdtemp(join(tmpdir(), 'aq-'))
  await writeAtomically(pointer, JSON.stringify({ folder }))
  await handOver(place, pointer)
  return folder
}

// The temp folder is everybody's: a folder with our name there may be somebody else's trap.
async function isOursAlone(folder: string): Promise<boolean> {
  const facts = await stat(folder).catch(() => null)
  return facts !== null && facts.isDirectory() && (facts.mode & 0o077) === 0 && [process.getuid?.(), nobody].includes(facts.uid)
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export interface Running {
  pid: number
  address: Address
  ready: boolean
}

// What the postmaster's own file says, if it is about a living server of this folder.
export async function findRunning(place: PostgresPlace, password: string): Promise<Running | null> {
  const path = join(dataFolder(place), 'postmaster.pid')
  const lines = await readFile(path, 'utf8').then(
    (text) => text.split('\n').map((line) => line.trim()),
    () => null,
  )
  const pid = Number(lines?.[0])
  if (lines === null || !Number.isInteger(pid) || pid <= 0) return null
  const command = isAlive(pid) ? await commandOf(pid) : null
  if (command === null || !(command.includes('postgres') && (process.platform === 'win32' || command.includes(place.home)))) {
    // The number is free or somebody else's now. PostgreSQL itself would refuse to start as long as that process lives.
    if (command !== null) await rm(path, { force: true })
    return null
  }
  const socket = lines[4] ?? ''
  const address = socket === '' ? { host: '127.0.0.1', port: Number(lines[3]), password } : { host: socket, port: Number(lines[3]) }
  return { pid, address, ready: lines[7] === 'ready' }
}

export interface StartOptions {
  settings: Record<string, string>
  address: Address
  logFile: string
}

// Null: it ended again. Right after a kill its predecessor's children may still hold the shared memory, so that is worth another try.
export async function startServer(place: PostgresPlace, { settings, address, logFile }: StartOptions): Promise<Running | null> {
  const loopback = address.password !== undefined
  const all = {
    ...settings,
    port: String(address.port),
    listen_addresses: loopback ? address.host : '',
    unix_socket_directories: loopback ? '' : address.host,
    unix_socket_permissions: '0700',
  }
  const args = ['-D', dataFolder(place), ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  const size = await stat(logFile).then(
    (facts) => facts.size,
    () => 0,
  )
  if (size > logBytesMax) await rename(logFile, `${logFile}.old`)
  const log = await open(logFile, 'a', 0o600)
  let ended = false
  const child = spawnAs(place.mode, binaryPath(place.binaries, 'postgres'), args, {
    stdio: ['ignore', log.fd, log.fd],
    cwd: place.home,
    env: childEnvironment(),
    // Ctrl+C is for us: we stop the database when we have ended what is under way.
    detached: true,
    windowsHide: true,
  })
  child.on('error', () => (ended = true))
  child.on('exit', () => (ended = true))
  child.unref()
  await log.close()
  const pid = child.pid
  if (pid === undefined) return null
  while (!ended) {
    const running = await findRunning(place, address.password ?? '')
    if (running?.pid === pid && running.ready) return running
    await sleep(10)
  }
  return null
}

export async function stopServer(pid: number, how: 'fast' | 'immediate' = 'fast'): Promise<void> {
  const signals: [NodeJS.Signals, number][] =
    how === 'fast'
      ? [
          ['SIGINT', 20_000],
          ['SIGQUIT', 5_000],
        ]
      : [['SIGQUIT', 5_000]]
  for (const [signal, patienceMs] of [...signals, ['SIGKILL', 2_000] as [NodeJS.Signals, number]]) {
    if (!(await isRunning(pid))) return
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (let waited = 0; waited < patienceMs && (await isRunning(pid)); waited += 10) await sleep(10)
  }
}

// A process that ended but that nobody has buried yet has no command line.
const isRunning = async (pid: number): Promise<boolean> => isAlive(pid) && (await commandOf(pid)) !== null

export const newPassword = (): string => randomBytes(24).toString('base64url')
