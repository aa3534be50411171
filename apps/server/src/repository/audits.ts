import { canonicalJson } from '@aquifer/core/fhir'
import type { Pool, PoolClient } from 'pg'
import { byteaArray, int4Array, int8Array, textArray } from './binary.js'
import { lineColumns, lineOf } from './audit-line.js'
import type { AuditFilter, AuditRow, Audits } from './registers.js'
import type { AuditRecord } from './types.js'

/** The server's mark under a record, see storage's signer; null where nobody marks. */
export type MarkRecord = ((text: string) => Uint8Array) | null

// PostgreSQL takes neither NUL nor half a surrogate pair, and a record must never fail for what a client sent.
const clean = (text: string): string => Buffer.from(text.replaceAll('\0', '')).toString()
const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : typeof value === 'string' ? clean(value) : value
const cleanOrNull = (text: string | null | undefined): string | null => (text === null || text === undefined ? null : clean(text))

/** A record as what is written, every field as text or number that PostgreSQL gives back unchanged. */
function writtenOf(record: AuditRecord) {
  return {
    ...record,
    request: clean(record.request),
    actor: clean(record.actor),
    reason: cleanOrNull(record.reason),
    source: cleanOrNull(record.source),
    external: cleanOrNull(record.external),
    detail: JSON.stringify(record.detail ?? {}, plain),
    entries: JSON.stringify(record.entries ?? [], plain),
  }
}

/** What the mark is made of: all that the server says, in one form before it is stored and after. */
export function markText(record: AuditRecord): string {
  const { id, at, request, actor, role, action, sid, outcome, reason, detail, entries, source, external } = record
  return canonicalJson([
    String(id),
    at,
    request,
    actor,
    role,
    action,
    sid,
    outcome,
    reason ?? null,
    detail,
    entries,
    source ?? null,
    external ?? null,
  ])
}

const parsed = (text: string): unknown => JSON.parse(text)

function markOf(mark: MarkRecord, written: ReturnType<typeof writtenOf>): Uint8Array | null {
  if (mark === null) return null
  const detail = parsed(written.detail) as Record<string, unknown>
  return mark(markText({ ...written, detail, entries: parsed(written.entries) as AuditRecord['entries'] & object }))
}

// Whose data it was is found from the resources that the record names, and from people it names itself.
const insertSql = `insert into audit (id, at, request, actor, role, action, sid, outcome, reason, detail, entries, source, external, mark, patients)
  select r.id, r.at, r.request, r.actor, r.role, r.action, r.sid, r.outcome, r.reason, r.detail, r.entries, r.source, r.external, r.mark, n.patients
  from unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int2[], $8::text[], $9::text[], $10::jsonb[],
    $11::jsonb[], $12::text[], $13::text[], $14::bytea[]) with ordinality
    as r(id, at, request, actor, role, action, sid, outcome, reason, detail, entries, source, external, mark, ord)
  left join lateral (
    select array_agg(distinct x.pid order by x.pid) as patients from (
      select unnest(coalesce(c.patients, array[c.patient])) as pid
      from unnest(($15::int8[])[($16::int4[])[r.ord] + 1 : ($16::int4[])[r.ord + 1]]) t(rid) join current c on c.rid = t.rid
      union all
      select p.pid from unnest(($17::text[])[($18::int4[])[r.ord] + 1 : ($18::int4[])[r.ord + 1]]) t(id) join person p on p.id = t.id
    ) x where x.pid is not null
  ) n on true`

export async function insertAudits(
  client: { query: PoolClient['query'] },
  records: readonly AuditRecord[],
  mark: MarkRecord,
): Promise<void> {
  if (records.length === 0) return
  const rows = records.map(writtenOf)
  const touched = sliced(records.map(touchedBy))
  const named = sliced(records.map(({ people }) => [...new Set(people)]))
  await client.query({
    name: 'audit',
    text: insertSql,
    values: [
      rows.map((row) => String(row.id)),
      rows.map((row) => row.at),
      rows.map((row) => row.request),
      rows.map((row) => row.actor),
      rows.map((row) => row.role),
      rows.map((row) => row.action),
      rows.map((row) => row.sid),
      rows.map((row) => row.outcome),
      rows.map((row) => row.reason),
      rows.map((row) => row.detail),
      rows.map((row) => row.entries),
      rows.map((row) => row.source),
      rows.map((row) => row.external),
      byteaArray(rows.map((row) => markOf(mark, row))),
      int8Array(touched.all),
      int4Array(touched.ends),
      textArray(named.all),
      int4Array(named.ends),
    ],
  })
}

const touchedBy = ({ entries = [] }: AuditRecord): bigint[] => [...new Set(entries.flatMap(({ rid }) => (rid === null ? [] : [rid])))]

/** Lists as one, with where each begins and ends. */
function sliced<T>(lists: readonly (readonly T[])[]): { all: T[]; ends: number[] } {
  const ends = [0]
  for (const list of lists) ends.push((ends.at(-1) ?? 0) + list.length)
  return { all: lists.flat(), ends }
}

interface Row extends Omit<AuditRow, 'at' | 'seq' | 'patients'> {
  patients: string[]
  at: bigint
  seq: bigint
}

const rowColumns = `a.id, a.xid::text as xid, a.seq, a.at, a.request, a.actor, a.role, a.action, a.sid, a.outcome, a.reason, a.detail, a.entries,
  coalesce(a.patients, '{}') as patients, a.source, a.external`

// Each condition is there or not by its parameter: the planner, which sees the values, leaves out those that are null.
const matching = `($1::int2[] is null or a.sid = any($1)) and ($2::text is null or a.actor = $2) and ($3::text is null or a.role = $3)
  and ($4::text[] is null or a.action = any($4)) and ($5::text is null or a.outcome = $5) and ($6::int8 is null or a.at >= $6)
  and ($7::int8 is null or a.at < $7) and ($8::int8[] is null or a.patients && $8) and ($9::text is null or a.request = $9)
  and ($10::int4[] is null or exists (select 1 from enrolment e where e.sid = a.sid and e.patient = any(a.patients) and e.site = any($10)))`

function valuesOf(filter: AuditFilter): unknown[] {
  const { sids, actor, role, actions, outcome, from, to, pids, request, sites } = filter
  return [sids, actor, role, actions, outcome, from, to, pids, request, sites].map((value) => value ?? null)
}

export function openAudits(writer: Pool, reader: Pool, mark: MarkRecord): Audits {
  const rowsOf = async (text: string, values: unknown[]): Promise<AuditRow[]> => {
    const { rows } = await reader.query<Row>(text, values)
    return rows.map((row) => ({ ...row, at: Number(row.at), seq: String(row.seq), patients: row.patients.map(BigInt) }))
  }
  return {
    async record(records) {
      await insertAudits(writer, records, mark)
    },
    list: ({ limit, before, ...filter }) =>
      rowsOf(`select ${rowColumns} from audit a where ${matching} and ($11::int8 is null or a.id < $11) order by a.id desc limit $12`, [
        ...valuesOf(filter),
        before ?? null,
        limit,
      ]),
    after: ({ limit, after, ...filter }) =>
      rowsOf(`select ${rowColumns} from audit a where ${matching} and a.id > $11 order by a.id limit $12`, [
        ...valuesOf(filter),
        after,
        limit,
      ]),
    async count(filter) {
      const { rows } = await reader.query<{ n: bigint }>(`select count(*) as n from audit a where ${matching}`, valuesOf(filter))
      return Number(rows[0]?.n ?? 0)
    },
    async lastBy(actors) {
      const { rows } = await reader.query<{ actor: string; at: bigint }>(
        `select a.actor, a.at from unnest($1::text[]) n(actor)
         cross join lateral (select x.actor, x.at from audit x where x.actor = n.actor order by x.id desc limit 1) a`,
        [actors],
      )
      return new Map(rows.map(({ actor, at }) => [actor, Number(at)]))
    },
    async linesAfter({ limit, after, ...filter }) {
      const { rows } = await reader.query<(string | null)[]>({
        text: `select ${lineColumns.map((column) => `${column}::text`).join(', ')} from audit a
          where ${matching} and (a.xid, a.seq, a.id) > ($11::xid8, $12::int8, $13::int8) order by a.xid, a.seq, a.id limit $14`,
        values: [...valuesOf(filter), String(after.xid), after.seq, after.id, limit],
        rowMode: 'array',
      })
      return rows.map((fields) => Buffer.from(lineOf(fields)))
    },
  }
}

const blockSize = 1_000n

// Ids in blocks: one look at the database per thousand. Numbers of a block that a stopped process leaves over stay unused.
export function auditIds(pool: Pool): () => Promise<bigint> {
  let next = 0n
  let end = 0n
  let fetching: Promise<void> | null = null
  const fetchBlock = async (): Promise<void> => {
    const { rows } = await pool.query<{ n: bigint }>(`select nextval('audit_block_seq') as n`)
    next = (rows[0]?.n ?? 0n) * blockSize
    end = next + blockSize
  }
  return async () => {
    while (next >= end) {
      fetching ??= fetchBlock().finally(() => (fetching = null))
      await fetching
    }
    return next++
  }
}
