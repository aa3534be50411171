// What a statement on the reservoir may be, decided on the tree that the engine's own parser makes of it.
// Never parses SQL itself, never runs any, and never knows where tables lie.
export { checkStatement } from './check-statement.js'
export type { CheckedStatement, StatementFault, StatementScope } from './check-statement.js'
export { allowedFunctions, allowedTableFunctions } from './functions.js'
export { suggestName } from './suggest.js'
