import { identifyingClasses, type DataClass } from './fhir-rights.js'
import { isDataClass, rolePolicyDocument, unnamedRights, type RolePolicyDocument } from './policy.js'
import { lineOfPath } from './json-place.js'
import { rights, type Right } from './rights.js'
import { isRole, roles, type Role } from './roles.js'

export interface RolePolicyFinding {
  severity: 'error' | 'warning'
  /** names and places from the top, such as `roles.analyst.read.0` */
  path: string
  line: number | null
  message: string
  remedy: string
}

/** Roles that work without sight of persons: identified data granted to them would undo what masking is for. */
const withoutSight: ReadonlySet<Role> = new Set([
  'analyst',
  'researcher',
  'operator',
  'auditor',
  'administrator',
  'study-manager',
  'privacy-officer',
])
/** Rights without a holder would lock everybody out of changing this very policy, or accounts and relationships. */
const essential: ReadonlySet<Right> = new Set(['policy.propose', 'policy.sign', 'relationships.change'])

/** A document, and all that is wrong with it; `classOf` knows the resource types. */
export function checkRolePolicy(
  text: string,
  classOf: (type: string) => DataClass | null,
): { document: RolePolicyDocument | null; findings: RolePolicyFinding[] } {
  const findings: RolePolicyFinding[] = []
  const find = (severity: 'error' | 'warning', path: readonly (string | number)[], message: string, remedy: string): void =>
    void findings.push({ severity, path: path.join('.'), line: lineOfPath(text, path), message, remedy })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    find('error', [], 'This is not JSON.', 'Start from the output of `aquifer access policy show`.')
    return { document: null, findings }
  }
  const parsed = rolePolicyDocument.safeParse(value)
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      find(
        'error',
        issue.path.map((part) => (typeof part === 'number' ? part : String(part))),
        issue.message,
        'Correct the shape.',
      )
    return { document: null, findings }
  }
  for (const [role, entry] of Object.entries(parsed.data.roles)) checkRole(role, entry, classOf, find)
  checkHolders(parsed.data, find)
  return { document: parsed.data, findings }
}

type Find = (severity: 'error' | 'warning', path: readonly (string | number)[], message: string, remedy: string) => void

function checkRole(
  role: string,
  entry: RolePolicyDocument['roles'][string],
  classOf: (type: string) => DataClass | null,
  find: Find,
): void {
  if (!isRole(role)) {
    find('error', ['roles', role], `There is no role ${role}.`, `Roles are ${roles.join(', ')}.`)
    return
  }
  for (const [at, right] of entry.rights.entries())
    if (!(rights as readonly string[]).includes(right))
      find(
        'error',
        ['roles', role, 'rights', at],
        `There is no right ${right}.`,
        'The built-in policy names all of them: `aquifer access policy show`.',
      )
  for (const act of ['read', 'write'] as const)
    for (const [at, item] of entry[act].entries()) {
      const data = isDataClass(item) ? item : classOf(item)
      const path = ['roles', role, act, at]
      if (data === null)
        find('error', path, `${item} is neither a data class nor a resource type.`, 'Data classes are in `aquifer access policy show`.')
      else if (withoutSight.has(role) && identifyingClasses.includes(data))
        find(
          'error',
          path,
          `${item} identifies persons, and the role ${role} works without that.`,
          'Take it out; masked data is for these roles.',
        )
    }
}

function checkHolders(document: RolePolicyDocument, find: Find): void {
  for (const role of roles)
    if (document.roles[role] === undefined)
      find('warning', ['roles'], `The role ${role} is not named and so may do nothing.`, `Add ${role}, or mean it.`)
  for (const right of unnamedRights(document)) {
    if (essential.has(right))
      find('error', ['roles'], `Nobody would hold ${right} any more, and nobody could give it back.`, `Give ${right} to administrator.`)
    else find('warning', ['roles'], `Nobody holds the right ${right}.`, 'Give it to a role, or mean it.')
  }
}
