import type { Resource } from '../index.js'
import type { InvariantCases } from './invariant-cases.js'

const text = { text: 'a' }
const patient = { reference: 'Patient/1' }
const quantity = { value: 1 }
const appointment = (more: object): Resource => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2020-01-01T10:00:00Z',
  end: '2020-01-01T11:00:00Z',
  participant: [{ actor: patient, status: 'accepted' }],
  ...more,
})
const response = (more: object): Resource => ({
  resourceType: 'AppointmentResponse',
  appointment: { reference: 'Appointment/1' },
  participantStatus: 'accepted',
  ...more,
})
const auditEvent = (object: object): Resource => ({
  resourceType: 'AuditEvent',
  event: { type: { code: 'a' }, dateTime: '2020-01-01T10:00:00Z' },
  participant: [{ requestor: true }],
  source: { identifier: { value: 'a' } },
  object: [object],
})
const carePlan = (activity: object): Resource => ({ resourceType: 'CarePlan', status: 'active', activity: [activity] })
const composition = (section: object): Resource => ({
  resourceType: 'Composition',
  date: '2020',
  type: text,
  title: 'a',
  status: 'final',
  subject: patient,
  author: [{ reference: 'Practitioner/1' }],
  section: [section],
})
const condition = (more: object): Resource => ({
  resourceType: 'Condition',
  patient,
  code: text,
  verificationStatus: 'confirmed',
  ...more,
})
const family = (more: object): Resource => ({
  resourceType: 'FamilyMemberHistory',
  patient,
  status: 'completed',
  relationship: text,
  ...more,
})
const group = (more: object): Resource => ({ resourceType: 'Group', type: 'person', ...more })
const immunization = (more: object): Resource => ({
  resourceType: 'Immunization',
  status: 'completed',
  vaccineCode: text,
  patient,
  reported: false,
  ...more,
})
const list = (more: object): Resource => ({ resourceType: 'List', status: 'current', mode: 'working', ...more })
const media = (more: object): Resource => ({ resourceType: 'Media', content: { url: 'urn:a' }, ...more })
const administration = (more: object): Resource => ({
  resourceType: 'MedicationAdministration',
  status: 'completed',
  patient,
  effectiveTimeDateTime: '2020',
  medicationCodeableConcept: text,
  ...more,
})
const dispense = (more: object): Resource => ({ resourceType: 'MedicationDispense', medicationCodeableConcept: text, ...more })
const statement = (more: object): Resource => ({
  resourceType: 'MedicationStatement',
  patient,
  status: 'active',
  medicationCodeableConcept: text,
  ...more,
})
const observation = (more: object): Resource => ({ resourceType: 'Observation', status: 'final', code: text, ...more })
const coded = (code: string): object => ({ coding: [{ system: 'http://loinc.org', code }] })
const order = (when: object): Resource => ({ resourceType: 'Order', detail: [{ reference: 'Procedure/1' }], when })
const organization = (more: object): Resource => ({ resourceType: 'Organization', name: 'a', ...more })
const person = (more: object): Resource => ({ resourceType: 'Patient', ...more })
const procedure = (more: object): Resource => ({ resourceType: 'Procedure', subject: patient, status: 'completed', code: text, ...more })
const answers = (inner: object): Resource => ({ resourceType: 'QuestionnaireResponse', status: 'completed', group: inner })
const questions = (inner: object): Resource => ({
  resourceType: 'Questionnaire',
  status: 'draft',
  group: { required: true, ...inner },
})

/** Care, its records, people and places. */
export const clinicalCases: InvariantCases = {
  'Appointment app-2': [appointment({}), appointment({ status: 'proposed', end: undefined })],
  'Appointment app-3': [
    { ...appointment({ status: 'proposed' }), start: '2020-01-01T10:00:00Z' },
    (({ start: _start, end: _end, ...rest }) => ({ ...rest, resourceType: 'Appointment' }))(appointment({})),
  ],
  'Appointment.participant app-1': [appointment({}), appointment({ participant: [{ status: 'accepted' }] })],
  'AppointmentResponse apr-1': [response({ actor: patient }), response({})],
  'AuditEvent.object sev-1': [auditEvent({ name: 'a' }), auditEvent({ name: 'a', query: 'AAAA' })],
  'CarePlan.activity cpl-3': [
    carePlan({ reference: { reference: 'Order/1' } }),
    carePlan({ reference: { reference: 'Order/1' }, detail: { prohibited: false } }),
  ],
  'Composition.section cmp-1': [composition({ entry: [{ reference: 'List/1' }] }), composition({ title: 'a' })],
  'Composition.section cmp-2': [
    composition({ emptyReason: text, section: [{ entry: [{ reference: 'List/1' }] }] }),
    composition({ emptyReason: text, entry: [{ reference: 'List/1' }] }),
  ],
  'Condition.evidence con-2': [condition({ evidence: [{ code: text }] }), condition({ evidence: [{ id: 'a' }] })],
  'Condition.stage con-1': [condition({ stage: { summary: text } }), condition({ stage: { id: 'a' } })],
  'FamilyMemberHistory fhs-1': [family({ ageString: 'a' }), family({ ageString: 'a', bornDate: '1950' })],
  'Group grp-1': [group({ actual: true, member: [{ entity: patient }] }), group({ actual: false, member: [{ entity: patient }] })],
  'Immunization imm-1': [
    immunization({ wasNotGiven: false, explanation: { reason: [text] } }),
    immunization({ wasNotGiven: true, explanation: { reason: [text] } }),
  ],
  'Immunization imm-2': [
    immunization({ wasNotGiven: true, explanation: { reasonNotGiven: [text] } }),
    immunization({ wasNotGiven: false, explanation: { reasonNotGiven: [text] } }),
  ],
  'List lst-1': [list({ emptyReason: text }), list({ emptyReason: text, entry: [{ item: patient }] })],
  'List lst-2': [
    list({ mode: 'changes', entry: [{ item: patient, deleted: true }] }),
    list({ mode: 'snapshot', entry: [{ item: patient, deleted: true }] }),
  ],
  'Media mda-1': [media({ type: 'photo', height: 1 }), media({ type: 'audio', height: 1 })],
  'Media mda-2': [media({ type: 'video', width: 1 }), media({ type: 'audio', width: 1 })],
  'Media mda-3': [media({ type: 'photo', frames: 1 }), media({ type: 'video', frames: 1 })],
  'Media mda-4': [media({ type: 'audio', duration: 1 }), media({ type: 'photo', duration: 1 })],
  'MedicationAdministration mad-2': [
    administration({ wasNotGiven: true, reasonNotGiven: [text] }),
    administration({ wasNotGiven: false, reasonNotGiven: [text] }),
  ],
  'MedicationAdministration mad-3': [
    administration({ wasNotGiven: false, reasonGiven: [text] }),
    administration({ wasNotGiven: true, reasonGiven: [text] }),
  ],
  'MedicationAdministration.dosage mad-1': [administration({ dosage: { quantity } }), administration({ dosage: { text: 'a' } })],
  'MedicationDispense mdd-1': [
    dispense({ whenPrepared: '2020-01-01', whenHandedOver: '2020-01-01' }),
    dispense({ whenPrepared: '2020-01-02', whenHandedOver: '2020-01-01' }),
  ],
  'MedicationStatement mst-1': [
    statement({ wasNotTaken: true, reasonNotTaken: [text] }),
    statement({ wasNotTaken: false, reasonNotTaken: [text] }),
  ],
  'MedicationStatement mst-2': [
    statement({ wasNotTaken: false, reasonForUseCodeableConcept: text }),
    statement({ wasNotTaken: true, reasonForUseCodeableConcept: text }),
  ],
  'NutritionOrder nor-1': [
    { resourceType: 'NutritionOrder', patient, dateTime: '2020', supplement: [{ type: text }] },
    { resourceType: 'NutritionOrder', patient, dateTime: '2020' },
  ],
  'Observation obs-6': [observation({ dataAbsentReason: text }), observation({ dataAbsentReason: text, valueString: 'a' })],
  'Observation obs-7': [
    observation({ code: coded('1-8'), component: [{ code: coded('2-6') }] }),
    observation({ code: coded('1-8'), component: [{ code: coded('1-8') }] }),
  ],
  'Observation.referenceRange obs-3': [
    observation({ referenceRange: [{ text: 'a' }] }),
    observation({ component: [{ code: text, referenceRange: [{ meaning: text }] }] }),
  ],
  'Order.when ord-1': [order({ code: text }), order({ code: text, schedule: { event: ['2020'] } })],
  'Organization org-1': [organization({}), { resourceType: 'Organization', active: true }],
  'Organization.address org-2': [organization({ address: [{ use: 'work' }] }), organization({ address: [{ use: 'home' }] })],
  'Organization.telecom org-3': [organization({ telecom: [{ use: 'work' }] }), organization({ telecom: [{ use: 'home' }] })],
  'Patient.contact pat-1': [person({ contact: [{ name: { text: 'a' } }] }), person({ contact: [{ gender: 'male' }] })],
  'Procedure pro-1': [
    procedure({ notPerformed: true, reasonNotPerformed: [text] }),
    procedure({ notPerformed: false, reasonNotPerformed: [text] }),
  ],
  'QuestionnaireResponse.group qrs-1': [
    answers({ group: [{ linkId: 'a' }] }),
    answers({ group: [{ linkId: 'a' }], question: [{ linkId: 'b' }] }),
  ],
  'Questionnaire que-2': [
    questions({ linkId: 'r', question: [{ linkId: 'a' }, { linkId: 'b' }] }),
    questions({ linkId: 'r', question: [{ linkId: 'a', group: [{ linkId: 'r' }] }] }),
  ],
  'Questionnaire que-3': [questions({}), questions({ required: false })],
  'Questionnaire.group que-1': [
    questions({ group: [{ linkId: 'a' }] }),
    questions({ group: [{ linkId: 'a' }], question: [{ linkId: 'b' }] }),
  ],
  'Questionnaire.group.question que-4': [
    questions({ question: [{ option: [{ code: 'a' }] }] }),
    questions({ question: [{ option: [{ code: 'a' }], options: { reference: 'ValueSet/1' } }] }),
  ],
}
