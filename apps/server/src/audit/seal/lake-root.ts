import type { Repository } from '../../repository/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { outsideHeadOf, parseOutsideHead, readBlockHead, type OutsideHead } from './chain.js'

const rootFile = 'audit-root.json'
const lostRoot = (block: number): string => `audit-root-lost-${block}.json`
const isRoot = (name: string): boolean => /^audit-root(-lost-\d+)?\.json$/.test(name)

/**
 * The newest signed block in the lake, where the database's machine may have no say. A root that the chain does not hold any more is never
 * overwritten: it stays as what proves that there was more, and is told once.
 */
export async function keepRoot(seals: Repository['seals'], lake: ObjectStore, onLost: (block: number) => void): Promise<void> {
  const last = await seals.last()
  if (last === null) return
  const newest = outsideHeadOf(last)
  const bytes = await lake.get(rootFile, { toReplace: true })
  const kept = bytes === null ? null : parseOutsideHead(bytes.toString())
  if (kept?.head === newest.head) return
  const block = kept === null ? null : (readBlockHead(kept.head)?.block ?? null)
  if (block !== null && !(await holds(seals, block, kept!.head))) {
    await lake.put(lostRoot(block), bytes!)
    onLost(block)
  }
  await lake.replace(rootFile, `${JSON.stringify(newest)}\n`)
}

async function holds(seals: Repository['seals'], block: number, head: string): Promise<boolean> {
  const [there] = await seals.blocks(block - 1, 1)
  return there?.block === block && there.head === head
}

/** What the lake knows of the chain: it has to hold all of these. */
export async function rootsIn(lake: ObjectStore): Promise<OutsideHead[]> {
  const found = await Promise.all((await lake.names()).filter(isRoot).map((name) => lake.get(name)))
  return found.flatMap((bytes) => (bytes === null ? [] : (parseOutsideHead(bytes.toString()) ?? [])))
}
