import { reachesStudy, type Grant } from '@aquifer/core/access'
import type { BreakGlassList, BreakGlassRequest, BreakGlassReview, BreakGlassView } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import type { RelationshipRow, Repository, Study } from '../repository/index.js'
import { noSuchStudy } from './fhir-access.js'
import { holderOf } from './grants.js'

const hourMs = 3_600_000
const hoursDefault = 4
const perDayMax = 5
const listMax = 1_000

/** Access to one person past the relationships, in an emergency: short, with a reason, seen by privacy officers afterwards. */
export interface BreakGlass {
  open(grant: Grant, facts: RequestFacts, asked: BreakGlassRequest): Promise<BreakGlassView | Refusal>
  list(grant: Grant): Promise<BreakGlassList>
  review(grant: Grant, facts: RequestFacts, id: string, asked: BreakGlassReview): Promise<BreakGlassView | Refusal>
  /** how many were not reviewed yet: an alarm until somebody looked */
  unreviewed(): number
  refresh(): Promise<void>
}

interface Parts {
  repository: Repository
  studies: () => Promise<Study[]>
  now: () => number
  newId: () => string
  forget: () => void
}
interface Review {
  by: string
  at: number
  decision: BreakGlassReview['decision']
  note: string | null
}

export function openBreakGlass(parts: Parts): BreakGlass {
  const { repository, now } = parts
  let waiting = 0
  const all = async (): Promise<RelationshipRow[]> =>
    (await repository.relationships.newest('break-glass', listMax)).filter((row) => row.sid !== null)
  const refresh = async (): Promise<void> => {
    waiting = (await all()).filter((row) => reviewOf(row) === null).length
  }
  const viewOf = async (row: RelationshipRow): Promise<BreakGlassView> => viewIn(row, await parts.studies(), now())
  return {
    refresh,
    unreviewed: () => waiting,
    async open(grant, facts, asked) {
      const study = (await parts.studies()).find(({ id }) => id.toLowerCase() === asked.study.toLowerCase())
      if (study === undefined || !reachesStudy(grant, study.id)) return noSuchStudy()
      if (grant.reach === undefined)
        return refuse('not-permitted', { detail: 'Only a person opens access in an emergency, not a service token.' })
      // Nobody sees whose data is withheld, and no emergency changes that.
      const enrolled = (await repository.enrolments(asked.patient)).some(({ sid, withheld }) => sid === study.sid && !withheld)
      if (!enrolled) return refuse('unknown', { detail: 'There is no such person in the study.' })
      const row = rowOf(parts, grant, asked, study.sid)
      const auditId = await repository.nextAuditId()
      const [person] = await repository.people([{ sid: study.sid, patientId: asked.patient }])
      const refusal = await repository.transact(async (tx): Promise<Refusal | null> => {
        await tx.lockName(`break-glass ${grant.user}`)
        const today = await repository.relationships.list({
          holder: row.holder,
          kinds: ['break-glass'],
          since: now() - 24 * hourMs,
          limit: perDayMax,
        })
        if (today.length >= perDayMax)
          return refuse('too-many-requests', { detail: `At most ${perDayMax} emergencies in 24 hours.`, retryAfterS: hourMs / 1000 })
        await tx.relate([row])
        const entries = [{ op: 'break-glass', type: 'Patient', rid: null, version: null, person: String(person?.pid ?? '') }]
        await tx.audit([
          auditRecord({ ...facts, sid: study.sid, entries, detail: { ...facts.detail, relationship: row.id } }, auditId, 201),
        ])
        return null
      })
      if (refusal !== null) return refusal
      facts.recorded = true
      parts.forget()
      waiting += 1
      return viewOf(row)
    },
    async list(grant) {
      await refresh()
      const studies = await parts.studies()
      const seen = (await all()).filter((row) => maySee(grant, row, studies))
      return { unreviewed: seen.filter((row) => reviewOf(row) === null).length, cases: seen.map((row) => viewIn(row, studies, now())) }
    },
    async review(grant, facts, id, asked) {
      const row = await repository.relationships.byId(id)
      if (row?.kind !== 'break-glass' || !maySee(grant, row, await parts.studies()))
        return refuse('unknown', { detail: 'There is no such case here.' })
      if (row.holder === holderOf(grant.user)) return refuse('business-rule', { detail: 'Nobody reviews his own case.' })
      const reviewed = await recordReview(parts, { grant, facts, row, asked })
      if (isRefusal(reviewed)) return reviewed
      parts.forget()
      await refresh()
      return viewOf((await repository.relationships.byId(id)) ?? row)
    },
  }
}

async function recordReview(
  { repository, now }: Parts,
  { grant, facts, row, asked }: { grant: Grant; facts: RequestFacts; row: RelationshipRow; asked: BreakGlassReview },
): Promise<Refusal | null> {
  const review: Review = { by: grant.user, at: now(), decision: asked.decision, note: asked.note ?? null }
  const auditId = await repository.nextAuditId()
  const noted = await repository.transact(async (tx) => {
    if (!(await tx.noteOnRelationship(row.id, 'review', review))) return false
    // Whether it was right or not: once looked at, it is over.
    if ((row.to ?? 0) > now()) await tx.endRelationships([row.id], now(), { endedBy: grant.user })
    const detail = { ...facts.detail, relationship: row.id, decision: asked.decision }
    await tx.audit([auditRecord({ ...facts, sid: row.sid, detail }, auditId, 200)])
    return true
  })
  facts.recorded = noted
  return noted ? null : refuse('conflict', { detail: 'Somebody has reviewed this case.' })
}

function rowOf({ now, newId }: Parts, grant: Grant, asked: BreakGlassRequest, sid: number): RelationshipRow {
  return {
    id: newId(),
    kind: 'break-glass',
    holder: holderOf(grant.user),
    target: `Patient/${asked.patient}`,
    sid,
    site: null,
    from: now(),
    to: now() + (asked.hours ?? hoursDefault) * hourMs,
    ended: null,
    grantedBy: grant.user,
    detail: { reason: asked.reason, role: grant.role },
  }
}

const reviewOf = (row: RelationshipRow): Review | null => (row.detail['review'] as Review | undefined) ?? null

function maySee(grant: Grant, row: RelationshipRow, studies: readonly Study[]): boolean {
  const study = studies.find(({ sid }) => sid === row.sid)
  return study !== undefined && reachesStudy(grant, study.id)
}

function viewIn(row: RelationshipRow, studies: readonly Study[], now: number): BreakGlassView {
  const review = reviewOf(row)
  const until = Math.min(row.to ?? row.from, row.ended ?? Number.POSITIVE_INFINITY)
  return {
    id: row.id,
    user: row.holder.slice('User/'.length),
    role: String(row.detail['role']),
    study: studies.find(({ sid }) => sid === row.sid)?.id ?? '',
    patient: row.target.slice('Patient/'.length),
    reason: String(row.detail['reason']),
    from: new Date(row.from).toISOString(),
    until: new Date(until).toISOString(),
    isOpen: row.from <= now && now < until,
    review: review === null ? null : { ...review, at: new Date(review.at).toISOString() },
  }
}
