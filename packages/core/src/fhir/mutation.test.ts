// Whatever happens to a resource on its way, reading and checking it end in a value: never an exception, never without end.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { extractIndex, forbiddenCharacter, isResource, parseJson, readXml, validateAndRepair, writeXml } from './index.js'
import { resourceOf } from './test/arbitrary-resource.js'
import { dataDir, hl7Examples, leftOut, publishedFiles } from './test/published.js'

/** One change, by numbers that fast-check can shrink. */
interface Change {
  kind: 'flip' | 'cut' | 'double' | 'swap'
  at: number
  length: number
  byte: number
}
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'double', 'swap'),
  at: fc.nat(),
  length: fc.integer({ min: 1, max: 60 }),
  byte: fc.integer({ min: 0, max: 127 }),
})

function changed(text: string, { kind, at, length, byte }: Change): string {
  const from = at % Math.max(1, text.length)
  const piece = text.slice(from, from + length)
  const rest = text.slice(from + length)
  switch (kind) {
    case 'flip':
      return text.slice(0, from) + String.fromCharCode(byte) + text.slice(from + 1)
    case 'cut':
      return text.slice(0, from) + rest
    case 'double':
      return text.slice(0, from) + piece + piece + rest
    case 'swap':
      return rest + text.slice(0, from) + piece
  }
}

const wrongValues: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'x',
  [],
  {},
  [null],
  [[]],
  { resourceType: 'Patient' },
  { extension: 7 },
  1e300,
]
const wrongKeys = ['constructor', 'toString', 'hasOwnProperty', '_id', 'resourceType', 'extension', 'valueX', '', '\u0000', 'fhir_comments']

/** Renames or replaces what stands at the n-th place of the tree. */
function mutated(value: unknown, place: { left: number }, pick: number): unknown {
  if (place.left-- === 0) return wrongValues[pick % wrongValues.length]
  if (Array.isArray(value)) return value.map((item) => mutated(item, place, pick))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as Record<string, unknown>)
  return Object.fromEntries(
    entries.map(([key, item]) => [place.left-- === 0 ? (wrongKeys[pick % wrongKeys.length] ?? key) : key, mutated(item, place, pick)]),
  )
}

function takes(resource: unknown): void {
  // What names no type is refused before it is looked at.
  if (!isResource(resource) || validateAndRepair(resource).issues.length > 0) return
  extractIndex(resource)
  expect(readXml(writeXml(resource))).toMatchObject({ issues: [] })
}

function takesText(text: string): void {
  const isXml = text.trimStart().startsWith('<')
  const read = isXml ? readXml(text) : parseJson(text)
  if (read.problem !== undefined) return
  if (!isXml && forbiddenCharacter(text, read.resource) !== null) return
  takes(read.resource)
}

const small = fc.constantFrom('Patient', 'Observation', 'Questionnaire', 'Bundle', 'Parameters', 'Conformance', 'ValueSet', 'Binary')

test('resources made by the model, with bytes changed, in JSON and in XML', () => {
  fc.assert(
    fc.property(
      small.chain((type) => resourceOf(type)),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (resource, changes) => {
        takesText(changes.reduce(changed, JSON.stringify(resource)))
        takesText(changes.reduce(changed, writeXml(resource)))
      },
    ),
    { numRuns: 100 },
  )
})

test('resources made by the model, with names and types changed', () => {
  fc.assert(
    fc.property(
      small.chain((type) => resourceOf(type)),
      fc.nat(120),
      fc.nat(1000),
      (resource, place, pick) => takes(mutated(resource, { left: place }, pick)),
    ),
    { numRuns: 200 },
  )
})

test('the published examples, changed', () => {
  if (!dataDir) return leftOut('changed examples of HL7')
  const texts = [...hl7Examples(dataDir), ...publishedFiles(dataDir, 'hl7-dstu2-examples-xml.tar.gz')]
    .map(({ text }) => text)
    .filter(({ length }) => length < 20_000)
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.nat(300),
      fc.nat(1000),
      (text, changes, place, pick) => {
        takesText(changes.reduce(changed, text))
        const read = text.startsWith('{') ? parseJson(text) : null
        if (read !== null) takes(mutated(read.resource, { left: place }, pick))
      },
    ),
    { numRuns: 400 },
  )
})
