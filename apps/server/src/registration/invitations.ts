import type {
  InvitationList,
  InvitationRequest,
  InvitationView,
  OpenedInvitation,
  RevealedInvitation,
  RosterPreview,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { invitationState, judgeLines, judgeRoster, type InvitationFilter, type RosterRow } from '@aquifer/core/registration'
import type { RequestFacts } from '../audit/index.js'
import { reachesSiteOf, sitesWithin } from '../consent/index.js'
import type { FhirRequest } from '../fhir/index.js'
import type { InvitationRow, NewInvitation, Study, Tx } from '../repository/index.js'
import { codeOf, hashOf } from './codes.js'
import type { EntryParts } from './entry.js'
import { deliveryOf, opened, viewOf } from './invitation-view.js'
import { invitationFor } from './inviting.js'
import { perform, Refused } from './operation.js'
import { readRoster } from './roster.js'

const rosterMax = 2_000

/** How invitations reach people; null: by the hand of who invites. */
export interface Delivery {
  queue(by: string, sid: number): Promise<void>
}
export interface InvitationParts extends EntryParts {
  delivery: Delivery | null
  linkOf(code: string): string
}

export interface InvitationDesk {
  invite(study: Study, request: FhirRequest, asked: InvitationRequest): Promise<RevealedInvitation | Refusal>
  inviteMany(study: Study, request: FhirRequest, csv: string): Promise<{ invitations: RevealedInvitation[] } | Refusal>
  /** What is wrong in a list, line by line; nobody is invited. */
  preview(study: Study, request: FhirRequest, csv: string): Promise<RosterPreview | Refusal>
  list(
    study: Study,
    request: FhirRequest,
    page: { limit: number; after: string | null; newest?: boolean; filter?: InvitationFilter },
  ): Promise<InvitationList>
  /** Under a new code: the one before is worth nothing from then on. */
  remind(study: Study, request: FhirRequest, id: string): Promise<RevealedInvitation | Refusal>
  revoke(study: Study, request: FhirRequest, id: string): Promise<InvitationView | Refusal>
  open(facts: RequestFacts, code: string): Promise<OpenedInvitation | Refusal>
}

const noSuchInvitation = (): Refusal => refuse('unknown', { detail: 'There is no such invitation here.' })

export function openInvitationDesk(parts: InvitationParts): InvitationDesk {
  const { repository, now } = parts.fhir
  const reveal = (study: Study, row: InvitationRow): RevealedInvitation => {
    const code = deliveryOf(row) === 'by-hand' ? codeOf(parts.key, row) : null
    return { ...viewOf(study, row, now()), code, link: code === null ? null : parts.linkOf(code) }
  }
  const inviteAll = async (study: Study, request: FhirRequest, asked: readonly InvitationRequest[], body: unknown) => {
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
      const list = await listOf(parts, study, request, csv)
      if (isRefusal(list)) return list
      const judged = judgeRoster(list.rows, list.sites, list.invited)
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
    async preview(study, request, csv) {
      const list = await listOf(parts, study, request, csv)
      if (isRefusal(list)) return list
      const lines = judgeLines(list.rows, list.sites, list.invited)
      return {
        people: lines.length,
        lines: lines.map(({ line, entry: { language, site }, faults }) => ({ line, language, site, faults })),
      }
    },
    async list(study, request, { limit, after, ...narrowed }) {
      const within = sitesWithin(request.grant, study)
      const sites = within === null ? {} : { sites: within }
      const page = { limit, now: now(), ...(after === null ? {} : { after }), ...sites, ...narrowed }
      const rows = await repository.invitations.list(study.sid, page)
      return {
        invitations: rows.map((row) => viewOf(study, row, now())),
        counts: await repository.invitations.counts(study.sid, { now: now(), ...sites }),
        next: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
      }
    },
    async remind(study, request, id) {
      const done = await changed(parts, { study, request, id, operation: 'remind' }, (row) => {
        const generation = row.generation + 1
        const begun = { failures: 0, openedAt: null, reminders: 0, reminderAt: null }
        const fresh = { generation, codeHash: hashOf(codeOf(parts.key, { id, generation })), ...begun }
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

/** A list as it is judged: its lines, the sites the caller may name, the addresses that stand open. */
async function listOf(
  parts: InvitationParts,
  study: Study,
  request: FhirRequest,
  csv: string,
): Promise<{ rows: RosterRow[]; sites: string[]; invited: Set<string> } | Refusal> {
  const rows = readRoster(csv, rosterMax)
  if (isRefusal(rows)) return rows
  const sites = study.sites.filter(({ site }) => reachesSiteOf(request.grant, study, site)).map(({ id }) => id)
  const addresses = rows.map(({ cells }) => (cells['email'] ?? '').trim())
  const within = sitesWithin(request.grant, study)
  const asked = { now: parts.fhir.now(), ...(within === null ? {} : { sites: within }) }
  const invited = await parts.fhir.repository.invitations.openAddresses(study.sid, addresses, asked)
  return { rows, sites, invited }
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
