import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { EngineCompletion } from './engine-complete.js'
import type { EngineDone, EngineRun } from './engine-statement.js'
import { makeFolder } from '../storage/index.js'
import { readFrames, writeFrame, type Frame } from './frames.js'
import { isolatedEnvironment, isolatedLaunch, plainLaunch } from './isolation.js'

/** What the engine says when a statement fails; nothing of it goes to a caller unread. */
export class EngineFault extends Error {
  constructor(readonly said: string) {
    super('the engine refused')
  }
}
/** The engine's process ended while it worked. */
export class EngineGone extends Error {
  constructor(readonly reason: 'memory' | 'other') {
    super('the query engine ended')
  }
}

export interface Looked {
  pid: number
  environment: string[]
  seen: { path: string; exists: boolean; entries: string[]; writable: boolean }[]
}
export interface RunListener {
  columns(columns: { name: string; type: string }[]): void
  data(bytes: Uint8Array): void
  progress(progress: number): void
}
interface Waiting {
  frame(frame: Frame): void
  gone(error: Error): void
}

const frameBytesMax = 256 * 1024 * 1024
const startMs = 20_000

/** A few bytes must not hold the large piece that they came in. */
const ownBytes = (body: Uint8Array): Uint8Array => (body.byteLength * 2 > body.buffer.byteLength ? body : Uint8Array.from(body))

/** The engine of one study: a process that is started, asked and, if need be, killed. */
export class EngineProcess {
  readonly spillFolder: string
  readonly #child: ChildProcess
  readonly #pipe: Duplex
  readonly #waiting = new Map<number, Waiting>()
  readonly #folder: string
  #next = 1
  #ended = false
  #reason: EngineGone['reason'] = 'other'
  /** Resolves when the process is told to end, or ended: nothing more is to be asked of it. */
  readonly dying: Promise<void>
  readonly gone: Promise<void>
  #die: () => void = () => undefined

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#pipe = child.stdio[3] as Duplex
    this.#folder = folder
    this.spillFolder = join(folder, 'spill')
    this.dying = new Promise<void>((resolve) => (this.#die = resolve))
    this.gone = new Promise<void>((resolve) => {
      child.once('error', () => resolve())
      child.once('exit', () => resolve())
    }).then(() => this.#end())
    this.#pipe.on('error', () => this.kill())
    readFrames(
      this.#pipe,
      frameBytesMax,
      (frame) => this.#take(frame),
      () => this.kill(),
    )
  }

  /** Starts a process that can read the folders of one study: its reservoir, its files, and results that were kept. */
  static async start(
    { reservoir, files, results }: { reservoir: string; files: string; results: string },
    workFolder: string,
    isolated: boolean,
  ): Promise<EngineProcess> {
    await mkdir(workFolder, { recursive: true, mode: 0o700 })
    const folder = await mkdtemp(join(workFolder, 'engine-'))
    await makeFolder(files)
    await mkdir(results, { recursive: true, mode: 0o700 })
    const places = { reservoir, files, results, root: join(folder, 'root'), spill: join(folder, 'spill') }
    await mkdir(places.root)
    await mkdir(places.spill)
    const launch = isolated ? isolatedLaunch(places) : plainLaunch()
    const child = spawn(launch.command, launch.args, {
      env: isolated ? isolatedEnvironment : {},
      cwd: places.spill,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    const engine = new EngineProcess(child, folder)
    await engine.#ready()
    return engine
  }

  #take(frame: Frame): void {
    if (frame.header['is'] === 'overfull') {
      this.#reason = 'memory'
      return this.kill()
    }
    return this.#waiting.get(Number(frame.header['id']))?.frame(frame)
  }

  async #ready(): Promise<void> {
    const timer = setTimeout(() => this.kill(), startMs)
    try {
      await this.#answer(0, 'ready', () => undefined)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What the engine's parser makes of a text: a tree as JSON. */
  async parse(sql: string): Promise<unknown> {
    const id = this.#next++
    const answer = this.#answer(id, 'parsed', () => undefined)
    writeFrame(this.#pipe, { id, do: 'parse' }, Buffer.from(sql))
    return JSON.parse(Buffer.from((await answer).body).toString('utf8'))
  }

  /** What the engine's own completion says at the end of a text, over tables made by these statements. */
  async complete(sql: string, tables: readonly string[]): Promise<EngineCompletion[]> {
    const id = this.#next++
    const answer = this.#answer(id, 'completed', () => undefined)
    writeFrame(this.#pipe, { id, do: 'complete' }, Buffer.from(JSON.stringify({ sql, tables })))
    return JSON.parse(Buffer.from((await answer).body).toString('utf8')) as EngineCompletion[]
  }

  /** The statement that a tree stands for. */
  async render(tree: unknown): Promise<string> {
    const id = this.#next++
    const answer = this.#answer(id, 'rendered', () => undefined)
    writeFrame(this.#pipe, { id, do: 'render' }, Buffer.from(JSON.stringify(tree)))
    return Buffer.from((await answer).body).toString('utf8')
  }

  run(run: EngineRun, listener: RunListener): { id: number; done: Promise<EngineDone> } {
    const id = this.#next++
    const answer = this.#answer(id, 'done', ({ header, body }) => {
      if (header['is'] === 'columns') listener.columns(header['columns'] as { name: string; type: string }[])
      else if (header['is'] === 'data') listener.data(ownBytes(body))
      else if (header['is'] === 'progress') listener.progress(Number(header['progress']))
    })
    writeFrame(this.#pipe, { id, do: 'run' }, Buffer.from(JSON.stringify(run)))
    return { id, done: answer.then(({ header }) => header as unknown as EngineDone) }
  }

  cancel(id: number): void {
    if (!this.#ended) writeFrame(this.#pipe, { id, do: 'cancel' })
  }

  async look(paths: string[]): Promise<Looked> {
    const id = this.#next++
    const answer = this.#answer(id, 'looked', () => undefined)
    writeFrame(this.#pipe, { id, do: 'look', paths })
    return (await answer).header as unknown as Looked
  }

  #answer(id: number, last: string, before: (frame: Frame) => void): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new EngineGone(this.#reason))
      this.#waiting.set(id, {
        frame: (frame) => {
          const { is } = frame.header
          if (is !== last && is !== 'failed') return before(frame)
          this.#waiting.delete(id)
          return is === last ? resolve(frame) : reject(new EngineFault(String(frame.header['error'])))
        },
        gone: reject,
      })
    })
  }

  /** Ends the process at once; every statement in it fails. */
  kill(): void {
    this.#die()
    this.#child.kill('SIGKILL')
  }

  async close(): Promise<void> {
    this.kill()
    await this.gone
  }

  async #end(): Promise<void> {
    this.#ended = true
    this.#die()
    this.#pipe.destroy()
    for (const waiting of this.#waiting.values()) waiting.gone(new EngineGone(this.#reason))
    this.#waiting.clear()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
