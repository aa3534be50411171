import type { InvitationList, InvitationRequest, InvitationView, OpenedInvitation, RevealedInvitation } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { communicationOf, invitationEnd, invitationState, judgeRoster } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import type { RequestFacts } from '../audit/index.js'
import { reachesSiteOf, sitesWithin, subjectText } from '../consent/index.js'
import type { FhirRequest } from '../fhir/index.js'
import { globalSid, type InvitationRow, type NewInvitation, type Study, type Tx } from '../repository/index.js'
import { codeOf, hashOf } from './codes.js'
import { invitationBy } from './entry.js'
import type { Guesses } from './guesses.js'
import { perform, Refused, type RegistrationParts } from './operation.js'
import { readRoster } from './roster.js'
import { noSuchPerson, personHeld, siteIdIn } from './scope.js'

const rosterMax = 2_000

/** How invitations reach people; null: by the hand of who invites. */
export interface Delivery {
  queue(by: string, sid: number): Promise<void>
}
export interface InvitationParts extends RegistrationParts {
  guesses: Guesses
  delivery: Delivery | null
  linkOf(code: string): string
}

export interface InvitationDesk {
  invite(study: Study, request: FhirRequest, asked: InvitationRequest): Promise<RevealedInvitation | Refusal>
  inviteMany(study: Study, request: FhirRequest, csv: string): Promise<{ invitations: RevealedInvitation[] } | Refusal>
  list(study: Study, request: FhirRequest, page: { limit: number; after: string | null }): Promise<InvitationList>
  /** Under a new code: the one before is worth nothing from then on. */
  remind(study: Study, request: FhirRequest, id: string): Promise<RevealedInvitation | Refusal>
  revoke(study: Study, request: FhirRequest, id: string): Promise<InvitationView | Refusal>
  open(facts: RequestFacts, code: string): Promise<OpenedInvitation | Refusal>
}

const noSuchInvitation = (): Refusal => refuse('unknown', { detail: 'There is no such invitation here.' })
type Asked = Omit<InvitationRequest, 'email'> & { email?: string | undefined }

export function openInvitationDesk(parts: InvitationParts): InvitationDesk {
  const { repository, now } = parts.fhir
  const reveal = (study: Study, row: InvitationRow): RevealedInvitation => {
    const code = deliveryOf(row) === 'by-hand' ? codeOf(parts.key, row) : null
    return { ...viewOf(study, row, now()), code, link: code === null ? null : parts.linkOf(code) }
  }
  const inviteAll = async (study: Study, request: FhirRequest, asked: readonly Asked[], body: unknown) => {
    const operation = { operation: 'invite', body, status: 201 }
    request.facts.sid = study.sid
    const done = await perform<{ ids: string[] }>(parts, request, operation, async ({ tx }) => {
      const rows: NewInvitation[] = []
      for (const each of asked) rows.push(await invitationFor(parts, tx, { study, request, asked: each }))
      await tx.registration.invite(rows)
      const ids = rows.map(({ id }) => id)
      return { answer: { ids }, sid: study.sid, patient: null, detail: { invitations: ids.length, first: ids[0] ?? null } }
    })
    if (isRefusal(done)) return done
    const rows = (await Promise.all(done.ids.map((id) => repository.invitations.byId(id)))).filter((row) => row !== null)
    if (rows.some(({ dueAt }) => dueAt !== null)) await parts.delivery?.queue(request.grant.user, study.sid)
    return rows.map((row) => reveal(study, row))
  }
  return {
    async invite(study, request, asked) {
      const made = await inviteAll(study, request, [asked], { study: study.id, ...asked })
      return isRefusal(made) ? made : (made[0] ?? noSuchInvitation())
    },
    async inviteMany(study, request, csv) {
      const rows = readRoster(csv, rosterMax)
      if (isRefusal(rows)) return rows
      const sites = study.sites.filter(({ site }) => reachesSiteOf(request.grant, study, site)).map(({ id }) => id)
      const judged = judgeRoster(rows, sites)
      const faults = judged.filter((each) => 'what' in each)
      if (faults.length > 0)
        return refuse('invalid', {
          detail: faults.map(({ line, what }) => `line ${line}: ${what}`).join('; '),
          issues: faults.map(({ line, what }) => ({ severity: 'error', path: `line ${line}`, code: 'invalid', message: what })),
        })
      const entries = judged.filter((each) => 'address' in each)
      const asked = entries.map(({ address, language, site }) => ({
        kind: 'patient' as const,
        email: address,
        language,
        days: 30,
        ...(site === null ? {} : { site }),
      }))
      const invitations = await inviteAll(study, request, asked, { study: study.id, csv })
      return isRefusal(invitations) ? invitations : { invitations }
    },
    async list(study, request, { limit, after }) {
      const sites = sitesWithin(request.grant, study)
      const page = { limit, ...(after === null ? {} : { after }), ...(sites === null ? {} : { sites }) }
      const rows = await repository.invitations.list(study.sid, page)
      return { invitations: rows.map((row) => viewOf(study, row, now())), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
    },
    async remind(study, request, id) {
      const done = await changed(parts, { study, request, id, operation: 'remind' }, (row) => {
        const generation = row.generation + 1
        const fresh = { generation, codeHash: hashOf(codeOf(parts.key, { id, generation })), failures: 0, openedAt: null }
        const expiresAt = now() + (row.expiresAt - (row.remindedAt ?? row.sentAt))
        const isSent = parts.delivery !== null && row.address !== null
        return { ...fresh, remindedAt: now(), expiresAt, dueAt: isSent ? now() : null, attempts: 0, deliveredAt: null, problem: null }
      })
      if (isRefusal(done)) return done
      if (done.dueAt !== null) await parts.delivery?.queue(request.grant.user, study.sid)
      return reveal(study, done)
    },
    async revoke(study, request, id) {
      const done = await changed(parts, { study, request, id, operation: 'revokeInvitation' }, () => ({ revokedAt: now(), dueAt: null }))
      return isRefusal(done) ? done : viewOf(study, done, now())
    },
    open: (facts, code) => opened(parts, facts, code),
  }
}

async function invitationFor(
  parts: InvitationParts,
  tx: Tx,
  { study, request, asked }: { study: Study; request: FhirRequest; asked: Asked },
): Promise<NewInvitation> {
  const { repository, newId, now } = parts.fhir
  const person = asked.patient === undefined ? null : await knownPerson(parts, tx, { study, request, patient: asked.patient })
  if (asked.kind === 'care-manager') {
    if (asked.patient === undefined) throw new Refused(refuse('invalid', { detail: 'patient: whose care is meant.' }))
    await personHeld(tx, request, study, asked.patient)
  } else if (person?.enrolled === true) throw new Refused(refuse('already-exists', { detail: 'The person is in the study already.' }))
  const site = person === null ? siteAsked(study, request, asked.site) : person.site
  const [id, generation, sentAt] = [newId(), 1, now()]
  const patient = asked.patient ?? newId()
  // A person whom the study does not know is not made known by inviting his id.
  if (person === null && asked.patient !== undefined && (await repository.read({ sid: globalSid, type: 'Patient', id: patient })) !== null)
    throw new Refused(noSuchPerson())
  const address = asked.email ?? null
  return {
    id,
    kind: asked.kind,
    sid: study.sid,
    site,
    patient,
    language: asked.language,
    address,
    codeHash: hashOf(codeOf(parts.key, { id, generation })),
    generation,
    invitedBy: request.grant.user,
    sentAt,
    expiresAt: invitationEnd(sentAt, asked.days),
    dueAt: parts.delivery !== null && address !== null ? sentAt : null,
  }
}

/** Somebody whom the study knows, where the caller reaches him. */
async function knownPerson(
  parts: InvitationParts,
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

/** Changes an invitation that stands open, or has run out, within the caller's reach. */
async function changed(
  parts: InvitationParts,
  asked: { study: Study; request: FhirRequest; id: string; operation: string },
  change: (row: InvitationRow) => Parameters<Tx['registration']['change']>[1],
): Promise<InvitationRow | Refusal> {
  const { study, request, id, operation } = asked
  request.facts.sid = study.sid
  const done = await perform<{ id: string }>(parts, request, { operation, body: { id }, status: 200 }, async ({ tx }) => {
    const row = await tx.registration.invitation(id)
    if (row === null || row.sid !== study.sid || !reachesSiteOf(request.grant, study, row.site)) throw new Refused(noSuchInvitation())
    const state = invitationState(row, parts.fhir.now())
    if (state !== 'sent' && state !== 'opened' && state !== 'expired')
      throw new Refused(refuse('business-rule', { detail: `The invitation is ${state}.` }))
    await tx.registration.change(id, change(row))
    return { answer: { id }, sid: study.sid, patient: row.patient, detail: { invitation: id } }
  })
  if (isRefusal(done)) return done
  return (await parts.fhir.repository.invitations.byId(id)) ?? noSuchInvitation()
}

async function opened(parts: InvitationParts, facts: RequestFacts, code: string): Promise<OpenedInvitation | Refusal> {
  const { repository, now } = parts.fhir
  const found = await invitationBy(parts, facts, code)
  if (isRefusal(found)) return found
  const { row, study } = found
  const state = invitationState(row, now())
  if (state !== 'sent' && state !== 'opened') return refuse('deleted', { detail: 'The invitation was used, revoked or has run out.' })
  if (state === 'sent') await repository.invitations.change(row.id, { openedAt: now() })
  const site = siteIdIn(study, row.site)
  const stored = row.patient === null ? null : await repository.read({ sid: globalSid, type: 'Patient', id: row.patient })
  const forms = settingsOf(study.settings).forms.filter((form) => form.site === null || form.site === site)
  return {
    kind: row.kind,
    study: study.id,
    name: study.name,
    language: row.language,
    expiresAt: new Date(row.expiresAt).toISOString(),
    required: [...study.required],
    forms: forms.map(({ type, version, document, language }) => ({ type, version, document, language })),
    patientNeeded: row.kind === 'patient' && !stored?.content,
  }
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

function deliveryOf({ dueAt, deliveredAt, problem }: InvitationRow): InvitationView['delivery'] {
  if (deliveredAt !== null) return 'delivered'
  if (dueAt !== null) return 'waiting'
  return problem === null ? 'by-hand' : 'failed'
}

export function viewOf(study: Study, row: InvitationRow, now: number): InvitationView {
  const state = invitationState(row, now)
  const sentAt = row.remindedAt ?? row.sentAt
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject === null ? null : subjectText(study, row.subject),
    site: siteIdIn(study, row.site),
    state,
    sentAt: new Date(row.sentAt).toISOString(),
    expiresAt: new Date(row.expiresAt).toISOString(),
    remindedAt: iso(row.remindedAt),
    endedAt: iso(row.acceptedAt ?? row.declinedAt ?? row.revokedAt ?? (state === 'expired' ? row.expiresAt : null)),
    delivery: deliveryOf(row),
    communication: communicationOf({ ...row, study: study.id, state, toPatient: row.kind === 'patient', sentAt, receivedAt: row.openedAt }),
  }
}
