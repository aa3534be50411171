import * as fc from 'fast-check'
import { validate, type Resource } from '../index.js'
import { resourceShape, type Shape, type Slot } from '../shape.js'

const values: Readonly<Record<string, readonly unknown[]>> = {
  base64Binary: ['Q0FOQVJZ'],
  boolean: [true, false],
  date: ['1961-05-06', '2011'],
  dateTime: ['2011-05-06T07:08:09Z', '2014-03'],
  decimal: [1.5, 7],
  id: ['a1', 'b.2'],
  instant: ['2012-05-06T07:08:09.123Z'],
  integer: [3, 12],
  positiveInt: [1, 4],
  oid: ['urn:oid:1.2.3.4'],
  time: ['13:14:15'],
  unsignedInt: [0, 5],
  uri: ['http://example.org/a', 'http://loinc.org', 'urn:uuid:0b3c1a52-1f0c-4f3e-9d3a-1a2b3c4d5e6f'],
  uuid: ['urn:uuid:0b3c1a52-1f0c-4f3e-9d3a-1a2b3c4d5e6f'],
  xhtml: ['<div xmlns="http://www.w3.org/1999/xhtml">Jane</div>'],
  code: ['a1', 'text'],
}
const texts = ['Jane Roe', 'ward 7', 'pain']

const depthMax = 4

function primitive({ type, codes }: Slot): fc.Arbitrary<unknown> {
  return fc.constantFrom(...(codes && type === 'code' ? codes : (values[type] ?? texts)))
}

/** An object of a shape with what it must have, and some of what it may. */
function objectOf(shape: Shape, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const slots = [...shape.slots].filter(([name]) => !name.startsWith('_') && name !== 'fhir_comments')
  const must = shape.requiredNames.map((_, bit) => fc.constantFrom(...slots.filter(([, slot]) => slot.required === 1 << bit)))
  const may = slots.filter(([name, slot]) => slot.required === 0 && !/xtension$|^contained$|^implicitRules$/.test(name))
  const most = Math.min(may.length, depth === 0 ? 6 : depth < depthMax ? 2 : 0)
  const least = shape.requiredNames.length === 0 ? Math.min(1, may.length) : 0
  return fc
    .tuple(fc.tuple(...must), fc.subarray(may, { minLength: least, maxLength: Math.max(most, least) }))
    .chain(([required, optional]) => {
      const choices = new Set<number>()
      const chosen = [...required, ...optional].filter(([, { choice }]) => {
        const again = choice !== 0 && choices.has(choice)
        choices.add(choice)
        return !again
      })
      return fc.record(Object.fromEntries(chosen.map(([name, slot]) => [name, valueOf(slot, depth)])))
    })
}

function valueOf(slot: Slot, depth: number): fc.Arbitrary<unknown> {
  const one = oneOf(slot, depth)
  return slot.list ? fc.array(one, { minLength: 1, maxLength: 2 }) : one
}

function oneOf(slot: Slot, depth: number): fc.Arbitrary<unknown> {
  if (slot.kind === 'primitive') return primitive(slot)
  if (slot.kind === 'resource') return fc.constantFrom('Patient', 'Slot', 'Goal').chain((type) => anyOf(type, depth + 2))
  const targets = slot.targets === null ? ['Patient'] : [...slot.targets].filter((type) => resourceShape(type) !== null)
  if (slot.type === 'Reference')
    return fc.constantFrom(...targets, 'Patient').map((type) => ({ reference: `${targets.includes(type) ? type : targets[0]}/a1` }))
  const { codes } = slot
  if (codes && slot.type === 'CodeableConcept') return fc.constantFrom(...codes).map((code) => ({ coding: [{ code }] }))
  if (codes && slot.type === 'Coding') return fc.constantFrom(...codes).map((code) => ({ code }))
  // A data type that may be empty of anything in particular, at the depth where nothing optional is chosen any more.
  return objectOf(slot.shape(), depth + 1)
}

const anyOf = (type: string, depth: number): fc.Arbitrary<Resource> =>
  objectOf(resourceShape(type)!, depth).map((object) => ({ resourceType: type, ...object }))

/** Resources of a type that the validator finds nothing wrong with: `count` of them, or as many as turn up. The same each time. */
export function validResources(type: string, count: number): Resource[] {
  const found: Resource[] = []
  for (let seed = 1; found.length < count && seed <= 60; seed++)
    found.push(...fc.sample(anyOf(type, 0), { numRuns: 20, seed }).filter((resource) => validate(resource).length === 0))
  return found.slice(0, count)
}
