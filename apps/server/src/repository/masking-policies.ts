import type { Pool, PoolClient } from 'pg'
import { faultPoint } from '../storage/index.js'
import { insertAudits, type MarkRecord } from './audits.js'
import { inTransaction } from './in-transaction.js'
import type { MaskingPolicies, MaskingPolicyRow, NewMaskingPolicy, PublishedStamp } from './masking-types.js'
import type { Queryable } from './people.js'
import { insertSignature, signaturesUnder } from './signatures.js'

/** As a masking policy stands among what is signed. */
export const maskingPolicyKind = 'masking-policy'

interface Row extends Pick<
  MaskingPolicyRow,
  'id' | 'sid' | 'name' | 'version' | 'source' | 'document' | 'accepts' | 'hash' | 'mark' | 'initial' | 'reason'
> {
  proposed_by: string
  proposed_at: bigint
  activated_at: bigint | null
  retired_at: bigint | null
  rejected_at: bigint | null
  rejected_by: string | null
  rejected_reason: string | null
}
const given = `id, name, version, source, document, accepts, hash, mark, reason, proposed_by, proposed_at`
const columns = `sid, ${given}, initial, activated_at, retired_at, rejected_at, rejected_by, rejected_reason`
const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))

async function policiesOf(client: Queryable, text: string, values: unknown[]): Promise<MaskingPolicyRow[]> {
  const { rows } = await client.query<Row>(text, values)
  const ids = rows.map(({ id }) => id)
  const signatures = await signaturesUnder(client, maskingPolicyKind, ids)
  return rows.map(({ proposed_by, proposed_at, activated_at, retired_at, rejected_at, rejected_by, rejected_reason, ...row }) => ({
    ...row,
    proposedBy: proposed_by,
    proposedAt: Number(proposed_at),
    activatedAt: numberOf(activated_at),
    retiredAt: numberOf(retired_at),
    rejectedAt: numberOf(rejected_at),
    rejectedBy: rejected_by,
    rejectedReason: rejected_reason,
    signatures: signatures.get(row.id) ?? [],
  }))
}

export const givenColumns = given
export const givenValues = (policy: NewMaskingPolicy): unknown[] => {
  const { id, name, version, source, document, accepts, hash, mark, reason, proposedBy, proposedAt } = policy
  return [id, name, version, source, JSON.stringify(document), accepts, hash, mark, reason, proposedBy, proposedAt]
}

export function openMaskingPolicies(writer: Pool, mark: MarkRecord): MaskingPolicies {
  const one = async (client: Queryable, where: string, values: unknown[]): Promise<MaskingPolicyRow | null> =>
    (await policiesOf(client, `select ${columns} from masking_policy where ${where}`, values))[0] ?? null
  return {
    async propose(sid, policy) {
      const { rowCount } = await writer.query(
        `insert into masking_policy (sid, ${given}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (sid, name, version) do nothing`,
        [sid, ...givenValues(policy)],
      )
      return rowCount === 0 ? 'taken' : ((await one(writer, `id = $1`, [policy.id])) as MaskingPolicyRow)
    },
    sign: (id, signature, to) =>
      inTransaction(writer, async (client) => {
        const open = `select sid from masking_policy where id = $1 and activated_at is null and rejected_at is null for update`
        const { rows } = await client.query<{ sid: number }>(open, [id])
        const sid = rows[0]?.sid
        if (sid === undefined) return null
        // Publishing and partitions were judged by the settings of this version.
        const study = await client.query(`select version from study where sid = $1 and version = $2 for update`, [sid, to.studyVersion])
        if (study.rowCount !== 1) return 'version-conflict'
        if (!(await insertSignature(client, signature))) return null
        const count = `select count(distinct signer)::int as n from signature where subject_kind = $1 and subject_id = $2`
        const signed = await client.query<{ n: number }>(count, [maskingPolicyKind, id])
        if ((signed.rows[0]?.n ?? 0) >= to.needed) await activate(client, { id, sid, at: signature.at, by: signature.signer })
        const row = (await one(client, `id = $1`, [id])) as MaskingPolicyRow
        await insertAudits(client, [to.record(row)], mark)
        await faultPoint('repository.policy-signed')
        return row
      }),
    async reject(id, { at, by, reason }) {
      const { rowCount } = await writer.query(
        `update masking_policy set rejected_at = $2, rejected_by = $3, rejected_reason = $4
         where id = $1 and activated_at is null and rejected_at is null`,
        [id, at, by, reason],
      )
      return rowCount === 0 ? null : one(writer, `id = $1`, [id])
    },
    byId: (id) => one(writer, `id = $1`, [id]),
    byLabel: (sid, name, version) => one(writer, `sid = $1 and name = $2 and version = $3`, [sid, name, version]),
    list: (sids) =>
      policiesOf(writer, `select ${columns} from masking_policy where sid = any($1) order by proposed_at desc, id desc`, [sids]),
    async states() {
      const { rows } = await writer.query<{ state: string; n: number }>(
        `select case when rejected_at is not null then 'rejected' when retired_at is not null then 'retired'
           when activated_at is not null then 'active'
           when exists (select from signature s where s.subject_kind = $1 and s.subject_id = p.id) then 'in-review' else 'proposed' end as state,
           count(*)::int as n
         from masking_policy p group by 1`,
        [maskingPolicyKind],
      )
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
    },
    notePublication: (sid, { policy, maskingKey, modelVersion, asOfYear }, to) =>
      inTransaction(writer, async (client) => {
        const { rows } = await client.query<{ n: number }>(
          `with last as (select * from masking_publication where sid = $1 order by n desc limit 1)
           insert into masking_publication (sid, n, policy, masking_key, model_version, as_of_year, at)
           select $1, coalesce((select n from last), 0) + 1, $2, $3, $4, $5, $6
           where not exists (select from last where policy = $2 and masking_key = $3 and model_version = $4 and as_of_year = $5)
           on conflict do nothing returning n`,
          [sid, policy, maskingKey, modelVersion, asOfYear, to.at],
        )
        const n = rows[0]?.n ?? null
        if (n !== null) await insertAudits(client, [to.record(n)], mark)
        await faultPoint('repository.publication-noted')
        return n
      }),
    async published(sid) {
      const { rows } = await writer.query<PublishedStamp & { at: bigint }>(
        `select policy, masking_key as "maskingKey", model_version as "modelVersion", as_of_year as "asOfYear", at
         from masking_publication where sid = $1 order by n desc`,
        [sid],
      )
      return rows.map((row) => ({ ...row, at: Number(row.at) }))
    },
  }
}

interface Activation {
  id: string
  sid: number
  at: number
  by: string
}
/** The policy becomes the study's own, with a version of the study's settings, as every change of them has. */
async function activate(client: PoolClient, { id, sid, at, by }: Activation): Promise<void> {
  await client.query(`update masking_policy set retired_at = $2 where sid = $1 and activated_at is not null and retired_at is null`, [
    sid,
    at,
  ])
  await client.query(`update masking_policy set activated_at = $2 where id = $1`, [id, at])
  await client.query(
    `with changed as (
       update study s set masking = p.name || ' v' || p.version, version = s.version + 1
       from masking_policy p where p.id = $1 and s.sid = p.sid returning s.sid, s.version, s.masking
     )
     insert into study_version (sid, version, at, actor, document)
     select c.sid, c.version, $2, $3, coalesce((select v.document from study_version v where v.sid = c.sid order by v.version desc limit 1), '{}')
       || jsonb_build_object('masking', c.masking)
     from changed c on conflict do nothing`,
    [id, at, by],
  )
}
