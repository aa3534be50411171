import type { Pool } from 'pg'
import type { User, Users } from './registers.js'

interface Row extends Omit<User, 'createdAt' | 'updatedAt'> {
  created_at: bigint
  updated_at: bigint
}

const columns = `name, display, role, password, status, studies, sites, patient, actor, settings, created_at, updated_at`

function userOf({ created_at, updated_at, ...row }: Row): User {
  return { ...row, createdAt: Number(created_at), updatedAt: Number(updated_at) }
}

export function openUsers(writer: Pool, now: () => number): Users {
  return {
    async put(user) {
      const { rows } = await writer.query<Row>(
        `insert into app_user (name, display, role, password, status, studies, sites, patient, actor, settings, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         on conflict (name) do update set display = $2, role = $3, password = $4, status = $5, studies = $6, sites = $7, patient = $8,
           actor = $9, settings = $10, updated_at = $11 returning ${columns}`,
        [
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
          now(),
        ],
      )
      return userOf(rows[0] as Row)
    },
    async byName(name) {
      const { rows } = await writer.query<Row>(`select ${columns} from app_user where name = $1`, [name])
      return rows[0] ? userOf(rows[0]) : null
    },
    async list() {
      const { rows } = await writer.query<Row>(`select ${columns} from app_user order by name`)
      return rows.map(userOf)
    },
  }
}
