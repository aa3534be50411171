import type { Grant } from '@aquifer/core/access'
import type { ConsentAhead, ConsentSummary, PersonDecisions, RefusedWrites, VersionMatrix } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { Repository, Study } from '../repository/index.js'
import { consentAhead, formVersions, personDecisions } from './people.js'
import { leftOutBy, type LeftOutByConsent } from './left-out.js'
import { refusedWritesOf } from './refusals.js'
import { consentSummary } from './summary.js'

/** What a study manager sees of consent. */
export interface ConsentDesk {
  summary(study: Study, asked: { grant: Grant; asOf: string | null }): Promise<ConsentSummary | Refusal>
  ahead(study: Study, asked: { grant: Grant; days: number }): Promise<ConsentAhead>
  people(
    study: Study,
    asked: { grant: Grant; asOf: string | null; limit: number; after: string | null },
  ): Promise<PersonDecisions | Refusal>
  versions(study: Study, asked: { grant: Grant }): Promise<VersionMatrix>
  /** Counts, which are told in bands. */
  leftOut(study: Study): Promise<LeftOutByConsent>
  refusedWrites(study: Study, asked: { limit: number; before: string | null; sites: number[] | null }): Promise<RefusedWrites | Refusal>
}

export function openConsentDesk(options: { repository: Repository; now: () => number }): ConsentDesk {
  const { repository, now } = options
  return {
    summary: (study, asked) => consentSummary(repository, study, { ...asked, now: now() }),
    ahead: (study, asked) => consentAhead(repository, study, { ...asked, now: now() }),
    people: (study, asked) => personDecisions(repository, study, { ...asked, now: now() }),
    versions: (study, asked) => formVersions(repository, study, { ...asked, now: now() }),
    leftOut: leftOutBy(repository, now),
    refusedWrites: (study, asked) => refusedWritesOf(repository, study, { ...asked, now: now() }),
  }
}
