import { rm } from 'node:fs/promises'
import { EngineProcess } from './engine-process.js'
import { engineIdleMs, runningPerStudyMax, waitingPerCallerMax, waitingPerStudyMax } from './limits.js'
import { Seats, type Ticket } from './seats.js'

/** A place in a study's engine: taken before a statement, given back after it. */
export interface Seat {
  engine: EngineProcess
  leave(): void
}

interface Post {
  process: Promise<EngineProcess> | null
  seats: Seats
  idle: NodeJS.Timeout | null
}

export interface EnginesOptions {
  /** Folder of each study's reservoir. */
  reservoirOf: (study: string) => string
  /** Folder of each study's kept results. */
  resultsOf: (study: string) => string
  workFolder: string
  isolated: boolean
}

/** One engine process per study, started when a statement comes and ended when none came for a while. */
export class Engines {
  readonly #options: EnginesOptions
  readonly #posts = new Map<string, Post>()
  #closed = false

  constructor(options: EnginesOptions) {
    this.#options = options
  }

  /** A place in the queue of a study's engine; null when too many wait already. */
  queue(study: string, caller: string): Ticket | null {
    return this.#post(study).seats.take(caller)
  }

  /** The engine for who was admitted; given back with the ticket. */
  async seat(study: string, files: string, ticket: Ticket): Promise<Seat> {
    const post = this.#post(study)
    if (post.idle) clearTimeout(post.idle)
    const leave = (): void => {
      ticket.leave()
      if (post.seats.taken === 0) this.#rest(study, post)
    }
    try {
      return { engine: await this.#engine(study, post, files), leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  /** The engine for what takes no seat, since it reads no data and is over at once. */
  async aside(study: string, files: string): Promise<EngineProcess> {
    const post = this.#post(study)
    const engine = await this.#engine(study, post, files)
    if (post.seats.taken === 0) this.#rest(study, post)
    return engine
  }

  #rest(study: string, post: Post): void {
    if (post.idle) clearTimeout(post.idle)
    post.idle = setTimeout(() => void this.end(study), engineIdleMs).unref()
  }

  /** Statements that wait, of all studies. */
  get waiting(): number {
    return [...this.#posts.values()].reduce((sum, { seats }) => sum + seats.waiting, 0)
  }

  #post(study: string): Post {
    const known = this.#posts.get(study)
    if (known) return known
    const seats = new Seats({ seats: runningPerStudyMax, waiting: waitingPerStudyMax, waitingPerCaller: waitingPerCallerMax })
    const post: Post = { process: null, seats, idle: null }
    this.#posts.set(study, post)
    return post
  }

  #engine(study: string, post: Post, files: string): Promise<EngineProcess> {
    if (this.#closed) return Promise.reject(new Error('the query system is closed'))
    if (post.process) return post.process
    const { reservoirOf, resultsOf, workFolder, isolated } = this.#options
    const starting = EngineProcess.start({ reservoir: reservoirOf(study), files, results: resultsOf(study) }, workFolder, isolated)
    const forget = (): void => {
      if (post.process === starting) post.process = null
    }
    post.process = starting
    starting.then((engine) => engine.dying.then(forget), forget)
    return starting
  }

  /** Ends a study's process; what runs in it fails. */
  async end(study: string): Promise<void> {
    const process = this.#posts.get(study)?.process
    if (process) await process.then((engine) => engine.close()).catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#posts.keys()].map((study) => this.end(study)))
    for (const post of this.#posts.values()) if (post.idle) clearTimeout(post.idle)
    await rm(this.#options.workFolder, { recursive: true, force: true, maxRetries: 3 })
  }
}
