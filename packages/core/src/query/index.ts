// What a statement on the reservoir may be, decided on the tree that the engine's own parser makes of it.
// Never parses SQL itself, never runs any, and never knows where tables lie.
export { completionsAt, placeIn, tableOfValue } from './complete.js'
export type { Completion, KnownTable } from './complete.js'
export { lineDiff, valueDiff } from './diff.js'
export { checkStatement } from './check-statement.js'
export type { CheckedStatement, StatementFault, StatementScope } from './check-statement.js'
export { allowedFunctions, allowedTableFunctions } from './functions.js'
export { parametersIn } from './parameters.js'
export type { NamedPlace } from './parameters.js'
export { selectedNames } from './selected.js'
export { suggestName } from './suggest.js'
