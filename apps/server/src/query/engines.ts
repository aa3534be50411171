import { rm } from 'node:fs/promises'
import { EngineProcess } from './engine-process.js'
import { engineIdleMs, runningPerStudyMax, waitingPerStudyMax } from './limits.js'

/** A place in a study's engine: taken before a statement, given back after it. */
export interface Seat {
  engine: EngineProcess
  leave(): void
}

interface Post {
  process: Promise<EngineProcess> | null
  running: number
  queue: (() => void)[]
  idle: NodeJS.Timeout | null
}

export interface EnginesOptions {
  /** Folder of each study's reservoir. */
  reservoirOf: (study: string) => string
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

  /** Waits for a seat; null when too many wait already. */
  async seat(study: string, files: string): Promise<Seat | null> {
    const post = this.#post(study)
    if (post.running >= runningPerStudyMax) {
      if (post.queue.length >= waitingPerStudyMax) return null
      await new Promise<void>((resolve) => post.queue.push(resolve))
    } else post.running++
    if (post.idle) clearTimeout(post.idle)
    let left = false
    const leave = (): void => {
      if (left) return
      left = true
      const next = post.queue.shift()
      if (next) return next()
      post.running--
      if (post.running === 0) post.idle = setTimeout(() => void this.end(study), engineIdleMs).unref()
    }
    try {
      return { engine: await this.#engine(study, post, files), leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  #post(study: string): Post {
    const known = this.#posts.get(study)
    if (known) return known
    const post: Post = { process: null, running: 0, queue: [], idle: null }
    this.#posts.set(study, post)
    return post
  }

  #engine(study: string, post: Post, files: string): Promise<EngineProcess> {
    if (this.#closed) return Promise.reject(new Error('the query system is closed'))
    if (post.process) return post.process
    const { reservoirOf, workFolder, isolated } = this.#options
    const starting = EngineProcess.start({ reservoir: reservoirOf(study), files }, workFolder, isolated)
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
