import { hash } from 'node:crypto'
import type { Finding, FindingKind } from '@aquifer/core/audit'
import type { LineKey, LinePage, StoredBlock } from '../../repository/index.js'
import type { Verifier } from '../../storage/index.js'
import { openChainCheck, type ChainCheck } from './chain-check.js'
import { linkAt, linkBytes, type BlockHead, type Link, type OutsideHead } from './chain.js'

/** A trail as verification reads it, from the database or from an exported file. Each call of blocks() starts at the first. */
export interface TrailSource {
  blocks(): AsyncIterable<StoredBlock>
  /** lines of records in feed order */
  pages(): AsyncIterable<LinePage>
  /** true: records may be left out on purpose, their links then prove only that something was there */
  filtered: boolean
}
export interface Verification {
  whole: boolean
  records: number
  /** in the chain and as sealed */
  proven: number
  /** newer than the chain's end: not sealed yet */
  unsealed: number
  /** sealed, and left out of a filtered file */
  withheld: number
  blocks: number
  /** records from before the server marked any */
  takenOver: number
  head: { block: number; position: number; at: number; kid: string } | null
  counts: Partial<Record<FindingKind, number>>
  findings: Finding[]
}
export interface VerifyOptions {
  verifier: Verifier
  heads: readonly OutsideHead[]
  /** told now and then; true stops */
  onProgress?: (records: number) => boolean
}

const findingsMax = 1_000
// Three numbers of 64 bits and what separates them.
const keyBytesMax = 66

/** All findings counted, the first of them listed. */
export class Findings {
  readonly counts: Partial<Record<FindingKind, number>> = {}
  readonly list: Finding[] = []
  add(kind: FindingKind, place: Partial<Omit<Finding, 'kind'>> = {}): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    if (this.list.length < findingsMax) this.list.push({ kind, record: null, position: null, block: null, ...place })
  }
}

/** The place of a record in the feed: the first three fields of its line, which are numbers. */
export function keyOfLine(line: Uint8Array): LineKey {
  const [id = '', xid = '', seq = ''] = Buffer.from(line.subarray(0, keyBytesMax)).toString('latin1').split('\t')
  const number = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : 0n)
  return { id: number(id), xid: number(xid), seq: number(seq) }
}

const compareKeys = (a: LineKey, b: LineKey): number => {
  const [left, right] = a.xid !== b.xid ? [a.xid, b.xid] : a.seq !== b.seq ? [a.seq, b.seq] : [a.id, b.id]
  return left < right ? -1 : left > right ? 1 : 0
}

export async function verifyTrail(source: TrailSource, options: VerifyOptions): Promise<Verification> {
  const findings = new Findings()
  const check = openChainCheck(options, findings)
  const walk = new Walk(findings, source.filtered)
  const [blocks, pages] = [source.blocks()[Symbol.asyncIterator](), source.pages()[Symbol.asyncIterator]()]
  let block = await nextBlock(blocks, check)
  let page = await nextPage(pages)
  walk.open(block)
  for (;;) {
    if (page !== null && walk.line >= page.length) {
      page = await nextPage(pages)
      walk.line = 0
      if (options.onProgress?.(walk.records) === true) break
      continue
    }
    if (block !== null && walk.link >= walk.linkCount) {
      block = await nextBlock(blocks, check)
      walk.open(block)
      continue
    }
    if (page === null && block === null) break
    walk.run(page, check.end)
  }
  await check.finish(source)
  walk.finish()
  const { head, blocks: blockCount, takenOver } = check.told()
  return {
    whole: findings.list.length === 0,
    records: walk.records,
    proven: walk.proven,
    unsealed: walk.unsealed,
    withheld: walk.withheld,
    blocks: blockCount,
    takenOver,
    head,
    counts: findings.counts,
    findings: findings.list,
  }
}

type Opened = { stored: StoredBlock; head: BlockHead | null }

async function nextBlock(blocks: AsyncIterator<StoredBlock>, check: ChainCheck): Promise<Opened | null> {
  const next = await blocks.next()
  return next.done === true ? null : { stored: next.value, head: check.take(next.value) }
}

async function nextPage(pages: AsyncIterator<LinePage>): Promise<LinePage | null> {
  for (;;) {
    const next = await pages.next()
    if (next.done === true) return null
    if (next.value.length > 0) return next.value
  }
}

interface Missing {
  position: number
  block: number
}

/** Records and links side by side, both in feed order: what has no partner is a finding. */
class Walk {
  records = 0
  proven = 0
  unsealed = 0
  withheld = 0
  line = 0
  link = 0
  linkCount = 0
  readonly #removed = new Map<bigint, Missing>()
  readonly #inserted = new Map<bigint, { block: number | null }>()
  /** behind the chain's end: not sealed yet, or sealed elsewhere and put there */
  readonly #late = new Set<bigint>()
  #block: Opened | null = null

  constructor(
    readonly findings: Findings,
    readonly filtered: boolean,
  ) {}

  open(block: Opened | null): void {
    this.#block = block
    this.link = 0
    this.linkCount = block === null ? 0 : Math.floor(block.stored.links.length / linkBytes)
  }

  /** As far as both the page and the block reach. */
  run(page: LinePage | null, end: LineKey | null): void {
    const length = page?.length ?? 0
    const links = this.#block?.stored.links
    while (page !== null && this.line < length && links !== undefined && this.link < this.linkCount) {
      const line = page.line(this.line)
      const at = this.link * linkBytes + 24
      // The line begins with id, xid and seq: the same hash means the same record at the same place.
      // As text, since a buffer for each hash costs as much as the hash.
      if (hash('sha256', line, 'binary') === links.toString('binary', at, at + 32)) {
        this.proven += 1
        this.records += 1
        this.line += 1
        this.link += 1
      } else this.#step(line, linkAt(links, this.link))
    }
    if (page === null) while (links !== undefined && this.link < this.linkCount) this.#missing(linkAt(links, this.link))
    if (page !== null && this.#block === null) for (; this.line < length; this.line += 1) this.#extra(keyOfLine(page.line(this.line)), end)
  }

  #step(line: Uint8Array, link: Link): void {
    const key = keyOfLine(line)
    const order = compareKeys(key, link)
    if (order === 0) {
      this.findings.add('changed', { record: String(link.id), position: this.#position(), block: this.#block?.stored.block ?? null })
      this.records += 1
      this.line += 1
      this.link += 1
    } else if (order > 0) this.#missing(link)
    else {
      this.#inserted.set(key.id, { block: this.#block?.stored.block ?? null })
      this.records += 1
      this.line += 1
    }
  }

  #missing(link: Pick<Link, 'id'>): void {
    if (this.filtered) this.withheld += 1
    else this.#removed.set(link.id, { position: this.#position(), block: this.#block?.stored.block ?? 0 })
    this.link += 1
  }

  #extra(key: LineKey, end: LineKey | null): void {
    this.records += 1
    if (end === null) this.unsealed += 1
    else if (key.xid < end.xid || (key.xid === end.xid && key.seq <= end.seq)) this.#inserted.set(key.id, { block: null })
    else this.#late.add(key.id)
  }

  #position(): number {
    return (this.#block?.head?.first ?? 1) + this.link
  }

  finish(): void {
    for (const [id, { position, block }] of this.#removed) {
      const elsewhere = this.#inserted.delete(id)
      const behind = this.#late.delete(id)
      this.findings.add(elsewhere || behind ? 'moved' : 'removed', { record: String(id), position, block })
    }
    this.unsealed += this.#late.size
    for (const [id, { block }] of this.#inserted) this.findings.add('inserted', { record: String(id), block })
  }
}
