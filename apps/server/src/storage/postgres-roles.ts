import type { Client } from 'pg'

// owner: makes the tables · app: may not change or delete what is history · eraser: may, for erasure alone · reader: reads.
export type DatabaseRole = 'owner' | 'app' | 'eraser' | 'reader'
const databaseRoles: readonly DatabaseRole[] = ['owner', 'app', 'eraser', 'reader']
export const roleName = (role: DatabaseRole): string => `aquifer_${role}`

// Embedded: each role signs in by itself. Outside: the URL's user becomes the role, so he must be a member of each.
export async function prepareRoles(admin: Client, how: { embedded: true; password: string } | { embedded: false }): Promise<void> {
  const existing = await admin.query<{ rolname: string }>(`select rolname from pg_roles where rolname = any($1)`, [
    databaseRoles.map(roleName),
  ])
  const missing = databaseRoles.filter((role) => !existing.rows.some((row) => row.rolname === roleName(role)))
  for (const role of missing) {
    await admin.query(`create role ${roleName(role)} ${how.embedded ? 'login' : 'nologin'}`)
    if (role !== 'owner') await admin.query(`grant pg_read_all_stats to ${roleName(role)}`).catch(() => undefined)
    if (!how.embedded) await admin.query(`grant ${roleName(role)} to current_user`)
  }
  if (!how.embedded) return
  for (const role of databaseRoles) await admin.query(`alter role ${roleName(role)} password ${admin.escapeLiteral(how.password)}`)
}

export const rolesRemedy = `let an administrator run: ${databaseRoles.map((role) => `create role ${roleName(role)} nologin`).join('; ')}; grant ${databaseRoles.map(roleName).join(', ')} to the user of DATABASE_URL; grant create, usage on schema public to aquifer_owner`
