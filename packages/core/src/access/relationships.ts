import { majorityAt } from '../time/index.js'

/** What ties a caller to people, sites and studies. `self` and `person-study` may also follow from the account itself. */
export const relationshipKinds = [
  'self',
  'patient-practitioner',
  'guardian',
  'third-party',
  'practitioner-site',
  'site-study',
  'organization-study',
  'integrator-study',
  'person-study',
  'break-glass',
] as const
export type RelationshipKind = (typeof relationshipKinds)[number]

export interface RelationshipDetail {
  /** why a guardian acts: minority ends by itself, a finding of non-competence does not */
  basis?: 'minority' | 'non-competence'
  /** where the finding of non-competence is recorded */
  finding?: string
  /** whether an integrator sees identified data */
  phi?: boolean
  approvedBy?: string
}

export interface Relationship {
  id: string
  kind: RelationshipKind
  /** `Practitioner/…`, `RelatedPerson/…`, `Organization/…`, `Patient/…` or `User/<name>` */
  holder: string
  target: string
  /** null: in every study of the person it leads to */
  study: string | null
  site: string | null
  from: number
  /** end excluded; null: until it is ended */
  to: number | null
  ended: number | null
  grantedBy: string
  detail: RelationshipDetail
}

/** What decides a relationship besides itself. */
export interface RelationshipFacts {
  study: StudyFacts
  /** of the person it leads to, as FHIR writes it */
  birthDate: string | null
}
export interface StudyFacts {
  id: string
  /** IANA zone in which days begin */
  zone: string
  /** ISO 3166 country, or country and subdivision; null: not said */
  jurisdiction: string | null
  sites: readonly string[]
}

/** From `lo` until before `hi`. */
export interface Span {
  lo: number
  hi: number
}

/** When a relationship holds in a study; null: never. */
export function spanOfHolding(relationship: Relationship, facts: RelationshipFacts): Span | null {
  const { kind, from, to, ended, detail } = relationship
  const ends = [to, ended].filter((at) => at !== null)
  // Nobody works as an integrator, or past a rule in an emergency, without an end.
  if ((kind === 'integrator-study' || kind === 'break-glass') && to === null) return null
  if (kind === 'integrator-study' && detail.approvedBy === undefined) return null
  if (kind === 'guardian') {
    if (detail.basis === 'non-competence' && detail.finding === undefined) return null
    if (detail.basis !== 'non-competence') {
      const majority = majorityAt(facts.birthDate, facts.study, 'first-day')
      if (majority === null) return null
      ends.push(majority)
    }
  }
  const hi = Math.min(Number.POSITIVE_INFINITY, ...ends)
  return from < hi ? { lo: from, hi } : null
}

export const isWithin = (span: Span | null, now: number): boolean => span !== null && span.lo <= now && now < span.hi

export const holdsAt = (relationship: Relationship, facts: RelationshipFacts, now: number): boolean =>
  isWithin(spanOfHolding(relationship, facts), now)
