import { randomUUID } from 'node:crypto'
import { isRole, mayTouch, reachesStudy, sitesReached, type Grant } from '@aquifer/core/access'
import type { AccessHolder, AccessReviewView, PersonGrant, ReviewDecision } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, ReviewRow, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import type { ClientDesk } from './clients.js'
import type { PeopleDesk } from './people.js'
import { placesReached, type GrantFor } from './users.js'

// A quarterly list is worked through within its month.
const dueMs = 30 * 86_400_000
const listMax = 100

export interface Place {
  study: string | null
  site: string | null
}

export interface ReviewDesk {
  /** Who can see it today. */
  holders(by: Grant, place: Place): Promise<AccessHolder[]>
  open(by: Grant, place: Place): Promise<AccessReviewView>
  list(): Promise<AccessReviewView[]>
  byId(id: string): Promise<AccessReviewView | null>
  decide(by: Grant, id: string, decision: ReviewDecision): Promise<AccessReviewView | Refusal>
}

interface Parts {
  repository: Repository
  clock: Clock
  grantFor: GrantFor
  people: PeopleDesk
  clients: ClientDesk
}

export function openReviewDesk(parts: Parts): ReviewDesk {
  const { repository, clock } = parts
  const { reviews } = repository.identities
  const byId = async (id: string): Promise<AccessReviewView | null> => {
    const row = await reviews.byId(id)
    return row === null ? null : viewOf(row)
  }
  return {
    holders: (by, place) => holders(parts, by, place),
    async open(by, place) {
      const items = (await holders(parts, by, place)).map((holder) => ({ ...holder }))
      const at = clock.now()
      const row = { id: randomUUID(), ...place, madeBy: by.user, madeAt: at, dueAt: at + dueMs, items }
      await reviews.open(row)
      return viewOf({ ...row, decisions: [] })
    },
    list: async () => (await reviews.list(listMax)).map(viewOf),
    byId,
    async decide(by, id, { holder, decision, note }) {
      const review = await reviews.byId(id)
      const item = review?.items.find((each) => each['holder'] === holder)
      if (review === null || item === undefined)
        return refuse('unknown', { detail: 'There is no such review, or it does not list this holder.' })
      if (holder === by.user) return refuse('not-permitted', { detail: 'Nobody confirms his own rights.' })
      if (review.decisions.some((each) => each.holder === holder)) return refuse('conflict', { detail: 'This was decided already.' })
      const revoked = decision === 'revoke' ? await revoke(parts, by, { holder, study: review.study }) : null
      if (isRefusal(revoked)) return revoked
      const made = { holder, decision, note: note ?? '', madeBy: by.user, madeAt: clock.now() }
      if (!(await reviews.decide(id, made))) return refuse('conflict', { detail: 'This was decided already.' })
      return (await byId(id)) ?? refuse('unknown', { detail: 'There is no such review.' })
    },
  }
}

/** What the review is about is taken away: the study where others are left, else everything. */
async function revoke(parts: Parts, by: Grant, what: { holder: string; study: string | null }): Promise<null | Refusal> {
  const { people, clients, repository } = parts
  if (what.holder.startsWith('client:')) {
    const ended = await clients.setStatus(by, what.holder, 'disabled')
    return isRefusal(ended) ? ended : null
  }
  const user = await repository.users.byName(what.holder)
  const left = user === null || what.study === null ? null : await leftWithout(parts, user, what.study)
  const ended = left === null ? await people.setStatus(by, what.holder, 'disabled') : await people.setGrant(by, what.holder, left)
  return isRefusal(ended) ? ended : null
}

/** What an account is without a study; null where nothing is left of it, or where relationships reach the study all the same. */
async function leftWithout({ repository, grantFor }: Parts, user: User, study: string): Promise<PersonGrant | null> {
  const { role, patient } = user
  const studies = user.studies.filter((id) => id !== study)
  const there = new Set(
    (await repository.studies.list()).filter(({ id }) => studies.includes(id)).flatMap(({ sites }) => sites.map(({ id }) => id)),
  )
  const sites = user.sites.filter((id) => there.has(id))
  // An account that loses its last site would have all of them.
  if (!isRole(role) || studies.length === 0 || studies.includes('*') || (user.sites.length > 0 && sites.length === 0)) return null
  const grant = await grantFor({ ...user, studies, sites })
  return grant !== null && reachesStudy(grant, study) ? null : { role, studies, sites, patient }
}

async function holders({ repository, clients, grantFor }: Parts, by: Grant, place: Place): Promise<AccessHolder[]> {
  const policy = by.policy === undefined ? {} : { policy: by.policy }
  const found: AccessHolder[] = []
  const add = async (grant: Grant | null, holder: Pick<AccessHolder, 'name' | 'kind' | 'signedInAt' | 'certificate'>): Promise<void> => {
    if (grant === null || !(await reaches(repository, grant, place))) return
    const { studies } = placesReached(grant)
    const { sites, reaches: whom } = reachAt(grant, place.study)
    const identified = mayTouch({ role: grant.role, ...policy }, 'read', 'clinical')
    const held = { studies: studies === 'all' ? ['*'] : [...studies], sites, reaches: whom, identified }
    found.push({ holder: grant.user, role: grant.role, ...held, ...holder })
  }
  for (const user of await repository.users.list()) {
    if (user.status !== 'active') continue
    const signedInAt = user.signedInAt === null ? null : new Date(user.signedInAt).toISOString()
    await add(await grantFor(user), { name: user.display, kind: 'person', signedInAt })
  }
  for (const { client, name, certificate } of await clients.list()) {
    const shown = certificate === null ? {} : { certificate }
    await add((await clients.grantOf(client))?.grant ?? null, { name, kind: 'client', signedInAt: null, ...shown })
  }
  return found
}

/** Whom somebody reaches in a study, or in all of his: sites that are named, single persons, everybody, or nobody now. */
function reachAt(grant: Grant, study: string | null): Pick<AccessHolder, 'sites' | 'reaches'> {
  if (grant.reach === undefined) {
    if (grant.people !== null) return { sites: [...grant.sites], reaches: grant.people.length > 0 ? 'persons' : 'nobody' }
    return { sites: [...grant.sites], reaches: grant.sites.length === 0 ? 'every-site' : 'sites' }
  }
  const studies = study === null ? [...grant.reach.studies.keys()] : [study]
  const reached = studies.map((id) => sitesReached(grant, id))
  if (reached.includes(null)) return { sites: [], reaches: 'every-site' }
  const sites = [...new Set(reached.flatMap((each) => each ?? []))]
  if (sites.length > 0) return { sites, reaches: 'sites' }
  const people = studies.some((id) => (grant.reach?.studies.get(id)?.people.size ?? 0) > 0)
  return { sites, reaches: people ? 'persons' : 'nobody' }
}

async function reaches(repository: Repository, grant: Grant, { study, site }: Place): Promise<boolean> {
  if (study === null) return grant.studies === 'all' || grant.studies.length > 0
  if (!reachesStudy(grant, study)) return false
  const sites = sitesReached(grant, study)
  if (site === null || sites === null || sites.includes(site)) return true
  // Who reaches single people sees the sites at which they are.
  const known = await repository.studies.byId(study)
  const number = known?.sites.find(({ id }) => id === site)?.site
  const people = [...(grant.reach?.studies.get(study)?.people ?? [])]
  if (known === null || number === undefined || people.length === 0) return false
  const states = await repository.people(people.map((patientId) => ({ sid: known.sid, patientId })))
  return states.some(({ enrolment }) => enrolment?.site === number)
}

function viewOf(row: ReviewRow): AccessReviewView {
  const decided = new Map(row.decisions.map((decision) => [decision.holder, decision]))
  const items = row.items.map((item) => {
    const holder = item as unknown as AccessHolder
    const decision = decided.get(holder.holder)
    return {
      ...holder,
      decision: (decision?.decision as ReviewDecision['decision'] | undefined) ?? null,
      note: decision?.note ?? '',
      decidedBy: decision?.madeBy ?? null,
      decidedAt: decision === undefined ? null : new Date(decision.madeAt).toISOString(),
    }
  })
  return {
    id: row.id,
    study: row.study,
    site: row.site,
    madeBy: row.madeBy,
    madeAt: new Date(row.madeAt).toISOString(),
    dueAt: new Date(row.dueAt).toISOString(),
    open: items.filter((item) => item.decision === null).length,
    items,
  }
}
