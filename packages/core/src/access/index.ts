// What each role may do, decided from the caller's grant alone: deny by default.
// Never reads a store and never asks for consent: that comes after access passed.
export { isRole, roles } from './roles.js'
export type { Role } from './roles.js'
export { narrowGrant, reachesPerson, reachesSite, reachesStudy } from './grant.js'
export type { Grant, GrantClaims } from './grant.js'
export { mayUse, rights } from './rights.js'
export type { Right } from './rights.js'
export { mayDefineStudy, mayTouch, seesWithheld } from './fhir-rights.js'
export type { DataClass } from './fhir-rights.js'
