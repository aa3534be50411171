import { sitesReached, type Grant } from '@aquifer/core/access'
import type { ReidentificationAnswer, ReidentificationRequest, ReidentificationView } from '@aquifer/core/contract'
import { createPseudonyms } from '@aquifer/core/masking'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import type { Keyring } from '../lake/index.js'
import { hmacOf } from '../masking/index.js'
import type { AuditRecord, ReidentificationRow, Repository, Study } from '../repository/index.js'

const decideWithinMs = 7 * 86_400_000
const answerWithinMs = 15 * 60_000
const pageSize = 1_000

/** Who does it, and the request as it is recorded with what it does. */
interface Call {
  grant: Grant
  facts: RequestFacts
}

/** Who stands behind one pseudonym: asked by one person, decided by another, told once. */
export interface ReidentificationDesk {
  list(studies: readonly Study[], limit: number): Promise<ReidentificationView[]>
  byId(id: string): Promise<ReidentificationRow | null>
  request(by: Call, study: Study, asked: ReidentificationRequest): Promise<ReidentificationView | Refusal>
  decide(
    by: Call,
    row: ReidentificationRow,
    said: { study: Study; approve: boolean; note: string | null },
  ): Promise<ReidentificationView | Refusal>
  answer(by: Call, row: ReidentificationRow, study: Study): Promise<ReidentificationAnswer | Refusal>
}

interface Parts {
  repository: Repository
  keyring: Keyring
  now: () => number
  newId: () => string
}

export function openReidentification({ repository, keyring, now, newId }: Parts): ReidentificationDesk {
  const { reidentifications } = repository
  return {
    byId: (id) => reidentifications.byId(id),
    async list(studies, limit) {
      const names = new Map(studies.map(({ sid, id }) => [sid, id]))
      const rows = await reidentifications.list([...names.keys()], limit)
      return rows.map((row) => viewOf(row, names.get(row.sid) ?? '', now()))
    },
    async request({ grant, facts }, study, { pseudonym, reason }) {
      // Whoever answers for some sites only is not told of people at the others.
      if (sitesReached(grant, study.id) !== null)
        return refuse('not-permitted', { detail: 'Who asks answers for the whole study; your grant names some of its sites.' })
      if (grant.user.startsWith('local:')) return aPersons()
      const row = { id: newId(), sid: study.sid, pseudonym, reason, requestedBy: grant.user, requestedAt: now() }
      const record = await recordOf({ ...facts, detail: { ...facts.detail, did: 'request', id: row.id, why: reason } }, 201)
      const made = await reidentifications.add(row, record)
      facts.recorded = true
      return viewOf(made, study.id, now())
    },
    async decide({ grant, facts }, row, { study, approve, note }) {
      if (grant.user.startsWith('local:')) return aPersons()
      if (row.requestedBy === grant.user) return refuse('not-permitted', { detail: 'Somebody else than who asked decides.' })
      if (now() - row.requestedAt > decideWithinMs)
        return refuse('conflict', { detail: 'The request is over a week old: it is asked anew.' })
      const said = { by: grant.user, at: now(), approved: approve, note }
      const decided = await reidentifications.decide(row.id, said, await recordOf(facts, 200))
      if (decided === null) return refuse('conflict', { detail: 'This was decided before.' })
      facts.recorded = true
      return viewOf(decided, study.id, now())
    },
    async answer({ grant, facts }, row, study) {
      const [at, approvedAfter] = [now(), now() - answerWithinMs]
      // Nobody is looked for who may not be told; what counts is asked again when the answer is taken.
      if (row.requestedBy !== grant.user || row.pseudonym === '' || row.approved !== true || (row.decidedAt ?? 0) < approvedAfter)
        return noAnswer()
      const found = await whoIs(row.pseudonym, study)
      const nobody = refuse('unknown', {
        detail: 'Nobody in the study who may be named stands behind it. Who withdrew or was erased is not named.',
      })
      // In the trail by surrogate, so that the person finds it among who looked.
      const entries = [...facts.entries, { op: 'reidentify', type: 'Patient', rid: null, version: null }]
      const record = await (found === null
        ? recordOf({ ...facts, refusal: nobody.refusal }, 404)
        : recordOf({ ...facts, entries, people: [...facts.people, found] }, 200))
      const outcome = found === null ? 'nobody' : 'told'
      if (!(await reidentifications.take(row.id, grant.user, { at, approvedAfter, outcome, record }))) return noAnswer()
      facts.recorded = true
      return found === null ? nobody : { id: row.id, type: 'Patient', patient: found }
    },
  }

  async function recordOf(facts: RequestFacts, status: number): Promise<AuditRecord> {
    return auditRecord(facts, await repository.nextAuditId(), status)
  }

  // No table leads back: the pseudonym of each person is made anew, under every key that is still here.
  async function whoIs(pseudonym: string, study: Study): Promise<string | null> {
    const keys = await keyring.studyKeys(study.id, 'masking')
    const all = keys.map(({ key }) => createPseudonyms(hmacOf(key), pageSize))
    const gone = new Set(await repository.erasure.withheldIds(study.sid))
    for (const { patientId } of await repository.consents.withdrawn(study.sid)) gone.add(patientId)
    let after: bigint | undefined
    for (;;) {
      const people = await repository.consents.people(study.sid, { ...(after === undefined ? {} : { after }), limit: pageSize })
      for (const { patientId, enrolment } of people) {
        if (!all.some((pseudonyms) => pseudonyms.id('Patient', patientId) === pseudonym)) continue
        return gone.has(patientId) || enrolment.withheld || enrolment.stopped !== null ? null : patientId
      }
      const last = people.at(-1)
      if (last === undefined || people.length < pageSize) return null
      after = last.pid
    }
  }
}

const noAnswer = (): Refusal =>
  refuse('conflict', {
    detail: 'There is no answer to give: not to you, not approved, told before, or approved more than a quarter of an hour ago.',
  })
const aPersons = (): Refusal => refuse('not-permitted', { detail: 'A person asks and a person decides, not a service token.' })
const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

function viewOf(row: ReidentificationRow, study: string, now: number): ReidentificationView {
  const until = row.approved === true && row.decidedAt !== null ? row.decidedAt + answerWithinMs : null
  return {
    id: row.id,
    study,
    state: stateOf(row, until, now),
    reason: row.reason,
    requestedBy: row.requestedBy,
    requestedAt: new Date(row.requestedAt).toISOString(),
    decidedBy: row.decidedBy,
    decidedAt: instant(row.decidedAt),
    note: row.note,
    answerUntil: instant(until),
    outcome: row.outcome,
  }
}

function stateOf(row: ReidentificationRow, until: number | null, now: number): ReidentificationView['state'] {
  if (row.shownAt !== null) return 'answered'
  if (row.approved === false) return 'denied'
  if (until !== null) return now > until ? 'expired' : 'approved'
  return now - row.requestedAt > decideWithinMs ? 'expired' : 'requested'
}
