import { safeHarbor } from '@aquifer/core/masking'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQueryWorld, type World } from './test/world.js'

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

test('the catalogue lists tables with rows, types and what masking did', async () => {
  const { tables, people, resources, snapshot } = await world.query.catalogue(world.study)
  expect({ people, resources }).toEqual({ people: 2, resources: 5 })
  expect(snapshot).toMatch(/^\d{4}-/)
  const patients = tables.find(({ name }) => name === 'patients')!
  expect(patients).toMatchObject({ kind: 'flat', rows: 2 })
  expect(patients.columns.find(({ name }) => name === 'birth_date')!.masking).toMatch(/years only/)
  const nested = tables.find(({ name }) => name === 'Patient')!
  expect(nested.columns.find(({ name }) => name === 'name')!.masking).toContain('remove')
  expect(nested.columns.find(({ name }) => name === 'gender')!.type).toBe('VARCHAR')
})

test('the catalogue names the rule of the study’s own policy that decides on a column, and what its classes remove', async () => {
  world.masked.policy = {
    ...safeHarbor,
    name: 'own',
    classes: { ...safeHarbor.classes, STATE: 'remove' },
    rules: [
      { id: 'no-sex', match: { path: 'Patient.gender' }, method: 'redact' },
      { id: 'weights', match: { path: 'Observation.value.ofType(Quantity)' }, method: 'generalize', to: 'bins', width: 5 },
      { id: 'old-home', match: { path: 'Patient.address' }, method: 'redact', where: [{ path: 'use', equals: 'old' }] },
    ],
  }
  const { tables } = await world.query.catalogue(world.study)
  const of = (table: string, column: string) =>
    tables.find(({ name }) => name === table)!.columns.find(({ name }) => name === column)!.masking
  expect([of('patients', 'gender'), of('observations', 'value_number')]).toEqual(['no-sex: redact', 'weights: generalize bins'])
  expect(of('patients', 'state')).toBe('old-home: redact if its conditions hold, else remove')
  expect([of('patients', 'birth_year'), of('patients', 'id')]).toEqual(['kept to the year', 'pseudonym, the same everywhere in the study'])
  expect([of('Patient', 'gender'), of('Observation', 'status')]).toEqual(['no-sex: redact', 'kept'])
  world.masked.policy = { ...safeHarbor, classes: { ...safeHarbor.classes, STATE: 'remove' } }
  const plain = await world.query.catalogue(world.study)
  expect(plain.tables.find(({ name }) => name === 'patients')!.columns.find(({ name }) => name === 'state')!.masking).toBe('removed')
})
