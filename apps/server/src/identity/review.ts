import { randomUUID } from 'node:crypto'
import { isRole, mayTouch, reachesSite, reachesStudy, type Grant } from '@aquifer/core/access'
import type { AccessHolder, AccessReviewView, ReviewDecision } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, ReviewRow } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import type { ClientDesk } from './clients.js'
import type { PeopleDesk } from './people.js'

// A quarterly list is worked through within its month.
const dueMs = 30 * 86_400_000
const listMax = 100

export interface Place {
  study: string | null
  site: string | null
}

export interface ReviewDesk {
  /** Who can see it today. */
  holders(place: Place): Promise<AccessHolder[]>
  open(by: Grant, place: Place): Promise<AccessReviewView>
  list(): Promise<AccessReviewView[]>
  byId(id: string): Promise<AccessReviewView | null>
  decide(by: Grant, id: string, decision: ReviewDecision): Promise<AccessReviewView | Refusal>
}

interface Parts {
  repository: Repository
  clock: Clock
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
    holders: (place) => holders(parts, place),
    async open(by, place) {
      const items = (await holders(parts, place)).map((holder) => ({ ...holder }))
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
async function revoke(
  { people, clients, repository }: Parts,
  by: Grant,
  what: { holder: string; study: string | null },
): Promise<null | Refusal> {
  if (what.holder.startsWith('client:')) {
    const ended = await clients.setStatus(by, what.holder, 'disabled')
    return isRefusal(ended) ? ended : null
  }
  const user = await repository.users.byName(what.holder)
  const left = user?.studies.filter((id) => id !== what.study) ?? []
  const narrower = user !== null && isRole(user.role) && what.study !== null && left.length > 0 && !left.includes('*')
  const ended = narrower
    ? await people.setGrant(by, what.holder, { role: user.role as Grant['role'], studies: left, sites: [], patient: user.patient })
    : await people.setStatus(by, what.holder, 'disabled')
  return isRefusal(ended) ? ended : null
}

async function holders({ repository, clients }: Parts, { study, site }: Place): Promise<AccessHolder[]> {
  const reaches = (grant: { studies: readonly string[]; sites: readonly string[] }): boolean => {
    const reach: Grant = {
      user: '',
      role: 'auditor',
      studies: grant.studies.includes('*') ? 'all' : grant.studies,
      sites: grant.sites,
      patient: null,
    }
    if (study === null) return reach.studies === 'all' || reach.studies.length > 0
    return reachesStudy(reach, study) && (site === null || reachesSite(reach, site))
  }
  const seesPeople = (role: string | null): boolean => role !== null && isRole(role) && mayTouch(role, 'read', 'clinical')
  const people = (await repository.users.list())
    .filter((user) => user.status === 'active' && reaches(user))
    .map((user) => ({
      holder: user.name,
      name: user.display,
      kind: 'person' as const,
      role: user.role,
      studies: user.studies,
      sites: user.sites,
      identified: seesPeople(user.role),
      signedInAt: user.signedInAt === null ? null : new Date(user.signedInAt).toISOString(),
    }))
  const programs = (await clients.list())
    .filter((client) => client.status === 'active' && client.role !== null && reaches(client))
    .map((client) => ({
      holder: client.client,
      name: client.name,
      kind: 'client' as const,
      role: client.role ?? '',
      studies: client.studies,
      sites: client.sites,
      identified: seesPeople(client.role),
      signedInAt: null,
    }))
  return [...people, ...programs]
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
