// A platform on a folder of its own that is opened again whenever it was killed, and asked through its HTTP edge.
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '@aquifer/core/access'
import { readConfig, type Config } from '../../../apps/server/src/config/index.js'
import { openPlatform, type Platform } from '../../../apps/server/src/platform.js'
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
    if (this.#platform !== null && !this.#process.killed) return Promise.resolve(this.#platform)
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
    await this.#sessionsEnd()
    await this.#leasesFree()
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

  async end(): Promise<void> {
    this.#over = true
    watchFaultPoints(null)
    const pid = this.#platform?.postgres.pid() ?? null
    this.#process.kill()
    await this.#admin?.end().catch(() => undefined)
    if (pid !== null) process.kill(pid, 'SIGQUIT')
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

const endedBy =
  (started: KillableProcess) =>
  (error: unknown): null => {
    if (!(error instanceof Error) || !error.message.startsWith('injected fault')) throw error
    started.kill()
    return null
  }
