import type { LineKey, StoredBlock } from '../../repository/index.js'
import type { Verifier } from '../../storage/index.js'
import { chainHash, isSigned, linkBytes, readBlockHead, sha256, type BlockHead, type OutsideHead } from './chain.js'
import type { Findings, TrailSource, Verification } from './verify.js'

export interface ChainCheck {
  /** The next block as it is stored; its head where that can be read. */
  take(stored: StoredBlock): BlockHead | null
  /** What is only known at the end: the last signature, heads kept outside. */
  finish(source: Pick<TrailSource, 'blocks'>): Promise<void>
  /** Up to here all records are in the chain. */
  readonly end: LineKey | null
  told(): Pick<Verification, 'head' | 'blocks' | 'takenOver'>
}

interface Before {
  stored: StoredBlock
  head: BlockHead
}

/**
 * Each block names head and signature of the one before, so the last good signature vouches for all blocks whose chain holds. Others
 * are looked at where the chain breaks, and one by one only where the last one is not good.
 */
export function openChainCheck(options: { verifier: Verifier; heads: readonly OutsideHead[] }, findings: Findings): ChainCheck {
  const { verifier } = options
  const heads = options.heads.flatMap((outside) => readHead(verifier, outside, findings))
  let before: Before | null = null
  let expected = 1
  let blocks = 0
  let takenOver = 0
  let broken = false
  const wrong = new Set<number>()
  const blame = (kind: 'block-changed' | 'block-forged', block: number): void => {
    if (!wrong.has(block)) findings.add(kind, { block })
    wrong.add(block)
  }

  function fits(stored: StoredBlock, head: BlockHead): boolean {
    if (head.block !== stored.block || head.links !== sha256(stored.links).toString('hex')) return false
    return stored.links.length === head.count * linkBytes
  }
  function joins(head: BlockHead): boolean {
    if (before === null) return head.prev === '' && head.first === 1
    return head.prev === chainHash(before.stored) && head.first === before.head.first + before.head.count
  }
  /** The chain does not hold between two blocks: the signatures tell which of them is not what it was. */
  function judgeBreak(stored: StoredBlock): void {
    broken = true
    if (before !== null && !isSigned(verifier, before.stored)) blame('block-changed', before.stored.block)
    if (!isSigned(verifier, stored)) blame('block-changed', stored.block)
    const both = before !== null && isSigned(verifier, before.stored) && isSigned(verifier, stored)
    if (both && stored.block === (before?.stored.block ?? 0) + 1) blame('block-changed', stored.block)
  }
  function sayNote(head: BlockHead): void {
    takenOver += head.note.takenOver ?? 0
    for (const record of head.note.foreign ?? []) findings.add('foreign', { record, block: head.block })
    const { lost } = head.note
    if (lost !== undefined) findings.add(lost.kind, { block: lost.block, position: lost.position })
  }
  function meetHeads(stored: StoredBlock): void {
    for (const known of heads) {
      if (known.head.block === stored.block && known.text !== stored.head)
        findings.add('rewritten', { block: stored.block, position: known.head.first })
    }
  }
  return {
    take(stored) {
      blocks += 1
      for (; expected < stored.block; expected += 1) findings.add('block-missing', { block: expected })
      expected = stored.block + 1
      const head = readBlockHead(stored.head)
      if (head === null || !fits(stored, head)) {
        blame('block-changed', stored.block)
        broken = true
      }
      if (head !== null && !joins(head)) judgeBreak(stored)
      if (head !== null) sayNote(head)
      meetHeads(stored)
      if (head !== null) before = { stored, head }
      return head
    },
    async finish(source) {
      for (const { head } of heads) {
        if (head.block >= expected)
          findings.add('cut', { block: expected, position: before === null ? 1 : before.head.first + before.head.count })
      }
      if (before === null || (!broken && isSigned(verifier, before.stored))) return
      for await (const stored of source.blocks()) if (!isSigned(verifier, stored)) blame('block-forged', stored.block)
    },
    get end() {
      return before === null ? null : { xid: BigInt(before.head.xid), seq: BigInt(before.head.seq), id: 0n }
    },
    told: () => ({ blocks, takenOver, head: before === null ? null : toldHead(before.head) }),
  }
}

const toldHead = ({ block, first, count, at, kid }: BlockHead): Verification['head'] => ({ block, position: first + count - 1, at, kid })

function readHead(verifier: Verifier, outside: OutsideHead, findings: Findings): { head: BlockHead; text: string }[] {
  const head = readBlockHead(outside.head)
  if (head !== null && isSigned(verifier, { head: outside.head, mark: Buffer.from(outside.mark, 'base64') }))
    return [{ head, text: outside.head }]
  findings.add('head-invalid', head === null ? {} : { block: head.block })
  return []
}
