import { asTheyCount, comesOfAge, stateOfType } from '@aquifer/core/consent'
import type { Repository, Study } from '../repository/index.js'
import { factsOfStudy, peopleOf } from './people.js'

/** People of a study whose data nobody analyses, by why; each counts once, for the gravest. */
export interface LeftOutByConsent {
  noConsent: number
  withdrawn: number
  underAge: number
}

// Periods end and people come of age without a decision.
const staleMs = 60_000

/** Everybody is looked at once for an epoch of consent, and again after a minute: a form that counts as it is filled asks often. */
export function leftOutBy(repository: Repository, now: () => number): (study: Study) => Promise<LeftOutByConsent> {
  const known = new Map<number, { epoch: number; at: number; counts: Promise<LeftOutByConsent> }>()
  return async (study) => {
    const epoch = await repository.consents.epoch(study.sid)
    const there = known.get(study.sid)
    if (there !== undefined && there.epoch === epoch && now() - there.at < staleMs) return there.counts
    const counts = leftOut(repository, study, now())
    known.set(study.sid, { epoch, at: now(), counts })
    counts.catch(() => known.delete(study.sid))
    return counts
  }
}

async function leftOut(repository: Repository, study: Study, now: number): Promise<LeftOutByConsent> {
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
