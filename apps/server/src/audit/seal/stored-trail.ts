import type { LineKey, Repository, StoredBlock } from '../../repository/index.js'
import { keyOfLine, type TrailSource } from './verify.js'

const linesPerPage = 10_000
const blocksPerPage = 20
const start: LineKey = { xid: 0n, seq: 0n, id: 0n }

/**
 * The trail as the database holds it. Blocks are read up to the one that is the last now: records come later than their block was
 * asked for, so one that is sealed meanwhile counts as not sealed yet, and none is missed.
 */
export async function storedTrail({ seals }: Pick<Repository, 'seals'>): Promise<TrailSource> {
  const end = (await seals.last())?.block ?? 0
  return {
    filtered: false,
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
    // The next page is on its way while this one is hashed.
    async *pages() {
      let next = seals.lines(start, linesPerPage)
      for (;;) {
        const page = await next
        const last = page.at(-1)
        if (last === undefined) return
        next = seals.lines(keyOfLine(last), linesPerPage)
        // Unheard until it is awaited, a failure would end the process.
        next.catch(() => undefined)
        yield page
      }
    },
  }
}
