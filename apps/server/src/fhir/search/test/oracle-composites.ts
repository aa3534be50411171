import { isObject, type Json, type Parameter } from './oracle-parameters.js'
import { queriesFor, queryOf, type Query } from './oracle-queries.js'

/** Composites, read by hand from the resources' pages: where both values stand and which parameter each is of. */
export interface Composite {
  base: string
  name: string
  at: string
  first: [element: string, parameter: string]
  second: [elements: readonly string[], parameter: string]
}

export const composites: readonly Composite[] = [
  { base: 'CarePlan', name: 'related', at: 'relatedPlan', first: ['code', 'relatedcode'], second: [['plan'], 'relatedplan'] },
  {
    base: 'DiagnosticOrder',
    name: 'event-status-date',
    at: 'event',
    first: ['status', 'event-status'],
    second: [['dateTime'], 'event-date'],
  },
  {
    base: 'DiagnosticOrder',
    name: 'item-status-date',
    at: 'item.event',
    first: ['status', 'item-past-status'],
    second: [['dateTime'], 'item-date'],
  },
  { base: 'DocumentReference', name: 'relationship', at: 'relatesTo', first: ['code', 'relation'], second: [['target'], 'relatesto'] },
  {
    base: 'Group',
    name: 'characteristic-value',
    at: 'characteristic',
    first: ['code', 'characteristic'],
    second: [['valueCodeableConcept', 'valueBoolean', 'valueQuantity'], 'value'],
  },
  { base: 'Observation', name: 'related', at: 'related', first: ['type', 'related-type'], second: [['target'], 'related-target'] },
  ...(['Quantity', 'CodeableConcept', 'String'] as const).flatMap((type) => {
    const kind = type === 'CodeableConcept' ? 'concept' : type.toLowerCase()
    const second = (start: string): Composite['second'] => [[`value${type}`], `${start}value-${kind}`]
    return [
      { base: 'Observation', name: `code-value-${kind}`, at: '', first: ['code', 'code'] as [string, string], second: second('') },
      {
        base: 'Observation',
        name: `component-code-value-${kind}`,
        at: 'component',
        first: ['code', 'component-code'] as [string, string],
        second: second('component-'),
      },
    ]
  }),
]

export type ValuePair = [first: unknown, second: unknown]

export function pairsIn({ at, first, second }: Composite, resource: Json): ValuePair[] {
  const holders =
    at === ''
      ? [resource]
      : at.split('.').reduce<unknown[]>((from, name) => from.filter(isObject).flatMap((each) => each[name] ?? []), [resource])
  return holders.filter(isObject).flatMap((holder) => {
    const one = holder[first[0]]
    return one === undefined ? [] : second[0].flatMap((name) => (holder[name] === undefined ? [] : [[one, holder[name]] as ValuePair]))
  })
}

export function pairQueries(composite: Composite, parameters: readonly Parameter[], [one, other]: ValuePair, base: string): Query[] {
  const of = (code: string): Parameter => parameters.find((each) => each.base === composite.base && each.code === code)!
  // A comma would make alternatives of it, a modifier goes with no composite.
  const plain = (code: string, value: unknown): Query[] =>
    queriesFor(of(code), value, base).filter(
      ({ name, value: written }) => !name.includes(':') && !/(^|[^\\]),/.test(written) && !/^[^|]*\|$/.test(written),
    )
  return plain(composite.first[1], one).flatMap((left) =>
    plain(composite.second[1], other).map((right) =>
      queryOf(composite.name, `${left.value}$${right.value}`, (pairs) =>
        (pairs as ValuePair[]).some(([first, second]) => left.meets([first]) && right.meets([second])),
      ),
    ),
  )
}
