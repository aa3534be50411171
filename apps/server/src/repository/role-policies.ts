import type { Pool } from 'pg'
import { inTransaction } from './in-transaction.js'
import type { Queryable } from './people.js'
import type { PolicyRow, RolePolicies } from './registers.js'
import { insertSignature, signaturesUnder } from './signatures.js'

/** As a role policy stands among what is signed. */
export const rolePolicyKind = 'role-policy'

interface Row extends Omit<PolicyRow, 'proposedBy' | 'proposedAt' | 'activatedAt' | 'signatures'> {
  proposed_by: string
  proposed_at: bigint
  activated_at: bigint | null
}
const columns = `version, name, document, hash, proposed_by, proposed_at, activated_at`

async function policiesOf(client: Queryable, text: string, values: unknown[]): Promise<PolicyRow[]> {
  const { rows } = await client.query<Row>(text, values)
  const signatures = await signaturesUnder(
    client,
    rolePolicyKind,
    rows.map(({ version }) => String(version)),
  )
  return rows.map(({ proposed_by, proposed_at, activated_at, ...row }) => ({
    ...row,
    proposedBy: proposed_by,
    proposedAt: Number(proposed_at),
    activatedAt: activated_at === null ? null : Number(activated_at),
    signatures: signatures.get(String(row.version)) ?? [],
  }))
}

export function openRolePolicies(writer: Pool): RolePolicies {
  return {
    async propose({ name, document, hash, proposedBy, proposedAt }) {
      const [row] = await policiesOf(
        writer,
        `insert into access_policy (name, document, hash, proposed_by, proposed_at) values ($1, $2, $3, $4, $5) returning ${columns}`,
        [name, JSON.stringify(document), hash, proposedBy, proposedAt],
      )
      if (row === undefined) throw new Error('a policy was not stored')
      return row
    },
    sign: (version, signature, needed) =>
      inTransaction(writer, async (client) => {
        const open = `select version from access_policy where version = $1 and activated_at is null for update`
        if ((await client.query(open, [version])).rowCount !== 1 || !(await insertSignature(client, signature))) return null
        await client.query(
          `update access_policy set activated_at = $2
           where version = $1 and (select count(*) from signature where subject_kind = $3 and subject_id = $1::int::text) >= $4`,
          [version, signature.at, rolePolicyKind, needed],
        )
        const [row] = await policiesOf(client, `select ${columns} from access_policy where version = $1`, [version])
        return row ?? null
      }),
    async byVersion(version) {
      return (await policiesOf(writer, `select ${columns} from access_policy where version = $1`, [version]))[0] ?? null
    },
    list: () => policiesOf(writer, `select ${columns} from access_policy order by version desc`, []),
  }
}
