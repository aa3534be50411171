import { sitesReached, type Grant } from '@aquifer/core/access'
import type { ReidentificationAnswer, ReidentificationRequest, ReidentificationView } from '@aquifer/core/contract'
import { createPseudonyms } from '@aquifer/core/masking'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Keyring } from '../lake/index.js'
import { hmacOf } from '../masking/index.js'
import type { ReidentificationRow, Repository, Study } from '../repository/index.js'

const decideWithinMs = 7 * 86_400_000
const answerWithinMs = 15 * 60_000
const pageSize = 1_000

/** Who stands behind one pseudonym: asked by one person, decided by another, told once. */
export interface ReidentificationDesk {
  list(studies: readonly Study[], limit: number): Promise<ReidentificationView[]>
  byId(id: string): Promise<ReidentificationRow | null>
  request(grant: Grant, study: Study, asked: ReidentificationRequest): Promise<ReidentificationView | Refusal>
  decide(
    grant: Grant,
    row: ReidentificationRow,
    said: { study: Study; approve: boolean; note: string | null },
  ): Promise<ReidentificationView | Refusal>
  answer(grant: Grant, row: ReidentificationRow, study: Study): Promise<ReidentificationAnswer | Refusal>
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
    async request(grant, study, { pseudonym, reason }) {
      // Whoever answers for some sites only is not told of people at the others.
      if (sitesReached(grant, study.id) !== null)
        return refuse('not-permitted', { detail: 'Who asks answers for the whole study; your grant names some of its sites.' })
      if (grant.user.startsWith('local:')) return aPersons()
      const row = { id: newId(), sid: study.sid, pseudonym, reason, requestedBy: grant.user, requestedAt: now() }
      return viewOf(await reidentifications.add(row), study.id, now())
    },
    async decide(grant, row, { study, approve, note }) {
      if (grant.user.startsWith('local:')) return aPersons()
      if (row.requestedBy === grant.user) return refuse('not-permitted', { detail: 'Somebody else than who asked decides.' })
      if (now() - row.requestedAt > decideWithinMs)
        return refuse('conflict', { detail: 'The request is over a week old: it is asked anew.' })
      const decided = await reidentifications.decide(row.id, { by: grant.user, at: now(), approved: approve, note })
      return decided === null ? refuse('conflict', { detail: 'This was decided before.' }) : viewOf(decided, study.id, now())
    },
    async answer(grant, row, study) {
      const taken = await reidentifications.take(row.id, grant.user, { at: now(), approvedAfter: now() - answerWithinMs })
      if (taken === null)
        return refuse('conflict', {
          detail: 'There is no answer to give: not to you, not approved, told before, or approved more than a quarter of an hour ago.',
        })
      const found = await whoIs(taken.pseudonym, study)
      await reidentifications.settle(row.id, found === null ? 'nobody' : 'told')
      if (found === null)
        return refuse('unknown', {
          detail: 'Nobody in the study who may be named stands behind it. Who withdrew or was erased is not named.',
        })
      return { id: row.id, type: 'Patient', patient: found }
    },
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
