import type { CohortCodes, CohortCriteria, CohortCriterion, CohortLeaf, CohortWindow } from '../contract/index.js'
import { sources } from './sources.js'

/** The criteria as one English sentence. */
export function cohortSentence({ all }: CohortCriteria): string {
  return all.length === 0 ? 'Everybody in the study.' : `People who ${listed(all.map(ruleWords), 'and', '; ')}.`
}

/** One rule, as it follows after “people who”. */
export function ruleWords(rule: CohortCriterion): string {
  switch (rule.is) {
    case 'all':
      return rule.of.length === 1 ? ruleWords(rule.of[0]!) : `both or all: (${listed(rule.of.map(ruleWords), 'and', '; ')})`
    case 'any':
      return rule.of.length === 1 ? ruleWords(rule.of[0]!) : `at least one of: (${listed(rule.of.map(ruleWords), 'or', '; ')})`
    case 'not':
      return notWords(rule.of)
    default:
      return leafWords(rule, false)
  }
}

function notWords(rule: CohortCriterion): string {
  switch (rule.is) {
    case 'all':
    case 'any':
    case 'not':
      return `not so that they (${ruleWords(rule)})`
    default:
      return leafWords(rule, true)
  }
}

function leafWords(leaf: CohortLeaf, isNot: boolean): string {
  if (leaf.is === 'sex') return `are${isNot ? ' not' : ''} ${listed(leaf.in, 'or')}${leaf.in.includes('unknown') ? ' sex' : ''}`
  if (leaf.is === 'age') return `are${isNot ? ' not' : ''} ${ageWords(leaf)} on ${dayWords(leaf.on)}`
  const { words } = sources[leaf.is]
  const times = leaf.atLeast === undefined ? words : `at least ${leaf.atLeast} times ${words}`
  const value =
    leaf.is === 'observation' && leaf.value !== undefined
      ? ` of ${comparisonWords[leaf.value.comparison]}${leaf.value.number}${leaf.value.unit === undefined ? '' : ` ${leaf.value.unit}`}`
      : ''
  return `${isNot ? 'do not have' : 'have'} ${times} ${codeWords(leaf.of)}${value}${windowWords(leaf.window ?? {})}`
}

const comparisonWords = { '<': 'less than ', '<=': 'at most ', '=': 'exactly ', '>=': 'at least ', '>': 'more than ' } as const

function ageWords({ min, max }: { min?: number | undefined; max?: number | undefined }): string {
  if (min !== undefined && max !== undefined) return `aged ${min} to ${max}`
  return min === undefined ? `aged ${max} or younger` : `aged ${min} or older`
}

const namedMax = 5
function codeWords(codes: CohortCodes): string {
  if ('list' in codes) return `of the code list ${codes.list}`
  const left = codes.codes.length - namedMax
  const named = left > 1 ? [...codes.codes.slice(0, namedMax), `${left} more codes`] : codes.codes
  return `with the code ${listed(named, 'or')}${codes.system === undefined ? '' : ` of ${codes.system}`}`
}

function windowWords({ from, to }: CohortWindow): string {
  if (from !== undefined && to !== undefined) return ` from ${dayWords(from)} to ${dayWords(to)}`
  if (from !== undefined) return ` on or after ${dayWords(from)}`
  return to === undefined ? '' : ` on or before ${dayWords(to)}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
function dayWords(day: string): string {
  const [year, month, date] = day.split('-')
  return `${date} ${months[Number(month) - 1] ?? ''} ${year}`
}

function listed(items: readonly string[], joint: 'and' | 'or', comma = ', '): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(comma)}${comma === '; ' ? '; ' : ' '}${joint} ${last}`
}
