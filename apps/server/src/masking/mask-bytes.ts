import { stringifyResource } from '@aquifer/core/fhir'
import { addRemovals, compilePolicy, createMasker, maskRows, noRemovals, readJson } from '@aquifer/core/masking'
import type { Masked, Masker } from '@aquifer/core/masking'
import { hmacOf } from './keys.js'
import type { HeldLine, MaskedBatch, MaskedLines, MaskingProfile } from './worker-messages.js'

export function maskerOf({ policy, form, key, asOfYear, displays }: MaskingProfile): Masker {
  return createMasker(compilePolicy(policy, form), { hmac: hmacOf(key), asOfYear, displays })
}

// One big string cut by indexOf: decoding once is cheaper than decoding each line.
function* linesOf(bytes: Uint8Array): Generator<string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  let from = 0
  while (from < text.length) {
    const end = text.indexOf('\n', from)
    const to = end < 0 ? text.length : end
    yield text.slice(from, to)
    from = to + 1
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
  const text = out.length === 0 ? '' : `${out.join('\n')}\n`
  return { bytes: ownBytes(text), resources, lines: line - firstLine + 1, held, removed }
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

/** Bytes that may be given away to another thread: a small Buffer shares its memory with others. */
function ownBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.byteLength(text))
  Buffer.from(bytes.buffer).write(text)
  return bytes
}
