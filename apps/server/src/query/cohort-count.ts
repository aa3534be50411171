import { cohortSentence, cohortSql, funnelSql, ruleWords } from '@aquifer/core/cohort'
import type { CohortCount, CohortCriteria } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { bandOf, cmsCells, showCount, showRounded, type Shown } from '@aquifer/core/small-cells'
import type { Study } from '../repository/index.js'
import { faultOf } from './cohorts.js'
import type { Query } from './query.js'

export interface CohortAsked {
  criteria: CohortCriteria
  cut?: string | undefined
  /** The caller sees counts only, not the rows they are of. */
  rounded: boolean
}
/** People of a study who are not among the masked, by why. */
export interface LeftOut {
  noConsent: number
  withdrawn: number
  underAge: number
  held: number
}

/** How many meet the criteria, rule by rule, all in one statement on one snapshot. */
export async function countCohort(
  query: Pick<Query, 'figures'>,
  study: Study,
  { criteria, cut, rounded, leftOut }: CohortAsked & { leftOut: LeftOut },
): Promise<CohortCount | Refusal> {
  const fault = faultOf(criteria)
  if (fault !== null) return fault
  const found = await query.figures(study, [funnelSql(criteria)], { cut })
  if (isRefusal(found)) return found
  const [everybody = 0, ...counts] = (found.answers[0]?.[0] ?? []).map(Number)
  const show = (count: number): Shown => (rounded ? showRounded(count, cmsCells) : showCount(count, cmsCells))
  const rules = criteria.all
  const after = counts.slice(rules.length)
  return {
    study: study.id,
    snapshot: found.snapshot,
    maskingPolicy: found.maskingPolicy,
    consentEpoch: found.consentEpoch,
    ...(cut === undefined ? {} : { cut }),
    people: show(after.at(-1) ?? everybody),
    of: show(everybody),
    sentence: cohortSentence(criteria),
    sql: cohortSql(criteria),
    rounded,
    funnel: rules.map((rule, at) => ({ rule: ruleWords(rule), alone: show(counts[at] ?? 0), after: show(after[at] ?? 0) })),
    governance: governanceOf(leftOut),
  }
}

const words = {
  'no-consent': 'have not given a consent that the study requires, or it is suspended or has expired',
  withdrawn: 'have withdrawn',
  'under-age': 'are under age, and nobody consented for them',
  held: 'are held back before masking',
} as const

function governanceOf({ noConsent, withdrawn, underAge, held }: LeftOut): CohortCount['governance'] {
  const counts = { 'no-consent': noConsent, withdrawn, 'under-age': underAge, held }
  return (Object.keys(words) as (keyof typeof words)[]).map((cause) => ({ cause, what: words[cause], people: bandOf(counts[cause]) }))
}
