import type { CohortCriteria, CohortDiff } from '../contract/index.js'
import { canonicalJson } from '../consent/index.js'
import { ruleWords } from './sentence.js'

/** The same text for the same criteria, whatever the order in which their parts were written. */
export const canonicalCriteria = (criteria: CohortCriteria): string => canonicalJson(criteria)

/** Rules of the later version in their order, then those that are gone. */
export function changedRules(from: CohortCriteria, to: CohortCriteria): CohortDiff['rules'] {
  const before = from.all.map((rule) => canonicalJson(rule))
  const rules = to.all.map((rule): CohortDiff['rules'][number] => {
    const known = before.indexOf(canonicalJson(rule))
    if (known !== -1) before[known] = ''
    return { change: known === -1 ? 'added' : 'same', rule: ruleWords(rule) }
  })
  const gone = from.all.filter((_, at) => before[at] !== '')
  return [...rules, ...gone.map((rule): CohortDiff['rules'][number] => ({ change: 'removed', rule: ruleWords(rule) }))]
}

/** How deep groups lie in each other. */
export function depthOf(criteria: CohortCriteria): number {
  const depth = (rule: CohortCriteria['all'][number]): number => {
    if (rule.is === 'not') return 1 + depth(rule.of)
    return rule.is === 'all' || rule.is === 'any' ? 1 + Math.max(...rule.of.map(depth)) : 0
  }
  return Math.max(0, ...criteria.all.map(depth))
}
