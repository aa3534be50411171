import { parseJson } from '@aquifer/core/fhir'
import {
  isRole,
  needsRelationship,
  reachOf,
  type Grant,
  type Reach,
  type Relationship,
  type RelationshipKind,
  type Role,
  type Standing,
  type StudyFacts,
} from '@aquifer/core/access'
import type { HeldRelationship, RelationshipRow, Repository, Study, User } from '../repository/index.js'

// A relationship ended by another process is seen after at most this long; a write that rests on it is refused at once.
const freshMs = 2_000
const usersCachedMax = 10_000

export interface GrantsParts {
  repository: Repository
  studies: () => Promise<Study[]>
  now: () => number
}

/** Grants of named users: the account gives the role and outer limits, relationships give the reach. */
export interface Grants {
  grantFor(user: User): Promise<Grant | null>
  /** What a user's relationships are, held or not, for explanations. */
  standingsOf(user: User, role: Role): Promise<{ standings: Standing[]; siteStudies: Relationship[]; stamp: string; holders: string[] }>
  /** Forgets what was resolved, after a change of relationships in this process. */
  forget(): void
}

export function openGrants(parts: GrantsParts): Grants {
  const { repository, now } = parts
  const known = new Map<string, { at: number; updatedAt: number; grant: Grant }>()

  async function standingsOf(user: User, role: Role): ReturnType<Grants['standingsOf']> {
    const holders = holdersOf(user)
    const [studies, held] = [await parts.studies(), await repository.relationships.ofHolders(holders, now())]
    const bySid = new Map(studies.map((study) => [study.sid, study]))
    const standings = held.rows.flatMap((row) => standingsIn(row, bySid))
    standings.push(...(await standingsOfAccount(repository, user, role, studies)))
    const siteStudies = (await repository.relationships.siteStudies([...bySid.keys()])).map((row) => relationshipIn(row, bySid))
    return { standings, siteStudies, stamp: held.stamp, holders }
  }
  async function resolve(user: User, role: Role): Promise<Grant> {
    if (!needsRelationship(role)) return { user: user.name, role, studies: studiesOf(user), sites: user.sites, people: null }
    const { standings, siteStudies, stamp, holders } = await standingsOf(user, role)
    const reach: Reach = { ...reachOf(role, standings, siteStudies, now()), stamp, holders }
    // An account of all studies reaches those to come as well.
    const studies = user.studies.includes('*') ? 'all' : [...reach.studies.keys()]
    return { user: user.name, role, studies, sites: [], people: peopleBound(role, reach), reach }
  }
  return {
    standingsOf,
    async grantFor(user) {
      if (!isRole(user.role)) return null
      const at = now()
      const before = known.get(user.name)
      const isFresh = before !== undefined && before.updatedAt === user.updatedAt && at >= before.at && at < before.at + freshMs
      if (isFresh && at < (before.grant.reach?.until ?? Number.POSITIVE_INFINITY)) return before.grant
      const grant = await resolve(user, user.role)
      if (known.size >= usersCachedMax) known.clear()
      known.set(user.name, { at, updatedAt: user.updatedAt, grant })
      return grant
    },
    forget: () => known.clear(),
  }
}

export const holderOf = (user: string): string => `User/${user}`
const holdersOf = (user: User): string[] => [holderOf(user.name), ...(user.actor ? [user.actor] : [])]
/** A role that sees no person's data works for the whole platform unless its account names studies. */
const studiesOf = (user: User): Grant['studies'] => (user.studies.length === 0 || user.studies.includes('*') ? 'all' : user.studies)

/** Those who stand for persons are bound to these persons everywhere. */
function peopleBound(role: Role, reach: Reach): string[] | null {
  if (role !== 'patient' && role !== 'guardian' && role !== 'device') return null
  return [...new Set([...reach.studies.values()].flatMap(({ people }) => [...people]))]
}

export function factsOf(study: Study): StudyFacts {
  const jurisdiction = study.settings['jurisdiction']
  return {
    id: study.id,
    zone: study.zone,
    jurisdiction: typeof jurisdiction === 'string' ? jurisdiction : null,
    sites: study.sites.map((site) => site.id),
  }
}

export function relationshipIn(row: RelationshipRow, studies: ReadonlyMap<number, Study>): Relationship {
  const study = row.sid === null ? undefined : studies.get(row.sid)
  return {
    id: row.id,
    kind: row.kind as RelationshipKind,
    holder: row.holder,
    target: row.target,
    study: study?.id ?? null,
    site: study?.sites.find((site) => site.site === row.site)?.id ?? null,
    from: row.from,
    to: row.to,
    ended: row.ended,
    grantedBy: row.grantedBy,
    detail: row.detail,
  }
}

function standingsIn(row: HeldRelationship, studies: ReadonlyMap<number, Study>): Standing[] {
  const relationship = relationshipIn(row, studies)
  const birthDate = birthDateIn(row.patient)
  return (row.sid === null ? row.enrolled : [row.sid]).flatMap((sid) => {
    const study = studies.get(sid)
    return study === undefined ? [] : [{ relationship, facts: { study: factsOf(study), birthDate } }]
  })
}

function birthDateIn(patient: string | null): string | null {
  const parsed = patient === null ? undefined : parseJson(patient)
  const said = parsed === undefined || parsed.problem !== undefined ? undefined : (parsed.resource as Record<string, unknown>)['birthDate']
  return typeof said === 'string' ? said : null
}

/**
 * What the account itself says: the person a patient or device is, and the studies and sites that an administrator assigned with it,
 * each like a person–study relationship without an end.
 */
async function standingsOfAccount(repository: Repository, user: User, role: Role, studies: readonly Study[]): Promise<Standing[]> {
  const given = { id: 'account', holder: holderOf(user.name), from: 0, to: null, ended: null, grantedBy: 'account', detail: {} } as const
  if (role === 'patient' || role === 'device') {
    const target = user.patient === null ? user.actor : `Patient/${user.patient}`
    if (!target?.startsWith('Patient/')) return []
    const enrolled = new Set((await repository.enrolments(target.slice('Patient/'.length))).map(({ sid }) => sid))
    return studies
      .filter((study) => enrolled.has(study.sid))
      .map((study) => ({
        relationship: { ...given, kind: 'self', target, study: study.id, site: null },
        facts: { study: factsOf(study), birthDate: null },
      }))
  }
  if (role === 'guardian') return []
  return studies
    .filter((study) => user.studies.includes('*') || user.studies.includes(study.id))
    .flatMap((study) =>
      (user.sites.length === 0 ? [null] : user.sites).map((site) => ({
        relationship: { ...given, kind: 'person-study' as const, target: `Group/${study.id}`, study: study.id, site },
        facts: { study: factsOf(study), birthDate: null },
      })),
    )
}
