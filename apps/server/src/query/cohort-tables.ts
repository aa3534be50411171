import { cohortColumns, cohortSentence, cohortSql } from '@aquifer/core/cohort'
import type { CatalogueTable, CohortCriteria } from '@aquifer/core/contract'
import type { CheckedStatement } from '@aquifer/core/query'

/** A saved cohort as statements read it: the table of its people's keys. */
export interface CohortTable {
  name: string
  title: string
  criteria: CohortCriteria
}
export const cohortTableName = (name: string): string => `cohort_${name}`

/** What a statement reads through the cohorts that it names, and the views that make them: they come after all others. */
export function withCohorts(
  checked: CheckedStatement,
  cohorts: readonly CohortTable[],
  schema: string,
): { checked: CheckedStatement; setup: string[] } {
  const named = cohorts.filter(({ name }) => checked.tables.includes(name))
  if (named.length === 0) return { checked, setup: [] }
  const read = new Set(checked.tables)
  const setup = named.map(({ name, criteria }) => {
    const sql = cohortSql(criteria, (table) => {
      read.add(table)
      return `"${schema}"."${table}"`
    })
    return `CREATE VIEW "${schema}"."${name}" AS ${sql}`
  })
  const columns = checked.columns === null ? null : new Set([...checked.columns, ...cohortColumns])
  return { checked: { ...checked, tables: [...read], columns }, setup }
}

/** A cohort in the catalogue. */
export const describeCohort = ({ name, title, criteria }: CohortTable): CatalogueTable => ({
  name,
  kind: 'flat',
  rows: null,
  description: `${title}: ${cohortSentence(criteria)}`,
  columns: [{ name: 'patient_key', type: 'VARCHAR', masking: 'pseudonym', description: 'person of the cohort', from: [] }],
})
