import type { Pool, PoolClient } from 'pg'
import { inTransaction } from './in-transaction.js'
import type { NewUserRow, User, UserChange, Users } from './registers.js'

interface Row extends Omit<User, 'createdAt' | 'updatedAt' | 'tokensFrom' | 'lockedUntil' | 'signedInAt'> {
  tokens_from: bigint
  locked_until: bigint
  signed_in_at: bigint | null
  created_at: bigint
  updated_at: bigint
}

const columns = `name, display, role, password, status, studies, sites, patient, actor, settings, email, subject, tokens_from, locked_until, signed_in_at, created_at, updated_at`
const insert = `insert into app_user
  (name, display, role, password, status, studies, sites, patient, actor, settings, email, subject, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`

function userOf({ created_at, updated_at, tokens_from, locked_until, signed_in_at, ...row }: Row): User {
  return {
    ...row,
    tokensFrom: Number(tokens_from),
    lockedUntil: Number(locked_until),
    signedInAt: signed_in_at === null ? null : Number(signed_in_at),
    createdAt: Number(created_at),
    updatedAt: Number(updated_at),
  }
}
const valuesOf = (user: NewUserRow, at: number): unknown[] => [
  user.name,
  user.display,
  user.role,
  user.password,
  user.status,
  user.studies,
  user.sites,
  user.patient,
  user.actor ?? null,
  JSON.stringify(user.settings),
  user.email ?? null,
  user.subject ?? null,
  at,
]

export function openUsers(writer: Pool, now: () => number): Users {
  const one = async (sql: string, values: unknown[]): Promise<User | null> => {
    const { rows } = await writer.query<Row>(sql, values)
    return rows[0] ? userOf(rows[0]) : null
  }
  return {
    async put(user) {
      const { rows } = await writer.query<Row>(
        `${insert} on conflict (name) do update set display = $2, role = $3, password = $4, status = $5, studies = $6, sites = $7,
           patient = $8, actor = $9, settings = $10, email = $11, subject = $12, updated_at = $13 returning ${columns}`,
        valuesOf(user, now()),
      )
      return userOf(rows[0] as Row)
    },
    add: (users) => inTransaction(writer, (client) => addAll(client, users, now())),
    addFirst: (user) =>
      inTransaction(writer, async (client) => {
        // Two who hold the code at once: one of them is first.
        await client.query(`lock table app_user in share row exclusive mode`)
        const { rowCount } = await client.query(`select 1 from app_user limit 1`)
        if (rowCount !== 0) return false
        await client.query(insert, valuesOf(user, now()))
        return true
      }),
    change: (name, change) => one(...update(name, change, now())),
    changeUnlessLast: (name, role, change) =>
      inTransaction(writer, async (client) => {
        const { rows } = await client.query<{ name: string }>(
          `select name from app_user where role = $1 and status = 'active' order by name for update`,
          [role],
        )
        const leaves = change.status === 'disabled' || (change.role !== undefined && change.role !== role)
        if (leaves && rows.length === 1 && rows[0]?.name === name) return 'last'
        const { rows: changed } = await client.query<Row>(...update(name, change, now()))
        return changed[0] ? userOf(changed[0]) : null
      }),
    byName: (name) => one(`select ${columns} from app_user where name = $1`, [name]),
    byOutsideName: (subject, email) =>
      one(
        `select ${columns} from app_user where subject = $1 or (subject is null and lower(email) = lower($2))
         order by subject = $1 desc nulls last limit 1`,
        [subject, email],
      ),
    async list() {
      const { rows } = await writer.query<Row>(`select ${columns} from app_user order by name`)
      return rows.map(userOf)
    },
    any: async () => (await writer.query(`select 1 from app_user limit 1`)).rowCount !== 0,
    async beginTry(name, { at, max, lockMs }) {
      const { rows } = await writer.query<{ before: bigint }>(
        `with held as (select name, case when locked_until <= $2 and locked_until > 0 then 0 else failures end as n, locked_until
                       from app_user where name = $1 for update)
         update app_user u set
           failures = case when held.locked_until > $2 then u.failures else held.n + 1 end,
           locked_until = case when held.locked_until > $2 then u.locked_until when held.n + 1 >= $3 then $2 + $4 else 0 end
         from held where u.name = held.name returning held.locked_until as before`,
        [name, at, max, lockMs],
      )
      const before = Number(rows[0]?.before ?? 0)
      return before > at ? before : null
    },
    async endTries(name, at) {
      await writer.query(`update app_user set failures = 0, locked_until = 0, signed_in_at = $2 where name = $1`, [name, at])
    },
  }
}

const columnOf: Readonly<Record<keyof UserChange, string>> = {
  display: 'display',
  role: 'role',
  password: 'password',
  status: 'status',
  studies: 'studies',
  sites: 'sites',
  patient: 'patient',
  actor: 'actor',
  subject: 'subject',
  tokensFrom: 'tokens_from',
}

// Only what is named changes: a row written back whole would undo what somebody else changed meanwhile.
function update(name: string, change: UserChange, at: number): [string, unknown[]] {
  const named = (Object.keys(change) as (keyof UserChange)[]).filter((key) => change[key] !== undefined)
  const sets = ['updated_at = $2', ...named.map((key, index) => `${columnOf[key]} = $${index + 3}`)]
  return [`update app_user set ${sets.join(', ')} where name = $1 returning ${columns}`, [name, at, ...named.map((key) => change[key])]]
}

async function addAll(client: PoolClient, users: readonly NewUserRow[], at: number): Promise<{ taken: string[] }> {
  const { rows } = await client.query<{ word: string }>(
    `select name as word from app_user where lower(name) = any($1)
     union select email from app_user where lower(email) = any($2) union select subject from app_user where subject = any($3)`,
    [
      users.map((user) => user.name.toLowerCase()),
      users.flatMap((user) => user.email?.toLowerCase() ?? []),
      users.flatMap((user) => user.subject ?? []),
    ],
  )
  if (rows.length > 0) return { taken: rows.map((row) => row.word) }
  for (const user of users) await client.query(insert, valuesOf(user, at))
  return { taken: [] }
}
