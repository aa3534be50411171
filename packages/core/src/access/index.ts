// What each role may do and whom it reaches, decided from grant and relationships alone: deny by default.
// Never reads a store and never asks for consent: that comes after access passed.
export { isRole, roles } from './roles.js'
export type { Role } from './roles.js'
export {
  isLimited,
  narrowGrant,
  peopleOf,
  reachesPerson,
  reachesPlace,
  reachesSite,
  reachesStudy,
  sitesReached,
  withoutEmergency,
} from './grant.js'
export type { Grant, GrantClaims, Place } from './grant.js'
export { needsRelationship, personOf, reachOf, reachedBy } from './reach.js'
export type { Reach, Standing, StudyReach } from './reach.js'
export { holdsAt, relationshipKinds, spanOfHolding } from './relationships.js'
export type { Relationship, RelationshipDetail, RelationshipFacts, RelationshipKind, StudyFacts } from './relationships.js'
export { addedKinds, detailOf, draftRefusal, relationshipShape, targetOf } from './draft.js'
export type { AddedKind, RelationshipDraft, RelationshipShape } from './draft.js'
export { explainStandings } from './explain.js'
export type { ExplainedStanding, StandingFinding } from './explain.js'
export { rights } from './rights.js'
export type { Right } from './rights.js'
export type { DataClass } from './fhir-rights.js'
export {
  builtInRolePolicy,
  compileRolePolicy,
  diffRolePolicies,
  mayDefineStudy,
  mayTouch,
  mayUse,
  rolePolicyDocument,
  seesWithheld,
  unnamedRights,
} from './policy.js'
export type { Holder, RolePolicy, RolePolicyChange, RolePolicyDocument } from './policy.js'
export { checkRolePolicy } from './check-policy.js'
export type { RolePolicyFinding } from './check-policy.js'
