import type { Pool, PoolClient } from 'pg'

export interface FeedKey {
  sid: number
  sender: string
  app: string // '': all that the sender sends, whatever program
}
export interface FeedRow extends FeedKey {
  lastAt: number | null // null: nothing has come yet
  withinMs: number | null // null: nothing is expected
  declaredAt: number | null
  declaredBy: string | null
  alarmAt: number | null // an alarm stands since
}
export interface Feeds {
  // Answers those for which an alarm stands.
  arrived(arrivals: readonly (FeedKey & { at: number })[]): Promise<FeedRow[]>
  list(sids: readonly number[], limit: number): Promise<FeedRow[]> // alarms first
  watched(): Promise<FeedRow[]> // all that is expected, or for which an alarm stands
  expect(key: FeedKey, expectation: { withinMs: number | null; at: number; by: string }): Promise<FeedRow>
  forget(key: FeedKey): Promise<FeedRow | null>
}

interface Row {
  sid: number
  sender: string
  app: string
  last_at: bigint | null
  within_ms: bigint | null
  declared_at: bigint | null
  declared_by: string | null
  alarm_at: bigint | null
}

const columns = `sid, sender, app, last_at, within_ms, declared_at, declared_by, alarm_at`
const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))
const feedOf = (row: Row): FeedRow => ({
  sid: row.sid,
  sender: row.sender,
  app: row.app,
  lastAt: numberOf(row.last_at),
  withinMs: numberOf(row.within_ms),
  declaredAt: numberOf(row.declared_at),
  declaredBy: row.declared_by,
  alarmAt: numberOf(row.alarm_at),
})

export function openFeeds(writer: Pool, reader: Pool): Feeds {
  return {
    async arrived(arrivals) {
      if (arrivals.length === 0) return []
      // In one order everywhere, so that two processes that tell of the same feeds do not wait for each other.
      const { rows } = await writer.query<Row>(
        `insert into feed (sid, sender, app, last_at)
         select * from unnest($1::int4[], $2::text[], $3::text[], $4::int8[]) as a (sid, sender, app, at)
         order by a.sid, a.sender collate "C", a.app collate "C"
         on conflict (sid, sender, app) do update set last_at = greatest(feed.last_at, excluded.last_at)
         returning ${columns}`,
        [
          arrivals.map(({ sid }) => sid),
          arrivals.map(({ sender }) => sender),
          arrivals.map(({ app }) => app),
          arrivals.map(({ at }) => at),
        ],
      )
      return rows.map(feedOf).filter(({ alarmAt }) => alarmAt !== null)
    },
    async list(sids, limit) {
      const { rows } = await reader.query<Row>(
        `select ${columns} from feed where sid = any($1) order by alarm_at is null, within_ms is null, sid, sender, app limit $2`,
        [sids, limit],
      )
      return rows.map(feedOf)
    },
    async watched() {
      const { rows } = await reader.query<Row>(`select ${columns} from feed where within_ms is not null or alarm_at is not null`)
      return rows.map(feedOf)
    },
    async expect({ sid, sender, app }, { withinMs, at, by }) {
      const { rows } = await writer.query<Row>(
        `insert into feed (sid, sender, app, within_ms, declared_at, declared_by) values ($1, $2, $3, $4, $5, $6)
         on conflict (sid, sender, app) do update set within_ms = excluded.within_ms, declared_by = excluded.declared_by,
           declared_at = case when feed.within_ms is null then excluded.declared_at else feed.declared_at end
         returning ${columns}`,
        [sid, sender, app, withinMs, at, by],
      )
      return feedOf(rows[0] as Row)
    },
    async forget({ sid, sender, app }) {
      const { rows } = await writer.query<Row>(`delete from feed where sid = $1 and sender = $2 and app = $3 returning ${columns}`, [
        sid,
        sender,
        app,
      ])
      return rows[0] ? feedOf(rows[0]) : null
    },
  }
}

/** Raises an alarm or ends it, if nothing arrived and nothing else was expected since the row was read; whether it did. */
export async function alarmFeed(client: PoolClient, seen: FeedRow, alarmAt: number | null): Promise<boolean> {
  const { rowCount } = await client.query(
    `update feed set alarm_at = $4 where sid = $1 and sender = $2 and app = $3
     and last_at is not distinct from $5 and within_ms is not distinct from $6 and alarm_at is not distinct from $7`,
    [seen.sid, seen.sender, seen.app, alarmAt, seen.lastAt, seen.withinMs, seen.alarmAt],
  )
  return rowCount === 1
}
