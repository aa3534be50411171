import type { MaskingPolicyDiff } from '@aquifer/core/contract'

export type PolicyChange = MaskingPolicyDiff['changes'][number]

/** What a rule of a policy speaks of, in the order in which a reader wants it. */
const groups = {
  classes: 'Classes of content',
  paths: 'Single elements',
  rules: 'Rules',
  extensions: 'Extensions',
  modifierExtensions: 'Modifier extensions',
  identifierSystems: 'Identifier systems',
  codeSystems: 'Code systems',
  labels: 'Tags and labels',
  withheld: 'Types never let out',
} as const
const other = 'Everything else'

export interface ChangeGroup {
  name: string
  changes: { where: string; from: string | null; to: string | null }[]
}

/** Changes by what they speak of; of each only what holds the asked word anywhere. */
export function groupChanges(changes: readonly PolicyChange[], asked: string): ChangeGroup[] {
  const word = asked.trim().toLowerCase()
  const made = new Map<string, ChangeGroup>([...Object.values(groups), other].map((name) => [name, { name, changes: [] }]))
  for (const { path, from, to } of changes) {
    const [head = '', ...rest] = path.split('.')
    const known = head in groups ? groups[head as keyof typeof groups] : other
    const where = known === other || rest.length === 0 ? path : rest.join('.')
    if ([known, path, from, to].some((text) => text?.toLowerCase().includes(word) === true))
      made.get(known)?.changes.push({ where, from, to })
  }
  return [...made.values()].filter((group) => group.changes.length > 0)
}
