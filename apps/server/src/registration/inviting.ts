import type { InvitationRequest } from '@aquifer/core/contract'
import { refuse } from '@aquifer/core/refusal'
import { invitationEnd } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import { reachesSiteOf, subjectNumber } from '../consent/index.js'
import type { FhirRequest } from '../fhir/index.js'
import { globalSid, type NewInvitation, type Study, type Tx } from '../repository/index.js'
import { codeOf, hashOf } from './codes.js'
import type { InvitationParts } from './invitations.js'
import { Refused } from './operation.js'
import { noSuchPerson, personHeld } from './scope.js'

interface Inviting {
  study: Study
  request: FhirRequest
  asked: InvitationRequest
}

/** One invitation as it is stored, or why there is none. */
export async function invitationFor(parts: InvitationParts, tx: Tx, inviting: Inviting): Promise<NewInvitation> {
  const { study, request, asked } = inviting
  const { newId, now } = parts.fhir
  const named = await namedIn(parts, study, asked)
  const why = whyActing(study, asked)
  const site = await siteFor(parts, tx, inviting, named)
  const [id, generation, sentAt] = [newId(), 1, now()]
  const address = asked.email ?? null
  return {
    id,
    kind: asked.kind,
    sid: study.sid,
    site,
    patient: named ?? newId(),
    language: asked.language,
    address,
    codeHash: hashOf(codeOf(parts.key, { id, generation })),
    generation,
    invitedBy: request.grant.user,
    sentAt,
    expiresAt: invitationEnd(sentAt, asked.days),
    dueAt: parts.delivery !== null && address !== null ? sentAt : null,
    ...why,
  }
}

async function namedIn(parts: InvitationParts, study: Study, { patient, subject }: InvitationRequest): Promise<string | null> {
  if (subject === undefined) return patient ?? null
  if (patient !== undefined) throw new Refused(refuse('invalid', { detail: 'Name the person by patient or by subject, one of them.' }))
  const number = subjectNumber(subject)
  const person = number === null ? null : await parts.fhir.repository.erasure.personOf(study.sid, { subject: number })
  if (person === null) throw new Refused(noSuchPerson())
  return person.patientId
}

function whyActing(study: Study, { kind, basis, finding }: InvitationRequest): Pick<NewInvitation, 'basis' | 'finding'> {
  if (kind !== 'guardian') {
    if (basis !== undefined || finding !== undefined) throw new Refused(refuse('invalid', { detail: 'basis: belongs to a guardian.' }))
    return { basis: null, finding: null }
  }
  if ((basis === 'non-competence') !== (finding !== undefined))
    throw new Refused(refuse('invalid', { detail: 'finding: stands with the basis non-competence, and only with it.' }))
  if (basis !== 'non-competence' && settingsOf(study.settings).jurisdiction === null)
    throw new Refused(refuse('business-rule', { detail: 'The study names no jurisdiction, so that nobody in it is a minor.' }))
  return { basis: basis ?? 'minority', finding: finding ?? null }
}

/** The person's own site, else the one that is named; somebody out of reach is as unknown as not there. */
async function siteFor(parts: InvitationParts, tx: Tx, inviting: Inviting, named: string | null): Promise<number | null> {
  const { study, request, asked } = inviting
  const known = named === null ? null : await knownPerson(tx, { study, request, patient: named })
  if (asked.kind === 'care-manager' || asked.kind === 'third-party') {
    if (named === null) throw new Refused(refuse('invalid', { detail: 'patient: who is meant.' }))
    await personHeld(tx, request, study, named)
  } else if (asked.kind === 'patient' && known?.enrolled === true)
    throw new Refused(refuse('already-exists', { detail: 'The person is in the study already.' }))
  if (known !== null) return known.site
  // A person whom the study does not know is not made known by inviting his id.
  if (named !== null && (await parts.fhir.repository.read({ sid: globalSid, type: 'Patient', id: named })) !== null)
    throw new Refused(noSuchPerson())
  return siteAsked(study, request, asked.site)
}

/** Somebody whom the study knows, where the caller reaches him. */
async function knownPerson(
  tx: Tx,
  { study, request, patient }: { study: Study; request: FhirRequest; patient: string },
): Promise<{ site: number | null; enrolled: boolean } | null> {
  const [state] = await tx.lockPeople([{ sid: study.sid, patientId: patient }], 'exclusive')
  if (state?.enrolment == null) return null
  const { site, to, stopped } = state.enrolment
  if (stopped === 'erase' || !reachesSiteOf(request.grant, study, site)) throw new Refused(noSuchPerson())
  return { site, enrolled: to === null && stopped === null }
}

function siteAsked(study: Study, request: FhirRequest, named: string | undefined): number | null {
  const within = study.sites.filter(({ site }) => reachesSiteOf(request.grant, study, site))
  const [only, another] = within
  const found =
    named === undefined ? (another === undefined ? only : undefined) : within.find(({ id }) => id.toLowerCase() === named.toLowerCase())
  if (found !== undefined) return found.site
  if (named !== undefined)
    throw new Refused(refuse('bad-parameter', { detail: 'The study has no such site within your reach.', parameter: 'site' }))
  if (study.sites.length > 0 || !reachesSiteOf(request.grant, study, null))
    throw new Refused(refuse('scope-missing', { detail: 'Name the site.' }))
  return null
}
