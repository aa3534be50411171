import { isUtf8 } from 'node:buffer'
import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { Silence } from '../storage/index.js'

// One line is one resource or one Bundle; the longest patient history seen in real data is about 3 MB.
export const lineBytesMax = 64 * 1024 * 1024

export interface Line {
  /** counted from 1; a document that is not NDJSON has the number of its first line */
  number: number
  text: string
}

/** Stands for a line that is not UTF-8: read all the same, it would be stored as something nobody sent. */
export const notUtf8 = '\uFFFD'

const newline = 0x0a
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Whether this is XML: JSON never begins so. */
export const isXml = (text: string): boolean => /^\uFEFF?\s{0,1000}</.test(text)

/**
 * The lines of a stream: NDJSON, or one document of JSON or XML over many lines. Gzip is recognised by its first bytes. A stream that cannot be
 * read on ends with a refusal as its last item.
 */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Line | Refusal> {
  try {
    yield* split(await unzipped(body))
  } catch (error) {
    if (error instanceof Silence)
      return yield refuse('too-slow', { detail: 'The sender was silent for too long.', remedy: 'Send it again.' })
    const code = (error as { code?: unknown }).code
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error
    yield refuse('malformed-body', { detail: 'The gzip stream is damaged or cut off; what came before it was read.' })
  }
}

async function unzipped(body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks = body[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  let ended = false
  while (head.length < 2 && !ended) {
    const next = await chunks.next()
    if (next.done === true) ended = true
    else head = Buffer.concat([head, next.value])
  }
  const whole = (async function* () {
    if (head.length > 0) yield head
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
  })()
  if (!isGzip(head)) return whole
  const source = Readable.from(whole)
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  return source.pipe(gunzip)
}

async function* split(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line | Refusal> {
  let rest: Buffer[] = []
  let restBytes = 0
  let number = 0
  let document: string[] | null = null
  let documentBytes = 0
  let first = 0
  const text = (last: Uint8Array): string => {
    const line = Buffer.concat([...rest, last])
    if (!isUtf8(line)) return notUtf8
    // Blanks at the ends of lines mean nothing in JSON, and something in a narrative.
    return document !== null && isXml(document[0] ?? '') ? line.toString('utf8') : line.toString('utf8').trim()
  }
  const whole = (lines: readonly string[]): string => (lines.includes(notUtf8) ? notUtf8 : lines.join('\n'))
  for await (const chunk of bytes) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const line = text(chunk.subarray(from, at))
      rest = []
      restBytes = 0
      from = at + 1
      number += 1
      if (line === '' && document === null) continue
      if (document?.length === 1 && isAfterDamage(document[0] ?? '', line)) {
        yield { number: first, text: document[0] ?? '' }
        document = null
      }
      if (document !== null) {
        document.push(line)
        documentBytes += line.length + 1
      }
      // A first line that is no JSON by itself begins a document that was written over several lines.
      else if (first === 0 && line !== notUtf8 && !isWhole(line)) document = [line]
      else yield { number, text: line }
      if (first === 0) first = number
    }
    const tail = Buffer.from(chunk.subarray(from))
    rest.push(tail)
    restBytes += tail.length
    if (restBytes + documentBytes > lineBytesMax) {
      const what = document === null ? `Line ${number + 1}` : 'The document'
      yield refuse('too-large', { detail: `${what} is longer than ${lineBytesMax} bytes.`, limitBytes: lineBytesMax })
      return
    }
  }
  const last = text(new Uint8Array())
  if (document?.length === 1 && isAfterDamage(document[0] ?? '', last)) {
    yield { number: first, text: document[0] ?? '' }
    document = null
  }
  if (document !== null) yield { number: first, text: whole([...document, last]) }
  else if (last !== '') yield { number: number + 1, text: last }
}

function isWhole(line: string): boolean {
  if (!line.endsWith('}')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    // A damaged first line of NDJSON also ends with a brace; a document's first line does not.
    return line.length > 2
  }
}

/** Whether a resource in a line of its own shows that the line before was cut off, not the beginning of a document. */
function isAfterDamage(before: string, line: string): boolean {
  if (/[[:]$/.test(before) || !line.startsWith('{') || !line.endsWith('}')) return false
  try {
    return typeof (JSON.parse(line) as { resourceType?: unknown }).resourceType === 'string'
  } catch {
    return false
  }
}
