// The accounting of disclosures as somebody reads it who never saw an audit trail.
import type { DisclosureList } from '@aquifer/core/contract'
import { roleNames } from '../../api/roles.js'
import { kindWords } from './record.js'

export type Disclosure = DisclosureList['disclosures'][number]

export interface SeenDay {
  day: string
  items: Disclosure[]
}

export function byDay(disclosures: readonly Disclosure[], withOwn: boolean): SeenDay[] {
  const days = new Map<string, Disclosure[]>()
  for (const each of disclosures) {
    if (each.self && !withOwn) continue
    days.set(each.day, [...(days.get(each.day) ?? []), each])
  }
  return [...days].map(([day, items]) => ({ day, items }))
}

const typeName = /\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b/g
const verbs: readonly [RegExp, string][] = [
  [/^found in a search and read/, 'Looked at'],
  [/^read earlier versions of/, 'Looked at earlier versions of'],
  [/^read the history of/, 'Looked at the history of'],
  [/^read/, 'Looked at'],
  [/^took a copy of/, 'Took a copy of'],
  [/^evaluated/, 'Evaluated'],
]

/** `Looked at measurements and tests, visits`: the kinds of data by the names that the other pages give them. */
export function whatWords(what: string): string {
  const [pattern, verb] = verbs.find(([form]) => form.test(what)) ?? [/^/, '']
  const rest = what.replace(pattern, '').trim()
  const kinds = rest.match(typeName)
  return `${verb} ${kinds === null ? rest : listed([...new Set(kinds.map(kindWords))])}`.trim()
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

export const roleWords = (role: string): string => (role in roleNames ? roleNames[role as keyof typeof roleNames] : role)
