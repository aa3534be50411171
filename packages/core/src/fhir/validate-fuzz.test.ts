// Whatever is sent: validation and repair end, throw nothing, and what they let through is valid and needs no further mending.
import { assert, constantFrom, integer, property, string, tuple, array } from 'fast-check'
import { test, expect } from 'vitest'
import { isObject, stringifyResource, validate, validateAndRepair } from './index.js'
import type { JsonObject, Resource } from './index.js'
import { invariantCases } from './test/invariant-cases.js'

const resources: Resource[] = Object.values(invariantCases).flat()
const values: unknown[] = [
  null,
  '',
  ' a ',
  'TRUE',
  'true',
  '2',
  '1.50',
  2,
  0,
  -1,
  true,
  [],
  {},
  [null],
  [{}],
  { text: 'a' },
  { coding: [{ code: 'final' }] },
  { coding: { code: 'a' } },
  { system: 'urn:s', code: 'a' },
  { reference: '' },
  'Patient/1',
  '2020-1-2',
  '2020-01-02 10:00Z',
  '<div>a & b</div>',
  ['a', 'b'],
  [['a']],
]

/** Puts a value somewhere into the resource: at the n-th place that a walk meets. */
function disturbed(resource: Resource, place: number, value: unknown, key: string | null): unknown {
  const copy = structuredClone(resource)
  const holders: [JsonObject | unknown[], string | number][] = []
  const visit = (holder: unknown): void => {
    if (Array.isArray(holder)) for (const [at] of holder.entries()) holders.push([holder, at])
    else if (isObject(holder)) for (const name of Object.keys(holder)) if (name !== 'resourceType') holders.push([holder, name])
    if (typeof holder === 'object' && holder !== null) for (const inner of Object.values(holder)) visit(inner)
  }
  visit(copy)
  const [holder, at] = holders[place % holders.length] ?? [copy, 'id']
  if (key !== null && isObject(holder)) holder[key] = structuredClone(value)
  else (holder as JsonObject)[at] = structuredClone(value)
  return copy
}

test('any disturbance ends in valid content, or in reasons', () => {
  const change = tuple(integer({ min: 0, max: 200 }), integer({ min: 0, max: values.length - 1 }))
  assert(
    property(
      constantFrom(...resources),
      array(change, { minLength: 1, maxLength: 4 }),
      string({ maxLength: 6 }),
      (resource, changes, key) => {
        let sent: unknown = resource
        for (const [place, value] of changes)
          sent = disturbed(sent as Resource, place, values[value], value % 5 === 0 && key !== '__proto__' ? key : null)
        const before = stringifyResource(sent)
        const wasValid = validate(sent).length === 0
        expect(stringifyResource(sent)).toBe(before)
        const { issues, repairs } = validateAndRepair(sent)
        if (wasValid) expect([issues, repairs, stringifyResource(sent)]).toEqual([[], [], before])
        if (issues.length === 0) expect(validateAndRepair(sent)).toEqual({ issues: [], repairs: [] })
      },
    ),
    { numRuns: 3000 },
  )
})
