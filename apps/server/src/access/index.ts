// What a caller may do to a resource of a type, at a place: the core's table held against study, site and person.
// Never asks for consent and never tells "forbidden" from "not there" where that would say what is stored.
export {
  maySeeWithheld,
  isLimited,
  mayReachStudy,
  mayTouchType,
  mayWriteStudyGroup,
  noSuchResource,
  noSuchStudy,
  withinLimits,
} from './fhir-access.js'
export type { Place } from './fhir-access.js'
