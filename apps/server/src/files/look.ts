import { fork } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { openScan, tableFormatOf } from '@aquifer/core/files'
import { programPath } from '../storage/index.js'
import type { Seen } from './worker.js'

/** How much of a file is looked at: enough for columns and habits, and no time that a client would notice. */
const scannedMax = 16 * 1024 * 1024
const parquetMs = 20_000
const nothing: Seen = { warnings: [], scanned: 0 }

export interface Look {
  see(chunk: Uint8Array): void
  /** Where the bytes lie now, since some forms are read from their end. */
  end(path: string): Promise<Seen>
}

/** Looks for people in what is text or a table; of other forms nothing is said. */
export function lookFor(filename: string): Look {
  const format = tableFormatOf(filename)
  if (format === null) return { see: () => undefined, end: async () => nothing }
  if (format === 'parquet') return { see: () => undefined, end: inParquet }
  const scan = openScan()
  const decoder = new StringDecoder('utf8')
  let scanned = 0
  return {
    see(chunk) {
      const left = scannedMax - scanned
      if (left <= 0) return
      const part = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.byteLength, left))
      scanned += part.length
      scan.see(decoder.write(part))
    },
    end: async () => ({ warnings: scan.end(), scanned }),
  }
}

/** In a process of its own, since the bytes are anybody’s: what it cannot read, or not in time, it says nothing of. */
function inParquet(path: string): Promise<Seen> {
  return new Promise((resolve) => {
    const child = fork(programPath('files/worker'), [path, String(scannedMax)], {
      env: {},
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), parquetMs)
    child.once('message', (seen: Seen) => resolve(seen))
    const ended = (): void => {
      clearTimeout(timer)
      resolve(nothing)
    }
    child.once('exit', ended)
    child.once('error', ended)
  })
}
