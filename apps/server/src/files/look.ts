import { StringDecoder } from 'node:string_decoder'
import { openScan, tableFormatOf, type ScanFinding } from '@aquifer/core/files'

/** How much of a file is looked at: enough for columns and habits, and no time that a client would notice. */
const scannedMax = 16 * 1024 * 1024

export interface Look {
  see(chunk: Uint8Array): void
  end(): { warnings: ScanFinding[]; scanned: number }
}

/** Looks for people in what is text; of other forms nothing is said. */
export function lookFor(filename: string): Look {
  const format = tableFormatOf(filename)
  if (format === null || format === 'parquet') return { see: () => undefined, end: () => ({ warnings: [], scanned: 0 }) }
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
    end: () => ({ warnings: scan.end(), scanned }),
  }
}
