import { rights, roles, type RolePolicyDocument } from '@aquifer/core/access'

export type Cell = 'held' | 'granted' | 'taken' | 'none'
export type Group = 'rights' | 'read' | 'write'
export interface MatrixRow {
  group: Group
  item: string
  cells: Cell[]
  changes: boolean
}
export const groups: readonly Group[] = ['rights', 'read', 'write']

/** Every right and every kind of data as a row, every role as a column; against an older policy, what came and what went. */
export function matrixOf(policy: RolePolicyDocument, against: RolePolicyDocument | null): MatrixRow[] {
  const before = against ?? policy
  return groups.flatMap((group) =>
    itemsOf(group, [policy, before]).map((item) => {
      const cells = roles.map((role) => cellOf(has(before, role, group, item), has(policy, role, group, item)))
      return { group, item, cells, changes: cells.some((cell) => cell === 'granted' || cell === 'taken') }
    }),
  )
}

const has = (policy: RolePolicyDocument, role: string, group: Group, item: string): boolean =>
  policy.roles[role]?.[group].includes(item) === true
const cellOf = (before: boolean, after: boolean): Cell => (before ? (after ? 'held' : 'taken') : after ? 'granted' : 'none')

/** In the program's own order, what it does not know after that. Rights that nobody holds have a row, too: that is what is looked for. */
function itemsOf(group: Group, policies: readonly RolePolicyDocument[]): string[] {
  const named = policies.flatMap((policy) => Object.values(policy.roles).flatMap((entry) => entry[group]))
  return [...new Set([...(group === 'rights' ? rights : []), ...named])]
}
