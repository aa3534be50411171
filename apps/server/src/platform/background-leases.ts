import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config, ServerRole } from '../config/index.js'
import { openLeases, type Leases } from '../repository/index.js'
import { migrate, openPostgres, Sleeper, type Postgres } from '../storage/index.js'

/** What this process may do until `over`: the roles of other work are held by another process that shares its database. */
export interface Term {
  roles: readonly ServerRole[]
  /** asked for, and held by another process */
  waiting: readonly ServerRole[]
  /** Throws from when another process may have taken the pipeline over; asked before each commit. */
  mayWrite(): void
  /** Resolves when other roles are held than these, or another process had them in between. */
  over: Promise<void>
}
export interface BackgroundLeases {
  term(): Term
  /** Lets go of what is held, so that another process has it at once. */
  close(): Promise<void>
}

// Held together: each part of the pipeline writes where the next one reads, in folders of which memory holds the newest state.
const works: readonly { name: string; roles: readonly ServerRole[] }[] = [
  { name: 'pipeline', roles: ['replicator', 'masker', 'compactor', 'extractor'] },
  { name: 'scheduler', roles: ['scheduler'] },
]
const leaseMs = 8_000
const renewMs = 1_000
// The holder stops to write so much earlier than another process may begin: a commit that was allowed still has to reach the disk.
const marginMs = 3_000

class TermOver extends Error {
  override readonly name = 'TermOver'
}

interface Held {
  fence: number
  /** by this process's own clock, which an outage of the database does not stop */
  until: number
}

/** Null: nobody else can reach the database, or none of the roles is such that only one process may have it. */
export async function openBackgroundLeases(config: Config): Promise<BackgroundLeases | null> {
  // The embedded database lets one server in.
  if (config.databaseUrl === null) return null
  const asked = works.filter(({ roles }) => roles.some((role) => config.roles.includes(role)))
  if (asked.length === 0) return null
  const postgres = await openPostgres({ dataDir: config.dataDir, databaseUrl: config.databaseUrl })
  try {
    await migrate(postgres)
    const keeper = new Keeper(postgres, config.roles, asked)
    await keeper.begin()
    return keeper
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

class Keeper implements BackgroundLeases {
  readonly #postgres: Postgres
  readonly #leases: Leases
  readonly #roles: readonly ServerRole[]
  readonly #asked: typeof works
  readonly #owner = randomUUID()
  readonly #held = new Map<string, Held>()
  readonly #sleeper = new Sleeper()
  #ends: (() => void)[] = []
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(postgres: Postgres, roles: readonly ServerRole[], asked: typeof works) {
    this.#postgres = postgres
    this.#leases = openLeases(postgres.pool('app', { max: 2 }))
    this.#roles = roles
    this.#asked = asked
  }

  /** Waits as long as the lease of a process that was killed may last. */
  async begin(): Promise<void> {
    for (const until = performance.now() + leaseMs + renewMs; ;) {
      await this.#look()
      if (this.#held.size === this.#asked.length || performance.now() > until) break
      await sleep(renewMs / 2)
    }
    this.#running = this.#renew()
  }

  term(): Term {
    const missing = new Set(this.#asked.filter(({ name }) => !this.#held.has(name)).flatMap(({ roles }) => roles))
    const fence = this.#held.get('pipeline')?.fence
    return {
      roles: this.#roles.filter((role) => !missing.has(role)),
      waiting: this.#roles.filter((role) => missing.has(role)),
      mayWrite: () => {
        const held = this.#held.get('pipeline')
        if (held === undefined || held.fence !== fence || performance.now() >= held.until)
          throw new TermOver('another process may do this work by now')
      },
      over: new Promise((resolve) => void this.#ends.push(resolve)),
    }
  }

  async close(): Promise<void> {
    this.#stopping = true
    this.#sleeper.end()
    await this.#running
    for (const name of this.#held.keys()) await this.#leases.release(leaseOf(name), this.#owner).catch(() => undefined)
    await this.#postgres.stop()
  }

  async #renew(): Promise<void> {
    while (!this.#stopping) {
      await this.#sleeper.pause(renewMs)
      // Where the database does not answer, what is held runs out, and is renewed when it answers again.
      const isOver = this.#stopping ? false : await this.#look().catch(() => false)
      if (isOver) for (const end of this.#ends.splice(0)) end()
    }
  }

  /** Whether other work is held than before. */
  async #look(): Promise<boolean> {
    let changed = false
    for (const { name } of this.#asked) {
      const begun = performance.now()
      const lease = await answered(this.#leases.acquire(leaseOf(name), this.#owner, leaseMs))
      const before = this.#held.get(name)
      if (lease?.fence !== before?.fence) changed = true
      if (lease === null) this.#held.delete(name)
      else this.#held.set(name, { fence: lease.fence, until: begun + leaseMs - marginMs })
    }
    return changed
  }
}

const leaseOf = (work: string): string => `work:${work}`

/** A connection that is open and says nothing would be waited for as long as the network likes. */
async function answered<T>(asked: Promise<T>): Promise<T> {
  const late = new AbortController()
  const silence = sleep(leaseMs, null, { signal: late.signal, ref: false }).then(() => {
    throw new Error('the database does not answer')
  })
  try {
    return await Promise.race([asked, silence])
  } finally {
    silence.catch(() => undefined)
    late.abort()
  }
}
