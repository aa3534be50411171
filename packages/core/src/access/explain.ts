import type { Place } from './grant.js'
import { personOf, reachedBy, reachOf, type Standing } from './reach.js'
import { isWithin, spanOfHolding, type Relationship } from './relationships.js'
import type { Role } from './roles.js'

/** Why a relationship counts for a case, or does not. */
export type StandingFinding =
  | 'reaches'
  | 'other-kind'
  | 'ended'
  | 'not-begun'
  | 'over'
  | 'came-of-age'
  | 'no-birth-date'
  | 'not-approved'
  | 'elsewhere'
  | 'site-closed'
  | 'without-phi'

export interface ExplainedStanding {
  standing: Standing
  finding: StandingFinding
}

/** Every relationship of the caller in the study, each with what it does for the place; found by the same functions that decide. */
export function explainStandings(
  role: Role,
  standings: readonly Standing[],
  siteStudies: readonly Relationship[],
  asked: { place: Place | null; now: number },
): ExplainedStanding[] {
  return standings.map((standing) => ({ standing, finding: findingOf(role, standing, siteStudies, asked) }))
}

function findingOf(
  role: Role,
  standing: Standing,
  siteStudies: readonly Relationship[],
  { place, now }: { place: Place | null; now: number },
): StandingFinding {
  const { relationship, facts } = standing
  const kinds = reachedBy[role]
  if (kinds === 'unbound' || !kinds.includes(relationship.kind)) return 'other-kind'
  const span = spanOfHolding(relationship, facts)
  if (!isWithin(span, now)) return whyNot(standing, span, now)
  const reached = reachOf(role, [standing], siteStudies, now).studies.get(facts.study.id)
  if (reached === undefined || (place !== null && place.study !== facts.study.id)) return 'elsewhere'
  if (place === null) return 'reaches'
  const { site, patients } = place
  if (reached.sites === 'all' || (site !== null && reached.sites.includes(site))) return 'reaches'
  if (patients.length > 0 && patients.every((id) => reached.people.has(id))) return 'reaches'
  if (personOf(relationship) !== null) return 'elsewhere'
  if (role === 'integrator' && relationship.detail.phi !== true) return 'without-phi'
  return relationship.site === null || relationship.site === site ? 'site-closed' : 'elsewhere'
}

function whyNot({ relationship, facts }: Standing, span: { lo: number; hi: number } | null, now: number): StandingFinding {
  if (relationship.ended !== null && relationship.ended <= now) return 'ended'
  if (relationship.kind === 'integrator-study' && relationship.detail.approvedBy === undefined) return 'not-approved'
  if (relationship.from > now) return 'not-begun'
  if (relationship.to !== null && relationship.to <= now) return 'over'
  if (relationship.kind === 'guardian' && span === null && facts.birthDate === null) return 'no-birth-date'
  return relationship.kind === 'guardian' ? 'came-of-age' : 'over'
}
