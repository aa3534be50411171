import type { Pool } from 'pg'
import { inTransaction } from './in-transaction.js'

/** A study as its tables tell it, without people and resources: what a second home keeps beside them. */
export interface StudyRecord {
  id: string
  sid: number
  /** JSON of rows by table. */
  rows: string
}
export interface StudyRecords {
  list(): Promise<StudyRecord[]> // in order of their numbers
  // With the numbers it had, on which marks of erased people rest; nothing where it is.
  bringBack(rows: string): Promise<void>
  // People who are never taken in again, by their keyed marks.
  bringErased(people: readonly { sid: number; mark: Buffer; at: number }[]): Promise<void>
}

// In the order in which they name each other.
const tables = ['study', 'study_version', 'site', 'masking_policy', 'signature', 'masking_publication', 'study_view'] as const

const rowsOf = (table: string): string =>
  `'${table}', (select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)), '[]') from ${table} t where t.sid = s.sid)`
const listSql = `select s.id, s.sid, jsonb_build_object(${tables.map(rowsOf).join(', ')})::text as rows from study s order by s.sid`

export function openStudyRecords(reader: Pool, owner: Pool): StudyRecords {
  return {
    async list() {
      return (await reader.query<StudyRecord>(listSql)).rows
    },
    async bringBack(rows) {
      await inTransaction(owner, async (client) => {
        for (const table of tables) {
          await client.query(
            `insert into ${table} overriding system value
             select t.* from jsonb_populate_recordset(null::${table}, coalesce($1::jsonb -> '${table}', '[]')) t on conflict do nothing`,
            [rows],
          )
        }
        await client.query(`select setval('study_sid_seq', (select max(sid) from study))`)
        await client.query(`select setval(pg_get_serial_sequence('site', 'site'), (select coalesce(max(site), 0) + 1 from site), false)`)
      })
    },
    async bringErased(people) {
      await owner.query(
        `insert into erased_person (sid, mac, at) select * from unnest($1::int2[], $2::bytea[], $3::int8[]) on conflict do nothing`,
        [people.map(({ sid }) => sid), people.map(({ mark }) => mark), people.map(({ at }) => at)],
      )
    },
  }
}
