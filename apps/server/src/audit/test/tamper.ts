import type { Pool, PoolClient } from 'pg'
import { lineOf, type StoredBlock } from '../../repository/index.js'
import { chainHash, linkAt, linkBytes, packLinks, readBlockHead, sha256 } from '../seal/chain.js'

type Database = { query: PoolClient['query'] | Pool['query'] }

/** What a tampering touched: one of these records or blocks has to be named by a finding. */
export interface Touched {
  records: string[]
  blocks: number[]
}
export interface Sealed {
  records: { id: string; xid: string; seq: string }[]
  blocks: StoredBlock[]
}
export interface Dice {
  kind: keyof typeof tamperings
  a: number
  b: number
  column: number
}

/** How each column of a record is made another value. */
const columns = {
  at: 'at + 1',
  request: "request || 'x'",
  actor: "'someone-else'",
  role: "role || '-x'",
  action: "action || 'x'",
  sid: 'coalesce(sid, 0) + 1',
  outcome: "case outcome when 'done' then 'refused' else 'done' end",
  reason: "coalesce(reason, '') || 'x'",
  detail: `detail || '{"status": 999}'`,
  entries: `entries || '[{"op": "read", "rid": "1"}]'`,
  patients: 'coalesce(patients, array[]::int8[]) || 4711::int8',
  source: "coalesce(source, '') || '.1'",
  external: "coalesce(external, '') || 'x'",
  mark: "coalesce(mark, '') || '\\x00'",
  id: 'id + 1000000000',
} as const
export const columnNames = Object.keys(columns) as (keyof typeof columns)[]

const place = <T>(list: readonly T[], dice: number): T => {
  const item = list[dice % list.length]
  if (item === undefined) throw new Error('the trail to be tampered with is empty')
  return item
}
const two = <T>(list: readonly T[], dice: Dice): [T, T] => {
  const first = dice.a % list.length
  return [place(list, first), place(list, first + 1 + (dice.b % (list.length - 1)))]
}
const none: Touched = { records: [], blocks: [] }

async function swapColumns(db: Database, names: string, [x, y]: [{ id: string }, { id: string }]): Promise<Touched> {
  const set = names
    .split(',')
    .map((name) => `${name} = o.${name}`)
    .join(', ')
  const { rowCount } = await db.query(
    `update audit a set ${set} from (select * from audit) o where (a.id = $1 and o.id = $2) or (a.id = $2 and o.id = $1)`,
    [x.id, y.id],
  )
  if (rowCount !== 2) throw new Error('nothing was swapped')
  return { ...none, records: [x.id, y.id] }
}

/** All that can be done to tables without the key. Each answers what it touched. */
export const tamperings = {
  async change(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { id } = place(sealed.records, dice.a)
    const column = place(columnNames, dice.column)
    await db.query(`update audit set ${column} = ${columns[column]} where id = $1`, [id])
    return { ...none, records: [id] }
  },
  async remove(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { id } = place(sealed.records, dice.a)
    await db.query('delete from audit where id = $1', [id])
    return { ...none, records: [id] }
  },
  async insert(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { xid, seq } = place(sealed.records, dice.a)
    const { id } = place(sealed.records, dice.b)
    const made = String(4_000_000_000 + dice.b)
    await db.query(
      `insert into audit (id, xid, seq, at, request, actor, role, action, sid, outcome, detail, entries, mark)
       select $1, $2, $3, at, request, 'someone', role, action, sid, outcome, detail, entries, mark from audit where id = $4`,
      [made, xid, dice.column % 2 === 0 ? seq : String(Math.max(0, Number(seq) - 1)), id],
    )
    return { ...none, records: [made] }
  },
  swapContents: (db: Database, sealed: Sealed, dice: Dice) =>
    swapColumns(
      db,
      'at,request,actor,role,action,sid,outcome,reason,detail,entries,patients,source,external,mark',
      two(sealed.records, dice),
    ),
  reorder: (db: Database, sealed: Sealed, dice: Dice) => swapColumns(db, 'xid,seq', two(sealed.records, dice)),
  async moveToTheEnd(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { id } = place(sealed.records, dice.a)
    await db.query(`update audit set xid = pg_current_xact_id(), seq = nextval('feed_seq') where id = $1`, [id])
    return { ...none, records: [id] }
  },
  async cutTail(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { block } = place(sealed.blocks, dice.a)
    const kept = sealed.blocks.find((each) => each.block === block - 1)
    const head = kept === undefined ? null : readBlockHead(kept.head)
    await db.query('delete from seal where block >= $1', [block])
    if (dice.b % 3 > 0) await db.query('delete from audit where (xid, seq) > ($1::xid8, $2::int8)', [head?.xid ?? '0', head?.seq ?? '0'])
    return { ...none, blocks: [block] }
  },
  async dropBlock(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { block } = place(sealed.blocks, dice.a)
    await db.query('delete from seal where block = $1', [block])
    return { ...none, blocks: [block] }
  },
  async changeLinks(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { block, links } = place(sealed.blocks, dice.a)
    await db.query('update seal set links = set_byte(links, $2, get_byte(links, $2) # 1) where block = $1', [block, dice.b % links.length])
    return { ...none, blocks: [block] }
  },
  async changeTime(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { block, head } = place(sealed.blocks, dice.a)
    await db.query('update seal set head = $2 where block = $1', [block, head.replace(/"at":(\d)/, (_, digit: string) => `"at":${digit}1`)])
    return { ...none, blocks: [block] }
  },
  async changeSignature(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { block } = place(sealed.blocks, dice.a)
    await db.query('update seal set mark = set_byte(mark, $2, get_byte(mark, $2) # 1) where block = $1', [block, dice.b % 64])
    return { ...none, blocks: [block] }
  },
  async swapBlocks(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const [x, y] = two(sealed.blocks, dice)
    await db.query('update seal set block = -1 where block = $1', [x.block])
    await db.query('update seal set block = $1 where block = $2', [x.block, y.block])
    await db.query('update seal set block = $1 where block = -1', [y.block])
    return { ...none, blocks: [x.block, y.block] }
  },
  /** A record is changed and everything after it is made to fit, all but the signatures. */
  async rewrite(db: Database, sealed: Sealed, dice: Dice): Promise<Touched> {
    const { id } = place(sealed.records, dice.a)
    await db.query(`update audit set actor = 'someone-else' where id = $1`, [id])
    const { rows } = await db.query<(string | null)[]>({
      text: `select id::text, xid::text, seq::text, at::text, request, actor, role, action, sid::text, outcome, reason, detail::text, entries::text,
        patients::text, source, external, encode(mark, 'hex') from audit where id = $1`,
      values: [id],
      rowMode: 'array',
    })
    return { ...none, blocks: await rewriteFrom(db, sealed, id, lineOf(rows[0] ?? [])) }
  },
}

async function rewriteFrom(db: Database, { blocks }: Sealed, id: string, line: string): Promise<number[]> {
  const touched: number[] = []
  let before: StoredBlock | null = null
  for (const stored of blocks) {
    const links = Array.from({ length: stored.links.length / linkBytes }, (_, at) => linkAt(stored.links, at))
    const own = links.findIndex((link) => String(link.id) === id)
    const link = links[own]
    if (link !== undefined) links[own] = { ...link, hash: sha256(line) }
    if (link !== undefined || touched.length > 0) {
      const packed = packLinks(links)
      const head = { ...readBlockHead(stored.head), links: sha256(packed).toString('hex'), prev: before === null ? '' : chainHash(before) }
      const forged: StoredBlock = { ...stored, links: packed, head: JSON.stringify(head) }
      await db.query('update seal set links = $2, head = $3 where block = $1', [forged.block, forged.links, forged.head])
      touched.push(forged.block)
      before = forged
    } else before = stored
  }
  return touched
}
