import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Policy } from '@aquifer/core/masking'
import { programPath } from '../storage/program.js'
import type { FromWorker, MaskedBatch, MaskedLines, MaskingProfile, ToWorker } from './worker-messages.js'

/** Under what a study is masked. The key is the study's own, see `maskingKeyFor`. */
export interface MaskingSettings {
  policy: Policy
  key: Uint8Array
  /** Year to which ages are counted: after New Year the birth years of those who became too old have to go, so mask anew. */
  asOfYear: number
  /** Only for output that no study dictionary is joined to later. */
  displays?: ReadonlyMap<string, string> | null
}

export interface StudyMasking {
  /** Lake rows (NDJSON, as `rowLine` writes them) to reservoir rows. The bytes are given away: do not use them afterwards. */
  mask(rows: Uint8Array): Promise<MaskedBatch>
  close(): void
}

interface LineMasking {
  mask(lines: Uint8Array, firstLine: number): Promise<MaskedLines>
  close(): void
}

export interface MaskingPool {
  readonly threads: number
  forStudy(settings: MaskingSettings): StudyMasking
  /** Resources (NDJSON of whole lines) to masked FHIR resources in the same order. */
  forLines(settings: MaskingSettings): LineMasking
  close(): Promise<void>
}

interface Job {
  message: Extract<ToWorker, { job: number }>
  resolve: (answer: FromWorker) => void
  reject: (error: Error) => void
}

interface Thread {
  worker: Worker
  job: Job | null
}

class MaskingFailed extends Error {
  override name = 'MaskingFailed'
}

/** Worker threads that mask. They start when there is work; jobs wait in line, so the caller bounds memory by how many it gives. */
export function openMaskingPool({ threads = availableParallelism() }: { threads?: number } = {}): MaskingPool {
  const pool = new Threads(threads)
  return {
    threads,
    forStudy: (settings) => {
      const profile = pool.enter(settings, 'rows')
      const mask: StudyMasking['mask'] = async (bytes) => rowsOf(await pool.ask({ kind: 'rows', job: pool.nextId(), profile, bytes }))
      return { mask, close: () => pool.leave(profile) }
    },
    forLines: (settings) => {
      const profile = pool.enter(settings, 'fhir')
      const mask: LineMasking['mask'] = async (bytes, firstLine) =>
        linesOf(await pool.ask({ kind: 'lines', job: pool.nextId(), profile, bytes, firstLine }))
      return { mask, close: () => pool.leave(profile) }
    },
    close: () => pool.close(),
  }
}

class Threads {
  readonly #max: number
  readonly #profiles = new Map<number, MaskingProfile>()
  readonly #running = new Set<Thread>()
  readonly #waiting: Job[] = []
  #closed = false
  #lastId = 0

  constructor(max: number) {
    this.#max = max
  }

  nextId(): number {
    return ++this.#lastId
  }

  enter(settings: MaskingSettings, form: MaskingProfile['form']): number {
    const id = this.nextId()
    const profile: MaskingProfile = { displays: null, ...settings, form }
    this.#profiles.set(id, profile)
    for (const { worker } of this.#running) post(worker, { kind: 'profile', id, profile })
    return id
  }

  leave(id: number): void {
    this.#profiles.delete(id)
    for (const { worker } of this.#running) post(worker, { kind: 'forget', id })
  }

  ask(message: Job['message']): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.#closed) reject(new MaskingFailed('the masking pool is closed'))
      else {
        this.#waiting.push({ message, resolve, reject })
        this.#next()
      }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#waiting.splice(0)) job.reject(new MaskingFailed('the masking pool is closed'))
    await Promise.all([...this.#running].map(({ worker }) => worker.terminate()))
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#running].find((thread) => thread.job === null) ?? (this.#running.size < this.#max ? this.#start() : null)
      if (idle === null) return
      const job = this.#waiting.shift()!
      idle.job = job
      idle.worker.ref()
      post(idle.worker, job.message)
    }
    // Threads without work keep nobody's process alive.
    for (const thread of this.#running) if (thread.job === null) thread.worker.unref()
  }

  #start(): Thread {
    const worker = new Worker(programPath('masking/worker'), {
      env: {},
      stdin: false,
      resourceLimits: { stackSizeMb: 4, maxYoungGenerationSizeMb: 96 },
    })
    const thread: Thread = { worker, job: null }
    this.#running.add(thread)
    for (const [id, profile] of this.#profiles) post(worker, { kind: 'profile', id, profile })
    worker.on('message', (answer: FromWorker) => this.#settle(thread, answer))
    worker.on('error', (error) => this.#lose(thread, error.name))
    worker.on('exit', () => this.#lose(thread, 'exit'))
    return thread
  }

  #settle(thread: Thread, answer: FromWorker): void {
    const { job } = thread
    thread.job = null
    if (job && 'failed' in answer) job.reject(new MaskingFailed(`masking failed: ${answer.failed}`))
    else job?.resolve(answer)
    this.#next()
  }

  #lose(thread: Thread, why: string): void {
    if (!this.#running.delete(thread)) return
    thread.job?.reject(new MaskingFailed(`a masking thread ended: ${why}`))
    thread.job = null
    if (!this.#closed) this.#next()
  }
}

function post(worker: Worker, message: ToWorker): void {
  const owned = 'bytes' in message && message.bytes.byteOffset === 0 && message.bytes.byteLength === message.bytes.buffer.byteLength
  worker.postMessage(message, owned && message.bytes.buffer instanceof ArrayBuffer ? [message.bytes.buffer] : [])
}

function rowsOf(answer: FromWorker): MaskedBatch {
  if (!('rows' in answer)) throw new MaskingFailed('a masking thread gave the wrong answer')
  return answer.rows
}

function linesOf(answer: FromWorker): MaskedLines {
  if (!('lines' in answer)) throw new MaskingFailed('a masking thread gave the wrong answer')
  return answer.lines
}
