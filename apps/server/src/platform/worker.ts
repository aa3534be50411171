import { parentPort } from 'node:worker_threads'
import { openBundleReader, type BundleJob, type BundleReader } from '../fhir/index.js'
import { prepareLines, type LinesJob } from '../import/index.js'
import type { FromThread, ToThread } from './threads.js'

// A thread for the pure part of large writes: it decides nothing, knows no store, and forgets a Bundle when its place is left.
const readers = new Map<number, BundleReader>()

async function answerTo(seat: number, job: BundleJob | LinesJob): Promise<unknown> {
  if (job.kind === 'lines') return prepareLines(job)
  const reader = readers.get(seat) ?? openBundleReader()
  readers.set(seat, reader)
  return reader.answer(job)
}

async function take(message: ToThread): Promise<void> {
  if ('left' in message) {
    readers.delete(message.seat)
    return
  }
  const { id, seat, job } = message
  const told = await answerTo(seat, job as BundleJob | LinesJob).then(
    (answer): FromThread => ({ id, answer }),
    // The name only: a message may quote what it failed on.
    (error: unknown): FromThread => ({ id, failed: error instanceof Error ? error.name : 'unknown' }),
  )
  const carried = 'answer' in told ? (told.answer as { bytes?: Uint8Array<ArrayBuffer> }).bytes : undefined
  parentPort?.postMessage(told, carried === undefined ? [] : [carried.buffer])
}

parentPort?.on('message', (message: ToThread) => void take(message))
