import type { InvitationView, OpenedInvitation } from '@aquifer/core/contract'
import { formInUse } from '@aquifer/core/consent'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { communicationOf, invitationState } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import type { RequestFacts } from '../audit/index.js'
import { subjectText } from '../consent/index.js'
import { globalSid, type InvitationRow, type Study } from '../repository/index.js'
import { invitationBy, isOver, type EntryParts } from './entry.js'
import { isInStudy, siteIdIn } from './scope.js'

/** What an invitation is about, for whoever holds its code; nothing of the person it is for. */
export async function opened(parts: EntryParts, facts: RequestFacts, code: string): Promise<OpenedInvitation | Refusal> {
  const { repository, now } = parts.fhir
  const found = await invitationBy(parts, facts, code)
  if (isRefusal(found)) return found
  const { row, study } = found
  const state = invitationState(row, now())
  if (row.patient === null || (state !== 'sent' && state !== 'opened')) return isOver()
  if (state === 'sent') await repository.invitations.change(row.id, { openedAt: now() })
  const stored = await repository.read({ sid: globalSid, type: 'Patient', id: row.patient })
  const [person] = await repository.people([{ sid: study.sid, patientId: row.patient }])
  const decides = row.kind === 'patient' || (row.kind === 'guardian' && !isInStudy(person))
  const required = decides ? [...study.required] : []
  const timeline = { forms: settingsOf(study.settings).forms, site: siteIdIn(study, row.site), zone: study.zone }
  const forms = required.flatMap((type) => formInUse(type, timeline, { now: now(), language: row.language }) ?? [])
  return {
    kind: row.kind,
    study: study.id,
    name: study.name,
    site: siteNameIn(study, row.site),
    invitedBy: (await repository.users.byName(row.invitedBy))?.display ?? null,
    language: row.language,
    expiresAt: new Date(row.expiresAt).toISOString(),
    required,
    forms: forms.map(({ type, version, document, language, approved }) => ({ type, version, document, language, approved })),
    patientNeeded: decides && !stored?.content,
  }
}

const siteNameIn = (study: Study, site: number | null): string | null => study.sites.find((each) => each.site === site)?.name ?? null

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

export function deliveryOf({ dueAt, deliveredAt, problem }: InvitationRow): InvitationView['delivery'] {
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
    language: row.language,
    state,
    sentAt: new Date(row.sentAt).toISOString(),
    expiresAt: new Date(row.expiresAt).toISOString(),
    remindedAt: iso(row.remindedAt),
    reminders: row.reminders,
    endedAt: iso(row.acceptedAt ?? row.declinedAt ?? row.revokedAt ?? (state === 'expired' ? row.expiresAt : null)),
    delivery: deliveryOf(row),
    communication: communicationOf({ ...row, study: study.id, state, toPatient: row.kind === 'patient', sentAt, receivedAt: row.openedAt }),
  }
}
