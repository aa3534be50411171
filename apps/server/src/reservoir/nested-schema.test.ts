import { DuckDBInstance } from '@duckdb/node-api'
import { resourceTypes } from '@aquifer/core/fhir'
import { expect, test } from 'vitest'
import { modelVersion, nestedColumns, nestedTypeSql } from './nested-schema.js'

// The element lists are those of http://hl7.org/fhir/DSTU2/resourcelist.html

test('every resource type has a schema that the engine accepts', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const type of resourceTypes) {
    const columns = nestedColumns(type)
    expect(columns.length, type).toBeGreaterThan(0)
    await connection.run(`create or replace temp table t (${columns.map((c) => `"${c.name}" ${nestedTypeSql(c.type)}`).join(', ')})`)
  }
  connection.closeSync()
  instance.closeSync()
})

test('choices are one column per type, references keep their reference, extensions are JSON', () => {
  const columns = new Map(nestedColumns('Observation').map((column) => [column.name, nestedTypeSql(column.type)]))
  expect(columns.get('valueQuantity')).toContain('"value" DOUBLE')
  expect(columns.get('valueString')).toBe('VARCHAR')
  expect(columns.get('effectiveDateTime')).toBe('VARCHAR')
  expect(columns.get('extension')).toBe('JSON')
  expect(columns.get('subject')).toBe('STRUCT("reference" VARCHAR, "display" VARCHAR)')
  expect(columns.get('component')).toMatch(/^STRUCT\(.*\)\[\]$/)
  expect(columns.has('id')).toBe(false)
})

test('a recursion is three levels deep and JSON below', () => {
  const group = nestedColumns('QuestionnaireResponse').find((column) => column.name === 'group')
  const sql = nestedTypeSql(group!.type)
  expect(sql.match(/"group" STRUCT/g)!.length).toBeGreaterThan(1)
  expect(sql).toContain('"group" JSON')
  expect(modelVersion()).toMatch(/^dstu2-[0-9a-f]{12}$/)
})
