import type { Resource } from '../index.js'
import type { InvariantCases } from './invariant-cases.js'

const ucum = 'http://unitsofmeasure.org'
const text = { text: 'a' }
const patient = { reference: 'Patient/1' }
const condition = (onsetQuantity: object): Resource => ({
  resourceType: 'Condition',
  patient,
  code: text,
  verificationStatus: 'confirmed',
  onsetQuantity,
})
const observation = (more: object): Resource => ({ resourceType: 'Observation', status: 'final', code: text, ...more })
const person = (more: object): Resource => ({ resourceType: 'Patient', ...more })
const narrative = (div: string): Resource => person({ text: { status: 'generated', div } })
const encounter = (length: object): Resource => ({ resourceType: 'Encounter', status: 'finished', length })
const account = (balance: object): Resource => ({ resourceType: 'Account', balance })
const element = (more: object): Resource => ({
  resourceType: 'DataElement',
  status: 'draft',
  element: [{ path: 'a', ...more }],
})
const sliced = (slicing: object): Resource => ({
  resourceType: 'StructureDefinition',
  id: 'a',
  url: 'http://hl7.org/fhir/StructureDefinition/a',
  name: 'a',
  status: 'draft',
  kind: 'datatype',
  abstract: true,
  differential: { element: [{ path: 'a', slicing }] },
})
const risk = (more: object): Resource => ({ resourceType: 'RiskAssessment', prediction: [{ outcome: text, ...more }] })
const repeat = (more: object): Resource => ({
  resourceType: 'DeviceUseRequest',
  device: { reference: 'Device/1' },
  subject: patient,
  timingTiming: { repeat: more },
})
const holder = (contained: object, reference = '#c'): Resource => observation({ contained: [contained], subject: { reference } })
const inner = { resourceType: 'Patient', id: 'c' }

/** Data types, and what every resource has. */
export const dataTypeCases: InvariantCases = {
  'Age age-1': [condition({ value: 3, unit: 'years', system: ucum, code: 'a' }), condition({ value: -3, system: ucum, code: 'a' })],
  'Attachment att-1': [person({ photo: [{ data: 'AAAA', contentType: 'image/png' }] }), person({ photo: [{ data: 'AAAA' }] })],
  'ContactPoint cpt-2': [person({ telecom: [{ system: 'phone', value: '1' }] }), person({ telecom: [{ value: '1' }] })],
  'DomainResource dom-1': [
    holder(inner),
    holder({ ...inner, text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' } }),
  ],
  'DomainResource dom-2': [
    holder(inner),
    holder({ ...inner, contained: [{ resourceType: 'Patient', id: 'd' }], link: [{ other: { reference: '#d' }, type: 'refer' }] }),
  ],
  'DomainResource dom-3': [holder(inner), holder(inner, 'Patient/1')],
  'DomainResource dom-4': [holder({ ...inner, meta: { profile: ['urn:a'] } }), holder({ ...inner, meta: { versionId: '1' } })],
  'Duration drt-1': [encounter({ value: 3, system: ucum, code: 'd' }), encounter({ value: 3, unit: 'days' })],
  'ElementDefinition eld-11': [
    element({ type: [{ code: 'code' }], binding: { strength: 'example', description: 'a' } }),
    element({ type: [{ code: 'date' }], binding: { strength: 'example', description: 'a' } }),
  ],
  'ElementDefinition eld-13': [
    element({
      type: [
        { code: 'Quantity', profile: ['urn:a'] },
        { code: 'Quantity', profile: ['urn:b'] },
      ],
    }),
    element({
      type: [
        { code: 'Quantity', profile: ['urn:a'] },
        { code: 'Quantity', profile: ['urn:a'] },
      ],
    }),
  ],
  'ElementDefinition eld-14': [
    element({ constraint: ['a', 'b'].map((key) => ({ key, severity: 'error', human: 'a', xpath: 'a' })) }),
    element({ constraint: ['a', 'a'].map((key) => ({ key, severity: 'error', human: 'a', xpath: 'a' })) }),
  ],
  'ElementDefinition eld-15': [
    element({ type: [{ code: 'string' }], fixedString: 'a' }),
    element({ type: [{ code: 'string' }], fixedString: 'a', meaningWhenMissing: 'a' }),
  ],
  'ElementDefinition eld-2': [element({ min: 1, max: '10' }), element({ min: 2, max: '1' })],
  'ElementDefinition eld-6': [
    element({ fixedString: 'a', type: [{ code: 'string' }] }),
    element({ fixedString: 'a', type: [{ code: 'string' }, { code: 'code' }] }),
  ],
  'ElementDefinition eld-7': [element({ patternString: 'a', type: [{ code: 'string' }] }), element({ patternString: 'a' })],
  'ElementDefinition.binding eld-10': [
    element({ binding: { strength: 'example', valueSetUri: 'http://a' } }),
    element({ binding: { strength: 'example' } }),
  ],
  'ElementDefinition.binding.valueSet[x] eld-12': [
    element({ binding: { strength: 'example', valueSetReference: { reference: 'ValueSet/1' } } }),
    element({ binding: { strength: 'example', valueSetUri: 'urn:a' } }),
  ],
  'ElementDefinition.max eld-3': [element({ max: '*' }), element({ max: 'many' })],
  'ElementDefinition.slicing eld-1': [sliced({ description: 'a', rules: 'open' }), sliced({ rules: 'open' })],
  'ElementDefinition.type eld-4': [
    element({ type: [{ code: 'Reference', aggregation: ['contained'] }] }),
    element({ type: [{ code: 'string', aggregation: ['contained'] }] }),
  ],
  'Money mny-1': [
    account({ value: 1.5, system: 'urn:iso:std:iso:4217', code: 'EUR' }),
    account({ value: 1.5, system: 'http://example.org', code: 'EUR' }),
  ],
  'Narrative.div txt-1': [narrative('<div><h1>a</h1><ul><li>b</li></ul></div>'), narrative('<div>a<script>b</script></div>')],
  'Narrative.div txt-2': [narrative('<div><img src="#a"/></div>'), narrative('<div> <p/>\n</div>')],
  'Narrative.div txt-3': [narrative('<div class="a"><p style="color: red">b</p></div>'), narrative('<div><p onclick="a()">b</p></div>')],
  'Period per-1': [
    person({ identifier: [{ value: 'a', period: { start: '2012-05-01T10:00:00+02:00', end: '2012-05' } }] }),
    person({ identifier: [{ value: 'a', period: { start: '2012-05-01T10:00:00Z', end: '2012-05-01T10:00:00+02:00' } }] }),
  ],
  'Quantity qty-3': [
    observation({ valueQuantity: { value: 1, system: ucum, code: 'mg' } }),
    observation({ valueQuantity: { value: 1, code: 'mg' } }),
  ],
  'Range rng-2': [
    observation({ valueRange: { low: { value: 2 }, high: { value: 10 } } }),
    observation({ valueRange: { low: { value: 10 }, high: { value: 2 } } }),
  ],
  'Ratio rat-1': [
    observation({ valueRatio: { numerator: { value: 1 }, denominator: { value: 2 } } }),
    observation({ valueRatio: { numerator: { value: 1 } } }),
  ],
  'Reference ref-1': [holder(inner), observation({ subject: { reference: '#c' } })],
  'RiskAssessment.prediction.probability[x] ras-1': [
    risk({ probabilityRange: { low: { value: 1, system: ucum, code: '%' } } }),
    risk({ probabilityRange: { high: { value: 1, system: ucum, code: '1' } } }),
  ],
  'RiskAssessment.prediction.probability[x] ras-2': [risk({ probabilityDecimal: 100 }), risk({ probabilityDecimal: 100.1 })],
  'SimpleQuantity sqty-1': [
    observation({ referenceRange: [{ low: { value: 1 } }] }),
    observation({ referenceRange: [{ low: { value: 1, comparator: '<' } }] }),
  ],
  'Timing.repeat tim-1': [repeat({ duration: 1, durationUnits: 'h' }), repeat({ duration: 1 })],
  'Timing.repeat tim-2': [repeat({ period: 1, periodUnits: 'h' }), repeat({ period: 1 })],
  'Timing.repeat tim-3': [repeat({ when: 'AC' }), repeat({ when: 'AC', frequency: 1 })],
  'Timing.repeat tim-6': [repeat({ period: 1, periodMax: 2, periodUnits: 'h' }), repeat({ periodMax: 2 })],
  'Timing.repeat tim-7': [repeat({ duration: 1, durationMax: 2, durationUnits: 'h' }), repeat({ durationMax: 2 })],
  'Timing.repeat.duration tim-4': [repeat({ duration: 0, durationUnits: 'h' }), repeat({ duration: -1, durationUnits: 'h' })],
  'Timing.repeat.period tim-5': [repeat({ period: 0.5, periodUnits: 'h' }), repeat({ period: -0.5, periodUnits: 'h' })],
}
