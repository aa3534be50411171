import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { spellingSql, ucumOf } from '@aquifer/core/units'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { analysisTables, flatTable, flatTableSql, maskingOf } from './index.js'
import { nestedColumnTypes } from '../reservoir/nested-schema.js'
import { loadNestedRows } from './test/nested-rows.js'

let connection: DuckDBConnection
let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })
const quantity = (value: number, unit: string) => ({ valueQuantity: { value, unit } })
const observation = (id: string, code: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: loinc(code),
  ...more,
})

async function rowsOf(name: string, resources: { id: string }[], columns: string): Promise<unknown[][]> {
  const rows = resources.map((resource) => ({ _id: resource.id, patient_key: 'p', _date: null, resource: { ...resource } }))
  const from = await loadNestedRows(connection, 'Observation', rows)
  const table = analysisTables().find((each) => each.name === name)!
  const { sql, columns: told } = flatTableSql(table, { from, columns: nestedColumnTypes('Observation'), displays: null })
  const described = await connection.runAndReadAll(`DESCRIBE ${sql}`)
  expect(described.getRows().map(([column, type]) => ({ name: column, type }))).toEqual(told)
  return (await connection.runAndReadAll(`SELECT ${columns} FROM (${sql}) ORDER BY id`)).getRowsJson()
}

test('values in the usual unit beside their own, repeats marked, baseline beside each', async () => {
  const at = { effectiveDateTime: '2015-01-01T08:00:00Z' }
  const later = { effectiveDateTime: '2015-02-01T08:00:00Z' }
  const device = { device: { reference: 'Device/d' } }
  const rows = await rowsOf(
    'measurements',
    [
      observation('w1', '29463-7', { ...quantity(70, 'kg'), ...at, ...device }),
      observation('w2', '29463-7', { ...quantity(70, 'kg'), ...at, ...device }),
      observation('w3', '29463-7', { ...quantity(154, 'lbs'), ...later }),
      observation('w4', '29463-7', { ...quantity(71, 'kg'), effectiveDateTime: '2015' }),
      observation('t1', '8310-5', { ...quantity(98.6, 'degF'), ...at }),
      observation('n1', '2951-2', { ...quantity(140, 'mEq/L'), ...at }),
      observation('s1', '72106-8', { ...quantity(20, '(score)'), ...at }),
      observation('c1', '49765-1', { ...quantity(2.5, 'mmol/L'), ...at }),
      observation('x1', '99999-9', { ...quantity(5, 'mmHg'), ...at }),
      observation('x2', '99999-9', { valueString: 'no number' }),
    ],
    'id, value_number, value_unit, round(usual_number, 6), usual_unit, repeated, round(baseline_number, 6)',
  )
  expect(rows).toEqual([
    ['c1', 2.5, 'mmol/L', 10.0195, 'mg/dL', false, 10.0195],
    ['n1', 140, 'mEq/L', 140, 'mmol/L', false, 140],
    ['s1', 20, '(score)', 20, '{score}', false, 20],
    ['t1', 98.6, 'degF', 37, 'Cel', false, 37],
    ['w1', 70, 'kg', 70, 'kg', false, 70],
    ['w2', 70, 'kg', 70, 'kg', true, 70],
    ['w3', 154, 'lbs', 69.853225, 'kg', false, 70],
    ['w4', 71, 'kg', 71, 'kg', null, null],
    ['x1', 5, 'mmHg', 5, 'mm[Hg]', false, 5],
  ])
})

test('what was entered in error or cancelled is nobody’s baseline, and a reading is no repeat of it', async () => {
  const weights = (['2015-01-01', '2015-02-01', '2015-03-01'] as const).map((day) => ({ effectiveDateTime: `${day}T08:00:00Z` }))
  const rows = await rowsOf(
    'measurements',
    [
      observation('e1', '29463-7', { ...quantity(700, 'kg'), ...weights[0], status: 'entered-in-error' }),
      observation('e2', '29463-7', { ...quantity(71, 'kg'), ...weights[1], status: 'cancelled' }),
      observation('e3', '29463-7', { ...quantity(71, 'kg'), ...weights[1] }),
      observation('e4', '29463-7', { ...quantity(72, 'kg'), ...weights[2] }),
    ],
    'id, repeated, baseline_number',
  )
  expect(rows).toEqual([
    ['e1', false, null],
    ['e2', false, null],
    ['e3', false, 71],
    ['e4', false, 71],
  ])
})

test('units as hospitals write them, and amounts of substance beside masses under one code', async () => {
  const glucose = [
    ['g1', '2345-7', 99, 'mg/dl'],
    ['g2', '14749-6', 5.5, 'mmol/l'],
    ['g3', '2345-7', 5.5, 'mmol / L'],
    ['h1', '59261-8', 53, 'mmol/mol'],
    ['p1', '8480-6', 120, 'mm Hg'],
    ['q1', '8480-6', 16, 'kPa'],
  ] as const
  const rows = await rowsOf(
    'measurements',
    glucose.map(([id, code, value, unit]) => observation(id, code, quantity(value, unit))),
    'id, usual_code, round(usual_number, 1), usual_unit',
  )
  expect(rows).toEqual([
    ['g1', '2345-7', 99, 'mg/dL'],
    ['g2', '2345-7', 99.1, 'mg/dL'],
    ['g3', '2345-7', 99.1, 'mg/dL'],
    ['h1', '4548-4', 7, '%'],
    ['p1', '8480-6', 120, 'mm[Hg]'],
    ['q1', '8480-6', 120, 'mm[Hg]'],
  ])
  const written = [
    'mm Hg',
    'mg/dl',
    'mmol/l',
    'µmol/l',
    'umol/L',
    '10^3/uL',
    'K/uL',
    'kg/m²',
    'IU/l',
    'dl',
    'ml/min',
    'mol',
    'capsules per day',
    '',
  ]
  const asked = written.map((each, at) => `(${at}, '${each}')`).join(', ')
  const told = await connection.runAndReadAll(`SELECT ${spellingSql('u')} FROM (VALUES ${asked}) AS v(place, u) ORDER BY place`)
  expect(told.getRows().flat()).toEqual(written.map(ucumOf))
  expect(written.map(ucumOf)).toEqual([
    'mm[Hg]',
    'mg/dL',
    'mmol/L',
    'umol/L',
    'umol/L',
    '10*3/uL',
    '10*3/uL',
    'kg/m2',
    '[iU]/L',
    'dL',
    'mL/min',
    'mol',
    'capsules per day',
    '',
  ])
})

test('a blood pressure panel is one row', async () => {
  const component = [
    { code: loinc('8480-6'), ...quantity(120, 'mmHg') },
    { code: loinc('8462-4'), ...quantity(10, 'kPa') },
  ]
  const rows = await rowsOf(
    'blood_pressures',
    [
      observation('b1', '55284-4', { component, effectiveDateTime: '2015-01-01' }),
      observation('b2', '55284-4', {}),
      observation('b3', '55284-4', { component, status: 'entered-in-error' }),
      // The cuff was read twice, and one value is in a unit of something else.
      observation('b4', '55284-4', {
        component: [component[0], { code: loinc('8480-6'), ...quantity(180, 'mmHg') }, { code: loinc('8462-4'), ...quantity(8, 'cm') }],
      }),
      observation('h1', '8302-2', quantity(170, 'cm')),
    ],
    'id, patient_key, systolic, round(diastolic, 3), study_day',
  )
  expect(rows).toEqual([
    ['b1', 'p', 120, 75.006, '1'],
    ['b4', 'p', 120, null, null],
  ])
})

test('they stand beside the flat tables, and say of every column what it is', () => {
  for (const table of analysisTables()) {
    expect(table.name).not.toBe(flatTable(table.type).name)
    expect([...maskingOf(table).values()].every(({ description, masking }) => description !== '' && masking !== null)).toBe(true)
  }
})

test('what nobody reads of them is not worked out', async () => {
  const from = await loadNestedRows(connection, 'Observation', [])
  const table = analysisTables().find(({ name }) => name === 'measurements')!
  const sql = (...needed: string[]): string =>
    flatTableSql(table, { from, columns: nestedColumnTypes('Observation'), displays: null, needed: new Set(needed) }).sql
  expect(sql('usual_number', 'usual_unit')).not.toContain('OVER')
  expect(sql('repeated').match(/OVER/g)).toHaveLength(1)
})
