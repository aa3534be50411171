import { expect, test } from 'vitest'
import { completionsAt, lineDiff, placeIn, tableOfValue, valueDiff, type KnownTable } from './index.js'

const tables: KnownTable[] = [
  {
    name: 'patients',
    columns: [
      { name: 'patient_key', type: 'VARCHAR' },
      { name: 'gender', type: 'VARCHAR', masking: 'kept' },
    ],
  },
  {
    name: 'observations',
    columns: [
      { name: 'patient_key', type: 'VARCHAR' },
      { name: 'code', type: 'VARCHAR' },
      { name: 'Odd name', type: 'DATE' },
    ],
  },
]
/** Completions at the bar. */
const at = (text: string, parameters: string[] = []): string[] => {
  const position = text.indexOf('|')
  const sql = text.replace('|', '')
  return completionsAt(sql, placeIn(sql, position), tables, parameters).map(({ text: each }) => each)
}

test('columns of an alias, of a table, of a CTE', () => {
  expect(at('SELECT p.g| FROM patients p')).toEqual(['gender'])
  expect(at('SELECT p.| FROM patients AS p JOIN observations o USING (patient_key)')).toEqual(['patient_key', 'gender'])
  expect(at('SELECT o."O| FROM syn.observations o')).toEqual(['"Odd name"'])
  expect(at('WITH many AS (SELECT code, count(*) AS n, max(x, y) FROM observations GROUP BY 1) SELECT many.| FROM many')).toEqual([
    'code',
    'n',
  ])
  expect(at('WITH few(a, b) AS (SELECT 1, 2) SELECT f.| FROM few f')).toEqual(['a', 'b'])
  expect(at('SELECT x.| FROM patients p')).toEqual([])
})

test('aliases, CTEs and columns by what is written of them; nothing of texts and comments', () => {
  expect(at(`WITH pats AS (SELECT 1 AS one) SELECT p| FROM patients pt, pats`)).toEqual(['pt', 'pats', 'patient_key'])
  expect(at(`SELECT ge| FROM observations -- FROM patients\n`)).toEqual([])
  expect(at(`SELECT ge| FROM observations WHERE code = 'x FROM patients'`)).toEqual([])
})

test('parameters that are given or that the text already names', () => {
  expect(at('SELECT $since WHERE x = $s|', ['site', 'other'])).toEqual(['$site', '$since'])
})

test('the column whose value is being written', () => {
  const value = (text: string) => {
    const position = text.indexOf('|')
    const sql = text.replace('|', '')
    const place = placeIn(sql, position)
    return [place.word, place.valueOf?.column, place.valueOf === null ? null : tableOfValue(sql, place.valueOf, tables)?.name]
  }
  expect(value(`SELECT 1 FROM patients p WHERE p.gender = 'fe|`)).toEqual(['fe', 'gender', 'patients'])
  expect(value(`SELECT 1 FROM patients p JOIN observations o USING (patient_key) WHERE o.code IN ('a', '|')`)).toEqual([
    '',
    'code',
    'observations',
  ])
  expect(value(`SELECT 'some |`)).toEqual(['some ', undefined, null])
})

test('two texts by lines, two sets of values by names', () => {
  expect(lineDiff('a\nb\nc', 'a\nc\nd').map(({ is, text }) => `${is} ${text}`)).toEqual(['same a', 'removed b', 'same c', 'added d'])
  expect(lineDiff('', '')).toEqual([{ is: 'same', text: '' }])
  expect(valueDiff({ a: 1, b: { c: 2 }, d: 1 }, { a: 1, b: { c: 3 } })).toEqual({
    b: { from: { c: 2 }, to: { c: 3 } },
    d: { from: 1, to: null },
  })
})
