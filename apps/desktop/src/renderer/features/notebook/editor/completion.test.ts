import { describe, expect, test } from 'vitest'
import type { CatalogueTable } from '@aquifer/core/contract'
import { completionsAt, written } from './completion.js'

const table = (name: string, columns: string[], kind: CatalogueTable['kind'] = 'flat'): CatalogueTable => ({
  name,
  kind,
  rows: 10,
  description: '',
  columns: columns.map((column) => ({ name: column, type: 'VARCHAR', masking: 'kept', description: '' })),
})
const vocabulary = {
  tables: [
    table('patients', ['patient_key', 'gender']),
    table('conditions', ['patient_key', 'code']),
    table('Observation', ['_id'], 'nested'),
  ],
  results: [{ name: 'hypertension', columns: ['patient_key', 'since'] }],
  countsOnly: false,
}
const at = (sql: string) => {
  const offset = sql.indexOf('|')
  return completionsAt(vocabulary, sql.replace('|', ''), offset).map((item) => item.insert)
}

describe('completion', () => {
  test('after an alias and a point: the columns of its table', () => {
    expect(at('select p.| from patients p')).toEqual(['patient_key', 'gender'])
    expect(at('select h.| from patients p join hypertension h on true')).toEqual(['patient_key', 'since'])
  })

  test('after FROM and JOIN: results of cells first, then tables, nested types in quotes', () => {
    expect(at('select * from |')).toEqual(['hypertension', 'patients', 'conditions', '"Observation"'])
    expect(at('select * from patients p join |')).toContain('conditions')
  })

  test('elsewhere: columns of the tables named, each once, before functions and words', () => {
    const offered = at('select | from patients, conditions')
    expect(offered.slice(0, 3)).toEqual(['patient_key', 'gender', 'code'])
    expect(offered).toContain('where')
    expect(offered.some((text) => text.startsWith('count('))).toBe(true)
  })

  test('who gets counts only is offered what he may ask', () => {
    const offered = completionsAt({ ...vocabulary, countsOnly: true }, 'select ', 7).map(({ label }) => label)
    expect(offered).toEqual(expect.arrayContaining(['count(*)', 'median()', 'group by', 'left join']))
    for (const refused of ['max()', 'row_number()', 'having', 'full join', 'union all']) expect(offered).not.toContain(refused)
  })

  test('a name that is not plain is quoted', () => {
    expect([written('code'), written('Patient'), written('a"b')]).toEqual(['code', '"Patient"', '"a""b"'])
  })
})
