// DSTU2 validation.html (structure, cardinality, value domains), json.html, datatypes.html, narrative.html.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { issuesMax, parseJson, validate, validateAndRepair } from './index.js'
import type { Issue, Resource } from './index.js'
import { dataDir, hl7Examples, leftOut } from './test/published.js'

const observation = (more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
  ...more,
})
const patient = (more: object = {}): Resource => ({ resourceType: 'Patient', ...more })
const told = (issues: Issue[]): string[] => issues.map((issue) => `${issue.path} ${issue.code}`)
const checked = (resource: unknown): string[] => told(validate(resource))

describe('structure', () => {
  test.each([
    ['no resource', 'text', [' structure']],
    ['a list', [observation()], [' structure']],
    ['no type', { id: '1' }, ['Resource structure']],
    ['a type of a later version', { resourceType: 'CareTeam' }, ['Resource structure']],
    ['a property of Object', { resourceType: 'constructor' }, ['Resource structure']],
    ['an abstract type', { resourceType: 'DomainResource' }, ['Resource structure']],
    ['an unknown element', observation({ colour: 'red' }), ['Observation.colour structure']],
    ['an unknown element below', patient({ name: [{ surname: 'x' }] }), ['Patient.name[0].surname structure']],
    ['the base name of a choice', observation({ value: 1 }), ['Observation.value structure']],
    ['a type the choice does not have', observation({ valueInteger: 1 }), ['Observation.valueInteger structure']],
    ['two types of a choice', observation({ valueString: 'a', valueTime: '10:00:00' }), ['Observation.valueTime structure']],
    ['resourceType inside an element', patient({ name: [{ resourceType: 'HumanName' }] }), ['Patient.name[0].resourceType structure']],
    ['one value for a list', patient({ name: { family: ['A'] } }), ['Patient.name structure']],
    ['a list for one value', patient({ birthDate: ['1970-01-01'] }), ['Patient.birthDate structure']],
    ['a list for one object', observation({ subject: [{ reference: 'Patient/1' }] }), ['Observation.subject structure']],
    ['an object for a primitive', observation({ comments: { text: 'x' } }), ['Observation.comments structure']],
    ['a primitive for an object', observation({ subject: 'Patient/1' }), ['Observation.subject structure']],
    ['null', patient({ birthDate: null }), ['Patient.birthDate structure']],
    ['an empty list', patient({ name: [] }), ['Patient.name structure']],
    ['an empty object', patient({ name: [{}] }), ['Patient.name[0] structure']],
  ])('%s', (_name, resource, issues) => {
    expect(checked(resource)).toEqual(issues)
  })

  test('an element that is missing is named where it belongs', () => {
    expect(checked({ resourceType: 'Observation' })).toEqual(['Observation.status required', 'Observation.code required'])
    expect(checked(observation({ component: [{ valueString: 'x' }] }))).toEqual(['Observation.component[0].code required'])
    expect(checked(observation({ extension: [{ valueString: 'x' }] }))).toEqual(['Observation.extension[0].url required'])
  })

  test('a required primitive may be there by its extension alone', () => {
    const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] }
    expect(checked({ ...observation(), status: undefined, _status: absent })).toEqual(['Observation.status value'])
    const { status: _dropped, ...rest } = observation({ _status: absent })
    expect(checked(rest)).toEqual([])
  })

  test('extensions of list values keep their places', () => {
    const mark = { extension: [{ url: 'urn:x', valueBoolean: true }] }
    expect(checked(patient({ name: [{ given: ['A', null], _given: [null, mark] }] }))).toEqual([])
    expect(checked(patient({ name: [{ given: ['A', null], _given: [mark, null] }] }))).toEqual(['Patient.name[0].given[1] structure'])
    expect(checked(patient({ name: [{ given: ['A'], _given: [mark, mark] }] }))).toEqual(['Patient.name[0]._given structure'])
    expect(checked(patient({ name: [{ given: ['A', null] }] }))).toEqual(['Patient.name[0].given[1] structure'])
    expect(checked(patient({ _birthDate: [mark] }))).toEqual(['Patient._birthDate structure'])
    expect(checked(patient({ _name: [mark] }))).toEqual(['Patient._name structure'])
  })

  test('a companion belongs to its choice', () => {
    const mark = { extension: [{ url: 'urn:x', valueBoolean: true }] }
    expect(checked(observation({ valueString: 'a', _valueString: mark }))).toEqual([])
    expect(checked(observation({ valueQuantity: { value: 1 }, _valueString: mark, valueString: 'a' }))).not.toEqual([])
  })

  test('groups nest as deep as they like', () => {
    let group: object = { linkId: 'deep', unknown: 1 }
    for (let depth = 0; depth < 20; depth++) group = { group: [group] }
    const [issue] = validate({ resourceType: 'QuestionnaireResponse', status: 'completed', group })
    expect(issue).toMatchObject({ code: 'structure', path: `QuestionnaireResponse.group.${'group[0].'.repeat(20)}unknown` })
  })
})

describe('values', () => {
  const formats: Record<string, [good: unknown[], bad: unknown[]]> = {
    date: [
      ['2020', '2020-02', '2020-02-29', '0001-01-01'],
      ['2021-02-29', '2020-13', '2020-00', '2020-1-1', '20-01-01', '2020-01-01T00:00:00Z', '', 2020],
    ],
    dateTime: [
      ['2020', '2020-02-29', '2020-02-29T23:59:59Z', '2020-02-29T23:59:59.123+14:00'],
      [
        '2020-02-29T23:59:59',
        '2020-02-29T24:00:00Z',
        '2020-02-29T23:59Z',
        '2020-02-29T23:59:59+14:01',
        '2020-02-29 23:59:59Z',
        '2020-02-29T23:59:59.Z',
      ],
    ],
    instant: [
      ['2020-02-29T23:59:59Z', '2020-02-29T23:59:59.000001-05:30'],
      ['2020-02-29', '2020-02-29T23:59:59'],
    ],
    time: [
      ['10:00:00', '23:59:59.5'],
      ['24:00:00', '10:00', '10:00:00Z', ''],
    ],
    code: [
      ['a', 'a b'],
      [' a', 'a ', 'a  b', '', 1],
    ],
    id: [
      ['a', 'A-1.b', 'x'.repeat(64)],
      ['', 'x'.repeat(65), 'a_b', 'a b', 'ä'],
    ],
    uri: [
      ['urn:x', 'http://a/b?c#d', 'a'],
      ['', 'a b'],
    ],
    oid: [['urn:oid:1.2.3'], ['1.2.3', 'urn:oid:01.2', 'urn:oid:']],
    boolean: [
      [true, false],
      ['true', 1],
    ],
    integer: [
      [0, -1, 2_147_483_647],
      [1.5, '1', 2_147_483_648],
    ],
    unsignedInt: [[0, 5], [-1]],
    positiveInt: [[1], [0, -1]],
    decimal: [
      [0, -1.5],
      ['1', true],
    ],
    base64Binary: [
      ['AAAA', 'AA==', 'AAA=', 'AA AA\nAAAA'],
      ['A', 'AAA', '====', 'AA=A', '', '*AAA'],
    ],
    string: [
      ['a', ' '],
      ['', 1, true],
    ],
    markdown: [['*a*'], ['']],
  }
  test.each(Object.entries(formats))('%s', (type, [good, bad]) => {
    const withValue = (value: unknown): Resource =>
      patient({ extension: [{ url: 'urn:x', [`value${type.charAt(0).toUpperCase()}${type.slice(1)}`]: value }] })
    for (const value of good) expect(checked(withValue(value)), String(value)).toEqual([])
    for (const value of bad) expect(validate(withValue(value)), String(value)).toMatchObject([{ code: 'value' }])
  })

  test('a number that keeps its digits is a decimal, and no integer', () => {
    const read = (text: string): unknown => parseJson(text).resource
    expect(checked(read('{"resourceType":"Patient","extension":[{"url":"urn:x","valueDecimal":1.50}]}'))).toEqual([])
    expect(checked(read('{"resourceType":"Patient","extension":[{"url":"urn:x","valueInteger":1.0}]}'))).toEqual([
      'Patient.extension[0].valueInteger value',
    ])
  })

  test('codes of required bindings', () => {
    expect(checked(observation({ status: 'done' }))).toEqual(['Observation.status code-invalid'])
    expect(checked(patient({ gender: 'F' }))).toEqual(['Patient.gender code-invalid'])
    const marital = (code: string): Resource =>
      patient({ maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/v3/MaritalStatus', code }] } })
    expect(checked(marital('M'))).toEqual([])
    expect(checked(marital('married'))).toEqual(['Patient.maritalStatus code-invalid'])
    expect(checked(patient({ maritalStatus: { text: 'married' } }))).toEqual([])
  })

  test.each([
    ['<div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b</p></div>', ''],
    [' <div\n id="a">a<br/><!-- > --><img src="#b" alt="c"/></div >\n', ''],
    ['<div>only: on = off, and one = 1, and javascript: too</div>', ''],
    ['<div>&nbsp;&#160;&#xa0;</div>', ''],
    ['<p>a</p>', 'value'],
    ['text', 'value'],
    ['<div>a</div><div>b</div>', 'value'],
    ['<div>a</div> b', 'value'],
    ['<div>a<p></div>', 'value'],
    ['<div><b><i>a</b></i></div>', 'value'],
    ['<div>a & b</div>', 'value'],
    ['<div a=b>a</div>', 'value'],
    ['<div id="a" id="b">a</div>', 'value'],
    ['<div xmlns="urn:a">a</div>', 'value'],
    ['<!DOCTYPE div><div>a</div>', 'value'],
    ['<div><?a?>a</div>', 'value'],
    ['<div><a href="javascript:x">a</a></div>', 'value'],
    ['<div><a href="java&#x73;cr&#x0A;ipt&colon;x">a</a></div>', 'value'],
    ['<div><img/onerror=x src="y"/></div>', 'value'],
    ['<div/>', 'invariant'],
    ['<div><!-- a --></div>', 'invariant'],
    ['<div>a<script>x</script></div>', 'invariant'],
    ['<div><p onclick="x()">a</p></div>', 'invariant'],
    ['<div>a<iframe/></div>', 'invariant'],
    ['<div><p title=">" onclick="x()">a</p></div>', 'invariant'],
    ['<div><p class="once">a</p><formula/></div>', 'invariant'],
  ])('narrative %s', (div, code) => {
    expect(checked(patient({ text: { status: 'generated', div } }))).toEqual(code === '' ? [] : [`Patient.text.div ${code}`])
  })
})

test('text made to slow the checks down is checked like any other', () => {
  const size = 300_000
  const bad = ['<', '< ', '<a on', ' onabc ', '"on', '<div '].map((part) => `<div>${part.repeat(size / part.length)}</div>`)
  for (const div of bad) expect(validate(patient({ text: { status: 'generated', div } })).length).toBeLessThan(2)
  const long = ['a '.repeat(size), ' '.repeat(size), 'A'.repeat(size), '.1'.repeat(size)]
  for (const text of long) {
    expect(checked(patient({ id: text, implicitRules: text, language: text, birthDate: text })).length).toBeGreaterThan(1)
    expect(checked(patient({ photo: [{ data: `${text}!`, title: text, contentType: 'a' }] }))).toEqual(['Patient.photo[0].data value'])
  }
})

test('a body of nothing but names is checked in one go', () => {
  const count = 30_000
  const ids = Array.from({ length: count }, (_, place) => `a${place}`)
  const contained = ids.map((id) => ({ resourceType: 'Patient', id, link: [{ other: { reference: `#${id}` }, type: 'refer' }] }))
  expect(checked(observation({ contained, performer: ids.map((id) => ({ reference: `#${id}` })) }))).toEqual([])
  const coding = ids.map((code) => ({ system: 'urn:s', code }))
  const component = ids.map((id) => ({ code: { coding: [{ system: 'urn:t', code: id }] }, valueString: 'a' }))
  expect(checked(observation({ code: { coding }, component }))).toEqual([])
  const group = { required: true, question: ids.map((linkId) => ({ linkId })) }
  expect(checked({ resourceType: 'Questionnaire', status: 'draft', group })).toEqual([])
})

describe('references', () => {
  const about = (reference: string): string[] => checked(observation({ subject: { reference } }))

  test('a typed reference points to a type that is allowed', () => {
    expect(about('Patient/1')).toEqual([])
    expect(about('Group/g')).toEqual([])
    expect(about('Organization/1')).toEqual(['Observation.subject.reference value'])
    expect(about('Organization/1/_history/2')).toEqual(['Observation.subject.reference value'])
  })

  test.each(['urn:uuid:099e7de7-c952-40e2-9b4e-0face78c9d80', 'http://example.org/fhir/Patient/1', 'Patient?identifier=a|b', 'some/where'])(
    '%s tells no type to check',
    (reference) => {
      expect(about(reference)).toEqual([])
    },
  )

  test('a contained resource is there, and holds no other', () => {
    const inner = { resourceType: 'Patient', id: 'p' }
    expect(checked(observation({ contained: [inner], subject: { reference: '#p' } }))).toEqual([])
    expect(about('#p')).toEqual(['Observation.subject invariant'])
    expect(checked(observation({ contained: [{ ...inner, contained: [inner] }], subject: { reference: '#p' } }))).toEqual([
      'Observation.contained[0] invariant',
    ])
    expect(checked(observation({ contained: [{ ...inner, gender: 'x' }], subject: { reference: '#p' } }))).toEqual([
      'Observation.contained[0].gender code-invalid',
    ])
  })
})

describe('Bundles', () => {
  const bundle = (resource: object): Resource => ({ resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:a', resource }] })

  test('entries are checked, or left to the caller', () => {
    const bad = bundle(observation({ status: 'done' }))
    expect(checked(bad)).toEqual(['Bundle.entry[0].resource.status code-invalid'])
    expect(validate(bad, { entries: 'skip' })).toEqual([])
    expect(told(validate(bundle({ ...bad, type: 'pile' }), { entries: 'check' }))).toEqual([
      'Bundle.entry[0].resource.type code-invalid',
      'Bundle.entry[0].resource.entry[0].resource.status code-invalid',
    ])
  })

  test('an entry stands for itself: its contained resources are its own', () => {
    const other = observation({ subject: { reference: '#p' } })
    const holder: Resource = { ...other, contained: [{ resourceType: 'Patient', id: 'p' }] }
    const entries = [holder, other].map((resource, place) => ({ fullUrl: `urn:${place}`, resource }))
    expect(checked({ ...bundle(holder), entry: entries })).toEqual(['Bundle.entry[1].resource.subject invariant'])
  })
})

test('messages and paths show no value, nor a name that is none', () => {
  const secret = 'Mustermann 1970'
  const issues = validate(patient({ [secret]: 1, gender: secret, birthDate: secret, name: [{ use: secret, given: [{ [secret]: 1 }] }] }))
  expect(issues.length).toBeGreaterThan(3)
  expect(JSON.stringify(issues)).not.toContain('Muster')
})

test('a file of rubbish makes a short report', () => {
  const issues = validate(patient({ name: Array.from({ length: 5000 }, () => ({ use: 'x' })) }))
  expect(issues).toHaveLength(issuesMax + 1)
  expect(issues.at(-1)).toEqual({ severity: 'information', code: 'informational', path: '', message: '4900 more problems found.' })
})

test('the examples of the specification are valid but for those that contradict it', () => {
  if (!dataDir) return leftOut('validating the examples of the specification')
  const examples = hl7Examples(dataDir)
  expect(examples).toHaveLength(708)
  const refused: Record<string, string[]> = {}
  for (const { file, text } of examples) {
    for (const { path, code, message } of validateAndRepair(parseJson(text).resource).issues) {
      const key = code === 'invariant' ? message.slice(0, message.indexOf(':')) : `${path} ${code}`
      refused[key] = [...(refused[key] ?? []), file]
    }
  }
  const listed = JSON.parse(readFileSync(new URL('test/refused-examples.json', import.meta.url), 'utf8')) as Refused[]
  expect(refused).toEqual(Object.fromEntries(listed.map(({ breaks, files }) => [breaks, files])))
  expect(listed.filter(({ why }) => why.length < 40)).toEqual([])
})

interface Refused {
  breaks: string
  why: string
  files: string[]
}
