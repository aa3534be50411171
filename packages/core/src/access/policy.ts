import { z } from 'zod'
import { builtInTouch, dataClasses, type DataClass } from './fhir-rights.js'
import { builtInHolders, rights, type Right } from './rights.js'
import { isRole, roles, type Role } from './roles.js'

/** What each role may do, as a document: rights outside FHIR, and in FHIR the data classes or single types it may read and write. */
export const rolePolicyDocument = z
  .strictObject({
    format: z.literal(1),
    name: z.string().min(1).max(64),
    roles: z.record(z.string(), z.strictObject({ rights: z.array(z.string()), read: z.array(z.string()), write: z.array(z.string()) })),
  })
  .meta({ id: 'RolePolicy' })
export type RolePolicyDocument = z.infer<typeof rolePolicyDocument>

interface RoleEntry {
  rights: ReadonlySet<string>
  read: ReadonlySet<string>
  write: ReadonlySet<string>
}
/** A document ready to be asked; whatever it does not grant is denied. */
export interface RolePolicy {
  version: number
  roles: ReadonlyMap<Role, RoleEntry>
}

export function compileRolePolicy(document: RolePolicyDocument, version: number): RolePolicy {
  const compiled = new Map<Role, RoleEntry>()
  for (const [role, entry] of Object.entries(document.roles))
    if (isRole(role)) compiled.set(role, { rights: new Set(entry.rights), read: new Set(entry.read), write: new Set(entry.write) })
  return { version, roles: compiled }
}

export const builtInRolePolicy: RolePolicyDocument = {
  format: 1,
  name: 'built-in',
  roles: Object.fromEntries(
    roles.map((role) => {
      const { read, write } = builtInTouch(role)
      return [role, { rights: rights.filter((right) => builtInHolders(right).includes(role)), read: [...read], write: [...write] }]
    }),
  ),
}
const builtIn = compileRolePolicy(builtInRolePolicy, 0)

/** A caller, or a role alone, which stands under the built-in policy. */
export type Holder = Role | { role: Role; policy?: RolePolicy }
const entryOf = (holder: Holder): RoleEntry | undefined =>
  typeof holder === 'string' ? builtIn.roles.get(holder) : (holder.policy ?? builtIn).roles.get(holder.role)

export const mayUse = (holder: Holder, right: Right): boolean => entryOf(holder)?.rights.has(right) === true

export function mayTouch(holder: Holder, act: 'read' | 'write', data: DataClass, type?: string): boolean {
  const granted = entryOf(holder)?.[act]
  return granted !== undefined && (granted.has(data) || (type !== undefined && granted.has(type)))
}

/** A Group that is a study is a setting: only these define one. */
export const mayDefineStudy = (holder: Holder): boolean => mayUse(holder, 'study.define')

/** Who still reads the Contracts of a person whose data is withheld in the study; nothing else of it is seen. */
export const seesWithheld = (holder: Holder, data: DataClass): boolean => data === 'consent' && mayUse(holder, 'consent.withheld')

export interface RolePolicyChange {
  role: string
  kind: 'rights' | 'read' | 'write'
  item: string
  change: 'granted' | 'taken'
}

/** What the second document lets a role do that the first does not, and the other way round. */
export function diffRolePolicies(before: RolePolicyDocument, after: RolePolicyDocument): RolePolicyChange[] {
  const changes: RolePolicyChange[] = []
  for (const role of [...new Set([...Object.keys(before.roles), ...Object.keys(after.roles)])].sort())
    for (const kind of ['rights', 'read', 'write'] as const) {
      const [old, now] = [before.roles[role]?.[kind] ?? [], after.roles[role]?.[kind] ?? []]
      for (const item of now) if (!old.includes(item)) changes.push({ role, kind, item, change: 'granted' })
      for (const item of old) if (!now.includes(item)) changes.push({ role, kind, item, change: 'taken' })
    }
  return changes
}

/** Rights that no role holds under a document: those that came after it was signed are denied to everybody until it is renewed. */
export const unnamedRights = (document: RolePolicyDocument): Right[] =>
  rights.filter((right) => !Object.values(document.roles).some((entry) => entry.rights.includes(right)))

export const isDataClass = (text: string): text is DataClass => (dataClasses as readonly string[]).includes(text)
