// Bulk load: a stream of lines, each stored whole or not at all, through the same checks as a single write.
// Never a way round consent: it decides nothing itself and writes only through the FHIR system's own units.
export { runImport } from './run.js'
export type { ImportOptions, ImportSystems } from './run.js'
export { prepareLines } from './ahead.js'
export type { LinesJob } from './ahead.js'
export { recordDecisions } from './decisions.js'
