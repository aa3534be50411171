// Whom a caller reaches and what he may do there: relationships, grants of users, and the core's tables held against a place.
// Never asks for consent and never tells "forbidden" from "not there" where that would say what is stored.
export {
  maySeeWithheld,
  mayReachStudy,
  mayTouchType,
  mayWriteStudyGroup,
  noSuchResource,
  noSuchStudy,
  noSuchType,
  tellsOfNobody,
  withinLimits,
} from './fhir-access.js'
export { classOfType } from './policies.js'
export { openAccess } from './access.js'
export type { Access } from './access.js'
export { factsOf, holderOf } from './grants.js'
