import { parseJson, typeName, type IndexEntries, type Resource } from '@aquifer/core/fhir'
import type { Pool, PoolClient } from 'pg'
import { float8Array, int4Array, int8Array, textArray } from './binary.js'
import { contentText } from './read.js'
import { indexOf } from './write.js'

// Rises when the index gets other keys: everything stored is then indexed anew before the platform takes requests.
const keysNow = 1
const portion = 500
const reindexLock = 0x41715f03

export interface ReindexProgress {
  done: number
  total: number
}

/** Brings the search index to the keys of this version, from where an earlier start was cut off. Returns how many it indexed. */
export async function reindex(
  pool: Pool,
  extract: (resource: Resource) => IndexEntries,
  tell: (progress: ReindexProgress) => void,
): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query(`select pg_advisory_lock($1)`, [reindexLock])
    const { rows } = await client.query<{ keys: number; done_to: bigint }>(`select keys, done_to from search_index`)
    const [state] = rows
    if (state === undefined || state.keys === keysNow) return 0
    return await reindexFrom(client, state.done_to, extract, tell)
  } finally {
    await client.query(`select pg_advisory_unlock_all()`).catch(() => undefined)
    client.release()
  }
}

async function reindexFrom(
  client: PoolClient,
  from: bigint,
  extract: (resource: Resource) => IndexEntries,
  tell: (progress: ReindexProgress) => void,
): Promise<number> {
  const counted = await client.query<{ n: bigint }>(`select count(*) as n from current where rid > $1 and not deleted`, [from])
  const total = Number(counted.rows[0]?.n ?? 0n)
  let done = 0
  for (let last = from; ;) {
    const { rows } = await client.query<StoredRow>(
      `select c.rid, c.sid, c.type, ${contentText} as content from current c join version v on v.rid = c.rid and v.version = c.version
       where c.rid > $1 and not c.deleted order by c.rid limit ${portion}`,
      [last],
    )
    last = rows.at(-1)?.rid ?? last
    if (rows.length === 0) break
    await indexAnew(client, rows, extract, last)
    done += rows.length
    tell({ done, total })
  }
  await client.query(`update search_index set keys = $1, done_to = 0`, [keysNow])
  return done
}

interface StoredRow {
  rid: bigint
  sid: number
  type: number
  content: string
}

async function indexAnew(
  client: PoolClient,
  rows: readonly StoredRow[],
  extract: (resource: Resource) => IndexEntries,
  last: bigint,
): Promise<void> {
  const indexed = rows.map(({ sid, type, content }) => {
    const parsed = parseJson(content)
    if (parsed.problem !== undefined) throw new Error('stored content cannot be read')
    return { sid, type: typeName(type), index: extract(parsed.resource as Resource) }
  })
  const { tokens, offsets, str, qty, dat } = indexOf(indexed)
  const rids = int8Array(rows.map(({ rid }) => rid))
  await client.query('begin')
  try {
    for (const table of ['str', 'qty', 'dat']) await client.query(`delete from ${table} where rid = any($1::int8[])`, [rids])
    const of = (pick: (index: IndexEntries) => bigint | number | null) => int8Array(indexed.map(({ index }) => pick(index)))
    await client.query(
      `update current c set present = n.present, dlo = n.dlo, dhi = n.dhi, hcode = n.hcode,
         toks = ($6::int8[])[($7::int4[])[n.ord] + 1 : ($7::int4[])[n.ord + 1]]
       from unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) with ordinality as n(rid, present, dlo, dhi, hcode, ord)
       where c.rid = n.rid`,
      [
        rids,
        of((index) => index.present),
        of((index) => index.dateLo),
        of((index) => index.dateHi),
        of((index) => index.code),
        int8Array(tokens),
        int4Array(offsets),
      ],
    )
    await client.query(
      `insert into str (p, t, rid) select s.p, s.t, ($1::int8[])[s.row] from unnest($2::int4[], $3::int4[], $4::text[]) s(row, p, t)`,
      [rids, int4Array(str.rows), int4Array(str.parameters), textArray(str.texts)],
    )
    await client.query(
      `insert into qty (h, v, rid) select q.h, q.v, ($1::int8[])[q.row] from unnest($2::int4[], $3::int8[], $4::float8[]) q(row, h, v)`,
      [rids, int4Array(qty.rows), int8Array(qty.hashes), float8Array(qty.values)],
    )
    await client.query(
      `insert into dat (p, lo, hi, rid)
       select t.p, t.lo, t.hi, ($1::int8[])[t.row] from unnest($2::int4[], $3::int4[], $4::int8[], $5::int8[]) t(row, p, lo, hi)`,
      [rids, int4Array(dat.rows), int4Array(dat.parameters), int8Array(dat.los), int8Array(dat.his)],
    )
    await client.query(`update search_index set done_to = $1`, [last])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
