// Cohorts: criteria as a form has them, as SQL over the contract's flat tables and back, and as one English sentence.
// Never runs SQL and never sees a person.
export { canonicalCriteria, changedRules, depthOf } from './compare.js'
export { cohortOf } from './parse.js'
export { cohortNotes, cohortSentence, ruleWords } from './sentence.js'
export { cohortColumns, isAmount, leavesOf, usualOfCodes } from './sources.js'
export { codeNamesSql, cohortSql, funnelSql, indexDatesSql, otherUnitsSql, patternsSql } from './sql.js'
export type { CodeNames } from './sentence.js'
export type { Amount } from './sources.js'
export type { TableName } from './sql.js'
