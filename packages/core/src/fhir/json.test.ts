// DSTU2 json.html and datatypes.html#decimal: the precision of a decimal is part of its value.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExactNumber, canonicalJson, forbiddenCharacter, jsonDepthMax, numberOf, parseJson, stringifyResource } from './index.js'
import { dataDir, leftOut, syntheaBundles } from './test/published.js'

const digit = fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
const integerPart = fc.oneof(
  fc.constant('0'),
  fc
    .tuple(
      digit.filter((each) => each !== '0'),
      fc.string({ unit: digit, maxLength: 20 }),
    )
    .map(([first, rest]) => first + rest),
)
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    integerPart,
    fc.option(fc.string({ unit: digit, minLength: 1, maxLength: 25 }), { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.nat(99)), { nil: undefined }),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent ? exponent.join('') : ''}`,
  )
const key = fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name !== '__proto__')
const { document } = fc.letrec<{ document: string; value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    numberText,
    fc.json({ maxDepth: 0 }).filter((text) => !/^-?\d/.test(text)),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    tie('document'),
  ),
  document: fc.oneof(
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }).map(
      (object) =>
        `{${Object.entries(object)
          .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
          .join(',')}}`,
    ),
  ),
}))

describe('reading and writing', () => {
  test('whatever is read is written with the same characters', () => {
    fc.assert(
      fc.property(document, (text) => {
        // A whole-number key moves to the front in every JavaScript object, so such texts are compared sorted.
        const parsed = parseJson(text)
        expect(parsed.problem).toBeUndefined()
        const again = stringifyResource(parsed.resource)
        if (/"\d+":/.test(text)) expect(canonicalJson(parseJson(again).resource)).toBe(canonicalJson(parsed.resource))
        else expect(again).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test.each(['1.0', '1.50', '0.10', '1e3', '1E-7', '-0', '-0.0', '12345678901234567890', '0.1234567890123456789', '100.000'])(
    'the digits of %s stay',
    (text) => {
      const parsed = parseJson(`{"value":${text}}`)
      expect(parsed).toMatchObject({ exact: false })
      const value = (parsed.resource as { value: unknown }).value
      expect(value).toBeInstanceOf(ExactNumber)
      expect(numberOf(value)).toBe(Number(text))
      expect(stringifyResource(parsed.resource)).toBe(`{"value":${text}}`)
      expect(JSON.stringify(parsed.resource)).toBe(`{"value":${JSON.stringify(Number(text))}}`)
    },
  )

  test.each(['1', '-17', '5.8', '0.1', '41.722729537068034', '999999999999999'])('%s needs no special care', (text) => {
    expect(parseJson(`[${text}]`)).toEqual({ resource: [Number(text)], exact: true })
  })

  test('numbers in strings and keys are text', () => {
    expect(parseJson('{"1.0":"2.00 and \\"3.0\\\\"}')).toEqual({ resource: { '1.0': '2.00 and "3.0\\' }, exact: true })
  })

  test('a byte order mark is not content', () => {
    expect(parseJson('\ufeff{"a":1}').resource).toEqual({ a: 1 })
  })
})

describe('what JSON.parse would hide is refused', () => {
  test.each([
    ['{"id":"1","id":"2"}', 'duplicate-key'],
    ['{"id":"1","\\u0069d":"1"}', 'duplicate-key'],
    ['[{"a":{"b":1,"c":[],"b":1}}]', 'duplicate-key'],
    ['{"__proto__":{"resourceType":"Patient"}}', 'forbidden-key'],
    ['{"a":{"\\u005f_proto__":1}}', 'forbidden-key'],
    ['{"a":1', 'not-json'],
    ['{"a":01}', 'not-json'],
    ["{'a':1}", 'not-json'],
    ['', 'not-json'],
    ['{"a":"', 'not-json'],
    ['{1.10:2}', 'not-json'],
    ['{1.10:"\\u00001.10"}', 'not-json'],
    ['[1.10.2]', 'not-json'],
    ['[1.10 1.20]', 'not-json'],
    ['[01.10]', 'not-json'],
    [`{${Array.from({ length: 1001 }, (_, place) => `"a${place}":1`).join(',')}}`, 'too-many'],
    [`[${'1.0,'.repeat(1_000_001)}1]`, 'too-many'],
  ])('%.60j', (text, problem) => {
    expect(parseJson(text)).toMatchObject({ problem })
  })

  test(`nesting beyond ${jsonDepthMax}`, () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseJson(nested(jsonDepthMax)).problem).toBeUndefined()
    expect(parseJson(nested(jsonDepthMax + 1)).problem).toBe('too-deep')
    expect(parseJson('['.repeat(1_000_000)).problem).toBe('too-deep')
  })

  test.each([
    ['{"a":[1,2,}', 10],
    ['{"a" 1}', 5],
    ['{"a":1}x', 7],
    ['{"a":1.10,"b":"\\x"}', 15],
    ['{"a":{"b":1,"\\u0062":1.10}}', 12],
    ['[{"__proto__":1.10}]', 2],
    ['{"a":', 5],
  ])('the place in %s is told', (text, offset) => {
    expect(parseJson(text)).toMatchObject({ offset })
  })

  test('a string that begins with NUL is no number', () => {
    for (const text of ['["\\u00001.10",1.10]', '{"\\u0000":1.10}', '["\\u0000"]'])
      expect(stringifyResource(parseJson(text).resource)).toBe(text)
    expect(forbiddenCharacter('["\\u0000"]', { name: [{ given: ['a', '\u0000'] }] })).toBe('name[0].given[1]')
    expect(forbiddenCharacter('"\\ud800"', { a: { b: '\ud800' } })).toBe('a.b')
    expect(forbiddenCharacter('"\\u00e9\\ud83e\\uddea\\n"', ['é🧪\n'])).toBeNull()
    expect(forbiddenCharacter('"\uffff"', '\uffff')).toBe('')
  })

  test('a problem never carries the text', () => {
    expect(JSON.stringify(parseJson('{"name":"Mustermann",}'))).not.toContain('Muster')
  })
})

describe('canonical JSON', () => {
  test('does not depend on the order of keys, and reads back as the same content', () => {
    fc.assert(
      fc.property(document, (text) => {
        const { resource } = parseJson(text)
        const canonical = canonicalJson(resource)
        expect(canonicalJson(reversed(resource))).toBe(canonical)
        expect(canonicalJson(parseJson(canonical).resource)).toBe(canonical)
      }),
    )
  })

  test('keeps the digits and the order of lists', () => {
    expect(canonicalJson(parseJson('{"b":[2,1.0],"a":{"d":null,"c":"é"}}').resource)).toBe('{"a":{"c":"é","d":null},"b":[2,1.0]}')
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  )
}

test('every Bundle of the Synthea file is written as it was read', () => {
  if (!dataDir) return leftOut('reading and writing the Synthea file')
  const changed = syntheaBundles(dataDir).filter((text) => {
    const parsed = parseJson(text)
    return parsed.problem !== undefined || stringifyResource(parsed.resource) !== text
  })
  expect(changed).toHaveLength(0)
})
