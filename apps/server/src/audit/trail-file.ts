import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { LinePage, StoredBlock } from '../repository/index.js'
import type { Signer, Verifier } from '../storage/index.js'
import type { TrailSource } from './seal/verify.js'

// Line by line: what the file is, the blocks (B), the records (R) as their hashes were made, and at the end (E) a signature over
// the hash of all lines before it.
const newline = 10
const endDomain = 'aquifer trail file\n'

export interface TrailFileHead {
  aquifer: 'audit-trail'
  version: 1
  filtered: boolean
  publicKey: string
  kid: string
  at: string
}

export const headLine = (head: TrailFileHead): string => `H\t${JSON.stringify(head)}\n`
export const blockLine = ({ block, head, links, mark }: StoredBlock): string =>
  `B\t${JSON.stringify({ block, head, mark: mark.toString('base64'), links: links.toString('base64') })}\n`
export const recordLine = (line: Uint8Array): Buffer => Buffer.concat([Buffer.from('R\t'), line, Buffer.from('\n')])
export const endLine = (signer: Signer, sha256: string): string =>
  `E\t${JSON.stringify({ sha256, mark: Buffer.from(signer.sign(Buffer.from(endDomain + sha256))).toString('base64') })}\n`

async function* linesOf(file: string): AsyncIterable<Buffer> {
  let rest: Buffer | null = null
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      yield bytes.subarray(from, end)
      from = end + 1
    }
    rest = from < bytes.length ? bytes.subarray(from) : null
  }
  if (rest !== null) yield rest
}

const kindOf = (line: Buffer): string => (line[1] === 9 ? String.fromCharCode(line[0] ?? 0) : '')

function jsonOf(line: Buffer): Record<string, unknown> | null {
  try {
    return JSON.parse(line.subarray(2).toString('utf8')) as Record<string, unknown>
  } catch {
    return null
  }
}

/** The head of an exported trail; null where the file is none. */
export async function readTrailHead(file: string): Promise<TrailFileHead | null> {
  for await (const line of linesOf(file)) {
    const head = kindOf(line) === 'H' ? jsonOf(line) : null
    return head?.['aquifer'] === 'audit-trail' && head['version'] === 1 && typeof head['publicKey'] === 'string'
      ? (head as unknown as TrailFileHead)
      : null
  }
  return null
}

/** Whether the file is as the server wrote it, to its last line. */
export async function isWholeFile(file: string, verifier: Verifier): Promise<boolean> {
  const digest = createHash('sha256')
  let end: Record<string, unknown> | null = null
  for await (const line of linesOf(file)) {
    if (end !== null) return false
    if (kindOf(line) === 'E') {
      end = jsonOf(line) ?? {}
      continue
    }
    digest.update(line).update('\n')
  }
  const { sha256, mark } = end ?? {}
  if (typeof sha256 !== 'string' || typeof mark !== 'string' || sha256 !== digest.digest('hex')) return false
  return verifier.verify(Buffer.from(endDomain + sha256), Buffer.from(mark, 'base64'))
}

const recordsPerPage = 1_000

const pageOf = (lines: readonly Buffer[]): LinePage => ({ length: lines.length, line: (place) => lines[place] ?? Buffer.alloc(0) })

export function trailInFile(file: string, filtered: boolean): TrailSource {
  return {
    filtered,
    async *blocks() {
      for await (const line of linesOf(file)) {
        if (kindOf(line) === 'R') return
        const block = kindOf(line) === 'B' ? blockOf(jsonOf(line)) : null
        if (block !== null) yield block
      }
    },
    async *pages() {
      let page: Buffer[] = []
      for await (const line of linesOf(file)) {
        if (kindOf(line) !== 'R') continue
        page.push(line.subarray(2))
        if (page.length < recordsPerPage) continue
        yield pageOf(page)
        page = []
      }
      yield pageOf(page)
    },
  }
}

function blockOf(json: Record<string, unknown> | null): StoredBlock | null {
  const { block, head, links, mark } = json ?? {}
  if (typeof block !== 'number' || typeof head !== 'string' || typeof links !== 'string' || typeof mark !== 'string') return null
  return { block, head, links: Buffer.from(links, 'base64'), mark: Buffer.from(mark, 'base64') }
}
