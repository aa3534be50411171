import {
  explainStandings,
  isRole,
  mayTouch,
  narrowGrant,
  needsRelationship,
  reachesStudy,
  seesWithheld,
  type ExplainedStanding,
  type Grant,
  type GrantClaims,
  type Place,
  type Role,
  type RolePolicy,
  type StandingFinding,
} from '@aquifer/core/access'
import type { WhyAnswer } from '@aquifer/core/contract'
import { isConsentExempt, isGlobal } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { globalSid, type Repository, type Study, type User } from '../repository/index.js'
import { dataClassOf, noSuchStudy, withinLimits } from './fhir-access.js'
import type { Grants } from './grants.js'

/** A case somebody asks about: may this user do this to this resource in this study? */
export interface WhyQuestion {
  user: string
  act: 'read' | 'write'
  type: string
  /** null: any resource of the type */
  id: string | null
  study: string
  claims: Omit<GrantClaims, 'role'>
}

interface Parts {
  repository: Repository
  studies: () => Promise<Study[]>
  grants: Grants
  now: () => number
  policy: () => RolePolicy
}
interface Case {
  question: WhyQuestion
  study: Study
  user: User
  role: Role
  at: number
  asker: Grant
}
type Step = WhyAnswer['steps'][number]

/** Decides the case by the functions that decide requests, and tells each step on the way. */
export async function why(parts: Parts, asker: Grant, question: WhyQuestion): Promise<WhyAnswer | Refusal> {
  const study = (await parts.studies()).find((each) => each.id.toLowerCase() === question.study.toLowerCase())
  if (study === undefined || !reachesStudy(asker, study.id)) return noSuchStudy()
  const user = await parts.repository.users.byName(question.user)
  if (user === null) return refuse('unknown', { detail: 'There is no such user.' })
  const at = parts.now()
  const base = {
    user: user.name,
    role: isRole(user.role) ? user.role : null,
    act: question.act,
    resource: question.id === null ? question.type : `${question.type}/${question.id}`,
    study: study.id,
    at: new Date(at).toISOString(),
  }
  const active: Step = {
    rule: 'account',
    allowed: user.status === 'active' && base.role !== null,
    says: user.status === 'active' ? `The account is active, with the role ${user.role}.` : 'The account is disabled.',
  }
  if (!active.allowed || base.role === null) return answer(base, [active], { relationships: [], narrowedBy: [], types: [] })
  return decided(parts, base, active, { question, study, user, role: base.role, at, asker })
}

async function decided(parts: Parts, base: Base, active: Step, asked: Case): Promise<WhyAnswer> {
  const { question, study, user, role, at, asker } = asked
  const granted = await parts.grants.grantFor(user)
  const stored = await placeOf(parts, role, study, question)
  // Who answers for some sites is not told what there is at others.
  const place = stored !== null && withinLimits(asker, question.type, stored) ? stored : null
  const told = await parts.grants.standingsOf(user, role)
  const here = told.standings.filter(({ facts }) => facts.study.id === study.id)
  const relationships = explainStandings(role, here, told.siteStudies, { place, now: at })
  const steps: Step[] = [active, roleStep(role, parts.policy(), question)]
  const free = place === null || (granted !== null && withinLimits({ ...granted, sites: [] }, question.type, place))
  if (granted !== null) {
    steps.push(studyStep(granted, study))
    steps.push(placeStep(question, place, free, role))
  }
  const narrowed = granted === null ? null : narrowGrant(granted, { role, ...question.claims })
  const narrowedBy = granted === null ? [] : claimsThatNarrow(question.claims, { granted, study: study.id, type: question.type, place })
  steps.push({
    rule: 'token',
    allowed: narrowed !== null && narrowedBy.length === 0,
    says: narrowedBy.length === 0 ? 'No claim of the token takes this away.' : `Taken away by the token’s ${narrowedBy.join(', ')}.`,
  })
  const asksConsent = question.act === 'write' && !isConsentExempt(question.type)
  return answer(base, steps, { relationships: relationships.map(toldOf), narrowedBy, types: asksConsent ? study.required : [] })
}

type Base = Pick<WhyAnswer, 'user' | 'role' | 'act' | 'resource' | 'study' | 'at'>

function answer(
  base: Base,
  steps: Step[],
  more: { relationships: WhyAnswer['relationships']; narrowedBy: string[]; types: string[] },
): WhyAnswer {
  const no = steps.find((step) => !step.allowed)
  return {
    ...base,
    allowed: no === undefined,
    decidedBy: (no ?? steps.find(({ rule }) => rule === 'relationship'))?.rule ?? 'account',
    steps,
    relationships: more.relationships,
    narrowedBy: more.narrowedBy,
    consent: no === undefined ? { asked: more.types.length > 0, types: more.types } : { asked: false, types: [] },
  }
}

function roleStep(role: Role, policy: RolePolicy, { act, type }: WhyQuestion): Step {
  const data = dataClassOf(type)
  const allowed = mayTouch({ role, policy }, act, data, type)
  return { rule: 'role', allowed, says: `The role ${role} ${allowed ? 'may' : 'may not'} ${act} ${data} data, which ${type} is.` }
}

function studyStep(grant: Grant, study: Study): Step {
  const allowed = reachesStudy(grant, study.id)
  if (!needsRelationship(grant.role))
    return { rule: 'study', allowed, says: allowed ? 'The account reaches the study.' : 'The account does not reach the study.' }
  const says = allowed ? 'A relationship leads to the study.' : 'No relationship that holds leads to the study.'
  return { rule: 'study', allowed, says }
}

function placeStep({ id, type }: WhyQuestion, place: Place | null, free: boolean, role: Role): Step {
  const rule = 'relationship'
  if (id === null) return { rule, allowed: true, says: 'No one resource is asked about: answers hold what the relationships reach.' }
  if (place === null) return { rule, allowed: false, says: 'There is no such resource in the study.' }
  if (free && !needsRelationship(role)) return { rule, allowed: true, says: 'The role needs no relationship.' }
  if (free) return { rule, allowed: true, says: `A relationship reaches this ${type}.` }
  return { rule, allowed: false, says: `No relationship that holds reaches this ${type}.` }
}

/** Which claims take the case away, each held alone against what was granted. */
function claimsThatNarrow(
  claims: WhyQuestion['claims'],
  { granted, study, type, place }: { granted: Grant; study: string; type: string; place: Place | null },
): string[] {
  const reaches = (grant: Grant | null): boolean =>
    grant !== null && reachesStudy(grant, study) && (place === null || withinLimits(grant, type, place))
  if (!reaches(granted)) return []
  const none = { role: granted.role, studies: null, sites: null, patient: null }
  const alone: [string, GrantClaims][] = [
    ['aquifer_studies', { ...none, studies: claims.studies }],
    ['aquifer_sites', { ...none, sites: claims.sites }],
    ['aquifer_patient', { ...none, patient: claims.patient }],
  ]
  return alone.filter(([, claim]) => !reaches(narrowGrant(granted, claim))).map(([name]) => name)
}

/** null: not there, or of a person whose data is withheld, which is as good as not there. */
async function placeOf(
  { repository, policy }: Pick<Parts, 'repository' | 'policy'>,
  role: Role,
  study: Study,
  question: WhyQuestion,
): Promise<Place | null> {
  const place = await storedAt(repository, study, question)
  if (place === null || seesWithheld({ role, policy: policy() }, dataClassOf(question.type))) return place
  return (await repository.erasure.isWithheld(study.sid, place.patients)) ? null : place
}

async function storedAt(repository: Repository, study: Study, { type, id }: WhyQuestion): Promise<Place | null> {
  if (id === null) return null
  const siteOf = (site: number | null): string | null => study.sites.find((each) => each.site === site)?.id ?? null
  const own = isGlobal(type) ? null : await repository.read({ sid: study.sid, type, id })
  const stored = own ?? (await repository.read({ sid: globalSid, type, id }))
  if (stored === null) return null
  if (!isGlobal(type) || stored.patientIds.length === 0) return { study: study.id, site: siteOf(stored.site), patients: stored.patientIds }
  for (const patient of stored.patientIds) {
    const enrolled = (await repository.enrolments(patient)).find(({ sid }) => sid === study.sid)
    if (enrolled !== undefined) return { study: study.id, site: siteOf(enrolled.site), patients: stored.patientIds }
  }
  return null
}

const words: Readonly<Record<StandingFinding, string>> = {
  reaches: 'holds and reaches it',
  'other-kind': 'the role reaches nothing by this kind',
  ended: 'was ended',
  'not-begun': 'has not begun',
  over: 'its time is over',
  'came-of-age': 'ended by itself: the person came of age',
  'no-birth-date': 'the person’s birth date is not on record, so minority is not shown',
  'not-approved': 'is not approved',
  elsewhere: 'holds, and leads to other people or sites',
  'site-closed': 'the site does not belong to the study now',
  'without-phi': 'is without identified data',
}

const toldOf = ({ standing: { relationship }, finding }: ExplainedStanding): WhyAnswer['relationships'][number] => ({
  id: relationship.id,
  kind: relationship.kind,
  site: relationship.site,
  counts: finding === 'reaches',
  says: words[finding],
})
