import { Worker } from 'node:worker_threads'
import { programPath } from '../storage/index.js'

// Half of a server's work during an import is short-lived objects. V8's young generation is 16 MB a half by default and cannot be made
// larger from within; in a thread it can. 2026-11, 2 cores, 91,483 resources: 3,900/s by default, 6,800/s with 64 MB a half.
const youngGenerationMb = 192

/** Runs a command of long life in a thread with room for young objects; signals are handed on to it. Settles with its exit code. */
export function runInRoomyThread(argv: readonly string[]): Promise<number> {
  const worker = new Worker(programPath('cli/thread'), {
    argv: argv.slice(2),
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  })
  let asked = false
  const stop = (): void => {
    // Asked again: whoever waits has lost patience.
    if (asked) process.exit(1)
    asked = true
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage('stop')
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  // The reader of our words may have had enough, as `head` has; the server goes on.
  process.stdout.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', resolve)
  })
}
