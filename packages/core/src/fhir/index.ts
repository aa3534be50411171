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
export { commonParameters, parametersOf, searchParameter, searchParameters } from './search-parameters.js'
export { compositeParameters, compositesNamed } from './composite-parameters.js'
export type { CompositeFact } from './composite-parameters.js'
export * as indexKeys from './index-keys.js'
export { noUnits, ucumSystem } from './units.js'
export type { Units, UnitScale } from './units.js'
export type { SearchParameterFact, SearchParameterType } from './search-parameters.js'
export { canonicalJson, jsonDepthMax, parseJson, stringifyResource } from './json.js'
export type { JsonProblem, ParsedJson, UnparsedJson } from './json.js'
export { beginJson } from './json-parts.js'
export type { JsonLimits } from './json-parts.js'
export { beginXml, readXml, writeXml } from './xml/index.js'
export type { ReadXml, UnreadXml, XmlProblem } from './xml/index.js'
export { forbiddenCharacter } from './characters.js'
export { ExactNumber, isObject, isResource, numberOf } from './resource.js'
export type { JsonObject, Resource } from './resource.js'
export type { Issue } from './issue.js'
export { issuesMax } from './issue.js'
export { isCode, isId, primitiveTests } from './primitives.js'
export { validate } from './validate.js'
export { soundnessAt, valueSoundnessAt } from './invariants/table.js'
export { repair, validateAndRepair } from './repair.js'
export type { Checked, Repair } from './repair.js'
export { repairRules } from './repair-rules.js'
export type { RepairRule } from './repair-rule.js'
export { clinicalDate } from './clinical-date.js'
export { bundleNamings, compartmentPatients, patientCompartment } from './compartment.js'
export { dateMax, dateMin, dateRange } from './date-range.js'
export type { DateRange } from './date-range.js'
export { extractIndex } from './extract-index.js'
export { normalizeText } from './normalize-text.js'
export type { IndexEntries } from './extract-index.js'
export { compareKeys, sortKeyOf, valuesOf } from './search-values.js'
export type { SortKey } from './search-values.js'
export { subsetOf } from './subset.js'
export type { Subset } from './subset.js'
export { referenceText } from './extract-values.js'
export { hash64 } from './hash64.js'
export { canonicalParameter, elementTypes, hasSystems, mainCodeParameter, mainDateParameter } from './index-plan.js'
export { operationOutcome } from './outcome.js'
export type { OutcomeIssue } from './outcome.js'
export { forEachReference, parseReference, rewriteReferences } from './reference.js'
export type { Reference } from './reference.js'
export {
  consentExemptTypes,
  definitionalTypes,
  globalTypes,
  isConsentExempt,
  isDefinitional,
  isGlobal,
  isReferenceData,
  isStudyData,
  referenceDataTypes,
  transportTypes,
} from './resource-kinds.js'
