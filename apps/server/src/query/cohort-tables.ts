import { cohortColumns, cohortSentence, cohortSql, indexDatesSql } from '@aquifer/core/cohort'
import type { CatalogueColumn, CatalogueTable, CohortCriteria } from '@aquifer/core/contract'
import type { CheckedStatement } from '@aquifer/core/query'
import { analysisTables } from '../view/index.js'
import { flatColumns } from './tables.js'

/** A saved cohort as statements read it. */
export interface CohortTable {
  name: string
  title: string
  criteria: CohortCriteria
  /** Its people’s measurements about the day that made them members, and not the people themselves. */
  indexed: boolean
}
export const cohortTableName = (name: string): string => `cohort_${name}`

/** Two tables: the keys of its people with their index date, and their measurements before and after it. */
export const tablesOfCohort = (name: string, said: Pick<CohortTable, 'title' | 'criteria'>): CohortTable[] => [
  { ...said, name: `indexed_${name}`, indexed: true },
  { ...said, name: cohortTableName(name), indexed: false },
]

// What was entered in error or never happened is no value of anybody's.
const holds = `coalesce(m.status, '') NOT IN ('entered-in-error', 'cancelled')`
// There is no day 0: the index day is day 1, the day before it day -1.
const indexedSql = (measurements: string, people: string): string => `SELECT m.*, i.index_at,
  date_diff('day', i.index_at, m.effective_at) + (CASE WHEN CAST(m.effective_at AS DATE) >= CAST(i.index_at AS DATE) THEN 1 ELSE 0 END) AS index_day,
  coalesce(m.effective_at < i.index_at AND ${holds} AND row_number() OVER (
    PARTITION BY m.patient_key, m.code_system, m.usual_code, m.usual_unit, m.effective_at < i.index_at, ${holds} ORDER BY m.effective_at DESC, m.id DESC) = 1, false)
    AS last_before_index
FROM ${measurements} m JOIN (${people}) i USING (patient_key)`

/** What a statement reads through the cohorts that it names, and the views that make them: they come after all others. */
export function withCohorts(
  checked: CheckedStatement,
  cohorts: readonly CohortTable[],
  schema: string,
): { checked: CheckedStatement; setup: string[] } {
  const named = cohorts.filter(({ name }) => checked.tables.includes(name))
  if (named.length === 0) return { checked, setup: [] }
  const read = new Set(checked.tables)
  const tableName = (table: string): string => {
    read.add(table)
    return `"${schema}"."${table}"`
  }
  // Dates are looked up for those who ask for them.
  const asksDates = checked.columns === null || checked.columns.has('index_at')
  const setup = named.map(({ name, criteria, indexed }) => {
    const sql = indexed
      ? indexedSql(tableName('measurements'), indexDatesSql(criteria, tableName))
      : (asksDates ? indexDatesSql : cohortSql)(criteria, tableName)
    return `CREATE VIEW "${schema}"."${name}" AS ${sql}`
  })
  const all = named.some(({ indexed }) => indexed) || checked.columns === null
  return { checked: { ...checked, tables: [...read], columns: all ? null : new Set([...checked.columns!, ...cohortColumns]) }, setup }
}

const indexAt: CatalogueColumn = {
  name: 'index_at',
  type: 'TIMESTAMP',
  masking: 'as the dates of the records that it is one of',
  description: 'when the person came to meet the first rule that something happened',
  from: [],
}
const madeHere = (name: string, type: string, description: string): CatalogueColumn => ({
  name,
  type,
  masking: 'none where the policy keeps years only',
  description,
  from: [],
})

/** A cohort in the catalogue. */
export const describeCohort = ({ name, title, criteria, indexed }: CohortTable): CatalogueTable => ({
  name,
  kind: 'flat',
  rows: null,
  description: `${title}: ${cohortSentence(criteria)}${indexed ? '; their measurements about the index date' : ''}`,
  columns: indexed
    ? [
        ...flatColumns(analysisTables().find((table) => table.name === 'measurements')!).map((column): CatalogueColumn => ({
          ...column,
          masking: 'as in measurements',
          description: '',
          from: [],
        })),
        indexAt,
        madeHere('index_day', 'BIGINT', 'days from the index date, which is day 1; the day before is day -1'),
        madeHere(
          'last_before_index',
          'BOOLEAN',
          'the person’s last value of this usual_code and usual_unit before the index date that was neither entered in error nor cancelled',
        ),
      ]
    : [{ name: 'patient_key', type: 'VARCHAR', masking: 'pseudonym', description: 'person of the cohort', from: [] }, indexAt],
})
