// Cohorts: criteria as a form has them, as SQL over the contract's flat tables and back, and as one English sentence.
// Never runs SQL and never sees a person.
export { canonicalCriteria, changedRules, depthOf } from './compare.js'
export { cohortOf } from './parse.js'
export { cohortSentence, ruleWords } from './sentence.js'
export { cohortColumns } from './sources.js'
export { cohortSql, funnelSql, indexDatesSql, patternsSql } from './sql.js'
export type { TableName } from './sql.js'
