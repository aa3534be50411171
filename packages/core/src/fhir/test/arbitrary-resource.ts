import * as fc from 'fast-check'
import { ExactNumber, type Resource } from '../index.js'
import { resourceShape, type Shape, type Slot } from '../shape.js'

// Every character that XML and JSON both know, with those that need care more often.
const character = fc.oneof(
  fc.constantFrom('&', '<', '>', '"', "'", '\t', '\n', '\r', ' ', ']', 'é', '\u{1f9ea}', '\ud7ff', '\ue000'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
)
const text = fc.array(character, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
const decimal = fc
  .constantFrom('1.10', '-0.0', '0.1234567890123456789', '1e3', '12345678901234567890', '100.00')
  .map((each) => new ExactNumber(each))
const div = fc
  .tuple(
    fc.constantFrom('<div>', '<div xmlns="http://www.w3.org/1999/xhtml">', '<div  class="a">'),
    fc.array(narrativePart(), { maxLength: 5 }),
  )
  .map(([open, parts]) => `${open}${parts.join('')}</div>`)

function narrativePart(): fc.Arbitrary<string> {
  return fc.constantFrom(
    '<p>a &amp; b</p>',
    '&#160;',
    '<br/>',
    '<img alt=\'x>y\' src="#a" />',
    '\r\n',
    '<!-- kept -->',
    '<![CDATA[<x>]]>',
    'text',
    '<b\n>z</b >',
  )
}

function primitive(slot: Slot): fc.Arbitrary<unknown> {
  switch (slot.type) {
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: -5, max: 2 ** 31 - 1 })
    case 'positiveInt':
    case 'unsignedInt':
      return fc.integer({ min: 1, max: 99 })
    case 'decimal':
      return fc.oneof(decimal, fc.integer(), fc.constantFrom(0.1, 5.8, -17))
    case 'xhtml':
      return div
    case 'code':
      return slot.codes === null ? fc.constantFrom('a', 'b c') : fc.constantFrom(...slot.codes)
    case 'id':
      return fc.constantFrom('x', 'a.b-1')
    default:
      return text
  }
}

const more = (slot: Slot): fc.Arbitrary<Record<string, unknown>> =>
  fc.oneof(
    fc.constant({ id: 'n1' }),
    text.map((value) => ({ id: value, extension: [{ url: 'urn:x', valueString: value }] })),
    decimal.map((value) => ({ extension: [{ url: `urn:${slot.type}`, valueDecimal: value }] })),
  )

/** An object of a shape: some of its elements, now and then a list with gaps, an id, an extension beside a value. */
function objectOf(shape: Shape, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const names = [...shape.slots.keys()].filter((name) => !name.startsWith('_') && name !== 'fhir_comments')
  const most = Math.min(names.length, depth === 0 ? 8 : 3)
  return fc
    .subarray(names, { minLength: 1, maxLength: most })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((name) => valueOf(name, shape.slots.get(name)!, shape, depth)))
        .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>),
    )
}

function valueOf(name: string, slot: Slot, shape: Shape, depth: number): fc.Arbitrary<Record<string, unknown>> {
  if (slot.kind === 'primitive') return primitiveOf(name, slot, shape)
  if (depth >= 3) return fc.constant({})
  const one = slot.kind === 'resource' ? inner(depth + 1) : objectOf(slot.shape(), depth + 1)
  return (slot.list ? fc.array(one, { minLength: 1, maxLength: 2 }) : one).map((value) => ({ [name]: value }))
}

function primitiveOf(name: string, slot: Slot, shape: Shape): fc.Arbitrary<Record<string, unknown>> {
  const value = primitive(slot)
  const isAttribute = !shape.isResource && (name === 'id' || (name === 'url' && shape.name === 'Extension'))
  if (slot.type === 'xhtml' || isAttribute) return value.map((each) => ({ [name]: each }))
  if (!slot.list)
    return fc.oneof(
      value.map((each) => ({ [name]: each })),
      fc.tuple(value, more(slot)).map(([each, beside]) => ({ [name]: each, [`_${name}`]: beside })),
      more(slot).map((beside) => ({ [`_${name}`]: beside })),
    )
  return fc
    .array(
      fc.oneof(
        value.map((each) => [each, null]),
        more(slot).map((beside) => [null, beside]),
        fc.tuple(value, more(slot)),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((pairs) => ({
      ...(pairs.some(([each]) => each !== null) ? { [name]: pairs.map(([each]) => each) } : {}),
      ...(pairs.some(([, beside]) => beside !== null) ? { [`_${name}`]: pairs.map(([, beside]) => beside) } : {}),
    }))
}

const inner = (depth: number): fc.Arbitrary<Record<string, unknown>> =>
  fc.constantFrom('Patient', 'Observation', 'Binary', 'Questionnaire').chain((type) => resourceOf(type, depth))

/** A resource with the form that the model gives its type; its values need not make sense. */
export function resourceOf(type: string, depth = 0): fc.Arbitrary<Resource> {
  return objectOf(resourceShape(type)!, depth).map((object) => ({ resourceType: type, ...object }))
}
