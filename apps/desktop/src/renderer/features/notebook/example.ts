import { written } from './editor/completion.js'
import type { Cell } from './model.js'

const sql = (name: string, source: string): Omit<Cell, 'id'> => ({ kind: 'sql', name, source })
const decades = 'select birth_year // 10 * 10 as decade, count(*) as people'

/** People by decade of birth: has an answer in every study. Counts only knows no figure of a condition, so men and women are no columns of it. */
export const byDecade = (counts: boolean): string =>
  counts
    ? `${decades}\nfrom patients\ngroup by decade order by decade`
    : `${decades},\n       count_if(gender = 'female') as women, count_if(gender = 'male') as men\nfrom patients\ngroup by decade order by decade nulls first`

export const decadeChart = (counts: boolean) => ({
  type: 'bar' as const,
  of: 'by_decade',
  x: 'decade',
  y: counts ? ['people'] : ['women', 'men'],
})

/** What is in a table, as its first question. null: counts are of people, and the table is of none. */
export function aboutTable({ name, columns }: { name: string; columns: readonly { name: string }[] }, counts: boolean): string | null {
  if (!counts) return `select *\nfrom ${written(name)}\nlimit 100`
  if (!columns.some((column) => column.name === 'patient_key')) return null
  return `select count(*) as records, count(distinct patient_key) as people\nfrom ${written(name)}`
}

/** What an empty notebook begins with: nothing, or where no row is told, a question of the kind that is answered. */
export const firstCell = (counts: boolean): Omit<Cell, 'id'> =>
  sql('result', counts ? 'select gender, count(*) as people\nfrom patients\ngroup by gender order by people desc' : '')

/** A first notebook that answers something on any study, and shows each kind of cell. */
export const exampleCells = (counts: boolean): Omit<Cell, 'id'>[] => [
  {
    kind: 'markdown',
    name: '',
    source: 'People by decade of birth, what they live with, and their blood pressure over the years.',
  },
  sql('by_decade', byDecade(counts)),
  { kind: 'chart', name: 'by_decade_chart', source: '', chart: decadeChart(counts) },
  sql(
    'most_common',
    'select code, code_text, count(distinct patient_key) as people, count(*) as records\nfrom conditions\ngroup by all order by people desc, code limit 50',
  ),
  ...(counts ? pressureOfGroups : pressure),
]

const lines = (y: string[]): Omit<Cell, 'id'> => ({
  kind: 'chart',
  name: 'pressure_chart',
  source: '',
  chart: { type: 'line', of: 'pressure', x: 'year', y },
})

const pressure = [
  sql(
    'pressure',
    "select effective_year as year,\n       round(avg(value_number) filter (code = '8480-6'), 1) as systolic,\n       round(avg(value_number) filter (code = '8462-4'), 1) as diastolic,\n       count(distinct patient_key) as people\nfrom observations\nwhere code in ('8480-6', '8462-4') and value_unit = 'mm[Hg]'\ngroup by year having people >= 11 order by year",
  ),
  lines(['systolic', 'diastolic']),
]

const pressureOfGroups = [
  sql(
    'pressure',
    "select effective_year as year, avg(value_number) as systolic, count(distinct patient_key) as people\nfrom observations\nwhere code = '8480-6' and value_unit = 'mm[Hg]'\ngroup by effective_year order by year",
  ),
  lines(['systolic']),
]
