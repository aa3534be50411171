// What a caller may do to a resource of a type, at a place: the core's table held against study, site and person.
// Never asks for consent and never tells "forbidden" from "not there" where that would say what is stored.
export {
  isLimited,
  mayReachStudy,
  mayTouchType,
  mayWriteStudyGroup,
  noSuchResource,
  noSuchStudy,
  noSuchType,
  withinLimits,
} from './fhir-access.js'
export type { Place } from './fhir-access.js'
