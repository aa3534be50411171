import { reachesPlace, withoutEmergency } from '@aquifer/core/access'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { subjectText } from '../consent/index.js'
import { scopeOf, type FhirRequest, type Scope } from '../fhir/index.js'
import type { PersonState, Study, Tx } from '../repository/index.js'
import { Refused, type RegistrationParts } from './operation.js'

/** Study and site as headers, token and body name them together. */
export const scopeAsked = (
  parts: RegistrationParts,
  { grant, asked }: FhirRequest,
  body: { study?: string | undefined; site?: string | undefined },
): Promise<Scope | Refusal> =>
  scopeOf(parts.fhir.studies, grant, {
    studies: [...asked.studies, ...(body.study === undefined ? [] : [body.study])],
    sites: [...asked.sites, ...(body.site === undefined ? [] : [body.site])],
  })

export const siteIdIn = (study: Study, site: number | null): string | null => study.sites.find((each) => each.site === site)?.id ?? null

export const noSuchPerson = (): Refusal => refuse('unknown', { detail: 'There is no such person in this study.' })

/** Somebody who is in the study and within reach, his row held until commit; out of reach is as unknown as not there. */
export async function personHeld(tx: Tx, request: FhirRequest, study: Study, patientId: string): Promise<PersonState> {
  const [state] = await tx.lockPeople([{ sid: study.sid, patientId }], 'share')
  const enrolment = state?.enrolment ?? null
  const isThere = state !== undefined && enrolment !== null && enrolment.to === null && !enrolment.withheld
  const site = siteIdIn(study, enrolment?.site ?? null)
  if (!isThere || !reachesPlace(withoutEmergency(request.grant), { study: study.id, site, patients: [patientId] }))
    throw new Refused(noSuchPerson())
  return state
}

/** Whether somebody takes part now, without having stopped anything. */
export const isInStudy = (state: PersonState | undefined): boolean =>
  state?.enrolment != null && state.enrolment.to === null && state.enrolment.stopped === null

/** Subject number and site of somebody who was just enrolled. */
export async function enrolmentOf(tx: Tx, study: Study, patientId: string): Promise<{ subject: string; site: string | null }> {
  const [state] = await tx.people([{ sid: study.sid, patientId }])
  if (state?.enrolment == null) throw new Refused(noSuchPerson())
  return { subject: subjectText(study, state.enrolment.subject), site: siteIdIn(study, state.enrolment.site) }
}
