// What a statement on the reservoir may be, decided on the tree that the engine's own parser makes of it.
// Never parses SQL itself, never runs any, and never knows where tables lie.
export { checkStatement } from './check-statement.js'
export type { CheckedStatement, StatementScope } from './check-statement.js'
export type { StatementFault } from './tree.js'
export { checkCounts } from './counts/check-counts.js'
export type { CountColumn, CountOrder, CountPlan } from './counts/check-counts.js'
export type { CountScope, CountTable } from './counts/sources.js'
export { allowedFunctions, allowedTableFunctions } from './functions.js'
export { sourcesOfStatement } from './lineage.js'
export type { LineageTable, StatementSources, TableColumn } from './lineage.js'
export { suggestName } from './suggest.js'
