// Statements on the masked reservoir: gate, engine in its own process, limits, rows with what they rest on, catalogue, notebooks.
// Never names the lake, never opens a file in this process, and never lets a text reach the engine that its own parser did not clear.
export type { QueryFile, StudyFiles } from './file-tables.js'
export { isolation } from './isolation.js'
export type { Isolation } from './isolation.js'
export type { KeptResult } from './kept-results.js'
export { openNotebooks } from './notebooks.js'
export type { NotebookDesk } from './notebooks.js'
export { openOwnViews, openViewDesk } from './own-views.js'
export type { OwnViews, ViewActor, ViewChange, ViewDesk } from './own-views.js'
export { Query } from './query.js'
export type { Asked, Figures, HeldSnapshot, QueryOptions } from './query.js'
export { historyPageMax } from './limits.js'
