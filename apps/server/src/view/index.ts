// The flat tables of the reservoir: their ViewDefinitions read from apps/server/views, and their SQL over nested columns.
// Never opens a reservoir file and never runs SQL: whoever publishes or queries does that with the text it gets here.
export { analysisTables, flatTable, flatTableNames, flatTableSql, maskingOf } from './flat-tables.js'
export type { ColumnFacts, FlatTable, FlatTableSource } from './flat-tables.js'
export { ownTable } from './own-table.js'
export type { OwnTable } from './own-table.js'
