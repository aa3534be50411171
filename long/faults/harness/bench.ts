// A platform on a folder of its own that is opened again whenever it was killed, and asked through its HTTP edge.
import { access, cp, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '@aquifer/core/access'
import { readConfig, type Config } from '../../../apps/server/src/config/index.js'
import { openPlatform, restore, takeBackup, type Platform, type RestoreReport } from '../../../apps/server/src/platform.js'
import type { Json, Request } from '../../../apps/server/src/platform/test/world.js'
import { watchFaultPoints, type openDuckDb, type Postgres } from '../../../apps/server/src/storage/index.js'
import { preparedDataDir } from '../../../apps/server/src/storage/test/database.js'
import type { Faults } from './faults.js'
import { KillableProcess, makeKillable } from './process.js'

export interface Answer {
  status: number
  json: Json
  text: string
  headers: Record<string, string>
}

type Pool = ReturnType<Postgres['pool']>
export type Duck = Awaited<ReturnType<typeof openDuckDb>>['connection']

const roles = 'api,replicator,masker,query,scheduler'
export const password = 'correct horse battery'
export const study = 'S'
// Small, so that short runs join segments, too.
const segmentsRecentMax = 4
const opensMax = 12
const adminName = 'faults'
const sessionsMsMax = 10_000

export class Bench {
  readonly #faults: Faults
  readonly #config: Config
  readonly #clock: { now: () => number }
  #process = new KillableProcess()
  #platform: Platform | null = null
  #opening: Promise<Platform> | null = null
  #over = false
  #admin: Pool | null = null
  opened = 0
  /** where a whole backup lies */
  backup: string | null = null

  private constructor(config: Config, faults: Faults, clock: { now: () => number }) {
    this.#config = config
    this.#faults = faults
    this.#clock = clock
  }

  static async open(faults: Faults, clock: { now: () => number }): Promise<Bench> {
    await makeKillable()
    const data = await preparedDataDir('aquifer-fault-')
    const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data, port: '0', roles })
    if ('faults' in config) throw new Error(config.faults.join())
    const bench = new Bench(config, faults, clock)
    const platform = await bench.up()
    bench.#admin = platform.postgres.pool('owner', { max: 2, settings: { application_name: adminName } })
    await bench.#admin.query('select 1')
    return bench
  }

  get dataDir(): string {
    return this.#config.dataDir
  }

  /** The database as whoever may do anything to it sees it; it outlives what is killed. */
  get owner(): Pool {
    if (this.#admin === null) throw new Error('the bench is not open')
    return this.#admin
  }

  /** From now on faults strike. */
  arm(): void {
    watchFaultPoints((point) => this.#faults.at(point))
  }

  /** The platform that runs; waits while it is opened. */
  up(): Promise<Platform> {
    // While the next one opens, the platform of the process before is still known here: whoever asked it would wait for ever.
    if (this.#opening === null && this.#platform !== null && !this.#process.killed) return Promise.resolve(this.#platform)
    this.#opening ??= this.#open().finally(() => (this.#opening = null))
    return this.#opening
  }

  async #open(): Promise<Platform> {
    for (let attempt = 0; attempt < opensMax; attempt += 1) {
      await this.#leasesEnd()
      const started = new KillableProcess()
      this.#process = started
      this.opened += 1
      const opening = started.run(() => openPlatform(this.#config, { clock: this.#clock, segmentsRecentMax }))
      // A start that meets an error ends the process, and whoever runs it starts it again.
      const platform = await Promise.race([opening.catch(endedBy(started)), started.ended.then(() => null)])
      if (platform === null) continue
      this.#platform = platform
      void started.ended.then(() => this.#over || this.up()).catch(() => undefined)
      return platform
    }
    throw new Error('the platform does not open any more')
  }

  /** Time that nobody has to wait for: once the database has done what a killed process said last, what it holds by lease is free. */
  async #leasesEnd(): Promise<void> {
    if (this.#admin === null) return
    try {
      await this.#sessionsEnd()
      await this.#leasesFree()
    } catch (error) {
      // A start that met an error has taken its database down with it: nobody says anything there any more.
      if (!['ENOENT', 'ECONNREFUSED'].includes(String((error as NodeJS.ErrnoException).code))) throw error
    }
  }

  async #leasesFree(): Promise<void> {
    await this.owner.query(`update job set lease_until = 0 where state = 'running'`)
    await this.owner.query(`update lease set until = 0`)
  }

  /** A statement of a killed process may still run, or wait for a lock: it could take a lease after they were freed. */
  async #sessionsEnd(): Promise<void> {
    const others = `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name <> $1`
    for (const until = performance.now() + sessionsMsMax; performance.now() < until; await sleep(5)) {
      const { rows } = await this.owner.query<{ count: number }>(others, [adminName])
      if (rows[0]?.count === 0) return
    }
  }

  /** What goes on, for whoever looks for why nothing does. */
  async standing(): Promise<string> {
    const sessions = `select state, wait_event, left(query, 90) as query, (extract(epoch from now() - state_change) * 1000)::int as ms
      from pg_stat_activity where datname = current_database() and application_name <> $1 order by state`
    const jobs = `select kind, state, owner, attempts, lease_until::text from job where state in ('queued', 'running')`
    const told = await Promise.all([this.owner.query(sessions, [adminName]), this.owner.query(jobs)]).catch(String)
    const process = { opened: this.opened, opens: this.#opening !== null, killed: this.#process.killed, isOpen: this.#platform !== null }
    return JSON.stringify({ process, told: Array.isArray(told) ? told.map(({ rows }) => rows as unknown[]) : told })
  }

  /** Something that the process does; null when it was killed meanwhile. */
  async within<T>(work: (platform: Platform) => Promise<T>): Promise<T | null> {
    const platform = await this.up()
    const owner = this.#process
    const lost = (error: unknown): null => {
      // Whoever asks while it is stopped has no answer either.
      if (this.#platform === platform) throw error
      return null
    }
    return Promise.race([owner.run(() => work(platform)).catch(lost), owner.ended.then(() => null)])
  }

  /** An answer, or null when the process was killed before there was one. */
  send(request: Request): Promise<Answer | null> {
    const { body } = request
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    return this.within(async ({ app }) => {
      const answer = await app.inject({
        method: request.method ?? 'GET',
        url: request.path,
        headers: {
          ...(request.token ? { authorization: `Bearer ${request.token}` } : {}),
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(payload === undefined ? {} : { payload }),
      })
      const isJson = /json/.test(answer.headers['content-type'] ?? '') && !/ndjson/.test(answer.headers['content-type'] ?? '')
      return {
        status: answer.statusCode,
        headers: answer.headers as Record<string, string>,
        text: answer.body,
        json: isJson && answer.body !== '' ? (JSON.parse(answer.body) as Json) : {},
      }
    })
  }

  async token(role: Role, user?: string): Promise<string> {
    const session = await this.within(({ identity }) =>
      identity.mint({ role, requestedBy: 'faults', ttlS: 3_600, ...(user === undefined ? { studies: [study] } : { user }) }),
    )
    if (session === null || !('token' in session)) throw new Error('no token')
    return session.token
  }

  /** Ends this process and opens another: by kill, or as it is stopped when all is well. */
  async restart(how: 'kill' | 'close'): Promise<void> {
    const platform = await this.up()
    if (how === 'close') {
      this.#opening = this.#closed(platform)
      this.#platform = null
      await this.#opening
    } else {
      this.#process.kill()
      await this.up()
    }
  }

  async #closed(platform: Platform): Promise<Platform> {
    const ending = this.#process
    this.#over = true
    await this.#admin?.end()
    this.#admin = null
    // It may be killed while it ends.
    await Promise.race([ending.run(() => platform.close()).catch(() => undefined), ending.ended])
    const cut = ending.killed
    ending.kill()
    this.#over = false
    const opened = await this.#open()
    this.#admin = opened.postgres.pool('owner', { max: 2, settings: { application_name: adminName } })
    if (cut) await this.#leasesFree()
    this.#opening = null
    return opened
  }

  /** A backup beside all that runs; there is none while it is not whole. */
  async takeBackup(): Promise<void> {
    const dir = `${this.dataDir}-backup`
    await rm(dir, { recursive: true, force: true })
    const { dataDir, storeDir, masterKeyFile } = this.#config
    const taking = { dataDir, storeDir, masterKeyFile, version: '0', now: () => this.#clock.now(), tell: () => undefined }
    const taken = await this.within(() => takeBackup(dir, taking)).catch(() => null)
    if (taken !== null && !('problem' in taken)) this.backup = dir
  }

  /** Loses the data folder and brings the backup back in its place, from the beginning as often as that is broken off. */
  async restore({ lake }: { lake: boolean }): Promise<RestoreReport> {
    const lost = `${this.dataDir}-lost`
    const open = (config: Config) => openPlatform(config, { clock: this.#clock, segmentsRecentMax })
    this.#over = true
    await this.#admin?.end()
    this.#admin = null
    this.#process.kill()
    await stopDatabase(this.dataDir)
    await rename(this.dataDir, lost)
    const asked = {
      from: this.backup ?? '',
      lake: lake ? path.join(lost, 'lake') : null,
      ledger: await existing(path.join(lost, 'ledger', 'withdrawals.ndjson')),
      tell: () => undefined,
    }
    for (let attempt = 0; attempt < opensMax; attempt += 1) {
      await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
      await cp(path.join(lost, 'keys', 'master.key'), path.join(this.dataDir, 'keys', 'master.key'))
      const started = new KillableProcess()
      const restoring = started.run(() => restore(this.#config, asked, open)).catch(endedBy(started))
      const report = await Promise.race([restoring, started.ended.then(() => null)])
      started.kill()
      if (report !== null && 'problem' in report) throw new Error(report.problem)
      if (report !== null) return await this.#opened(report)
      await stopDatabase(this.dataDir)
    }
    throw new Error('the backup does not come back')
  }

  async #opened(report: RestoreReport): Promise<RestoreReport> {
    this.#over = false
    const platform = await this.#open()
    this.#admin = platform.postgres.pool('owner', { max: 2, settings: { application_name: adminName } })
    return report
  }

  async end(): Promise<void> {
    this.#over = true
    watchFaultPoints(null)
    this.#process.kill()
    await this.#admin?.end().catch(() => undefined)
    await stopDatabase(this.dataDir)
    for (const folder of [this.dataDir, `${this.dataDir}-backup`, `${this.dataDir}-lost`])
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

const existing = (file: string): Promise<string | null> =>
  access(file).then(
    () => file,
    () => null,
  )

/** As a machine that is lost; without a trace of who still writes. */
async function stopDatabase(dataDir: string): Promise<void> {
  const file = await readFile(path.join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(() => null)
  const pid = Number(file?.split('\n')[0])
  if (!(pid > 0)) return
  try {
    for (process.kill(pid, 'SIGQUIT'); ; await sleep(10)) process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const endedBy =
  (started: KillableProcess) =>
  (error: unknown): null => {
    if (!(error instanceof Error) || !error.message.startsWith('injected fault')) throw error
    started.kill()
    return null
  }
