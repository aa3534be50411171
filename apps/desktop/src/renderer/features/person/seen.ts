// The accounting of disclosures as somebody reads it who never saw an audit trail.
import type { DisclosureList } from '@aquifer/core/contract'
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
    const items = days.get(each.day) ?? []
    const at = items.findIndex((other) => isSameVisit(other, each))
    // The trail tells apart how data was opened; to the person it is one visit.
    days.set(each.day, at < 0 ? [...items, each] : items.with(at, together(items[at]!, each)))
  }
  return [...days].map(([day, items]) => ({ day, items }))
}

const isSameVisit = (a: Disclosure, b: Disclosure): boolean =>
  a.who === b.who && a.role === b.role && a.study === b.study && a.reason === b.reason && verbOf(a.what) === verbOf(b.what)

function together(a: Disclosure, b: Disclosure): Disclosure {
  const what = a.what.includes(withoutVerb(b.what)) ? a.what : `${a.what}, ${withoutVerb(b.what)}`
  return { ...a, what, times: a.times + b.times, first: a.first < b.first ? a.first : b.first, last: a.last > b.last ? a.last : b.last }
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

const verbOf = (what: string): string => verbs.find(([form]) => form.test(what))?.[1] ?? ''
const withoutVerb = (what: string): string => what.replace(verbs.find(([form]) => form.test(what))?.[0] ?? /^/, '').trim()

/** `Looked at measurements and tests, visits`: the kinds of data by the names that the other pages give them. */
export function whatWords(what: string): string {
  const verb = verbOf(what)
  const rest = withoutVerb(what)
  const kinds = rest.match(typeName)
  return `${verb} ${kinds === null ? rest : [...new Set(kinds.map(kindWords))].join(', ')}`.trim()
}
