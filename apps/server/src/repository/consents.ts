import type { WithdrawalAct } from '@aquifer/core/consent'
import type { Pool, PoolClient } from 'pg'
import { int2Array, int4Array, int8Array, textArray } from './binary.js'
import { enrolmentOf, readPeople } from './people.js'
import type { Consents } from './registers.js'
import type { ContractConsents, PersonState } from './types.js'

// Derived from Contracts, in the transaction that writes them. The caller holds the people's locks exclusively.
export async function recordConsents(client: PoolClient, contracts: readonly ContractConsents[]): Promise<void> {
  if (contracts.length === 0) return
  await client.query({
    name: 'forget-consents',
    text: `delete from consent where contract = any($1::int8[])`,
    values: [int8Array(contracts.map((contract) => contract.contract))],
  })
  const rows = contracts.flatMap((contract) => contract.entries.map((entry) => ({ ...contract, ...entry })))
  if (rows.length > 0) {
    await client.query({
      name: 'record-consents',
      text: `insert into consent (sid, patient, contract, version, type, status, lo, hi, form)
        select k.sid, p.pid, k.contract, k.version, k.type, k.status, k.lo, k.hi, k.form
        from unnest($1::int2[], $2::text[], $3::int8[], $4::int4[], $5::text[], $6::text[], $7::int8[], $8::int8[], $9::text[])
          with ordinality k(sid, id, contract, version, type, status, lo, hi, form, ord)
        join person p on p.id = k.id order by k.ord on conflict do nothing`,
      values: [
        int2Array(rows.map((row) => row.sid)),
        textArray(rows.map((row) => row.patientId)),
        int8Array(rows.map((row) => row.contract)),
        int4Array(rows.map((row) => row.version)),
        textArray(rows.map((row) => row.type)),
        textArray(rows.map((row) => row.status)),
        int8Array(rows.map((row) => row.lo)),
        int8Array(rows.map((row) => row.hi)),
        textArray(rows.map((row) => row.form ?? null)),
      ],
    })
  }
  const sids = [...new Set(contracts.map((contract) => contract.sid))].sort((a, b) => a - b)
  await client.query({
    name: 'raise-epoch',
    text: `insert into consent_epoch (sid, shard, n) select s, pg_backend_pid() % 64, 1 from unnest($1::int2[]) s
      on conflict (sid, shard) do update set n = consent_epoch.n + 1`,
    values: [int2Array(sids)],
  })
}

interface PersonRow {
  sid: number
  pid: bigint
  id: string
  site: number | null
  subject: bigint
  from_at: bigint
  to_at: bigint | null
  stopped: WithdrawalAct | null
  withheld: boolean
}

export function openConsents(reader: Pool): Consents {
  return {
    async epoch(sid) {
      const { rows } = await reader.query<{ n: bigint }>(`select coalesce(sum(n), 0)::int8 as n from consent_epoch where sid = $1`, [sid])
      return Number(rows[0]?.n ?? 0n)
    },
    async people(sid, { after = 0n, limit }) {
      const { rows } = await reader.query<PersonRow>(
        `select e.sid, e.patient as pid, p.id, e.site, e.subject, e.from_at, e.to_at, e.stopped, e.withheld from enrolment e join person p on p.pid = e.patient
         where e.sid = $1 and e.patient > $2 order by e.patient limit $3`,
        [sid, after, limit],
      )
      const states = await readPeople(
        reader,
        rows.map((row) => ({ sid, patientId: row.id })),
      )
      return rows.map((row, i) => ({ ...(states[i] as PersonState), pid: row.pid, enrolment: enrolmentOf(row) }))
    },
    async withdrawn(sid) {
      const { rows } = await reader.query<{ id: string; types: string[] }>(
        `select p.id, array_agg(c.type order by c.type) as types from (
           select distinct on (patient, type) patient, type, status from consent where sid = $1 order by patient, type, ord desc
         ) c join person p on p.pid = c.patient left join enrolment e on e.sid = $1 and e.patient = c.patient
         where c.status = 'withdrawn' and e.stopped is distinct from 'stop-new' group by p.id order by p.id`,
        [sid],
      )
      return rows.map((row) => ({ patientId: row.id, types: row.types }))
    },
  }
}
