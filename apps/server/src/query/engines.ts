import { rm } from 'node:fs/promises'
import { EngineProcess } from './engine-process.js'
import { engineIdleMs, runningPerStudyMax, spareAfterMs, waitingPerCallerMax, waitingPerStudyMax } from './limits.js'
import { Seats, type Ticket } from './seats.js'

/** A place in a study's engine: taken before a statement, given back after it. */
export interface Seat {
  engine: EngineProcess
  leave(): void
}

type Starting = Promise<EngineProcess>
interface Post {
  seats: Seats
  /** All of the study, whether they are at work, rest or start. */
  processes: Set<Starting>
  /** Those that nobody uses; the last ones come next. */
  free: Starting[]
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

/**
 * Engine processes of each study: one for a seat, so that ending what does not stop ends nobody else's statement, and one in reserve while
 * anything takes long. Started when statements come, ended when none came for a while.
 */
export class Engines {
  readonly #options: EnginesOptions
  readonly #posts = new Map<string, Post>()
  #closed = false

  constructor(options: EnginesOptions) {
    this.#options = options
  }

  /** A place in the queue of a study's engines; null when too many wait already. */
  queue(study: string, caller: string): Ticket | null {
    return this.#post(study).seats.take(caller)
  }

  /** An engine for who was admitted; given back with the ticket. */
  async seat(study: string, files: string, ticket: Ticket): Promise<Seat> {
    const post = this.#post(study)
    if (post.idle) clearTimeout(post.idle)
    const process = post.free.pop() ?? this.#start(study, post, files)
    const spare = setTimeout(() => this.#makeReady(study, post, files), spareAfterMs).unref()
    const leave = (): void => {
      clearTimeout(spare)
      if (post.processes.has(process)) post.free.push(process)
      ticket.leave()
      if (post.seats.taken === 0) this.#rest(study, post)
    }
    try {
      return { engine: await process, leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  /** An engine for what takes no seat, since it reads no data and is over at once. */
  async aside(study: string, files: string): Promise<EngineProcess> {
    const post = this.#post(study)
    const engine = await this.#reserve(study, post, files)
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
    const post: Post = { seats, processes: new Set(), free: [], idle: null }
    this.#posts.set(study, post)
    return post
  }

  #makeReady(study: string, post: Post, files: string): void {
    if (!this.#closed) void this.#reserve(study, post, files)
  }

  /** One that nobody uses: with the seats so few, there is never more than one beside them. */
  #reserve(study: string, post: Post, files: string): Starting {
    const free = post.free.at(-1)
    if (free) return free
    const starting = this.#start(study, post, files)
    post.free.push(starting)
    return starting
  }

  #start(study: string, post: Post, files: string): Starting {
    if (this.#closed) return Promise.reject(new Error('the query system is closed'))
    const { reservoirOf, resultsOf, workFolder, isolated } = this.#options
    const starting = EngineProcess.start({ reservoir: reservoirOf(study), files, results: resultsOf(study) }, workFolder, isolated)
    const forget = (): void => {
      post.processes.delete(starting)
      post.free = post.free.filter((each) => each !== starting)
    }
    const replace = (): void => {
      forget()
      // Whoever comes next need not wait for what was ended at work.
      if (post.seats.taken > 0) this.#makeReady(study, post, files)
    }
    post.processes.add(starting)
    starting.then((engine) => engine.dying.then(replace), forget)
    return starting
  }

  /** Ends a study's processes; what runs in them fails. */
  async end(study: string): Promise<void> {
    const processes = [...(this.#posts.get(study)?.processes ?? [])]
    await Promise.all(processes.map((process) => process.then((engine) => engine.close()).catch(() => undefined)))
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#posts.keys()].map((study) => this.end(study)))
    for (const post of this.#posts.values()) if (post.idle) clearTimeout(post.idle)
    await rm(this.#options.workFolder, { recursive: true, force: true, maxRetries: 3 })
  }
}
