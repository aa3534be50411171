import type { Pool } from 'pg'
import { openReviews, type Reviews } from './reviews.js'

// What identity keeps beside people. Whatever is a secret arrives here as a hash.

export interface SessionRow {
  id: string
  user: string
  client: string
  startedAt: number
  seenAt: number
  endedAt: number | null
  endedWhy: string | null
}
export interface Sessions {
  // The one that is there wins: a session is never opened twice.
  open(session: Pick<SessionRow, 'id' | 'user' | 'client'>, at: number): Promise<SessionRow>
  byId(id: string): Promise<SessionRow | null>
  seen(id: string, at: number): Promise<void>
  end(id: string, why: string, at: number): Promise<boolean>
  endOf(user: string, why: string, at: number): Promise<string[]> // the ids that were open
  openOf(user: string): Promise<SessionRow[]>
  countOpen(since: { seen: number; started: number }): Promise<Map<string, number>> // by user
}

export interface CodeRow {
  hash: Buffer
  purpose: string
  user: string | null
  madeBy: string
  expiresAt: number
}
export interface Codes {
  // A newer code for the same purpose and person makes the older ones void.
  put(code: CodeRow, at: number): Promise<void>
  use(code: { hash: Buffer; purpose: string; user: string | null }, at: number): Promise<boolean> // once, and only in time
  isOpen(code: { hash: Buffer; purpose: string; user: string | null }, at: number): Promise<boolean>
  openOf(code: Pick<CodeRow, 'purpose' | 'user' | 'madeBy'>, at: number): Promise<{ hash: Buffer; madeAt: number } | null>
}

export interface ClientRow {
  id: string
  kind: 'headless' | 'interactive'
  display: string
  role: string | null
  studies: string[]
  sites: string[]
  people: string[]
  jwks: { keys: Record<string, unknown>[] } | null
  jwksUrl: string | null
  redirects: string[]
  /** both or none */
  certificateCn: string | null
  certificateOu: string | null
  status: 'active' | 'disabled'
  tokensFrom: number
  madeBy: string
  madeAt: number
  expiresAt: number | null
}
export interface Clients {
  add(client: Omit<ClientRow, 'status' | 'tokensFrom'>): Promise<boolean> // false: the name or the certificate is taken
  byId(id: string): Promise<ClientRow | null>
  byCertificate(cn: string, ou: string): Promise<ClientRow | null>
  list(): Promise<ClientRow[]>
  setStatus(id: string, status: ClientRow['status'], at: number): Promise<ClientRow | null>
  setKeys(id: string, keys: Pick<ClientRow, 'jwks' | 'jwksUrl'>, at: number): Promise<ClientRow | null>
}

export interface OidcRecord {
  payload: Record<string, unknown>
  consumedAt: number | null
}
export interface OidcRecords {
  put(
    key: { kind: string; id: Buffer },
    record: { payload: Record<string, unknown>; grant: Buffer | null; uid: Buffer | null; expiresAt: number },
  ): Promise<void>
  putOnce(key: { kind: string; id: Buffer }, record: { payload: Record<string, unknown>; expiresAt: number }): Promise<boolean>
  find(key: { kind: string; id: Buffer }, at: number): Promise<OidcRecord | null>
  findByUid(kind: string, uid: Buffer, at: number): Promise<OidcRecord | null>
  consume(key: { kind: string; id: Buffer }, at: number): Promise<boolean> // false: it was used before
  remove(key: { kind: string; id: Buffer }): Promise<void>
  removeGrant(grant: Buffer): Promise<Record<string, unknown>[]> // the payloads that are gone
  sweep(at: number): Promise<void>
}

export interface Revocations {
  add(token: { jti: string; until: number; by: string }, at: number): Promise<void>
  open(at: number): Promise<Map<string, number>> // jti → until
}

export interface Identities {
  sessions: Sessions
  codes: Codes
  clients: Clients
  records: OidcRecords
  revocations: Revocations
  reviews: Reviews
}

export const openIdentities = (pool: Pool): Identities => ({
  sessions: openSessions(pool),
  codes: openCodes(pool),
  clients: openClients(pool),
  records: openRecords(pool),
  reviews: openReviews(pool),
  revocations: {
    async add({ jti, until, by }, at) {
      await pool.query(`delete from revoked_token where until < $1`, [at])
      await pool.query(`insert into revoked_token (jti, until, at, by_user) values ($1, $2, $3, $4) on conflict do nothing`, [
        jti,
        until,
        at,
        by,
      ])
    },
    async open(at) {
      const { rows } = await pool.query<{ jti: string; until: bigint }>(`select jti, until from revoked_token where until >= $1`, [at])
      return new Map(rows.map((row) => [row.jti, Number(row.until)]))
    },
  },
})

interface SessionColumns {
  id: string
  user_name: string
  client: string
  started_at: bigint
  seen_at: bigint
  ended_at: bigint | null
  ended_why: string | null
}
const sessionOf = (row: SessionColumns): SessionRow => ({
  id: row.id,
  user: row.user_name,
  client: row.client,
  startedAt: Number(row.started_at),
  seenAt: Number(row.seen_at),
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
  endedWhy: row.ended_why,
})

function openSessions(pool: Pool): Sessions {
  const byId = async (id: string): Promise<SessionRow | null> => {
    const { rows } = await pool.query<SessionColumns>(`select * from user_session where id = $1`, [id])
    return rows[0] ? sessionOf(rows[0]) : null
  }
  return {
    async open({ id, user, client }, at) {
      await pool.query(
        `insert into user_session (id, user_name, client, started_at, seen_at) values ($1, $2, $3, $4, $4) on conflict (id) do nothing`,
        [id, user, client, at],
      )
      return (await byId(id)) as SessionRow
    },
    byId,
    async seen(id, at) {
      await pool.query(`update user_session set seen_at = $2 where id = $1 and ended_at is null`, [id, at])
    },
    async end(id, why, at) {
      const { rowCount } = await pool.query(`update user_session set ended_at = $2, ended_why = $3 where id = $1 and ended_at is null`, [
        id,
        at,
        why,
      ])
      return rowCount === 1
    },
    async endOf(user, why, at) {
      const { rows } = await pool.query<{ id: string }>(
        `update user_session set ended_at = $2, ended_why = $3 where user_name = $1 and ended_at is null returning id`,
        [user, at, why],
      )
      return rows.map((row) => row.id)
    },
    async openOf(user) {
      const { rows } = await pool.query<SessionColumns>(
        `select * from user_session where user_name = $1 and ended_at is null order by started_at`,
        [user],
      )
      return rows.map(sessionOf)
    },
    async countOpen({ seen, started }) {
      const { rows } = await pool.query<{ user_name: string; n: bigint }>(
        `select user_name, count(*) as n from user_session where ended_at is null and seen_at > $1 and started_at > $2 group by user_name`,
        [seen, started],
      )
      return new Map(rows.map((row) => [row.user_name, Number(row.n)]))
    },
  }
}

const openCodes = (pool: Pool): Codes => ({
  async put({ hash, purpose, user, madeBy, expiresAt }, at) {
    await pool.query(`delete from one_time_code where purpose = $1 and user_name is not distinct from $2 and used_at is null`, [
      purpose,
      user,
    ])
    await pool.query(`insert into one_time_code (hash, purpose, user_name, made_by, made_at, expires_at) values ($1, $2, $3, $4, $5, $6)`, [
      hash,
      purpose,
      user,
      madeBy,
      at,
      expiresAt,
    ])
  },
  async use({ hash, purpose, user }, at) {
    const { rowCount } = await pool.query(
      `update one_time_code set used_at = $4
       where hash = $1 and purpose = $2 and user_name is not distinct from $3 and used_at is null and expires_at > $4`,
      [hash, purpose, user, at],
    )
    return rowCount === 1
  },
  async isOpen({ hash, purpose, user }, at) {
    const { rowCount } = await pool.query(
      `select 1 from one_time_code
       where hash = $1 and purpose = $2 and user_name is not distinct from $3 and used_at is null and expires_at > $4`,
      [hash, purpose, user, at],
    )
    return rowCount === 1
  },
  async openOf({ purpose, user, madeBy }, at) {
    const { rows } = await pool.query<{ hash: Buffer; made_at: bigint }>(
      `select hash, made_at from one_time_code
       where purpose = $1 and user_name is not distinct from $2 and made_by = $3 and used_at is null and expires_at > $4`,
      [purpose, user, madeBy, at],
    )
    return rows[0] ? { hash: rows[0].hash, madeAt: Number(rows[0].made_at) } : null
  },
})

type ClientColumns = Omit<ClientRow, 'jwksUrl' | 'certificateCn' | 'certificateOu' | 'tokensFrom' | 'madeBy' | 'madeAt' | 'expiresAt'> & {
  jwks_url: string | null
  certificate_cn: string | null
  certificate_ou: string | null
  tokens_from: bigint
  made_by: string
  made_at: bigint
  expires_at: bigint | null
}
const clientOf = ({
  jwks_url,
  certificate_cn,
  certificate_ou,
  tokens_from,
  made_by,
  made_at,
  expires_at,
  ...row
}: ClientColumns): ClientRow => ({
  ...row,
  jwksUrl: jwks_url,
  certificateCn: certificate_cn,
  certificateOu: certificate_ou,
  tokensFrom: Number(tokens_from),
  madeBy: made_by,
  madeAt: Number(made_at),
  expiresAt: expires_at === null ? null : Number(expires_at),
})

const openClients = (pool: Pool): Clients => ({
  async add(client) {
    const { rowCount } = await pool.query(
      `insert into oauth_client (id, kind, display, role, studies, sites, people, jwks, jwks_url, redirects,
         certificate_cn, certificate_ou, made_by, made_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing`,
      [
        client.id,
        client.kind,
        client.display,
        client.role,
        client.studies,
        client.sites,
        client.people,
        client.jwks === null ? null : JSON.stringify(client.jwks),
        client.jwksUrl,
        client.redirects,
        client.certificateCn,
        client.certificateOu,
        client.madeBy,
        client.madeAt,
        client.expiresAt,
      ],
    )
    return rowCount === 1
  },
  async byId(id) {
    const { rows } = await pool.query<ClientColumns>(`select * from oauth_client where id = $1`, [id])
    return rows[0] ? clientOf(rows[0]) : null
  },
  async byCertificate(cn, ou) {
    const { rows } = await pool.query<ClientColumns>(`select * from oauth_client where certificate_cn = $1 and certificate_ou = $2`, [
      cn,
      ou,
    ])
    return rows[0] ? clientOf(rows[0]) : null
  },
  async list() {
    const { rows } = await pool.query<ClientColumns>(`select * from oauth_client order by id`)
    return rows.map(clientOf)
  },
  async setStatus(id, status, at) {
    const { rows } = await pool.query<ClientColumns>(`update oauth_client set status = $2, tokens_from = $3 where id = $1 returning *`, [
      id,
      status,
      at,
    ])
    return rows[0] ? clientOf(rows[0]) : null
  },
  async setKeys(id, { jwks, jwksUrl }, at) {
    const { rows } = await pool.query<ClientColumns>(
      `update oauth_client set jwks = $2, jwks_url = $3, tokens_from = $4 where id = $1 returning *`,
      [id, jwks === null ? null : JSON.stringify(jwks), jwksUrl, at],
    )
    return rows[0] ? clientOf(rows[0]) : null
  },
})

interface RecordColumns {
  payload: Record<string, unknown>
  consumed_at: bigint | null
}
const recordOf = (row: RecordColumns | undefined): OidcRecord | null =>
  row === undefined ? null : { payload: row.payload, consumedAt: row.consumed_at === null ? null : Number(row.consumed_at) }

const openRecords = (pool: Pool): OidcRecords => ({
  async put({ kind, id }, { payload, grant, uid, expiresAt }) {
    await pool.query(
      `insert into oidc_record (kind, id, grant_id, uid, payload, expires_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (kind, id) do update set grant_id = $3, uid = $4, payload = $5, expires_at = $6`,
      [kind, id, grant, uid, JSON.stringify(payload), expiresAt],
    )
  },
  async putOnce({ kind, id }, { payload, expiresAt }) {
    const { rowCount } = await pool.query(
      `insert into oidc_record (kind, id, payload, expires_at) values ($1, $2, $3, $4) on conflict (kind, id) do nothing`,
      [kind, id, JSON.stringify(payload), expiresAt],
    )
    return rowCount === 1
  },
  async find({ kind, id }, at) {
    const { rows } = await pool.query<RecordColumns>(
      `select payload, consumed_at from oidc_record where kind = $1 and id = $2 and expires_at > $3`,
      [kind, id, at],
    )
    return recordOf(rows[0])
  },
  async findByUid(kind, uid, at) {
    const { rows } = await pool.query<RecordColumns>(
      `select payload, consumed_at from oidc_record where kind = $1 and uid = $2 and expires_at > $3 limit 1`,
      [kind, uid, at],
    )
    return recordOf(rows[0])
  },
  async consume({ kind, id }, at) {
    const { rowCount } = await pool.query(`update oidc_record set consumed_at = $3 where kind = $1 and id = $2 and consumed_at is null`, [
      kind,
      id,
      at,
    ])
    return rowCount === 1
  },
  async remove({ kind, id }) {
    await pool.query(`delete from oidc_record where kind = $1 and id = $2`, [kind, id])
  },
  async removeGrant(grant) {
    const { rows } = await pool.query<RecordColumns>(`delete from oidc_record where grant_id = $1 returning payload, consumed_at`, [grant])
    return rows.map((row) => row.payload)
  },
  async sweep(at) {
    await pool.query(`delete from oidc_record where expires_at <= $1`, [at])
  },
})
