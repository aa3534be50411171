import type { Repository, StoredBlock } from '../../repository/index.js'
import type { TrailSource } from './verify.js'

const blocksPerPage = 20

/**
 * The trail as the database holds it. Blocks are read up to the one that is the last now: records come later than their block was
 * asked for, so one that is sealed meanwhile counts as not sealed yet, and none is missed.
 */
export async function storedTrail({ seals }: Pick<Repository, 'seals'>): Promise<TrailSource> {
  const end = (await seals.last())?.block ?? 0
  return {
    filtered: false,
    pages: () => seals.lines(),
    async *blocks() {
      let after = Number.MIN_SAFE_INTEGER
      for (;;) {
        const page: StoredBlock[] = await seals.blocks(after, blocksPerPage)
        const within = page.filter(({ block }) => block <= end)
        yield* within
        const last = within.at(-1)
        if (last === undefined || within.length < blocksPerPage) return
        after = last.block
      }
    },
  }
}
