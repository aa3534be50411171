// DSTU2 search.html: which values of a resource a search finds it by.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalParameter,
  clinicalDate,
  dateMax,
  dateMin,
  dateRange,
  extractIndex,
  hash64,
  indexKeys,
  mainCodeParameter,
  mainDateParameter,
  normalizeText,
  parseJson,
  resourceTypes,
  searchParameters,
  validateAndRepair,
} from './index.js'
import type { IndexEntries, Resource } from './index.js'
import { dataDir, hl7Examples, leftOut, syntheaBundles } from './test/published.js'

const place = (type: string, name: string): number => searchParameters[type]!.findIndex((parameter) => parameter.name === name)
const present = (type: string, entries: IndexEntries): string[] =>
  searchParameters[type]!.filter((_parameter, index) => (entries.present & (1n << BigInt(index))) !== 0n).map((parameter) => parameter.name)
const day = 86_400_000

describe('hash64', () => {
  test('is what was stored before', () => {
    expect(['', 'code|8302-2', 'code|http://loinc.org|8302-2', 'é'].map(hash64)).toMatchInlineSnapshot(`
      [
        -7246010403708507509n,
        -481377915825760667n,
        966980872767408818n,
        -5328301011332829491n,
      ]
    `)
  })

  test('does not meet in millions of tokens that look alike', () => {
    const seen = new Set<bigint>()
    const count = 300_000
    for (let index = 0; index < count; index++) seen.add(hash64(`code|${index}`)).add(hash64(`patient|Patient/${index.toString(36)}`))
    expect(seen.size).toBe(2 * count)
    // All of 64 bits move: half of the numbers are negative, and every low byte is met.
    expect(new Set([...seen].slice(0, 20_000).map((hash) => hash & 255n)).size).toBe(256)
    expect(Math.abs([...seen].filter((hash) => hash < 0n).length / seen.size - 0.5)).toBeLessThan(0.01)
  })
})

describe('dates', () => {
  test.each([
    ['2020', '2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'],
    ['2020-12', '2020-12-01T00:00:00Z', '2021-01-01T00:00:00Z'],
    ['2020-02-29', '2020-02-29T00:00:00Z', '2020-03-01T00:00:00Z'],
    ['2020-02-29T10:00', '2020-02-29T10:00:00Z', '2020-02-29T10:01:00Z'],
    ['2020-02-29T10:00:05-05:00', '2020-02-29T15:00:05Z', '2020-02-29T15:00:06Z'],
    ['2020-02-29T10:00:05.5Z', '2020-02-29T10:00:05.500Z', '2020-02-29T10:00:05.600Z'],
    ['2020-02-29T10:00:05.123456+14:00', '2020-02-28T20:00:05.123Z', '2020-02-28T20:00:05.124Z'],
  ])('%s stands for its precision', (text, lo, hi) => {
    expect(dateRange(text)).toEqual({ lo: Date.parse(lo), hi: Date.parse(hi) })
  })

  test.each([
    '',
    '20',
    '2020-',
    '2021-02-29',
    '2020-13',
    '2020-1-1',
    '2020-01-01T',
    '2020-01-01T25:00:00Z',
    '2020-01-01T10:00:00X',
    'soon',
  ])('%s is none', (text) => {
    expect(dateRange(text)).toBeNull()
  })

  test('agree with the calendar of Date', () => {
    const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(years), (date) => {
        const iso = date.toISOString()
        expect(dateRange(iso)).toEqual({ lo: date.getTime(), hi: date.getTime() + 1 })
        const midnight = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`)
        expect(dateRange(iso.slice(0, 10))).toEqual({ lo: midnight, hi: midnight + day })
      }),
    )
  })
})

describe('what is indexed', () => {
  const observation: Resource = {
    resourceType: 'Observation',
    status: 'final',
    code: {
      coding: [{ system: 'http://loinc.org', code: '8302-2' }, { code: 'height' }],
    },
    subject: { reference: 'Patient/p1/_history/2' },
    encounter: { reference: 'urn:uuid:e' },
    effectivePeriod: { start: '2020-01-01', end: '2020-01-03' },
    valueQuantity: { value: 1.5, unit: 'm', system: 'http://unitsofmeasure.org', code: 'm' },
    component: [{ code: { coding: [{ system: 's', code: 'c' }] }, valueString: 'Größe  A' }],
  }

  test('an Observation', () => {
    const entries = extractIndex(observation)
    const coded = (param: string, system: string, code: string): bigint[] => [
      indexKeys.codeKey(param, code),
      indexKeys.codingKey(param, system, code),
      ...(system === '' ? [] : [indexKeys.systemKey(param, system)]),
    ]
    expect(new Set(entries.tokens)).toEqual(
      new Set([
        ...coded('code', 'http://loinc.org', '8302-2'),
        ...coded('code', '', 'HEIGHT'),
        indexKeys.codeKey('status', 'final'),
        indexKeys.referenceKey('patient', 'Patient/p1'),
        indexKeys.referenceKey('encounter', 'urn:uuid:e'),
        ...coded('component-code', 's', 'c'),
        indexKeys.exactKey('component-value-string', 'Größe  A'),
      ]),
    )
    expect(entries.code).toBe(indexKeys.mainCodeKey('urn:oid:2.16.840.1.113883.6.1', '8302-2'))
    expect([entries.dateLo, entries.dateHi]).toEqual([Date.UTC(2020, 0, 1), Date.UTC(2020, 0, 4)])
    expect(entries.quantities).toEqual([
      { hash: indexKeys.quantityKey('value-quantity', indexKeys.anyUnit), value: 1.5 },
      { hash: indexKeys.quantityKey('value-quantity', indexKeys.verbatimUnit('http://unitsofmeasure.org', 'm')), value: 1.5 },
      { hash: indexKeys.quantityKey('value-quantity', indexKeys.verbatimUnit('', 'm')), value: 1.5 },
    ])
    expect(entries.strings).toEqual([
      { param: indexKeys.pairPlace('Observation', 'component-code-value-string', indexKeys.pairForm(undefined, 'c')), text: 'grosse a' },
      { param: indexKeys.pairPlace('Observation', 'component-code-value-string', indexKeys.pairForm('s', 'c')), text: 'grosse a' },
      { param: place('Observation', 'component-value-string'), text: 'grosse a' },
    ])
    expect(present('Observation', entries)).toEqual([
      'code',
      'component-code',
      'component-value-string',
      'date',
      'encounter',
      'patient',
      'status',
      'subject',
      'value-quantity',
    ])
  })

  test('a Patient', () => {
    const entries = extractIndex({
      resourceType: 'Patient',
      identifier: [{ system: 'urn:mrn', value: '1' }],
      active: true,
      name: [{ family: ['Müller'], given: ['Åsa', 'B'] }],
      telecom: [
        { system: 'email', value: 'a@b' },
        { system: 'phone', value: '1' },
      ],
      birthDate: '1970-05',
      deceasedDateTime: '2020',
      extension: [
        {
          url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
          valueCodeableConcept: { coding: [{ system: 'r', code: '2106-3' }] },
        },
      ],
    })
    const has = (key: bigint): boolean => entries.tokens.includes(key)
    const { codeKey, codingKey, systemKey } = indexKeys
    expect(
      [
        codingKey('identifier', 'urn:mrn', '1'),
        systemKey('identifier', 'urn:mrn'),
        codeKey('active', 'true'),
        codeKey('email', 'A@b'),
        codeKey('phone', '1'),
        codeKey('telecom', 'a@b'),
        codeKey('deceased', 'true'),
        codingKey('race', 'r', '2106-3'),
      ].map(has),
    ).not.toContain(false)
    expect([codeKey('email', '1'), codeKey('phone', 'a@b'), codingKey('identifier', '', '1')].map(has)).not.toContain(true)
    expect(entries.strings.filter(({ param }) => param === place('Patient', 'name')).map(({ text }) => text)).toEqual([
      'muller',
      'asa',
      'b',
    ])
    expect(entries.dates).toContainEqual({ param: place('Patient', 'birthdate'), lo: Date.UTC(1970, 4, 1), hi: Date.UTC(1970, 5, 1) })
    expect(present('Patient', entries)).toEqual(expect.arrayContaining(['name', 'phonetic', 'family', 'given', 'deathdate']))
  })

  test('open periods reach to the end of time', () => {
    const encounter = (period: object): IndexEntries => extractIndex({ resourceType: 'Encounter', status: 'planned', period })
    expect(encounter({ start: '2020' })).toMatchObject({ dateLo: Date.UTC(2020, 0), dateHi: dateMax })
    expect(encounter({ end: '2020' })).toMatchObject({ dateLo: dateMin, dateHi: Date.UTC(2021, 0) })
    expect(encounter({ start: 'soon' })).toMatchObject({ dateLo: null, dateHi: null })
  })

  test('a subject that is no patient is present as subject only', () => {
    expect(present('Observation', extractIndex({ resourceType: 'Observation', subject: { reference: 'Group/g' } }))).toEqual(['subject'])
  })

  test('decimals that keep their digits are numbers here', () => {
    const text = '{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"m"}}'
    expect(extractIndex(parseJson(text).resource as Resource).quantities.map(({ value }) => value)).toEqual([1.5, 1.5])
  })

  test('units of one dimension are comparable, others stand as written', () => {
    const units = (unit: string) => (unit === 'kg' ? { dimension: 'mass', toBase: (amount: number) => amount * 1000 } : null)
    const of = (more: object) => extractIndex({ resourceType: 'Observation', valueQuantity: { value: 2, ...more } }, units).quantities
    const key = (unit: string): bigint => indexKeys.quantityKey('value-quantity', unit)
    const mass = { hash: key(indexKeys.dimension('mass')), value: 2000 }
    expect(of({ system: 'http://unitsofmeasure.org/', code: 'kg', unit: 'kg' })).toEqual([{ hash: key(''), value: 2 }, mass])
    expect(of({ unit: 'kg' })).toEqual([{ hash: key(''), value: 2 }, mass])
    expect(of({ system: 'urn:x', code: 'kg' }).slice(1)).toEqual([
      { hash: key(indexKeys.verbatimUnit('urn:x', 'kg')), value: 2 },
      { hash: key(indexKeys.verbatimUnit('', 'kg')), value: 2 },
    ])
  })

  test('parameters over one element are indexed under one name', () => {
    expect(canonicalParameter('Observation', 'subject')).toBe('patient')
    expect(canonicalParameter('Patient', 'phonetic')).toBe('name')
    expect(canonicalParameter('Observation', 'code')).toBe('code')
    expect(canonicalParameter('Observation', 'nothing')).toBe('nothing')
  })

  test('the main date and code of a type are parameters of it', () => {
    expect([mainDateParameter('Condition'), mainDateParameter('Observation'), mainDateParameter('Organization')]).toEqual([
      'onset',
      'date',
      null,
    ])
    expect([mainCodeParameter('Immunization'), mainCodeParameter('Observation'), mainCodeParameter('Patient')]).toEqual([
      'vaccine-code',
      'code',
      null,
    ])
  })

  test('every type can be indexed, empty or of a wrong shape', () => {
    for (const type of resourceTypes) {
      expect(extractIndex({ resourceType: type })).toEqual({
        tokens: [],
        code: null,
        present: 0n,
        dateLo: null,
        dateHi: null,
        strings: [],
        quantities: [],
        dates: [],
      })
      const wrong = Object.fromEntries(
        searchParameters[type]!.flatMap((parameter) => parameter.paths.map((path) => [path.split(/[.[]/)[0], [null, 1, {}]])),
      )
      expect(() => extractIndex({ ...wrong, resourceType: type })).not.toThrow()
    }
  })
})

test('texts compare without accents, case and doubled blanks', () => {
  expect(['  Ångström\tÉ ', 'ﬁ', 'A\u0301', 'STRASSE', 'Straße'].map(normalizeText)).toEqual([
    'angstrom e',
    'fi',
    'a',
    'strasse',
    'strasse',
  ])
})

describe('the date that places a resource', () => {
  test.each<[Resource, string | null]>([
    [{ resourceType: 'Observation', issued: '2021-01-01T00:00:00Z', effectiveDateTime: '2020' }, '2020'],
    [{ resourceType: 'Condition', dateRecorded: '2020-05-05' }, '2020-05-05'],
    [{ resourceType: 'Encounter', period: { end: '2020-02' } }, '2020-02'],
    [{ resourceType: 'Specimen', collection: { collectedPeriod: { start: '2020-03' } } }, '2020-03'],
    [{ resourceType: 'DiagnosticOrder', event: [{ dateTime: '2020-04' }] }, '2020-04'],
    [{ resourceType: 'MedicationAdministration', effectiveTimePeriod: { start: '2020-06' } }, '2020-06'],
    [{ resourceType: 'Patient', birthDate: '1970-01-01' }, null],
    [{ resourceType: 'Organization' }, null],
  ])('%o', (resource, date) => {
    expect(clinicalDate(resource)).toBe(date)
  })
})

/** Values at a path, followed step by step: an independent reading of the table. */
function valuesAt(value: unknown, path: string): unknown[] {
  let values = [value]
  for (const [, key = '', filterKey = '', wanted] of path.matchAll(/([^.[\]]+)(?:\[([^=\]]+)=([^\]]+)\])?(?:\.|$)/g)) {
    values = values.flatMap((each) => (each as Record<string, unknown> | null)?.[key] ?? [])
    if (wanted !== undefined) values = values.filter((each) => (each as Record<string, unknown>)[filterKey] === wanted)
  }
  return values
}

// Other parameters over the same element find references to other types.
function mayFind(value: unknown, targets: string[] | undefined): boolean {
  const { resourceType } = value as { resourceType?: string }
  if (resourceType !== undefined) return targets?.includes(resourceType) === true
  const type = /(\w+)\/[^/]+$/.exec(String((value as { reference?: string }).reference))?.[1]
  return !targets || !type || targets.includes(type)
}

test('every element in the examples of the specification that a parameter points to is found', () => {
  if (!dataDir) return leftOut('indexing the examples of the specification')
  let met = 0
  const missed = new Set<string>()
  for (const { text } of hl7Examples(dataDir)) {
    const resource = parseJson(text).resource as Resource
    const found = new Set(present(resource.resourceType, extractIndex(resource)))
    for (const parameter of searchParameters[resource.resourceType]!) {
      const values = parameter.paths.flatMap((path) => valuesAt(resource, path)).filter((value) => mayFind(value, parameter.target))
      if (values.length === 0) continue
      met++
      if (!found.has(parameter.name)) missed.add(`${resource.resourceType}.${parameter.name} ${JSON.stringify(values).slice(0, 150)}`)
    }
  }
  expect([...missed]).toEqual([])
  expect(met).toBeGreaterThan(4000)
})

test('the Synthea file is indexed whole', () => {
  if (!dataDir) return leftOut('indexing the Synthea file')
  const counts = { tokens: 0, strings: 0, quantities: 0, dates: 0, dated: 0, coded: 0 }
  for (const text of syntheaBundles(dataDir).slice(0, 200)) {
    for (const { resource } of (parseJson(text).resource as { entry: { resource: Resource }[] }).entry) {
      validateAndRepair(resource)
      const entries = extractIndex(resource)
      counts.tokens += entries.tokens.length
      counts.strings += entries.strings.length
      counts.quantities += entries.quantities.length
      counts.dates += entries.dates.length
      if (entries.dateLo !== null) counts.dated++
      if (entries.code !== null) counts.coded++
    }
  }
  expect(counts).toMatchInlineSnapshot(`
    {
      "coded": 18835,
      "dated": 19319,
      "dates": 947,
      "quantities": 49137,
      "strings": 27699,
      "tokens": 227426,
    }
  `)
})
