// The repair rules: what they change, that they change nothing else, and how often the Synthea file needs them.
import { describe, expect, test } from 'vitest'
import { parseJson, repair, repairRules, stringifyResource, validate, validateAndRepair } from './index.js'
import type { Resource } from './index.js'
import { dataDir, hl7Examples, leftOut, syntheaBundles } from './test/published.js'

const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] }
const subject = { reference: 'Patient/1' }

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
  ]

  test.each(cases)('%s', (rule, path, before, after) => {
    const resource = structuredClone(before) as Resource
    expect(validateAndRepair(resource)).toEqual({ issues: [], repairs: [{ rule, path }] })
    expect(resource).toEqual(after)
  })

  test('every rule is shown above', () => {
    expect(repairRules.map((rule) => rule.name)).toEqual(cases.map(([rule]) => rule))
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
  })
})
