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

export interface MaskingPool {
  readonly threads: number
  forStudy(settings: MaskingSettings): StudyMasking
  /** Resources (NDJSON of whole lines) to masked FHIR resources in the same order. */
  forLines(settings: MaskingSettings): { mask(lines: Uint8Array, firstLine: number): Promise<MaskedLines>; close(): void }
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
  const profiles = new Map<number, MaskingProfile>()
  const running = new Set<Thread>()
  const waiting: Job[] = []
  let closed = false
  let lastId = 0

  const start = (): Thread => {
    const worker = new Worker(programPath('masking/worker'), { env: {}, stdin: false, resourceLimits: { stackSizeMb: 4 } })
    const thread: Thread = { worker, job: null }
    running.add(thread)
    for (const [id, profile] of profiles) post(worker, { kind: 'profile', id, profile })
    worker.on('message', (answer: FromWorker) => settle(thread, answer))
    worker.on('error', (error) => lose(thread, error.name))
    worker.on('exit', () => lose(thread, 'exit'))
    return thread
  }
  const settle = (thread: Thread, answer: FromWorker): void => {
    const { job } = thread
    thread.job = null
    if (job && 'failed' in answer) job.reject(new MaskingFailed(`masking failed: ${answer.failed}`))
    else job?.resolve(answer)
    next()
  }
  const lose = (thread: Thread, why: string): void => {
    if (!running.delete(thread)) return
    thread.job?.reject(new MaskingFailed(`a masking thread ended: ${why}`))
    thread.job = null
    if (!closed) next()
  }
  const next = (): void => {
    while (waiting.length > 0) {
      const idle = [...running].find((thread) => thread.job === null) ?? (running.size < threads ? start() : null)
      if (idle === null) return
      const job = waiting.shift()!
      idle.job = job
      idle.worker.ref()
      post(idle.worker, job.message)
    }
    for (const thread of running) if (thread.job === null) thread.worker.unref()
  }
  const ask = (message: Job['message']): Promise<FromWorker> =>
    new Promise((resolve, reject) => {
      if (closed) reject(new MaskingFailed('the masking pool is closed'))
      else {
        waiting.push({ message, resolve, reject })
        next()
      }
    })
  const enter = (settings: MaskingSettings, form: MaskingProfile['form']): number => {
    const id = ++lastId
    const profile: MaskingProfile = { displays: null, ...settings, form }
    profiles.set(id, profile)
    for (const { worker } of running) post(worker, { kind: 'profile', id, profile })
    return id
  }
  const leave = (id: number): void => {
    profiles.delete(id)
    for (const { worker } of running) post(worker, { kind: 'forget', id })
  }

  return {
    threads,
    forStudy: (settings) => {
      const profile = enter(settings, 'rows')
      return { mask: async (bytes) => rowsOf(await ask({ kind: 'rows', job: ++lastId, profile, bytes })), close: () => leave(profile) }
    },
    forLines: (settings) => {
      const profile = enter(settings, 'fhir')
      return {
        mask: async (bytes, firstLine) => linesOf(await ask({ kind: 'lines', job: ++lastId, profile, bytes, firstLine })),
        close: () => leave(profile),
      }
    },
    close: async () => {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new MaskingFailed('the masking pool is closed'))
      await Promise.all([...running].map(({ worker }) => worker.terminate()))
    },
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
