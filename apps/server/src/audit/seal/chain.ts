import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { StoredBlock } from '../../repository/index.js'
import { writeAtomically, type Signer, type Verifier } from '../../storage/index.js'

/** What a block says and signs. Stored as the text that was signed. */
export interface BlockHead {
  block: number
  /** position in the whole trail of the first record, from 1 */
  first: number
  count: number
  /** feed position of the last record: up to here all that existed is in the chain */
  xid: string
  seq: string
  at: number
  kid: string
  /** over head and signature of the block before; empty for the first */
  prev: string
  /** over the links */
  links: string
  note: BlockNote
}
/** What the sealer met and vouches for having met. */
export interface BlockNote {
  /** records that carried no mark of this server */
  foreign?: string[]
  /** records from before the server marked any, taken over at the first start */
  takenOver?: number
  /** the chain was behind a head kept outside, or another one: since then this stands in it */
  lost?: { kind: 'cut' | 'rewritten' | 'restored'; block: number; position: number }
}

export const linkBytes = 56
const domain = 'aquifer audit block\n'

export const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()

export interface Link {
  id: bigint
  xid: bigint
  seq: bigint
  hash: Uint8Array
}

export function packLinks(links: readonly Link[]): Buffer {
  const packed = Buffer.allocUnsafe(links.length * linkBytes)
  for (const [place, { id, xid, seq, hash }] of links.entries()) {
    const at = place * linkBytes
    packed.writeBigUInt64BE(id, at)
    packed.writeBigUInt64BE(xid, at + 8)
    packed.writeBigUInt64BE(seq, at + 16)
    packed.set(hash, at + 24)
  }
  return packed
}

export function linkAt(links: Buffer, place: number): Link {
  const at = place * linkBytes
  return {
    id: links.readBigUInt64BE(at),
    xid: links.readBigUInt64BE(at + 8),
    seq: links.readBigUInt64BE(at + 16),
    hash: links.subarray(at + 24, at + linkBytes),
  }
}

/** What the next block names: the head's text and the signature under it. */
export const chainHash = ({ head, mark }: Pick<StoredBlock, 'head' | 'mark'>): string =>
  createHash('sha256').update(head).update('\n').update(mark).digest('hex')

export function signBlock(signer: Signer, head: BlockHead, links: Buffer): StoredBlock {
  const text = JSON.stringify(head)
  return { block: head.block, head: text, links, mark: Buffer.from(signer.sign(Buffer.from(domain + text))) }
}

export function isSigned(verifier: Verifier, { head, mark }: Pick<StoredBlock, 'head' | 'mark'>): boolean {
  return verifier.verify(Buffer.from(domain + head), mark)
}

/** The head as it was signed; null for a text that never was one. */
export function readBlockHead(text: string): BlockHead | null {
  try {
    const head = JSON.parse(text) as Partial<BlockHead> | null
    const fits =
      typeof head === 'object' &&
      head !== null &&
      [head.block, head.first, head.count, head.at].every(Number.isSafeInteger) &&
      [head.xid, head.seq].every((each) => typeof each === 'string' && /^\d{1,19}$/.test(each)) &&
      [head.kid, head.prev, head.links].every((each) => typeof each === 'string') &&
      typeof head.note === 'object' &&
      head.note !== null
    return fits ? (head as BlockHead) : null
  } catch {
    return null
  }
}

/** The newest block as it is kept outside the database, so that a cut tail is seen. */
export interface OutsideHead {
  head: string
  mark: string // base64
  /** Whoever holds the keys made the database again: what follows need not hold this one. */
  restored?: true
}

export const outsideHeadOf = ({ head, mark }: StoredBlock): OutsideHead => ({ head, mark: mark.toString('base64') })

export async function writeOutsideHead(file: string, block: StoredBlock): Promise<void> {
  await writeAtomically(file, `${JSON.stringify(outsideHeadOf(block))}\n`, { mode: 0o600 })
}

/** The database is made again: that its chain is another one is no change from outside, and is said in its next block. */
export async function noteRestored(file: string): Promise<void> {
  const head = await readOutsideHead(file)
  if (head !== null) await writeAtomically(file, `${JSON.stringify({ ...head, restored: true })}\n`, { mode: 0o600 })
}

export function parseOutsideHead(text: string): OutsideHead | null {
  try {
    const { head, mark, restored } = JSON.parse(text) as Partial<OutsideHead>
    if (typeof head !== 'string' || typeof mark !== 'string' || readBlockHead(head) === null) return null
    return { head, mark, ...(restored === true ? { restored } : {}) }
  } catch {
    return null
  }
}

export async function readOutsideHead(file: string): Promise<OutsideHead | null> {
  try {
    return parseOutsideHead(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
