import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { addRemovals, noRemovals, type RemovalCounts } from '@aquifer/core/masking'
import { maskerOf, maskLineBytes } from './mask-bytes.js'
import { openMaskingPool, type MaskingSettings } from './pool.js'
import type { HeldLine, MaskedLines } from './worker-messages.js'

const lineBytesMax = 256 * 1024 * 1024
const chunkBytesMin = 1024 * 1024
// Below this, starting threads costs more than masking.
const threadsFromBytes = 2 * 1024 * 1024

/** A line longer than memory should hold for it. */
export class LineTooLong extends Error {
  constructor(readonly line: number) {
    super(`line ${line} is longer than ${lineBytesMax} bytes`)
  }
}

export interface StreamSummary {
  resources: number
  held: number
  heldInside: number
  removed: RemovalCounts
}

interface Chunk {
  bytes: Uint8Array
  firstLine: number
}

/** NDJSON in, NDJSON out, in the same order; memory holds a few chunks, whatever the length of the stream. */
export async function maskStream(
  input: AsyncIterable<Uint8Array>,
  output: Writable,
  settings: MaskingSettings,
  { threads, onHeld }: { threads: number; onHeld: (held: HeldLine) => void },
): Promise<StreamSummary> {
  const summary: StreamSummary = { resources: 0, held: 0, heldInside: 0, removed: noRemovals() }
  const take = async (lines: MaskedLines): Promise<void> => {
    summary.resources += lines.resources
    addRemovals(summary.removed, lines.removed)
    for (const held of lines.held) {
      if (held.inside) summary.heldInside++
      else summary.held++
      onHeld(held)
    }
    if (lines.bytes.length > 0 && !output.write(lines.bytes)) await once(output, 'drain')
  }
  const chunks = wholeLines(input)
  const { first, ended } = await firstChunks(chunks)
  if (ended) {
    const masker = maskerOf({ displays: null, ...settings, form: 'fhir' })
    for (const { bytes, firstLine } of first) await take(maskLineBytes(masker, bytes, firstLine))
    return summary
  }
  await maskInThreads(first, chunks, settings, threads, take)
  return summary
}

async function maskInThreads(
  first: Chunk[],
  rest: AsyncIterable<Chunk>,
  settings: MaskingSettings,
  threads: number,
  take: (lines: MaskedLines) => Promise<void>,
): Promise<void> {
  const pool = openMaskingPool({ threads })
  const masking = pool.forLines(settings)
  const working: Promise<MaskedLines>[] = []
  const give = async ({ bytes, firstLine }: Chunk): Promise<void> => {
    const masked = masking.mask(bytes, firstLine)
    // Seen when its turn comes; until then a failure must not count as nobody's.
    masked.catch(() => null)
    working.push(masked)
    if (working.length > threads * 2) await take(await working.shift()!)
  }
  try {
    for (const chunk of first) await give(chunk)
    for await (const chunk of rest) await give(chunk)
    for (const masked of working) await take(await masked)
  } finally {
    await pool.close()
  }
}

async function firstChunks(chunks: AsyncGenerator<Chunk>): Promise<{ first: Chunk[]; ended: boolean }> {
  const first: Chunk[] = []
  let bytes = 0
  while (bytes < threadsFromBytes) {
    const next = await chunks.next()
    if (next.done) return { first, ended: true }
    first.push(next.value)
    bytes += next.value.bytes.length
  }
  return { first, ended: false }
}

/** Cuts a stream of bytes after line ends, into chunks that own their memory and can be given to a thread. */
async function* wholeLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  let parts: Uint8Array[] = []
  let size = 0
  let line = 1
  for await (const part of input) {
    const cut = size + part.length < chunkBytesMin ? -1 : Buffer.from(part.buffer, part.byteOffset, part.length).lastIndexOf(0x0a)
    if (cut < 0) {
      parts.push(part)
      size += part.length
      if (size > lineBytesMax) throw new LineTooLong(line)
      continue
    }
    const bytes = joined([...parts, part.subarray(0, cut + 1)])
    const rest = part.slice(cut + 1)
    parts = rest.length > 0 ? [rest] : []
    size = rest.length
    const firstLine = line
    // Counted before: whoever gets the bytes may give them away.
    line += lineEnds(bytes)
    yield { bytes, firstLine }
  }
  if (size > 0) yield { bytes: joined(parts), firstLine: line }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function lineEnds(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++
  return count
}
