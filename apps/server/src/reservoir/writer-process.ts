import { fork, type ChildProcess } from 'node:child_process'
import { programPath } from '../storage/index.js'
import type { Job, JobResults, WriterAnswer, WriterRequest, WriterStart } from './jobs.js'

interface Waiter {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** The engine could not do a job. The message is a class of error, never a value. */
class WriterError extends Error {
  override readonly name = 'WriterError'
}

/** The process that turns masked NDJSON into Parquet. It is started when first needed and again after it died or had nothing to do for long. */
export class WriterProcess {
  readonly #start: WriterStart
  readonly #idleMsMax: number | null
  #resting: NodeJS.Timeout | undefined
  readonly #waiting = new Map<number, Waiter>()
  #child: ChildProcess | null = null
  #next = 1
  #closed = false

  constructor({ idleMsMax = null, ...start }: WriterStart['start'] & { idleMsMax?: number | null }) {
    this.#start = { start }
    this.#idleMsMax = idleMsMax
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  run<J extends Job>(job: J): Promise<JobResults[J['kind']]> {
    if (this.#closed) return Promise.reject(new WriterError('the writer is closed'))
    clearTimeout(this.#resting)
    const child = this.#child ?? this.#spawn()
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiter['resolve'], reject })
      child.send({ id, job } satisfies WriterRequest, (error) => {
        if (error && this.#waiting.delete(id)) reject(new WriterError('the writer process ended'))
      })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#resting)
    const child = this.#child
    if (!child) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await ended
  }

  // The engine keeps what memory it once had, and hardly ever needs that much.
  #rest(): void {
    clearTimeout(this.#resting)
    if (this.#idleMsMax === null || this.#waiting.size > 0) return
    this.#resting = setTimeout(() => {
      const child = this.#child
      this.#child = null
      child?.kill('SIGKILL')
    }, this.#idleMsMax).unref()
  }

  #spawn(): ChildProcess {
    const child = fork(programPath('reservoir/worker'), [], { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child = child
    child.on('message', (answer: WriterAnswer) => {
      const waiter = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiter?.reject(new WriterError(answer.error))
      else waiter?.resolve(answer.result)
      this.#rest()
    })
    const gone = (): void => {
      if (this.#child !== child) return
      this.#child = null
      for (const waiter of this.#waiting.values()) waiter.reject(new WriterError('the writer process ended'))
      this.#waiting.clear()
    }
    child.on('exit', gone)
    child.on('error', gone)
    child.send(this.#start)
    return child
  }
}
