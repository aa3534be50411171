import { parse } from 'lossless-json'
import { FP_Decimal } from 'fhirpath'
import { describe, expect, test } from 'vitest'
import { checkView, columnsOf, runView } from './index.js'
import { suiteFiles, type SuiteTest } from './test/suite.js'

// https://github.com/FHIR/sql-on-fhir-v2, folder tests
const files = suiteFiles(process.env['AQUIFER_TEST_DATA'])
if (files.length === 0) console.log('left out: the SQL on FHIR v2 suite (AQUIFER_TEST_DATA is not set)')

// Boundaries depend on trailing zeros, which plain numbers lose.
const exact = (text: string): unknown => (/\.\d*0$/.test(text) ? FP_Decimal.getDecimal(text) : Number(text))
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown
const sorted = (rows: unknown[]): unknown[] => rows.map((row) => JSON.stringify(plain(row), keysOf(row))).sort()
const keysOf = (row: unknown): string[] => Object.keys(row as object).sort()

function check({ view, expect: expected, expectError, expectColumns }: SuiteTest, resources: unknown[]): void {
  const checked = checkView(view)
  if (expectError) {
    expect(() => ('problems' in checked ? fail() : runView(checked.view, resources))).toThrow()
    return
  }
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems))
  const rows = runView(checked.view, resources)
  if (expectColumns) expect(columnsOf(checked.view).map(({ name }) => name)).toEqual(expectColumns)
  if (expected) expect(sorted(rows)).toEqual(sorted(expected))
}
const fail = (): never => {
  throw new Error('the view is refused')
}

for (const { file, resources: text, tests } of files) {
  const { resources } = parse(text, undefined, { parseNumber: exact }) as { resources: unknown[] }
  describe(file, () => {
    for (const one of tests) test(one.title, () => check(one, resources))
  })
}

test('a view names its problems and where they are', () => {
  const checked = checkView({
    resource: 'Patient',
    select: [
      {
        column: [
          { name: 'a', path: 'name.where(use = %kind)' },
          { name: 'a', path: '((' },
        ],
      },
      { unionAll: [] },
    ],
  })
  expect('problems' in checked && checked.problems.map(({ path }) => path)).toEqual([
    'select[0].column[0].path',
    'select[0].column[1].path',
    'select',
  ])
})
