import { expect, test } from 'vitest'
import { generateResources } from '@aquifer/core/generate'
import { countOutcomes, elementsOf, exampleTypes } from './steps.js'

const step = (path: string, outcome: 'kept' | 'changed' | 'removed') => ({
  path,
  outcome,
  phiClass: 'NAME',
  treatment: 'remove',
  rule: null,
  method: null,
})

test('an element that repeats is one line with how often, unless it was treated differently', () => {
  const example = { name: [{ given: ['Ann', 'Bo'] }, { given: ['Cy'] }], gender: 'female' }
  const steps = [
    step('name.0.given.0', 'removed'),
    step('name.0.given.1', 'removed'),
    step('name.1.given.0', 'kept'),
    step('gender', 'kept'),
    step('name', 'removed'),
  ]
  expect(elementsOf({ steps, example }).map(({ path, outcome, times, value }) => [path, outcome, times, value])).toEqual([
    ['name.given', 'removed', 2, 'Ann'],
    ['name.given', 'kept', 1, 'Cy'],
    ['gender', 'kept', 1, 'female'],
    ['name', 'removed', 1, undefined],
  ])
  expect(countOutcomes(steps)).toEqual({ kept: 2, changed: 0, removed: 3 })
})

test('the types offered are those of which an example is made', () => {
  const made = new Set<string>()
  for (const { resourceType } of generateResources({ patients: 3, seed: 'example' })) made.add(resourceType)
  expect(new Set(exampleTypes)).toEqual(made)
})
