import { policyLabel, yearsOnly, type Policy } from '@aquifer/core/masking'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { PolicyDates } from '@aquifer/core/study'
import type { Study } from '../repository/index.js'

export const datesOfPolicy = (policy: Policy, accepts: readonly string[]): PolicyDates =>
  yearsOnly(policy) ? 'years' : accepts.includes('live-date-shift') ? 'shifted-accepted' : 'shifted'

/** Why a study as it is set now cannot be masked by a policy, with the remedy; null where it can. */
export function unfitFor(study: Pick<Study, 'publish' | 'partition'>, policy: Policy, accepts: readonly string[]): Refusal | null {
  const label = policyLabel(policy)
  const dates = datesOfPolicy(policy, accepts)
  if (dates === 'shifted' && study.publish === 'continuous')
    return refuse('business-rule', {
      detail:
        `${label} shifts dates, and the study publishes continuously: whoever watches sees the shift of a person. ` +
        'Give the study an interval first (publish: 24h, by `aquifer study apply`), or propose the policy with accepts: ["live-date-shift"], which its signatures then cover.',
    })
  if (dates === 'years' && study.partition !== 'year')
    return refuse('business-rule', {
      detail: `${label} keeps years only: files cannot be partitioned by ${study.partition}. Set partition to year by \`aquifer study apply\` first.`,
    })
  return null
}
