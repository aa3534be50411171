import { asTheyCount, comesOfAge, stateOfType } from '@aquifer/core/consent'
import type { Repository, Study } from '../repository/index.js'
import { factsOfStudy, peopleOf } from './people.js'

/** People of a study whose data nobody analyses, by why; each counts once, for the gravest. */
export interface LeftOutByConsent {
  noConsent: number
  withdrawn: number
  underAge: number
}

export async function leftOutByConsent(repository: Repository, study: Study, now: number): Promise<LeftOutByConsent> {
  const counts: LeftOutByConsent = { noConsent: 0, withdrawn: 0, underAge: 0 }
  const facts = factsOfStudy(study)
  for await (const { facts: person, consents, isStopped } of peopleOf(repository, study, true)) {
    const counted = asTheyCount(consents, person, facts, now)
    const states = study.required.map((type) => stateOfType(counted, type, now))
    if (isStopped || states.includes('withdrawn')) counts.withdrawn++
    else if (states.some((state) => state !== 'active')) {
      const majority = comesOfAge(person, facts)
      counts[majority !== null && majority > now ? 'underAge' : 'noConsent']++
    }
  }
  return counts
}
