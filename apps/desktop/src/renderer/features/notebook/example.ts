import type { Cell } from './model.js'

const sql = (name: string, source: string): Omit<Cell, 'id'> => ({ kind: 'sql', name, source })

/** A first notebook that answers something on any study, and shows each kind of cell. */
export const exampleCells: Omit<Cell, 'id'>[] = [
  {
    kind: 'markdown',
    name: '',
    source: 'People by decade of birth, what they live with, and their blood pressure over the years.',
  },
  sql(
    'by_decade',
    "select birth_year // 10 * 10 as decade, count(*) as people,\n       count_if(gender = 'female') as women, count_if(gender = 'male') as men\nfrom patients\ngroup by decade order by decade nulls first",
  ),
  { kind: 'chart', name: 'by_decade_chart', source: '', chart: { type: 'bar', of: 'by_decade', x: 'decade', y: ['women', 'men'] } },
  sql(
    'most_common',
    'select code, code_text, count(distinct patient_key) as people, count(*) as records\nfrom conditions\ngroup by all order by people desc, code limit 50',
  ),
  sql(
    'pressure',
    "select effective_year as year,\n       round(avg(value_number) filter (code = '8480-6'), 1) as systolic,\n       round(avg(value_number) filter (code = '8462-4'), 1) as diastolic,\n       count(distinct patient_key) as people\nfrom observations\nwhere code in ('8480-6', '8462-4') and value_unit = 'mm[Hg]'\ngroup by year having people >= 11 order by year",
  ),
  {
    kind: 'chart',
    name: 'pressure_chart',
    source: '',
    chart: { type: 'line', of: 'pressure', x: 'year', y: ['systolic', 'diastolic'] },
  },
]
