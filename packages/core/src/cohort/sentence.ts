import type { CohortCodes, CohortCriteria, CohortCriterion, CohortLeaf, CohortWindow } from '../contract/index.js'
import { isAmount, leavesOf, sources, usualOfCodes, type Amount } from './sources.js'

/** The criteria as one English sentence; with a second one where they name days of a calendar that masking moves. */
export function cohortSentence(criteria: CohortCriteria, datesMove = false): string {
  const { all } = criteria
  const said = all.length === 0 ? 'Everybody in the study.' : `People who ${listed(all.map(ruleWords), 'and', '; ')}.`
  return datesMove && leavesOf(criteria).some(({ leaf }) => isWindowed(leaf)) ? `${said} ${approximate}` : said
}

const approximate =
  'Days are approximate: masking moves the dates of each person by up to a year, all alike, so use times between events where you can.'
const isWindowed = (leaf: CohortLeaf): boolean =>
  leaf.is !== 'age' && leaf.is !== 'sex' && (leaf.window?.from !== undefined || leaf.window?.to !== undefined)

/** What a count of these criteria does not show by itself. `otherUnits`: by the number of the rule, how many readings it cannot compare. */
export function cohortNotes(criteria: CohortCriteria, datesMove: boolean, otherUnits: ReadonlyMap<number, string>): string[] {
  const windowed = leavesOf(criteria).some(({ leaf }) => isWindowed(leaf))
  const unlike = [...otherUnits].map(
    ([rule, readings]) => `Readings in another unit than that of rule ${rule}, or in none, do not meet it: ${readings}.`,
  )
  return [...(datesMove && windowed ? [approximate] : []), ...unlike]
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
  const value = isAmount(leaf) ? ` of ${comparisonWords[leaf.value.comparison]}${leaf.value.number}${unitWords(leaf)}` : ''
  return `${isNot ? 'do not have' : 'have'} ${times} ${codeWords(leaf.of)}${value}${windowWords(leaf.window ?? {})}`
}

function unitWords({ of, value }: Amount): string {
  const unit = value.unit ?? usualOfCodes(of)?.unit
  if (unit !== undefined) return ` ${unit}`
  return 'list' in of ? ' in the usual unit of its code' : ' in whatever unit it was sent'
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
