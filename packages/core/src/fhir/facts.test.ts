// DSTU2 (1.0.2) resourcelist.html, datatypes.html: what the generated tables say of them.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readDefinitions } from '../../scripts/definitions.js'
import { generateTables } from '../../scripts/generate-model.js'
import {
  childrenAt,
  childrenOf,
  phiClasses,
  resourceFacts,
  resourceTypes,
  searchParameters,
  typeFacts,
  typeName,
  typeNumber,
} from './index.js'
import type { ElementFact } from './index.js'
import { dataDir, leftOut } from './test/published.js'

const element = (type: string, name: string): ElementFact =>
  (resourceFacts[type] ?? typeFacts[type] ?? []).find((fact) => fact.name === name)!

test('the checked-in tables are what the published definitions generate', () => {
  if (!dataDir) return leftOut('regenerating the model')
  for (const [file, text] of Object.entries(generateTables(readDefinitions(dataDir)))) {
    expect(
      readFileSync(new URL(file, import.meta.url), 'utf8') === text,
      `${file} differs: run packages/core/scripts/generate-model.ts`,
    ).toBe(true)
  }
})

describe('types', () => {
  test('all 94 resource types have a number that never changes', () => {
    expect(resourceTypes).toHaveLength(94)
    expect([typeNumber('Account'), typeNumber('Observation'), typeNumber('Patient'), typeNumber('VisionPrescription')]).toEqual([
      1, 61, 68, 94,
    ])
    expect(resourceTypes.map((type) => typeName(typeNumber(type)))).toEqual(resourceTypes)
    expect(() => typeNumber('CareTeam')).toThrow()
    expect(() => typeName(95)).toThrow()
  })

  test('an element knows its types, cardinality, codes, targets', () => {
    expect(element('Observation', 'status')).toMatchObject({ types: ['code'], min: 1, max: 1, modifier: true })
    expect(element('Observation', 'status').codes).toEqual([
      'registered',
      'preliminary',
      'final',
      'amended',
      'cancelled',
      'entered-in-error',
      'unknown',
    ])
    expect(element('Observation', 'value')).toMatchObject({ choice: true, min: 0, max: 1 })
    expect(element('Observation', 'value').types).toContain('SampledData')
    expect(element('Observation', 'subject').ref).toEqual(['Patient', 'Group', 'Device', 'Location'])
    expect(element('Provenance', 'target').ref).toBeUndefined()
    expect(element('HumanName', 'family')).toMatchObject({ types: ['string'], max: '*' })
    expect(element('Extension', 'value').types).toHaveLength(33)
    expect(element('Extension', 'url').min).toBe(1)
  })

  test('elements that repeat another one take its children', () => {
    const names = (facts: readonly ElementFact[]): string[] => facts.map((fact) => fact.name)
    expect(names(childrenAt('Questionnaire.group.group'))).toEqual(names(childrenAt('Questionnaire.group')))
    expect(names(childrenAt('Observation.component.referenceRange'))).toContain('meaning')
    const everyBackbone = (facts: readonly ElementFact[]): void => {
      for (const fact of facts) {
        if (fact.types[0] === 'BackboneElement') expect(childrenOf(fact).length).toBeGreaterThan(3)
        everyBackbone(fact.children ?? [])
      }
    }
    for (const type of resourceTypes) everyBackbone(resourceFacts[type]!)
  })
})

test('every PHI path is one of the model', () => {
  expect(Object.keys(phiClasses)).toHaveLength(4864)
  expect(phiClasses['Patient.birthDate']).toBe('BIRTH_DATE')
  expect(phiClasses['*.<unknown property>']).toBe('EXTENSION')
  const unknown = Object.keys(phiClasses).filter((path) => !path.startsWith('*') && !resourceFacts[path.split('.')[0]!])
  expect(unknown).toEqual([])
})

describe('search parameters', () => {
  test('index rows hold 63 presence bits and a place in the table, so no type has more', () => {
    for (const [type, parameters] of Object.entries(searchParameters)) {
      expect(parameters.length, type).toBeLessThanOrEqual(63)
      expect(new Set(parameters.map((parameter) => parameter.name)).size, type).toBe(parameters.length)
    }
    expect(Object.values(searchParameters).flat()).toHaveLength(869)
  })

  test('paths are JSON property names', () => {
    const observation = Object.fromEntries(searchParameters['Observation']!.map((parameter) => [parameter.name, parameter]))
    expect(observation['date']).toEqual({ name: 'date', type: 'date', paths: ['effectiveDateTime', 'effectivePeriod'] })
    expect(observation['patient']).toEqual({ name: 'patient', type: 'reference', paths: ['subject'], target: ['Patient'] })
    const patient = Object.fromEntries(searchParameters['Patient']!.map((parameter) => [parameter.name, parameter]))
    expect(patient['email']!.paths).toEqual(['telecom[system=email]'])
  })
})
