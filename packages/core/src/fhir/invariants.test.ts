// DSTU2 (1.0.2): the constraints of profiles-resources and profiles-types, each translated once and shown to hold and to fail.
import { describe, expect, test } from 'vitest'
import { readDefinitions } from '../../scripts/definitions.js'
import { invariants } from './invariants/table.js'
import { validate } from './index.js'
import type { Resource } from './index.js'
import type { Invariant } from './invariants/table.js'
import { invariantCases } from './test/invariant-cases.js'
import { dataDir, leftOut } from './test/published.js'

const nameOf = ({ path, key }: Invariant): string => `${path} ${key}`
const canFail = invariants.filter(({ translation }) => !('cannotFail' in translation))
// Without what a case takes away by setting it undefined.
const plain = (resource: Resource): unknown => JSON.parse(JSON.stringify(resource))
const told = { warnings: true }

describe('every invariant holds of what satisfies it and fails of what does not', () => {
  test.each(canFail.map((invariant) => [nameOf(invariant), invariant] as const))('%s', (name, { key, severity }) => {
    const [holds, breaks] = (invariantCases[name] ?? []).map(plain)
    expect(validate(holds, told)).toEqual([])
    const issues = validate(breaks, told)
    expect(issues.filter(({ message }) => message.startsWith(`${key}: `)).map((issue) => issue.severity)).toContain(severity)
    // Nothing else is wrong with it, so nothing but the invariant can have refused it.
    expect(issues.filter(({ code }) => code !== 'invariant')).toEqual([])
  })

  test('a warning refuses nothing', () => {
    const [, breaks] = invariantCases['NutritionOrder nor-1'] ?? []
    expect(validate(breaks)).toEqual([])
  })
})

test('each is shown, and those that nothing can violate say why', () => {
  expect(Object.keys(invariantCases).toSorted()).toEqual(canFail.map(nameOf).toSorted())
  const others = invariants.filter((invariant) => !canFail.includes(invariant))
  expect(others.map(({ key }) => key).toSorted()).toEqual(['cnt-1', 'dis-1', 'ele-1', 'eld-5', 'eld-8'].toSorted())
})

test('all that the definitions publish are there', () => {
  if (!dataDir) return leftOut('comparing the invariants with the definitions')
  const { resources, types } = readDefinitions(dataDir)
  const keysOf = (structures: typeof resources): Set<string> =>
    new Set(
      structures.flatMap(({ snapshot }) =>
        snapshot.element.flatMap(({ constraint }) => (constraint ?? []).map(({ key, xpath }) => `${key} ${xpath ?? ''}`)),
      ),
    )
  // 111 of the resources, 38 of the data types; inv-1 and inv-2 of Parameters share key and XPath with none but each other.
  expect([keysOf(resources).size, keysOf(types).size]).toEqual([111, 38])
  const ours = new Set(invariants.map(({ key }) => key))
  const published = [...keysOf(resources), ...keysOf(types)].map((constraint) => constraint.slice(0, constraint.indexOf(' ')))
  expect(published.filter((key) => !ours.has(key))).toEqual([])
})

test('messages name the invariant in the words of the specification', () => {
  expect(validate({ resourceType: 'Organization', active: true })).toEqual([
    {
      severity: 'error',
      code: 'invariant',
      path: 'Organization',
      message: 'org-1: The organization SHALL at least have a name or an id, and possibly more than one',
    },
  ])
})

test('whatever shape an element has, invariants are asked of it without an accident', () => {
  const shapes: unknown[] = [null, 1, 'a', true, [], {}, [null], ['a'], [[]], { a: 1 }, [{ a: [] }]]
  for (const [, breaks] of Object.values(invariantCases)) {
    for (const key of Object.keys(breaks)) {
      if (key === 'resourceType') continue
      for (const shape of shapes) {
        validate({ ...breaks, [key]: shape }, told)
        const element = breaks[key]
        if (typeof element !== 'object' || element === null) continue
        for (const inner of Object.keys(element)) validate({ ...breaks, [key]: { ...element, [inner]: shape } }, told)
      }
    }
  }
})
