import { Worker } from 'node:worker_threads'
import type { Seat, Threads } from '../fhir/index.js'
import type { Log } from '../monitoring/index.js'
import { programPath } from '../storage/index.js'

export type ToThread = { seat: number; job: { kind: string }; id: number } | { seat: number; left: true }
export type FromThread = { id: number; answer: unknown } | { id: number; failed: string }

export interface OpenThreads extends Threads {
  /** questions that are not answered yet */
  readonly waiting: number
  close(): Promise<void>
}

interface Thread {
  worker: Worker
  seats: number
  asked: Map<number, (answer: unknown) => void>
}

/** Threads of platform/worker.ts. They start when there is work; one that ends is told, and its work is done by who asked. */
export function openThreads(count: number, log: Log): OpenThreads {
  const running = new Set<Thread>()
  let lastId = 0
  let closed = false

  function lose(thread: Thread, why: string): void {
    if (!running.delete(thread) || closed) return
    log.warn({ why, questions: thread.asked.size }, 'a worker thread ended: what it was asked is done without it')
    for (const resolve of thread.asked.values()) resolve(null)
  }
  function settle(thread: Thread, told: FromThread): void {
    const resolve = thread.asked.get(told.id)
    thread.asked.delete(told.id)
    if (thread.asked.size === 0) thread.worker.unref()
    if ('failed' in told) log.warn({ why: told.failed }, 'a worker thread failed: what it was asked is done without it')
    resolve?.('failed' in told ? null : told.answer)
  }
  function start(): Thread {
    const worker = new Worker(programPath('platform/worker'), {
      env: {},
      stdin: false,
      // As roomy as where this is done without threads.
      resourceLimits: { stackSizeMb: 4, maxYoungGenerationSizeMb: 96 },
    })
    const thread: Thread = { worker, seats: 0, asked: new Map() }
    running.add(thread)
    worker.on('message', (told: FromThread) => settle(thread, told))
    worker.on('error', (error) => lose(thread, error.name))
    worker.on('exit', () => lose(thread, 'exit'))
    return thread
  }
  function freest(): Thread {
    const [least] = [...running].sort((a, b) => a.seats - b.seats)
    return least === undefined || (least.seats > 0 && running.size < count) ? start() : least
  }
  function ask(thread: Thread, seat: number, job: { kind: string }): Promise<unknown> {
    if (closed || !running.has(thread)) return Promise.resolve(null)
    const id = ++lastId
    return new Promise((resolve) => {
      thread.asked.set(id, resolve)
      thread.worker.ref()
      post(thread.worker, { seat, job, id })
    })
  }
  return {
    count,
    get waiting() {
      return [...running].reduce((sum, { asked }) => sum + asked.size, 0)
    },
    seat(): Seat {
      const thread = freest()
      const seat = ++lastId
      thread.seats += 1
      return {
        ask: async <Answer>(job: { kind: string }) => (await ask(thread, seat, job)) as Answer | null,
        leave() {
          thread.seats -= 1
          if (running.has(thread)) post(thread.worker, { seat, left: true })
        },
      }
    },
    async close() {
      closed = true
      await Promise.all([...running].map(({ worker }) => worker.terminate()))
      for (const { asked } of running) for (const resolve of asked.values()) resolve(null)
    },
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const post = (worker: Worker, message: ToThread): void => worker.postMessage(message)
