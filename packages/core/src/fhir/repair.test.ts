// The repair rules: what they change, that they change nothing else, and how often the Synthea file needs them.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseJson, repair, repairRules, stringifyResource, validate, validateAndRepair } from './index.js'
import type { Resource } from './index.js'
import { dataDir, hl7Examples, leftOut, syntheaBundles } from './test/published.js'

const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] }
const subject = { reference: 'Patient/1' }
const patient = (more: object): object => ({ resourceType: 'Patient', ...more })
const observation = (more: object): object => ({ resourceType: 'Observation', status: 'final', code: { text: 'a' }, ...more })
const encounter = (length: object): object => ({ resourceType: 'Encounter', status: 'finished', length })

describe('rules', () => {
  const cases: [rule: string, path: string, before: object, after: object][] = [
    [
      'wrap-single-in-list',
      'Encounter.reason',
      { resourceType: 'Encounter', status: 'finished', reason: { text: 'a' } },
      { resourceType: 'Encounter', status: 'finished', reason: [{ text: 'a' }] },
    ],
    [
      'unwrap-single-from-list',
      'Observation.subject',
      { resourceType: 'Observation', status: 'final', code: { text: 'a' }, subject: [subject] },
      { resourceType: 'Observation', status: 'final', code: { text: 'a' }, subject },
    ],
    [
      'drop-empty-reference',
      'CarePlan.goal[1].reference',
      { resourceType: 'CarePlan', status: 'active', goal: [{ reference: 'Goal/1' }, { reference: '' }] },
      { resourceType: 'CarePlan', status: 'active', goal: [{ reference: 'Goal/1' }] },
    ],
    [
      'drop-empty-value',
      'Patient.name[0].text',
      { resourceType: 'Patient', name: [{ text: '' }], gender: 'male' },
      { resourceType: 'Patient', gender: 'male' },
    ],
    [
      'text-from-concept',
      'Goal.description',
      { resourceType: 'Goal', status: 'accepted', description: { coding: [{ display: 'Walk more' }] } },
      { resourceType: 'Goal', status: 'accepted', description: 'Walk more' },
    ],
    ['concept-from-text', 'Observation.code', observation({ code: 'a' }), observation({})],
    [
      'coding-in-concept',
      'Observation.code.code',
      observation({ code: { system: 'urn:s', code: 'a', text: 'b' } }),
      observation({ code: { text: 'b', coding: [{ system: 'urn:s', code: 'a' }] } }),
    ],
    [
      'coding-from-concept',
      'Patient.meta.tag[0].coding',
      patient({ meta: { tag: [{ coding: [{ system: 'urn:s', code: 'a' }] }] } }),
      patient({ meta: { tag: [{ system: 'urn:s', code: 'a' }] } }),
    ],
    ['code-from-concept', 'Patient.gender', patient({ gender: { coding: [{ code: 'male' }] } }), patient({ gender: 'male' })],
    ['reference-from-text', 'Observation.subject', observation({ subject: 'Patient/1' }), observation({ subject })],
    ['date-choice-name', 'Patient.deceasedDate', patient({ deceasedDate: '2020-01-01' }), patient({ deceasedDateTime: '2020-01-01' })],
    ['boolean-from-text', 'Patient.active', patient({ active: 'true' }), patient({ active: true })],
    ['number-from-text', 'Patient.multipleBirthInteger', patient({ multipleBirthInteger: '2' }), patient({ multipleBirthInteger: 2 })],
    [
      'text-from-number',
      'Patient.address[0].postalCode',
      patient({ address: [{ postalCode: 12345 }] }),
      patient({ address: [{ postalCode: '12345' }] }),
    ],
    ['trim-blanks', 'Patient.birthDate', patient({ birthDate: ' 1970-01-01\n' }), patient({ birthDate: '1970-01-01' })],
    ['code-case', 'Patient.gender', patient({ gender: 'Female' }), patient({ gender: 'female' })],
    [
      'date-form',
      'Observation.effectiveDateTime',
      observation({ effectiveDateTime: '2020-1-2 10:30+0200' }),
      observation({ effectiveDateTime: '2020-01-02T10:30:00+02:00' }),
    ],
    [
      'escape-ampersand',
      'Patient.text.div',
      patient({ text: { status: 'generated', div: '<div>a & b &lt; c&d;e</div>' } }),
      patient({ text: { status: 'generated', div: '<div>a &amp; b &lt; c&d;e</div>' } }),
    ],
    [
      'mark-absent',
      'DiagnosticReport.performer',
      {
        resourceType: 'DiagnosticReport',
        status: 'final',
        code: { text: 'a' },
        subject,
        effectiveDateTime: '2020',
        issued: '2020-01-01T00:00:00Z',
      },
      {
        resourceType: 'DiagnosticReport',
        status: 'final',
        code: { text: 'a' },
        subject,
        effectiveDateTime: '2020',
        issued: '2020-01-01T00:00:00Z',
        performer: absent,
      },
    ],
    [
      'criticality-code',
      'AllergyIntolerance.criticality',
      { resourceType: 'AllergyIntolerance', patient: subject, substance: { text: 'a' }, criticality: 'high' },
      { resourceType: 'AllergyIntolerance', patient: subject, substance: { text: 'a' }, criticality: 'CRITH' },
    ],
    [
      'drop-zero-repeats',
      'MedicationOrder.dispenseRequest.numberOfRepeatsAllowed',
      {
        resourceType: 'MedicationOrder',
        patient: subject,
        medicationReference: { display: 'a' },
        dispenseRequest: { numberOfRepeatsAllowed: 0 },
      },
      { resourceType: 'MedicationOrder', patient: subject, medicationReference: { display: 'a' } },
    ],
    [
      'time-unit-system',
      'Encounter.length',
      encounter({ value: 3, unit: 'days', system: 'http://hl7.org/fhir/ValueSet/units-of-time', code: 'd' }),
      encounter({ value: 3, unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' }),
    ],
    [
      'drop-empty-narrative',
      'Patient.text.div',
      patient({ text: { status: 'generated', div: '<div> </div>' }, gender: 'male' }),
      patient({ gender: 'male' }),
    ],
    [
      'root-group-required',
      'Questionnaire',
      { resourceType: 'Questionnaire', status: 'draft', group: { linkId: 'a' } },
      { resourceType: 'Questionnaire', status: 'draft', group: { linkId: 'a', required: true } },
    ],
  ]

  test.each(cases)('%s', (rule, path, before, after) => {
    const resource = structuredClone(before) as Resource
    expect(validateAndRepair(resource)).toEqual({ issues: [], repairs: [{ rule, path }] })
    expect(resource).toEqual(after)
  })

  test('every rule is shown above, and told in the documents', () => {
    const names = repairRules.map((rule) => rule.name)
    expect(cases.map(([rule]) => rule).toSorted()).toEqual(names.toSorted())
    const page = readFileSync(new URL('../../../../docs/fhir.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([a-z-]+)` *\| (.+?) *\|$/gm)].map(([, name, description]) => ({ name, description }))
    expect(rows).toEqual(repairRules.map(({ name, description }) => ({ name, description })))
  })

  test('near forms of one moment', () => {
    const mended = (effectiveDateTime: unknown): unknown => {
      const resource = observation({ effectiveDateTime }) as Resource
      return validateAndRepair(resource).issues.length === 0 ? resource['effectiveDateTime'] : null
    }
    expect(
      ['20200102', '2020-01-02t10:30:00z', '2020-01-02 10:30:00.5 Z', '2020-01-02T10:30Z', '2020-01-02T10:30:00-05', 2020].map(mended),
    ).toEqual(['2020-01-02', '2020-01-02T10:30:00Z', '2020-01-02T10:30:00.5Z', '2020-01-02T10:30:00Z', '2020-01-02T10:30:00-05:00', '2020'])
    expect(['2020-01-02T10:30:00', '02.01.2020', '1/2/2020', '2020-02-30', '200-01-01', '2020-01-02T24:00Z'].map(mended)).toEqual(
      Array.from({ length: 6 }, () => null),
    )
    const born = patient({ birthDate: '1970-01-01T00:00:00' }) as Resource
    expect(validateAndRepair(born).repairs).toEqual([{ rule: 'date-form', path: 'Patient.birthDate' }])
    expect(born['birthDate']).toBe('1970-01-01')
  })

  test('a number told as text keeps its digits', () => {
    const resource = observation({ valueQuantity: { value: '1.50' } }) as Resource
    expect(validateAndRepair(resource).issues).toEqual([])
    expect(stringifyResource(resource)).toContain('"value":1.50}')
  })

  test('a primitive is marked absent by its companion, in a contained resource too', () => {
    const shot = {
      resourceType: 'Immunization',
      id: 'i',
      status: 'completed',
      vaccineCode: { text: 'a' },
      patient: subject,
      wasNotGiven: false,
    }
    const resource: Resource = { resourceType: 'Basic', code: { text: 'a' }, contained: [shot] }
    expect(repair(resource)).toEqual([{ rule: 'mark-absent', path: 'Basic.contained[0].reported' }])
    expect(resource['contained']).toEqual([{ ...shot, _reported: absent }])
  })

  test('one mend may lead to the next', () => {
    const resource: Resource = { resourceType: 'CarePlan', status: 'active', goal: { reference: '' } }
    expect(repair(resource).map((step) => step.rule)).toEqual(['wrap-single-in-list', 'drop-empty-reference'])
    expect(resource).toEqual({ resourceType: 'CarePlan', status: 'active' })
  })
})

describe('what no rule may mend stays refused', () => {
  test.each([
    ['a missing code', { resourceType: 'Observation', status: 'final' }],
    ['a list of two for one value', { resourceType: 'Observation', status: 'final', code: [{ text: 'a' }, { text: 'b' }] }],
    ['an unknown code', { resourceType: 'Patient', gender: 'F' }],
    ['a code of another list in another case', { resourceType: 'Patient', gender: 'FEMALES' }],
    ['a time of day in a birth date', { resourceType: 'Patient', birthDate: '1970-01-01T10:00:00Z' }],
    ['a word for a number', { resourceType: 'Patient', multipleBirthInteger: 'two' }],
    ['half a number for a whole one', { resourceType: 'Patient', multipleBirthInteger: '2.5' }],
    ['a name for a reference', observation({ subject: 'Jane Doe' })],
    [
      'a duration in a system that has no UCUM codes',
      encounter({ value: 3, unit: 'days', system: 'http://snomed.info/sct', code: '258703001' }),
    ],
    ['a concept of two codings for one', patient({ meta: { tag: [{ coding: [{ code: 'a' }, { code: 'b' }] }] } })],
    ['a narrative that runs code', patient({ text: { status: 'generated', div: '<div>a & b<script>c</script></div>' } })],
    ['an unknown element', { resourceType: 'Patient', nickname: 'x' }],
    ['an object without text for a string', { resourceType: 'Goal', status: 'accepted', description: { coding: [{ code: 'a' }] } }],
    ['a required value that is empty', { resourceType: 'Goal', status: 'accepted', description: '' }],
    ['a gap whose place matters', { resourceType: 'Patient', name: [{ given: ['A', null], _given: [{ id: 'a' }, null] }] }],
  ])('%s', (_name, resource) => {
    expect(validateAndRepair(structuredClone(resource)).issues).not.toEqual([])
  })
})

test('valid content is not touched', () => {
  if (!dataDir) leftOut('repair on the examples of the specification')
  const examples = dataDir ? hl7Examples(dataDir).map(({ text }) => text) : ['{"resourceType":"Patient","active":true}']
  for (const text of examples) {
    const { resource } = parseJson(text)
    if (validate(resource).length > 0) continue
    const before = stringifyResource(resource)
    expect(validateAndRepair(resource)).toEqual({ issues: [], repairs: [] })
    expect(stringifyResource(resource)).toBe(before)
  }
})

test('the Synthea file needs these repairs, and is valid after them', () => {
  if (!dataDir) return leftOut('repairing the Synthea file')
  const repairs: Record<string, number> = {}
  let resources = 0
  let invalid = 0
  for (const text of syntheaBundles(dataDir)) {
    const bundle = parseJson(text).resource as { entry: { resource: Resource }[] }
    for (const { resource } of bundle.entry) {
      const checked = validateAndRepair(resource)
      resources++
      if (checked.issues.length > 0) invalid++
      for (const { rule, path } of checked.repairs) {
        const key = `${rule} ${path.replaceAll(/\[\d+\]/g, '')}`
        repairs[key] = (repairs[key] ?? 0) + 1
      }
    }
  }
  expect({ resources, invalid }).toEqual({ resources: 91_483, invalid: 0 })
  expect(repairs).toEqual({
    'wrap-single-in-list Encounter.reason': 3587,
    'drop-empty-reference CarePlan.goal.reference': 1550,
    'text-from-concept Goal.description': 1550,
    'mark-absent Immunization.reported': 9092,
    'mark-absent CarePlan.activity.detail.prohibited': 5291,
    'mark-absent DiagnosticReport.performer': 2979,
    'unwrap-single-from-list MedicationOrder.reasonReference': 1705,
    'unwrap-single-from-list MedicationOrder.dosageInstruction.additionalInstructions': 134,
    'criticality-code AllergyIntolerance.criticality': 394,
    'drop-zero-repeats MedicationOrder.dispenseRequest.numberOfRepeatsAllowed': 256,
    'time-unit-system MedicationOrder.dispenseRequest.expectedSupplyDuration': 256,
  })
})

test('what has more problems than can ever be mended is left as it is', () => {
  const resource = (count: number) => ({ resourceType: 'Patient', name: Array.from({ length: count }, () => ({ text: 1 })) })
  const few = validateAndRepair(resource(2_400))
  expect([few.issues.length, few.repairs.length]).toEqual([0, 2_400])
  const many = resource(2_600)
  const { issues, repairs } = validateAndRepair(many)
  expect([issues.length > 0, repairs, many]).toEqual([true, [], resource(2_600)])
})
