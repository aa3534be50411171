import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { resourceTypes } from '@aquifer/core/fhir'
import { runView } from '@aquifer/core/view'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flatTable, flatTableNames, flatTableSql, maskingOf } from './index.js'
import { inlineResources, realResources, type Resource } from './test/examples.js'
import { nestedColumnTypes } from '../reservoir/nested-schema.js'
import { loadNestedRows } from './test/nested-rows.js'

// Columns that the contract names, besides id, patient_key and masking_policy.
const contractColumns: Record<string, string> = {
  patients: 'gender birth_year birth_date deceased deceased_at marital_status state zip3 race ethnicity language',
  observations:
    'encounter_key status category code_system code code_text value_number value_unit value_text value_code value_code_text effective_at study_day panel_id',
  conditions: 'encounter_key code_system code code_text category clinical_status verification_status onset_at abatement_at',
  encounters: 'class status type_code type_text start_at end_at reason_code reason_text',
  procedures: 'encounter_key status code_system code code_text performed_at performed_end_at',
  medication_orders: 'encounter_key status code_system code code_text written_at days_supply quantity',
  immunizations: 'encounter_key status vaccine_code vaccine_text given_at not_given',
  allergies: 'code_system code code_text status criticality onset_at',
  diagnostic_reports: 'encounter_key status code code_text effective_at issued_at',
  care_plans: '',
  goals: '',
  devices: '',
  medication_statements: '',
  medication_administrations: '',
  questionnaire_answers: '',
  organizations: '',
  practitioners: '',
}

let connection: DuckDBConnection
let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  await connection.run('CREATE TABLE displays (system VARCHAR, code VARCHAR, "text" VARCHAR)')
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const real = realResources(process.env['AQUIFER_TEST_DATA'], 4)
if (real.length === 0) console.log('left out: views over HL7 examples and Synthea people (AQUIFER_TEST_DATA is not set)')

/** What a years-only policy leaves of dates. */
const yearsOnly = (value: unknown): unknown => {
  if (typeof value === 'string') return /^\d{4}-\d{2}(-\d{2}(T.*)?)?$/.test(value) ? value.slice(0, 4) : value
  if (Array.isArray(value)) return value.map(yearsOnly)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, yearsOnly(inner)]))
}

/** As repaired and masked: a list where a list is due, no comments, no companions of primitives. */
function asStored(type: string, resource: Resource): Resource {
  const lists = new Set(Object.entries(nestedColumnTypes(type)).flatMap(([name, of]) => (of.endsWith('[]') ? [name] : [])))
  const plain = JSON.parse(JSON.stringify(resource), (key, value: unknown) =>
    key.startsWith('_') || key === 'fhir_comments' ? undefined : value,
  ) as Resource
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [key, lists.has(key) && !Array.isArray(value) ? [value] : value]),
  ) as Resource
}

const besides = (resource: unknown): Record<string, string> => ({
  patient_key: `of-${(resource as Resource).id}`,
  masking_policy: 'safe-harbor v1',
})
const dictionary = (system: string | undefined, code: string): string | null =>
  system === undefined ? null : `${system} ${code}`.slice(0, 60)

async function bothWays(type: string, resources: Resource[]): Promise<{ compiled: string[]; reference: string[] }> {
  const table = flatTable(type)
  const rows = resources.map((resource, index) => ({ ...asStored(type, resource), id: `${resource.id}-${index}` }))
  const from = await loadNestedRows(
    connection,
    type,
    rows.map((resource) => ({ _id: resource.id, patient_key: besides(resource)['patient_key'] ?? null, _date: null, resource })),
  )
  const displays = `SELECT DISTINCT system, code, left(system || ' ' || code, 60) AS "text" FROM codings_of_type`
  await connection.run(`CREATE OR REPLACE TEMP TABLE codings_of_type (system VARCHAR, code VARCHAR)`)
  const appender = await connection.createAppender('codings_of_type')
  for (const [system, code] of codings(rows)) {
    appender.appendVarchar(system)
    appender.appendVarchar(code)
    appender.endRow()
  }
  appender.closeSync()
  const { sql, columns } = flatTableSql(table, { from, columns: nestedColumnTypes(type), displays })
  const listed = columns.map(({ name, type: of }) =>
    of === 'TIMESTAMP' || of === 'DATE' ? `CAST("${name}" AS VARCHAR) AS "${name}"` : `"${name}"`,
  )
  const reader = await connection.runAndReadAll(`SELECT ${listed.join(', ')} FROM (${sql})`)
  const names = columns.map(({ name }) => name).filter((name) => name !== 'study_day')
  const asText = (row: Record<string, unknown>): string => JSON.stringify(names.map((name) => comparable(row[name])))
  return {
    compiled: reader.getRowObjectsJson().map(asText).sort(),
    reference: runView(table.view, rows, { besides, dictionary }).map(asText).sort(),
  }
}

const comparable = (value: unknown): unknown => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : (value ?? null))

function codings(value: unknown): [string, string][] {
  if (value === null || typeof value !== 'object') return []
  const { system, code } = value as { system?: unknown; code?: unknown }
  const own: [string, string][] = typeof system === 'string' && typeof code === 'string' ? [[system, code]] : []
  return [...own, ...Object.values(value).flatMap(codings)]
}

describe('compiled SQL gives what the reference runner gives', () => {
  const all = [...inlineResources, ...real]
  const types = [...new Set(all.map(({ resourceType }) => resourceType))].filter((type) => resourceTypes.includes(type)).sort()
  for (const type of types) {
    test(`${flatTable(type).name} from ${type}`, async () => {
      const own = all.filter(({ resourceType }) => resourceType === type).slice(0, 150)
      const { compiled, reference } = await bothWays(type, [...own, ...own.map((resource) => yearsOnly(resource) as Resource)])
      const [inSql, inReference] = [new Set(compiled), new Set(reference)]
      // Only what differs, so that a failure can be read.
      expect(compiled.filter((row) => !inReference.has(row)).slice(0, 3)).toEqual(reference.filter((row) => !inSql.has(row)).slice(0, 3))
      expect(compiled.length).toBe(reference.length)
      if (type !== 'QuestionnaireResponse') expect(compiled.length).toBeGreaterThanOrEqual(own.length)
    })
  }
})

test('the tables have the columns of the contract', () => {
  expect(flatTableNames().sort()).toEqual(Object.keys(contractColumns).sort())
  for (const type of resourceTypes) {
    const table = flatTable(type)
    const names = flatTableSql(table, { from: 'x', columns: nestedColumnTypes(type), displays: null }).columns.map(({ name }) => name)
    for (const name of ['id', 'patient_key', 'masking_policy', ...(contractColumns[table.name] ?? '').split(' ').filter(Boolean)]) {
      expect(names, table.name).toContain(name)
    }
    for (const name of names.filter((each) => each.endsWith('_at'))) expect(names, table.name).toContain(name.replace(/_at$/, '_year'))
    expect([...maskingOf(table).keys()]).toEqual(names)
  }
  expect(new Set(resourceTypes.map((type) => flatTable(type).name)).size).toBe(resourceTypes.length)
})

test('a panel is one row, each component one more; texts come from the dictionary alone; days count from the first', async () => {
  await connection.run(`DELETE FROM displays`)
  await connection.run(`INSERT INTO displays VALUES ('http://loinc.org', '8480-6', 'Systolic')`)
  const panel = inlineResources.filter(({ id }) => id === 'bp1')
  const later = panel.map((resource) => ({
    ...resource,
    id: 'bp2',
    component: undefined,
    effectivePeriod: undefined,
    effectiveDateTime: '2014-01-12',
  }))
  const from = await loadNestedRows(
    connection,
    'Observation',
    [...panel, ...later].map((resource) => ({ _id: resource.id, patient_key: 'k', _date: null, resource })),
  )
  const { sql } = flatTableSql(flatTable('Observation'), {
    from,
    columns: nestedColumnTypes('Observation'),
    displays: 'SELECT * FROM displays',
  })
  const rows = (await connection.runAndReadAll(`SELECT * FROM (${sql}) ORDER BY id`)).getRowObjectsJson()
  expect(
    rows.map(({ id, panel_id: panelId, code_text: text, value_number: value, study_day: day }) => [id, panelId, text, value, day]),
  ).toEqual([
    ['bp1', null, null, null, '1'],
    ['bp1.1', 'bp1', 'Systolic', 120.5, '1'],
    ['bp1.2', 'bp1', null, null, '1'],
    ['bp1.3', 'bp1', null, null, '1'],
    ['bp2', null, null, null, '11'],
  ])
  const needed = flatTableSql(flatTable('Observation'), {
    from,
    columns: nestedColumnTypes('Observation'),
    displays: 'SELECT * FROM displays',
    needed: new Set(['code']),
  }).sql
  expect(needed).not.toContain('JOIN')
  expect(needed).not.toContain('OVER')
})
