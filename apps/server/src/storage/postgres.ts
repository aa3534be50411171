import { readFile, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { writeAtomically } from './atomic-file.js'
import { completeBinaries, findBinaries } from './postgres-binaries.js'
import { addressFor, dataFolder, findRunning, initCluster, newPassword, startServer, stopServer } from './postgres-cluster.js'
import type { Address, Running, Transport } from './postgres-cluster.js'
import { settlePlace } from './postgres-identity.js'
import type { PostgresMode, PostgresPlace } from './postgres-identity.js'
import { prepareRoles, roleName, rolesRemedy } from './postgres-roles.js'
import type { DatabaseRole } from './postgres-roles.js'
import { fingerprint, postgresSettings } from './postgres-settings.js'

export interface PostgresOptions {
  dataDir: string
  databaseUrl?: string | undefined
  postgresMode?: 'auto' | PostgresMode
  transport?: Transport // default: socket; loopback on Windows
  sharedBuffersMb?: number
  logFile?: string // default: <dataDir>/logs/postgres.log
  // Off only for throw-away folders of tests: skips the flush after initdb, never that of a commit.
  durableInit?: boolean
}

interface PoolOptions {
  max?: number
  settings?: Record<string, string> // of each session
  types?: pg.CustomTypesConfig
  pipeline?: boolean // statements are sent without waiting for the answers to those before them
}

export interface Postgres {
  mode: PostgresMode | 'external'
  pid(): number | null
  pool(role: DatabaseRole, options?: PoolOptions): pg.Pool
  client(role: DatabaseRole): pg.Client // not connected yet; for LISTEN
  stop(): Promise<void> // ends the pools, then the embedded server
}

export class PostgresInUse extends Error {}
/** The start cannot go on for a reason that a person can mend; the message says which, and holds no secret. */
export class CannotStart extends Error {}

const startPatienceMs = 30_000
const restartPauseMs = 1_000
// Longer waits for a free connection mean overload, which the caller should hear of.
const poolPatienceMs = 20_000
// Held by the session of the server that works on this database, so the kernel lets it go when that process dies.
const serverLock = 0x41715f01
const database = 'aquifer'
const unknownDatabase = '3D000'

export async function openPostgres(given: PostgresOptions): Promise<Postgres> {
  const options = { ...given, dataDir: resolve(given.dataDir) }
  return options.databaseUrl === undefined ? await openEmbedded(options) : await openExternal(options.databaseUrl)
}

async function openEmbedded(options: PostgresOptions): Promise<Postgres> {
  const found = await completeBinaries(await findBinaries(), join(options.dataDir, 'postgres-files'))
  const place = await settlePlace({ mode: options.postgresMode ?? 'auto', dataDir: options.dataDir, binaries: found })
  const password = await passwordOf(place)
  await initCluster(place, password, options.durableInit ?? true)
  const server = await superviseServer(place, password, options)
  const connect = (role: DatabaseRole): pg.ClientConfig => ({
    ...connection(server.running().address, password),
    user: roleName(role),
    database,
  })
  return handle(connect, { mode: place.mode, pid: () => server.running().pid, stop: server.stop })
}

interface Supervised {
  running(): Running
  stop(): Promise<void>
}

// If the server dies under us it is started again at the same address; the pools' next connections find it there.
async function superviseServer(place: PostgresPlace, password: string, options: PostgresOptions): Promise<Supervised> {
  let stopping = false
  let taken = await takeServer(place, password, options)
  let restarting: Promise<void> = Promise.resolve()
  const watch = ({ lock }: Taken): void => {
    lock.once('end', () => {
      if (!stopping) restarting = restart()
    })
  }
  const restart = async (): Promise<void> => {
    while (!stopping) {
      try {
        taken = await takeServer(place, password, options, taken.running.address)
        watch(taken)
        return
      } catch {
        await sleep(restartPauseMs)
      }
    }
  }
  watch(taken)
  return {
    running: () => taken.running,
    async stop() {
      stopping = true
      await restarting
      await taken.lock.end().catch(() => undefined)
      await stopServer(taken.running.pid)
    },
  }
}

// Only used on loopback; made always, so that the way of connecting can change later.
async function passwordOf(place: PostgresPlace): Promise<string> {
  const path = join(place.home, 'password')
  const known = await readFile(path, 'utf8').catch(() => null)
  if (known !== null) return known
  const password = newPassword()
  await writeAtomically(path, password)
  return password
}

const connection = (address: Address, password: string): pg.ClientConfig => ({ host: address.host, port: address.port, password })

interface Taken {
  running: Running
  lock: pg.Client
}

async function takeServer(place: PostgresPlace, password: string, options: PostgresOptions, known?: Address): Promise<Taken> {
  const settings = postgresSettings({ sharedBuffersMb: options.sharedBuffersMb, freeDiskMb: await freeDiskMb(place.home) })
  const transport = options.transport ?? (process.platform === 'win32' ? 'loopback' : 'socket')
  settings['aquifer.fingerprint'] = fingerprint(place.binaries.version, { ...settings, transport })
  const logFile = options.logFile ?? join(options.dataDir, 'logs', 'postgres.log')
  const deadline = Date.now() + startPatienceMs
  for (;;) {
    const running =
      (await findRunning(place, password)) ??
      (await startServer(place, { settings, address: known ?? (await addressFor(place, transport, password)), logFile }))
    const lock = running?.ready ? await lockServer(running.address, password) : null
    if (lock !== null && running !== null) {
      const same = await lock.query<{ value: string }>(`select current_setting('aquifer.fingerprint', true) as value`)
      if (same.rows[0]?.value === settings['aquifer.fingerprint']) return { running, lock }
      await lock.end()
      await stopServer(running.pid)
    }
    if (Date.now() > deadline) throw new Error(`PostgreSQL in ${dataFolder(place)} does not start: see ${logFile}`)
    await sleep(150)
  }
}

async function freeDiskMb(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / (1024 * 1024))
}

// Null: it does not answer (it is starting, stopping or dying).
async function lockServer(address: Address, password: string): Promise<pg.Client | null> {
  const client = await connectAdmin(address, password)
  if (client === null) return null
  for (let attempt = 0; attempt < 15; attempt += 1) {
    const answer = await client.query<{ got: boolean }>(`select pg_try_advisory_lock($1) as got`, [serverLock])
    if (answer.rows[0]?.got) return client
    // A process that was killed a moment ago may still seem to be there.
    await sleep(100)
  }
  await client.end()
  throw new PostgresInUse('another server is working on this data folder: stop it, or choose another folder with --data')
}

async function connectAdmin(address: Address, password: string, to = database): Promise<pg.Client | null> {
  const client = new pg.Client({ ...connection(address, password), user: 'postgres', database: to, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    if ((error as { code?: string }).code === unknownDatabase) await prepareDatabase(address, password)
    return null
  }
}

// initdb leaves an empty database "postgres": it becomes ours. Cut off anywhere, the next attempt goes on.
async function prepareDatabase(address: Address, password: string): Promise<void> {
  const admin = await connectAdmin(address, password, 'template1')
  if (admin === null) return
  try {
    await prepareRoles(admin, { embedded: true, password })
    await admin.query(`alter database postgres owner to ${roleName('owner')}`)
    await admin.query(`alter database postgres rename to ${database}`)
  } finally {
    await admin.end()
  }
}

async function openExternal(databaseUrl: string): Promise<Postgres> {
  const admin = new pg.Client({ connectionString: databaseUrl })
  await admin.connect().catch((error: { code?: string }) => {
    throw new CannotStart(`DATABASE_URL: the database cannot be reached (${error.code ?? 'unknown'}).`)
  })
  try {
    const version = await admin.query<{ number: number }>(`select current_setting('server_version_num')::int as number`)
    if ((version.rows[0]?.number ?? 0) < 140_000) throw new CannotStart('DATABASE_URL: PostgreSQL 14 or newer is needed.')
    await prepareRoles(admin, { embedded: false }).catch(() => {
      throw new CannotStart(`DATABASE_URL: its user may not create roles; ${rolesRemedy}`)
    })
    await admin.query(`grant create, usage on schema public to ${roleName('owner')}`).catch(() => undefined)
  } finally {
    await admin.end()
  }
  const connect = (role: DatabaseRole): pg.ClientConfig => ({ connectionString: databaseUrl, options: `-c role=${roleName(role)}` })
  return handle(connect, { mode: 'external', pid: () => null, stop: () => Promise.resolve() })
}

function handle(connect: (role: DatabaseRole) => pg.ClientConfig, server: Pick<Postgres, 'mode' | 'pid' | 'stop'>): Postgres {
  const pools: pg.Pool[] = []
  return {
    mode: server.mode,
    pid: server.pid,
    pool(role, { max = 4, settings = {}, types, pipeline = false } = {}) {
      const base = connect(role)
      const session = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
      const optionText = [base.options, ...session].filter(Boolean).join(' ')
      const pool = new pg.Pool({
        ...base,
        max,
        connectionTimeoutMillis: poolPatienceMs,
        ...(optionText === '' ? {} : { options: optionText }),
        ...(types ? { types } : {}),
        ...(pipeline ? { pipeline } : {}),
      })
      // An idle connection that breaks is replaced when the next one is asked for; unheard, it would end the process.
      pool.on('error', () => undefined)
      // So is one that breaks between two statements of whoever holds it: his next one fails.
      pool.on('connect', (client) => void client.on('error', () => undefined))
      pools.push(pool)
      return pool
    },
    client(role) {
      const client = new pg.Client(connect(role))
      client.on('error', () => undefined)
      return client
    },
    async stop() {
      const open = pools.splice(0).filter((pool) => !pool.ended)
      await Promise.all(open.map((pool) => pool.end()))
      await server.stop()
    },
  }
}
