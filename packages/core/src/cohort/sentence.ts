import type { CohortCodes, CohortCriteria, CohortCriterion, CohortLeaf, CohortWindow } from '../contract/index.js'
import { isAmount, leavesOf, sources, usualOfCodes, type Amount, type Happened } from './sources.js'

/** How the study's dictionary names a code, which stands beside it: criteria hold codes only. */
export type CodeNames = (of: Happened['is'], code: string) => string | undefined
const noNames: CodeNames = () => undefined

/** The criteria as one English sentence; with a second one where they name days of a calendar that masking moves. */
export function cohortSentence(criteria: CohortCriteria, datesMove = false, names: CodeNames = noNames): string {
  const { all } = criteria
  const words = all.map((rule) => ruleWords(rule, names))
  const said = all.length === 0 ? 'Everybody in the study.' : `People who ${listed(words, 'and', '; ')}.`
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
export function ruleWords(rule: CohortCriterion, names: CodeNames = noNames): string {
  const inner = (of: CohortCriterion) => ruleWords(of, names)
  switch (rule.is) {
    case 'all':
      return rule.of.length === 1 ? inner(rule.of[0]!) : `both or all: (${listed(rule.of.map(inner), 'and', '; ')})`
    case 'any':
      return rule.of.length === 1 ? inner(rule.of[0]!) : `at least one of: (${listed(rule.of.map(inner), 'or', '; ')})`
    case 'not':
      return notWords(rule.of, names)
    default:
      return leafWords(rule, false, names)
  }
}

function notWords(rule: CohortCriterion, names: CodeNames): string {
  switch (rule.is) {
    case 'all':
    case 'any':
    case 'not':
      return `not so that they (${ruleWords(rule, names)})`
    default:
      return leafWords(rule, true, names)
  }
}

function leafWords(leaf: CohortLeaf, isNot: boolean, names: CodeNames): string {
  if (leaf.is === 'sex') return `are${isNot ? ' not' : ''} ${listed(leaf.in, 'or')}${leaf.in.includes('unknown') ? ' sex' : ''}`
  if (leaf.is === 'age') return `are${isNot ? ' not' : ''} ${ageWords(leaf)} on ${dayWords(leaf.on)}`
  const { words } = sources[leaf.is]
  const times = leaf.atLeast === undefined ? words : `at least ${leaf.atLeast} times ${words}`
  const value = isAmount(leaf) ? ` of ${comparisonWords[leaf.value.comparison]}${leaf.value.number}${unitWords(leaf)}` : ''
  const codes = codeWords(leaf.of, (code) => names(leaf.is, code))
  return `${isNot ? 'do not have' : 'have'} ${times} ${codes}${value}${windowWords(leaf.window ?? {})}`
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
/** Code systems as people say them; what is not here stands by its address. */
const systems: Readonly<Record<string, string>> = {
  'http://snomed.info/sct': 'SNOMED CT',
  'http://loinc.org': 'LOINC',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RxNorm',
  'http://hl7.org/fhir/sid/icd-10': 'ICD-10',
  'http://hl7.org/fhir/sid/icd-10-cm': 'ICD-10-CM',
  'http://hl7.org/fhir/sid/icd-9-cm': 'ICD-9-CM',
  'http://www.ama-assn.org/go/cpt': 'CPT',
}
function codeWords(codes: CohortCodes, nameOf: (code: string) => string | undefined): string {
  if ('list' in codes) return `of the code list ${codes.list}`
  const left = codes.codes.length - namedMax
  const shown = (left > 1 ? codes.codes.slice(0, namedMax) : codes.codes).map((code) => {
    const name = nameOf(code)
    return name === undefined ? code : `${code} (${name})`
  })
  const named = left > 1 ? [...shown, `${left} more codes`] : shown
  return `with the code ${listed(named, 'or')}${codes.system === undefined ? '' : ` of ${systems[codes.system] ?? codes.system}`}`
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
