import {
  isWithin,
  spanOfHolding,
  type Relationship,
  type RelationshipFacts,
  type RelationshipKind,
  type Span,
  type StudyFacts,
} from './relationships.js'
import type { Role } from './roles.js'

/** What a caller reaches in one study: everybody at the sites, and these people wherever they are. */
export interface StudyReach {
  sites: readonly string[] | 'all'
  people: ReadonlySet<string>
  /** those of them whom nothing but an emergency opens */
  emergency?: ReadonlySet<string>
}

/** What the relationships of a caller let him reach, as it is until `until`. */
export interface Reach {
  studies: ReadonlyMap<string, StudyReach>
  until: number
  /** to see in a writing transaction that nothing was changed meanwhile */
  stamp: string
  holders: readonly string[]
}

/** A relationship in one study, with what decides it. */
export interface Standing {
  relationship: Relationship
  facts: RelationshipFacts
}

/** Which relationships let a role reach anything; `unbound` roles hold no person's data and need none. */
export const reachedBy: Readonly<Record<Role, readonly RelationshipKind[] | 'unbound'>> = {
  patient: ['self'],
  guardian: ['guardian', 'third-party'],
  device: ['self'],
  practitioner: ['patient-practitioner', 'practitioner-site', 'person-study', 'break-glass'],
  'care-manager': ['patient-practitioner', 'practitioner-site', 'organization-study', 'person-study', 'break-glass'],
  investigator: ['practitioner-site', 'patient-practitioner', 'person-study', 'break-glass'],
  'cro-admin': ['organization-study', 'person-study'],
  'study-manager': ['person-study'],
  analyst: ['person-study'],
  researcher: ['person-study'],
  integrator: ['integrator-study', 'person-study'],
  operator: 'unbound',
  auditor: 'unbound',
  'privacy-officer': 'unbound',
  administrator: 'unbound',
}
export const needsRelationship = (role: Role): boolean => reachedBy[role] !== 'unbound'

/** The people a relationship leads to: `Patient/x` as its target. */
export const personOf = (relationship: Relationship): string | null =>
  relationship.target.startsWith('Patient/') ? relationship.target.slice('Patient/'.length) : null

interface Growing {
  sites: Set<string> | 'all'
  people: Set<string>
  emergency: Set<string>
}

/**
 * What a role reaches by its relationships at an instant. Deny by default: a kind that the role does not reach by adds nothing, and
 * without any that holds there is no study in the answer.
 */
export function reachOf(
  role: Role,
  standings: readonly Standing[],
  siteStudies: readonly Relationship[],
  now: number,
): Pick<Reach, 'studies' | 'until'> {
  const kinds = reachedBy[role]
  const studies = new Map<string, Growing>()
  let until = Number.POSITIVE_INFINITY
  const holds = (span: Span | null): boolean => {
    if (span !== null) for (const edge of [span.lo, span.hi]) if (edge > now && edge < until) until = edge
    return isWithin(span, now)
  }
  for (const { relationship, facts } of standings) {
    if (kinds === 'unbound' || !kinds.includes(relationship.kind) || !holds(spanOfHolding(relationship, facts))) continue
    const { study } = facts
    const found = studies.get(study.id) ?? { sites: new Set<string>(), people: new Set<string>(), emergency: new Set<string>() }
    studies.set(study.id, found)
    grow(found, role, relationship, openSites(study, siteStudies, holds))
  }
  return {
    studies: new Map(
      [...studies].map(([id, { sites, people, emergency }]) => [id, { sites: sites === 'all' ? sites : [...sites], people, emergency }]),
    ),
    until,
  }
}

function grow(found: Growing, role: Role, relationship: Relationship, open: readonly string[] | 'all'): void {
  const person = personOf(relationship)
  if (person !== null) {
    if (relationship.kind !== 'break-glass') found.emergency.delete(person)
    else if (!found.people.has(person)) found.emergency.add(person)
    found.people.add(person)
    return
  }
  // Without PHI an integrator reaches the study, its settings and reference data, and nobody in it.
  if (role === 'integrator' && relationship.detail.phi !== true) return
  if (relationship.kind === 'practitioner-site' && relationship.site === null) return
  if (found.sites === 'all') return
  if (relationship.site === null) {
    if (open === 'all') found.sites = 'all'
    else for (const site of open) found.sites.add(site)
  } else if (open === 'all' || open.includes(relationship.site)) found.sites.add(relationship.site)
}

/** The sites at work in the study: all, unless a recorded site–study relationship says when one is. */
function openSites(
  study: StudyFacts,
  siteStudies: readonly Relationship[],
  holds: (span: Span | null) => boolean,
): readonly string[] | 'all' {
  const said = siteStudies.filter((each) => each.study === study.id && each.site !== null)
  if (said.length === 0) return 'all'
  const closed = study.sites.filter((site) => {
    const own = said.filter((each) => each.site === site)
    // Each is asked, so that the next change of any of them is known.
    const holding = own.filter((each) => holds(spanOfHolding(each, { study, birthDate: null })))
    return own.length > 0 && holding.length === 0
  })
  return closed.length === 0 ? 'all' : study.sites.filter((site) => !closed.includes(site))
}
