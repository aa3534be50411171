import type { Pool } from 'pg'
import type { PolicyRow, RolePolicies } from './registers.js'

interface Row extends Omit<PolicyRow, 'proposedBy' | 'proposedAt' | 'activatedAt'> {
  proposed_by: string
  proposed_at: bigint
  activated_at: bigint | null
}
const columns = `version, name, document, hash, proposed_by, proposed_at, signatures, activated_at`
function policyOf({ proposed_by, proposed_at, activated_at, ...row }: Row): PolicyRow {
  const activatedAt = activated_at === null ? null : Number(activated_at)
  return { ...row, proposedBy: proposed_by, proposedAt: Number(proposed_at), activatedAt }
}

export function openRolePolicies(writer: Pool): RolePolicies {
  const rowsOf = async (text: string, values: unknown[]): Promise<PolicyRow[]> => (await writer.query<Row>(text, values)).rows.map(policyOf)
  return {
    async propose({ name, document, hash, proposedBy, proposedAt }) {
      const [row] = await rowsOf(
        `insert into access_policy (name, document, hash, proposed_by, proposed_at) values ($1, $2, $3, $4, $5) returning ${columns}`,
        [name, JSON.stringify(document), hash, proposedBy, proposedAt],
      )
      if (row === undefined) throw new Error('a policy was not stored')
      return row
    },
    async sign(version, signature) {
      const [row] = await rowsOf(
        `update access_policy set signatures = signatures || jsonb_build_array($2::jsonb),
           activated_at = case when jsonb_array_length(signatures) >= 1 then $4::int8 end
         where version = $1 and activated_at is null and not exists (select 1 from jsonb_array_elements(signatures) s where s->>'signer' = $3)
         returning ${columns}`,
        [version, JSON.stringify(signature), signature.signer, signature.at],
      )
      return row ?? null
    },
    async byVersion(version) {
      return (await rowsOf(`select ${columns} from access_policy where version = $1`, [version]))[0] ?? null
    },
    list: () => rowsOf(`select ${columns} from access_policy order by version desc`, []),
  }
}
