import type { Pool } from 'pg'
import type { Refusals } from './registers.js'
import { erasedAmong } from './withdrawals.js'
import type { RefusedWrite, RefusedWriteRow } from './types.js'

interface Row {
  id: bigint
  sid: number
  at: bigint
  first_at: bigint
  site: number | null
  patient: string
  type: string
  cause: string
  missing: string[]
  client: string
  count: bigint
  subject: bigint | null
  pid: bigint | null
}

export function openRefusals(writer: Pool, reader: Pool, ledgerKey: Uint8Array): Refusals {
  return {
    async record(all) {
      // Who had himself erased is not written down again because somebody still sends his data.
      const erased = await erasedAmong(writer, ledgerKey, all)
      const rows = all.map((row, place) => (erased.has(place) ? { ...row, patientId: '' } : row))
      // One statement may not touch a row twice: what is alike is added up first.
      const alike = new Map<string, RefusedWrite & { count: number; firstAt: number }>()
      for (const row of rows) {
        const day = Math.floor(row.at / 86_400_000)
        const key = JSON.stringify([row.sid, day, row.patientId, row.type, row.cause, row.missing, row.client])
        const known = alike.get(key)
        const count = (row.count ?? 1) + (known?.count ?? 0)
        alike.set(key, { ...row, at: Math.max(row.at, known?.at ?? 0), count, firstAt: Math.min(row.at, known?.firstAt ?? row.at) })
      }
      // In one order everywhere, so that two that refuse the same do not wait for each other.
      for (const key of [...alike.keys()].sort()) {
        const row = alike.get(key)
        if (row) await writer.query(recordSql, recordValues(row))
      }
    },
    async list(sid, { limit, before, sites }) {
      const { rows } = await reader.query<Row>(
        `select r.id, r.sid, r.at, r.first_at, r.site, r.patient, r.type, r.cause, r.missing, r.client, r.count, e.subject, p.pid
         from refused_write r left join person p on p.id = r.patient left join enrolment e on e.sid = r.sid and e.patient = p.pid
         where r.sid = $1 and ($2::int8 is null or (r.at, r.id) < ($2, $3)) and ($4::int4[] is null or r.site = any($4))
         order by r.at desc, r.id desc limit $5`,
        [sid, before?.at ?? null, before?.id ?? null, sites ?? null, limit],
      )
      return rows.map(refusedRow)
    },
    async totals(sid, since, sites) {
      const { rows } = await reader.query<{ total: bigint; since: bigint }>(
        `select coalesce(sum(count), 0)::int8 as total, coalesce(sum(count) filter (where at >= $2), 0)::int8 as since
         from refused_write where sid = $1 and ($3::int4[] is null or site = any($3))`,
        [sid, since, sites ?? null],
      )
      return { total: Number(rows[0]?.total ?? 0n), since: Number(rows[0]?.since ?? 0n) }
    },
  }
}

const recordSql = `insert into refused_write (sid, day, site, patient, type, cause, missing, client, first_at, at, count)
  values ($1, (to_timestamp($9::int8 / 1000.0) at time zone 'UTC')::date, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict on constraint refused_write_key do update
  set count = refused_write.count + excluded.count, at = greatest(refused_write.at, excluded.at), site = coalesce(excluded.site, refused_write.site)`

function recordValues(row: RefusedWrite & { count: number; firstAt: number }): unknown[] {
  return [row.sid, row.site, row.patientId, row.type, row.cause, row.missing, row.client, row.firstAt, row.at, row.count]
}

function refusedRow(row: Row): RefusedWriteRow {
  return {
    id: Number(row.id),
    sid: row.sid,
    at: Number(row.at),
    firstAt: Number(row.first_at),
    site: row.site,
    patientId: row.patient,
    type: row.type,
    cause: row.cause,
    missing: row.missing,
    client: row.client,
    count: Number(row.count),
    subject: row.subject === null ? null : Number(row.subject),
    pid: row.pid,
  }
}
