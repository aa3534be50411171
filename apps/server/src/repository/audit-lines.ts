import { setImmediate as nextTurn } from 'node:timers/promises'
import { escapeLiteral, type Pool, type PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { lineColumns } from './audit-line.js'
import type { Cursor } from './types.js'

export type LineBound = Pick<Cursor, 'xid' | 'seq'>

/** Lines that came together. A view of each is made when it is asked for: kept for all of them, views cost more than the hashing. */
export interface LinePage {
  readonly length: number
  line(place: number): Uint8Array
}

const newline = 10
type Range = [LineBound | null, LineBound | null]

/** Ranges that leave nothing out: from the beginning, between each two bounds, to the end. */
const rangesOf = (bounds: readonly LineBound[]): Range[] => [...bounds, null].map((to, at) => [bounds[at - 1] ?? null, to])

// COPY takes no parameters; bounds are numbers, and are written as such.
const placeOf = ({ xid, seq }: LineBound): string => `(${escapeLiteral(String(BigInt(xid)))}::xid8, ${String(BigInt(seq))}::int8)`

function sqlOf([after, to]: Range): string {
  const conditions = [
    ...(after === null ? [] : [`(xid, seq) > ${placeOf(after)}`]),
    ...(to === null ? [] : [`(xid, seq) <= ${placeOf(to)}`]),
  ]
  const within = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  return `copy (select ${lineColumns.join(', ')} from audit ${within} order by xid, seq, id) to stdout`
}

/**
 * PostgreSQL takes longer to write a line than we take to hash it, so where there is a second connection it writes the next range
 * meanwhile. Both see the same moment.
 */
export async function* linesFrom(streams: Pool, bounds: readonly LineBound[]): AsyncIterable<LinePage> {
  const client = await streams.connect()
  // Who waits for a second connection while others wait for their first could wait for ever.
  const isFree = streams.waitingCount === 0 && (streams.idleCount > 0 || streams.totalCount < streams.options.max)
  const companion = isFree && bounds.length > 0 ? await streams.connect() : null
  let ended = false
  try {
    if (companion === null) yield* pagesOf(client, [null, null])
    else yield* sideBySide([client, companion], rangesOf(bounds))
    ended = true
  } finally {
    // Left in the middle of a copy, a connection is good for nothing else.
    client.release(!ended)
    companion?.release(!ended)
  }
}

async function* sideBySide(clients: readonly [PoolClient, PoolClient], ranges: readonly Range[]): AsyncIterable<LinePage> {
  await shareSnapshot(clients)
  const coming: Promise<LinePage[]>[] = []
  const ask = (place: number): void => {
    const range = ranges[place]
    if (range === undefined) return
    const pages = gathered(pagesOf(clients[place % 2 === 0 ? 0 : 1], range))
    // Told when its turn comes, or never where the reader has left.
    pages.catch(() => undefined)
    coming.push(pages)
  }
  ask(0)
  ask(1)
  for (const place of ranges.keys()) {
    const pages = (await coming.shift()) ?? []
    ask(place + 2)
    for (const page of pages) {
      yield page
      // What is read from memory leaves the loop no turn in which the others’ bytes come in.
      await nextTurn()
    }
  }
  for (const client of clients) await client.query('commit')
}

async function shareSnapshot([first, second]: readonly [PoolClient, PoolClient]): Promise<void> {
  for (const client of [first, second]) await client.query('begin isolation level repeatable read')
  const { rows } = await first.query<{ name: string }>(`select pg_export_snapshot() as name`)
  await second.query(`set transaction snapshot ${escapeLiteral(rows[0]?.name ?? '')}`)
}

async function gathered(pages: AsyncIterable<LinePage>): Promise<LinePage[]> {
  const all: LinePage[] = []
  for await (const page of pages) all.push(page)
  return all
}

async function* pagesOf(client: PoolClient, range: Range): AsyncIterable<LinePage> {
  let rest: Buffer[] = []
  for await (const chunk of client.query(copyTo(sqlOf(range))) as AsyncIterable<Buffer>) {
    const ends: number[] = []
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, end + 1)) ends.push(end)
    const [first] = ends
    if (first === undefined) {
      rest.push(chunk)
      continue
    }
    yield pageOf(chunk, ends, Buffer.concat([...rest, chunk.subarray(0, first)]))
    rest = [chunk.subarray((ends.at(-1) ?? 0) + 1)]
  }
}

const pageOf = (bytes: Buffer, ends: readonly number[], first: Buffer): LinePage => ({
  length: ends.length,
  line: (place) => (place === 0 ? first : bytes.subarray((ends[place - 1] ?? 0) + 1, ends[place])),
})
