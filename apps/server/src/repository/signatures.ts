import type { Pool } from 'pg'
import type { Queryable } from './people.js'

/** An electronic signature as it is kept: never changed, never deleted. */
export interface StoredSignature {
  id: string
  at: number
  signer: string
  name: string
  role: string
  meaning: string
  subjectKind: string
  subjectId: string
  subjectHash: Buffer
  sid: number | null
  mark: Buffer
}
export interface Signatures {
  add(signature: StoredSignature): Promise<void>
  list(page: {
    sids?: readonly number[]
    subject?: { kind: string; id: string }
    before?: number
    limit: number
  }): Promise<StoredSignature[]> // newest first
}

interface Row {
  id: string
  at: bigint
  signer: string
  name: string
  role: string
  meaning: string
  subject_kind: string
  subject_id: string
  subject_hash: Buffer
  sid: number | null
  mark: Buffer
}

const columns = `id, at, signer, name, role, meaning, subject_kind, subject_id, subject_hash, sid, mark`
const signatureOf = ({ subject_kind, subject_id, subject_hash, at, ...row }: Row): StoredSignature => ({
  ...row,
  at: Number(at),
  subjectKind: subject_kind,
  subjectId: subject_id,
  subjectHash: subject_hash,
})

/** false: this person has signed this policy before. */
export async function insertSignature(client: Queryable, signature: StoredSignature): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into signature (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (subject_kind, subject_id, signer) where subject_kind in ('role-policy', 'masking-policy') do nothing`,
    [
      signature.id,
      signature.at,
      signature.signer,
      signature.name,
      signature.role,
      signature.meaning,
      signature.subjectKind,
      signature.subjectId,
      signature.subjectHash,
      signature.sid,
      signature.mark,
    ],
  )
  return rowCount === 1
}

/** By subject, each list in the order in which they were made. */
export async function signaturesUnder(client: Queryable, kind: string, ids: readonly string[]): Promise<Map<string, StoredSignature[]>> {
  const { rows } = await client.query<Row>(
    `select ${columns} from signature where subject_kind = $1 and subject_id = any($2::text[]) order by at, id`,
    [kind, ids],
  )
  const found = new Map<string, StoredSignature[]>(ids.map((id) => [id, []]))
  for (const row of rows) found.get(row.subject_id)?.push(signatureOf(row))
  return found
}

export function openSignatures(writer: Pool): Signatures {
  return {
    async add(signature) {
      if (!(await insertSignature(writer, signature))) throw new Error('a signature was not stored')
    },
    async list({ sids, subject, before, limit }) {
      const { rows } = await writer.query<Row>(
        `select ${columns} from signature
         where ($1::int2[] is null or sid is null or sid = any($1)) and ($2::text is null or (subject_kind = $2 and subject_id = $3))
         and ($4::int8 is null or at < $4) order by at desc, id desc limit $5`,
        [sids ?? null, subject?.kind ?? null, subject?.id ?? null, before ?? null, limit],
      )
      return rows.map(signatureOf)
    },
  }
}
