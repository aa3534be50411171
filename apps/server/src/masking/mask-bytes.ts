import { stringifyResource } from '@aquifer/core/fhir'
import { addRemovals, compilePolicy, createMasker, maskRows, noRemovals, readJson } from '@aquifer/core/masking'
import type { Masked, Masker } from '@aquifer/core/masking'
import { hmacOf } from './keys.js'
import type { HeldLine, MaskedBatch, MaskedLines, MaskingProfile } from './worker-messages.js'

export function maskerOf({ policy, form, key, asOfYear, displays }: MaskingProfile): Masker {
  return createMasker(compilePolicy(policy, form), { hmac: hmacOf(key), asOfYear, displays })
}

const sliceBytes = 64 * 1024

// Cut by indexOf from a string of many lines: decoding each costs more, and so does a string too large for where young ones are kept.
function* linesOf(bytes: Uint8Array): Generator<string> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < all.length;) {
    const cut = all.indexOf(0x0a, start + sliceBytes)
    const stop = cut < 0 ? all.length : cut + 1
    const text = all.toString('utf8', start, stop)
    start = stop
    for (let from = 0; from < text.length;) {
      const end = text.indexOf('\n', from)
      const to = end < 0 ? text.length : end
      yield text.slice(from, to)
      from = to + 1
    }
  }
}

/** Lake rows (NDJSON) to reservoir rows. */
export function maskRowBytes(masker: Masker, bytes: Uint8Array): MaskedBatch {
  const { byType, ...rest } = maskRows(masker, linesOf(bytes))
  return { ...rest, byType: new Map([...byType].map(([type, rows]) => [type, ownBytes(rows)])) }
}

/** Resources (NDJSON) to masked resources, in the same order. A line that is held has no line in the output. */
export function maskLineBytes(masker: Masker, bytes: Uint8Array, firstLine: number): MaskedLines {
  const out: string[] = []
  const held: HeldLine[] = []
  const removed = noRemovals()
  let line = firstLine - 1
  let resources = 0
  for (const text of linesOf(bytes)) {
    line++
    if (text.trim() === '') continue
    resources++
    const masked = maskLine(masker, text)
    if (masked.held !== null) {
      held.push({ line, reason: masked.held, inside: false })
      continue
    }
    addRemovals(removed, masked.removed)
    for (const reason of masked.heldInside) held.push({ line, reason, inside: true })
    out.push(stringifyResource(masked.resource))
  }
  return { bytes: ownBytes(out), resources, lines: line - firstLine + 1, held, removed }
}

const unreadable: Masked = { resource: null, held: 'unreadable', heldInside: [], removed: noRemovals() }

function maskLine(masker: Masker, text: string): Masked {
  try {
    const resource = readJson(text)
    return resource === undefined ? unreadable : masker.mask(resource)
  } catch {
    // Whatever it was, a message about it could quote it.
    return unreadable
  }
}

const bytesPerCharacterMax = 3
const keptBytesMax = 16 * 1024 * 1024
let written = Buffer.alloc(0)

/** Bytes that may be given away to another thread, of lines written into a buffer that stays: a text of all of them would be written twice. */
function ownBytes(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const line of lines) {
    const most = size + line.length * bytesPerCharacterMax + 1
    if (most > written.length) written = Buffer.concat([written.subarray(0, size)], Math.max(most, 2 * written.length))
    size += written.write(line, size)
    written[size++] = 0x0a
  }
  const own = new Uint8Array(written.subarray(0, size))
  if (written.length > keptBytesMax) written = Buffer.alloc(0)
  return own
}
