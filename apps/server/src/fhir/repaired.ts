import { operationOutcome, type OutcomeIssue, type Repair, type Resource } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { settingsOf } from '@aquifer/core/study'
import type { RequestFacts } from '../audit/index.js'
import type { Study } from '../repository/index.js'

/** How often each rule mended something, as one line: 'code-case 1, wrap-single-in-list 3'. */
export function repairsInWords(repairs: readonly Repair[]): string {
  const counts = new Map<string, number>()
  for (const { rule } of repairs) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, count]) => `${rule} ${count}`)
    .join(', ')
}

/** What was mended is in the trail: stored is then not what was sent. */
export function noteRepairs(facts: RequestFacts, repairs: readonly Repair[]): void {
  if (repairs.length > 0) facts.detail['repaired'] = repairsInWords(repairs)
}

/** Who asked for strictness is told what would have been mended. */
export function wouldNeed(repairs: readonly Repair[]): Refusal<'invalid'> {
  return refuse('invalid', {
    detail: 'The resource is not valid DSTU2.',
    issues: repairs.map(({ rule, path }) => ({ severity: 'error', path, code: 'structure', message: `would need the repair ${rule}` })),
  })
}

/** A study may take only what is valid as it was sent. */
export function refusedAsStrict(study: Study | null, repairs: readonly Repair[]): Refusal | null {
  return study !== null && repairs.length > 0 && settingsOf(study.settings).strict ? wouldNeed(repairs) : null
}

export const repairIssues = (repairs: readonly Repair[], severity: 'information' | 'warning'): OutcomeIssue[] =>
  repairs.map(({ rule, path }) => ({
    severity,
    code: severity === 'warning' ? 'value' : 'informational',
    message: `mended by ${rule}`,
    path,
  }))

/** What an answer tells of a resource that was stored: all well, or what was mended. */
export const outcomeOfRepairs = (repairs: readonly Repair[]): Resource => operationOutcome(repairIssues(repairs, 'information'))
