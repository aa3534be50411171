import type { AdherenceAnswer, IncidenceAnswer, MissingAnswer } from '../contract/index.js'
import type { Shown } from '../small-cells/index.js'
import type { Adherence } from './adherence.js'
import { describe } from './describe.js'
import { incidenceRate } from './incidence.js'
import type { MissingPattern } from './missing.js'
import { summaryOf } from './tell-table-one.js'
import { isFew, isHidden, shareOf, toldCount, toldGroups, toldParts, type Rule } from './told.js'

const patternsMax = 30

export interface TimeAtRisk {
  name: string | null
  people: { time: number; events: number }[]
}

/** A rate tells of those who had an event: they have to be enough, too. */
export function tellIncidence(
  groups: readonly TimeAtRisk[],
  { rule, per, level }: { rule: Rule; per: number; level: number },
): IncidenceAnswer['groups'] {
  const sizes = toldGroups(
    groups.map(({ people }) => people.length),
    rule,
  )
  return groups.map(({ name, people }, at) => {
    const events = people.reduce((total, each) => total + each.events, 0)
    const time = people.reduce((total, each) => total + each.time, 0)
    const few = isFew(people.filter((each) => each.events > 0).length, rule)
    const size = sizes.people[at]!
    // Few people can have many events: the mark of a small count would be wrong of these.
    if (rule !== null && (isHidden(size) || few))
      return {
        name,
        people: size,
        events: !isHidden(size) && isFew(events, rule) ? rule.show : rule.besides,
        time: null,
        rate: null,
        low: null,
        high: null,
      }
    return { name, people: size, events, time, ...(incidenceRate(events, time, { per, level }) ?? { rate: null, low: null, high: null }) }
  })
}

type Missing = Pick<MissingAnswer, 'people' | 'complete' | 'variables' | 'patterns' | 'patternsLeftOut'>

/** How often a variable is missing is a sum of patterns: it is told where each of them is. */
export function tellMissing(variables: readonly string[], patterns: readonly MissingPattern[], rule: Rule): Missing {
  const people = patterns.reduce((total, each) => total + each.people, 0)
  const told = toldParts(
    patterns.map((each) => each.people),
    rule,
  )
  const sumOf = (isOf: (pattern: MissingPattern) => boolean): Shown => {
    const places = patterns.flatMap((pattern, at) => (isOf(pattern) ? [at] : []))
    if (rule !== null && places.some((at) => isHidden(told[at]!))) return rule.besides
    return places.reduce((total, at) => total + patterns[at]!.people, 0)
  }
  return {
    people: toldCount(people, rule),
    complete: patterns.some(({ missing }) => missing.length === 0) ? sumOf(({ missing }) => missing.length === 0) : 0,
    variables: variables.map((column) => {
      const missing = sumOf((pattern) => pattern.missing.includes(column))
      return { column, missing, share: shareOf(missing, people) }
    }),
    patterns: inToldOrder(patterns.map(({ missing }, at) => ({ missing, people: told[at]!, share: shareOf(told[at]!, people) }))).slice(
      0,
      patternsMax,
    ),
    patternsLeftOut: Math.max(0, patterns.length - patternsMax),
  }
}

// An order by what is hidden would tell it.
function inToldOrder(patterns: MissingAnswer['patterns']): MissingAnswer['patterns'] {
  const name = ({ missing }: MissingAnswer['patterns'][number]): string => missing.join('\u0000')
  const hidden = patterns.filter(({ people }) => isHidden(people)).toSorted((a, b) => (name(a) < name(b) ? -1 : 1))
  return [...patterns.filter(({ people }) => !isHidden(people)), ...hidden]
}

export interface SuppliedGroup {
  name: string | null
  supplies: number
  people: Adherence[]
}
const edges = Array.from({ length: 10 }, (_, at) => ({ from: at / 10, to: (at + 1) / 10 }))

export function tellAdherence(
  groups: readonly SuppliedGroup[],
  { rule, threshold }: { rule: Rule; threshold: number },
): AdherenceAnswer['groups'] {
  return groups.map(({ name, supplies, people }) => {
    const size = toldParts([people.length], rule)[0]!
    const met = people.filter(({ pdc }) => pdc >= threshold - 1e-9).length
    const [n] = rule !== null && isHidden(size) ? [rule.besides] : toldParts([met, people.length - met], rule)
    const binOf = ({ pdc }: Adherence): number => Math.min(edges.length - 1, Math.floor(pdc * edges.length + 1e-9))
    const bins = edges.map((_, at) => people.filter((each) => binOf(each) === at).length)
    // The bins above the threshold add up to those who are adherent.
    const isBinned = rule === null || (!isHidden(size) && !isHidden(n!) && bins.every((count) => !isFew(count, rule)))
    return {
      name,
      people: size,
      supplies: rule !== null && isHidden(size) ? rule.besides : supplies,
      pdc: summaryOf(describe(people.map(({ pdc }) => pdc)), size, 0, rule),
      mpr: summaryOf(describe(people.map(({ mpr }) => mpr)), size, 0, rule),
      adherent: { n: n!, share: shareOf(n!, size) },
      bins: isBinned ? edges.map((edge, at) => ({ ...edge, people: bins[at]! })) : [],
    }
  })
}
