// The DSTU2 (FHIR 1.0.2) model: facts of every type, reading and writing JSON, validation, repair, references, what a search index holds.
// It never stores, never decides who may see a resource, and never puts a value of a resource into a message.
export {
  childrenAt,
  childrenOf,
  choiceName,
  isResourceType,
  primitiveTypes,
  resourceFacts,
  resourceTypes,
  typeFacts,
  typeName,
  typeNumber,
} from './facts.js'
export type { ElementFact } from './facts.js'
export { phiClasses } from './phi-classes.js'
export { searchParameters } from './search-parameters.js'
export type { SearchParameterFact, SearchParameterType } from './search-parameters.js'
