// Re-identification risk of what was published: how alike people look in the masked tables, and what would change it.
// Reads counts through the query system's gate and engine only; never a row, and never the lake.
export { openRisk } from './risk.js'
export type { RiskDesk } from './risk.js'
