// What somebody who looks for people in masked data would hide where it could pass: one case each, under both built-in policies and in both forms.
import { describe, expect, test } from 'vitest'
import { expert, readJson, safeHarbor, type MaskedForm, type Policy } from './index.js'
import { aMasker, wordsIn } from './test/masked.js'
import { fold } from './words.js'

const family = 'Vasilopoulou'
const given = 'Thrasyvoulos'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const here = { reference: 'Patient/KX-5529417' }
const obs = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
  subject: here,
}
const person = {
  resourceType: 'Patient', id: 'KX-5529417', name: [{ family: [family], given: [given] }], birthDate: '1947-08-14', gender: 'female',
  identifier: [{ system: `http://${family}.example/mrn`, value: '5529417' }], telecom: [{ system: 'phone', value: '(413) 555-0176' }],
  address: [{ line: ['418 Quarrelmoor Lane'], city: 'Netherbourne', district: 'Netherbourne', postalCode: '01351-2946', state: 'Netherbourne' }],
} // prettier-ignore
const quilled = 'tv@quillmail.example'
const uuid = '5d1f2c3b-9e47-4c1a-8f60-2b7d9a31c4e8'
const names = [
  family,
  given.toLowerCase(),
  `${family}-${given}`,
  'kim-lee',
  'Lee.Kim',
  'KimLee',
  'Mr.Lee',
  '山田花子',
  'Вася',
  base64(family),
  '56617369',
]
const numbers = [
  '5529417',
  'KX-552-9417',
  '517-38-2946',
  '517382946',
  '51738-2946',
  '５１７３８２９４６',
  '4135550176',
  '413.555.0176',
  '555-0176',
  '1-413-555-0176',
]
const others = ['1947-08-14', '14-08-1947', '14.08.1947', '8/14/1947', '14Aug1947', '19470814', '1EG4-TE5-MK73', '00:1A:2B:3C:4D:5E', '10.97.0.176', 'age-96', '96yo',
  quilled, uuid, '42.36013,-71.05892', `Patient/${family}`, 'mrn:5529417'] // prettier-ignore
const attacks = [...names, ...numbers, ...others]
const systems = [undefined, '', `http://${family}.example/codes`, `mailto:${quilled}`, 'http://hl7.org/fhir/v3/ActCode', 'http://hl7.org/fhir/marital-status', 'http://loinc.org',
  'http://snomed.info/sct', 'http://www.nlm.nih.gov/research/umls/rxnorm', 'http://unitsofmeasure.org', 'urn:oid:2.16.840.1.113883.5.4', `http://hl7.org/fhir/${family}`,
  'http://hl7.org/fhir/kim-lee', `http://loinc.org/${family}`, `http://${family}@loinc.org`, `urn:uuid:${uuid}`, 'urn:ietf:bcp:47', 'http://dicom.nema.org/resources/ontology/DCM'] // prettier-ignore
const codings = systems.flatMap((system) => attacks.map((code) => ({ system, code, display: code, version: code, userSelected: true })))
// Nothing tells a seven-digit record number from an RXCUI, a date in eight digits from neither: the leak gate knows the numbers.
const isLikeReal = ({ system = '', code }: { system?: string; code: string }): boolean => /rxnorm/.test(system) && /^\d{1,7}$/.test(code)

const known = [
  family,
  given,
  'quillmail',
  'Quarrelmoor',
  'Netherbourne',
  '山田',
  'Вася',
  'kim-lee',
  'lee.kim',
  'mr.lee',
  'kimlee',
  '1eg4',
  '1a:2b',
  uuid.slice(0, 13),
  '10.97.0',
].map(fold)
const digits = ['5529417', '517382946', '4135550176', '5550176', '19470814', '14081947', '8141947', '4236013', '7105892', '013512946']

/** As texts are searched by who looks for people: without case and signs, and with what is encoded in them. */
function told(text: string): string[] {
  const inside = /^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : ''
  const hex = /^[\da-f]{8,}$/i.test(text) ? Buffer.from(text, 'hex').toString() : ''
  const plain = [text, inside, hex, /%[\da-f]{2}/i.test(text) ? unescape(text) : ''].map(fold)
  return [
    ...known.filter((word) => plain.some((each) => each.includes(word))),
    ...digits.filter((number) => plain.some((each) => each.replace(/[^\p{L}\d]/gu, '').includes(number) && !isPseudonym.test(text))),
    ...(/1947-08-14|aug|96yo|age.?96/.test(plain[0]!) ? ['a date or age'] : []),
  ]
}
const isPseudonym = /^(?:[A-Z][A-Za-z]+\/|#|urn:uuid:)?[a-f\d]{8}-[a-f\d]{4}-8|^urn:oid:2\.25\./

const cases: Record<string, readonly object[]> = {
  'codes under every kind of system': codings.filter((coding) => !isLikeReal(coding)).map((coding) => ({ ...obs, valueCodeableConcept: { text: coding.code, coding: [coding] } })),
  'codes of a status that anybody may extend': attacks.map((code) => ({ resourceType: 'Account', name: family, status: code, type: { text: code } })),
  'units': attacks.flatMap((unit) => ['http://unitsofmeasure.org', `http://${family}.example`, undefined].map((system) => ({ ...obs, valueQuantity: { value: 3, unit, system, code: unit } }))),
  'units in braces': ['{Vasilopoulou}', 'mg{kim-lee}', '{5529417}', '[Vasilopoulou]', 'mg/{Thrasyvoulos}'].map((code) => ({ ...obs, valueQuantity: { value: 3, system: 'http://unitsofmeasure.org', code, unit: code } })),
  'systems and other addresses': systems.map((uri) => ({ ...obs, valueQuantity: { value: 1, system: uri, code: 'mg' }, identifier: [{ system: uri, value: family }], implicitRules: undefined, meta: { profile: [uri ?? family] } })),
  'names of profiles': [family, 'kim-lee', '5529417', given.toLowerCase()].map((tail) => ({ ...obs, meta: { profile: [`http://hl7.org/fhir/StructureDefinition/${tail}`] } })),
  'tags, labels and versions': attacks.map((code) => ({ ...obs, meta: { versionId: code, lastUpdated: '1947-08-14T01:02:03Z', tag: [{ system: code, code, display: code }], security: [{ system: 'http://hl7.org/fhir/v3/Confidentiality', code, display: code }] } })),
  'extensions that are listed, with what they do not hold': attacks.flatMap((text) => [
    { url: 'http://hl7.org/fhir/StructureDefinition/us-core-race', valueCodeableConcept: { text, coding: [{ code: text, display: text }] } },
    { url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race', extension: [{ url: 'ombCategory', valueCoding: { code: text, display: text } }, { url: 'text', valueString: text }, { url: text, valueCoding: { code: text } }] },
    { url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex', valueCode: text },
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: text },
    { url: 'urn:aquifer:study-status', valueString: text },
    { url: 'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired', valueBoolean: text, id: text },
  ].map((extension) => ({ ...person, extension: [extension] }))),
  'extensions that are not': ['valueString', 'valueUri', 'valueCode', 'valueMarkdown', 'valueId', 'valueOid', 'valueBase64Binary', 'valueDate', 'valueTime'].map((value) => ({ ...person, extension: [{ url: `http://x/${family}`, [value]: family, extension: [{ url: family, [value]: family }] }] })),
  'what stands beside primitives': ['_birthDate', '_gender', '_id', '_active', '_deceasedBoolean', '_language', '_implicitRules'].map((name) => ({ ...person, [name]: { id: family, fhir_comments: [family], extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1947-08-14T04:05:06Z' }, { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: family }] } })),
  'what stands beside primitives in lists': [{ ...person, name: [{ given: [given], _given: [{ id: family, extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: family }] }, null] }] }],
  'displays and extra elements of references': [{ ...obs, subject: { ...here, display: `${given} ${family}`, identifier: { value: '5529417' }, type: family }, performer: [{ display: family }], encounter: { reference: `Encounter/${family}`, display: '517-38-2946' } }],
  'references of every form': [`Patient/${family}`, `Patient/${family}/_history/5529417`, `http://${family}.example/fhir/Patient/5529417`, 'Patient?identifier=517382946', `Patient?identifier=urn:${family}|5529417`, `Patient?name=${family}`, `#${family}`,
    'urn:oid:1.2.3.517382946', 'urn:ssn:517382946', `mailto:${quilled}`, 'tel:+14135550176', `Patient/5529417#${family}`, `Patient/5529417?x=${family}`, 'Patient/Vasil%6Fpoulou', `${family}/5529417`, `Practitioner/${family}`, `urn:uuid:${uuid}`, `urn:uuid:${family}`]
    .flatMap((reference) => [{ ...obs, subject: { reference } }, { ...obs, performer: [{ reference }] }, { resourceType: 'Basic', code: {}, subject: { reference }, author: { reference } }]),
  'logical ids, of contained ones too': [...names, ...numbers, uuid].map((id) => ({ ...obs, id, contained: [{ ...person, id, contained: [person] }], subject: { reference: `#${id}` } })),
  'people and Bundles in what is contained': [{ ...obs, contained: [{ resourceType: 'Bundle', id: 'b', type: 'collection', entry: [{ resource: person }] }, { ...person, id: 'p' }, { resourceType: 'Parameters', id: 'q', parameter: [{ name: family, resource: person }] }], performer: [{ reference: '#b' }, { reference: '#p' }, { reference: '#q' }] }],
  'ages over 89': [
    { ...person, birthDate: '1929-08-14', deceasedDateTime: '2025-08-14' }, { ...obs, code: { text: 'Age' }, valueQuantity: { value: 96, unit: 'years' } }, { ...obs, comments: '96 y.o. woman', valueString: 'aged 96' },
    { ...obs, code: { coding: [{ system: 'http://loinc.org', code: '30525-0' }] }, valueQuantity: { value: 1158, unit: 'months' } }, { ...obs, valueRange: { low: { value: 95, unit: 'a' }, high: { value: 96, unit: 'a' } } },
    { resourceType: 'Condition', patient: here, code: {}, verificationStatus: 'confirmed', onsetString: 'at 96yo', onsetQuantity: { value: 96, unit: 'yr' } },
  ],
  'dates in texts': ['14 August 1947', '1947-08-14', '8/14/1947', '19470814'].map((text) => ({ ...obs, comments: text, valueString: text, code: { text }, bodySite: { text, coding: [{ code: text, display: text }] } })),
  'a birth date as another date': [{ ...obs, effectiveDateTime: '1947-08-14', valueDateTime: '1947-08-14T11:12:13Z', valueTime: '11:12:13' }, { resourceType: 'Basic', code: {}, created: '1947-08-14' }],
  'a person’s home as a Location': [{ resourceType: 'Location', name: `Home of ${family}`, description: '418 Quarrelmoor Lane', mode: 'instance', telecom: person.telecom, address: person.address[0], position: { longitude: -71.058_92, latitude: 42.360_13 }, identifier: person.identifier, physicalType: { text: family } }],
  'numbers': [5_529_417, 517_382_946, 4_135_550_176, 19_470_814, 51_738_294.6, 5_529_417.5].flatMap((value) => [{ ...obs, valueQuantity: { value, unit: 'mg' } }, { ...obs, valueRatio: { numerator: { value }, denominator: { value } } },
    { ...person, multipleBirthInteger: value }, { ...obs, valueSampledData: { origin: { value }, period: value, dimensions: value, data: String(value) } }, { resourceType: 'QuestionnaireResponse', status: 'completed', group: { question: [{ linkId: '1', answer: [{ valueInteger: value }, { valueDecimal: value }, { valueQuantity: { value } }] }] } },
    { resourceType: 'Media', type: 'photo', height: value, frames: value, content: { contentType: 'image/jpeg', size: value, url: family } }, { resourceType: 'Bundle', type: 'searchset', total: value }]),
  'narratives': [{ ...person, text: { status: family, div: `<div>${family}</div>`, id: family } }, { ...obs, contained: [{ ...person, text: { status: 'generated', div: `<div>${family}</div>` } }] }],
  'attachments': [{ contentType: `text/${family}`, language: `en-x-${family}`, data: base64(family), url: `http://x/${family}`, size: 12, hash: base64(family), title: family, creation: '1947-08-14' }].flatMap((attachment) => [
    { ...obs, valueAttachment: attachment }, { ...person, photo: [attachment] }, { resourceType: 'DocumentReference', status: 'current', subject: here, description: family, content: [{ attachment, format: [{ system: family, code: family }] }] },
    { resourceType: 'Communication', subject: here, payload: [{ contentAttachment: attachment }, { contentString: family }] }, { resourceType: 'Contract', term: [{ text: family }], friendly: [{ contentAttachment: attachment }], subject: [here] }]),
  'languages and file types': [family, 'en-x-vasilopoulou', 'x-vasilopoulou', 'kx-552-9417', 'vasilopoulou/vasilopoulou'].flatMap((text) => [{ ...obs, language: text }, { resourceType: 'Binary', contentType: text, content: base64(family) }, { ...person, communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: text }] } }] }]),
  'answers, and what asks for them': attacks.map((text) => ({ resourceType: 'QuestionnaireResponse', status: 'completed', subject: here, identifier: { value: text }, group: { title: text, text, question: [{ text, answer: [{ valueString: text }, { valueUri: text }, { valueCoding: { code: text, display: text } }, { valueAttachment: { title: text } }, { valueDate: '1947-08-14' }, { valueReference: { display: text } }] }] } })),
  'ids of questions that are no ids': [...numbers, ...others].map((linkId) => ({ resourceType: 'QuestionnaireResponse', status: 'completed', group: { linkId, question: [{ linkId, answer: [{ valueBoolean: true }] }] } })),
  'a questionnaire made for one person, inside the answers': [{ resourceType: 'QuestionnaireResponse', status: 'completed', contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'published', group: { title: `Diary of ${family}`, question: [{ text: family, linkId: '1' }] } }], questionnaire: { reference: '#q' }, group: {} }],
  'numbers, mail and dates in definitions': [`call (413) 555-0176 or ${quilled}`, 'SSN 517-38-2946', 'record 5529417', 'born 14 August 1947', 'Mrs. Vasilopoulou', 'KX-552-9417', 'http://vasilopoulou.example/x'].flatMap((text) => [
    { resourceType: 'Questionnaire', status: 'published', publisher: family, telecom: person.telecom, group: { title: text, text, question: [{ text, linkId: '1' }] } },
    { resourceType: 'ValueSet', status: 'active', name: text, description: text, publisher: family, contact: [{ name: family, telecom: person.telecom }], codeSystem: { system: `http://${family}.example`, concept: [{ code: '5529417', display: text, definition: text }] } },
  ]),
  'codes in definitions': attacks.map((code) => ({ resourceType: 'ValueSet', status: 'active', url: `http://${family}.example/${code}`, identifier: { value: code }, compose: { include: [{ system: `http://${family}.example`, concept: [{ code }] }] }, expansion: { identifier: `http://x/${family}`, timestamp: '1947-08-14', contains: [{ code }] } })),
  'who names systems': [`http://${family}.example/mrn`, '1.2.3.517382946', '2.16.840.1.113883.3.517382946'].map((value) => ({ resourceType: 'NamingSystem', status: 'active', kind: 'identifier', date: '2015', publisher: family, responsible: family, name: 'n', uniqueId: [{ type: 'uri', value }] })),
  'types of another kind': [
    { resourceType: 'Basic', code: { text: family }, identifier: person.identifier, created: '1947-08-14', [family]: family }, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: family, details: { text: family }, diagnostics: `no ${family}`, location: [`/f:Patient[5529417]/${family}`] }] },
    { resourceType: 'Parameters', parameter: attacks.flatMap((text) => [{ name: text, valueString: text }, { name: 'x', valueCode: text }, { name: 'x', valueId: text }, { name: 'x', valueUri: text }, { name: 'x', part: [{ name: text, valueHumanName: { text } }] }]) },
    { resourceType: 'List', status: 'current', mode: 'working', title: family, note: family, subject: here }, { resourceType: 'Group', type: 'person', actual: true, name: family, characteristic: [{ code: { text: family }, valueCodeableConcept: { text: family, coding: [{ code: family }] }, exclude: false }], member: [{ entity: { ...here, display: family } }] },
    { resourceType: 'Coverage', subscriberId: { value: family }, group: family, plan: family, subPlan: family, dependent: 5_529_417, sequence: 5_529_417, network: { value: family } }, { resourceType: 'Subscription', criteria: `Patient?name=${family}`, reason: family, status: 'active', contact: person.telecom, channel: { type: 'rest-hook', endpoint: `http://${family}.example`, header: family } },
    { resourceType: 'Organization', name: `${given} ${family}`, address: person.address, contact: [{ name: { text: family }, telecom: person.telecom }] }, { resourceType: 'Device', type: {}, udi: '(01)5529417(21)517382946', lotNumber: '5529417', manufacturer: family, model: family, url: `http://${family}`, owner: { display: family } },
    { resourceType: 'ImagingStudy', patient: here, uid: 'urn:oid:1.2.3.517382946', numberOfSeries: 1, numberOfInstances: 1, description: family, accession: { value: family }, series: [{ uid: 'urn:oid:1.2.3.19470814', modality: { system: 'http://nema.org/dicom/dicm', code: family }, numberOfInstances: 1 }] },
    { resourceType: 'Provenance', target: [here], recorded: '1947-08-14T01:02:03Z', activity: { text: family }, location: { display: family }, policy: [`http://${family}`], agent: [{ role: { code: family }, userId: { value: family } }], signature: [{ type: [{ code: family }], when: '1947-08-14T01:02:03Z', whoUri: `mailto:${quilled}`, contentType: family, blob: base64(family) }] },
    { resourceType: 'Appointment', status: 'booked', description: family, comment: family, participant: [{ actor: { ...here, display: family }, status: 'accepted' }], start: '1947-08-14T01:02:03Z', end: '1947-08-14T01:02:03Z' },
  ],
  'Bundles': [{ resourceType: 'Bundle', id: family, type: 'transaction', base: `http://${family}.example`, link: [{ relation: family, url: `http://x?name=${family}` }], signature: { whoUri: family, blob: base64(family) },
    entry: attacks.map((text) => ({ fullUrl: `http://x/Patient/${text}`, link: [{ relation: 'self', url: text }], search: { mode: text, score: 5_529_417 }, request: { method: 'PUT', url: text, ifMatch: text, ifNoneMatch: text, ifNoneExist: `identifier=${text}`, ifModifiedSince: '1947-08-14T01:02:03Z' }, response: { status: `201 ${text}`, location: `Patient/${text}`, etag: text, lastModified: '1947-08-14T01:02:03Z' }, resource: person })) }],
  'words where numbers, objects and lists belong': [{ ...obs, valueQuantity: { value: family, comparator: family } }, { ...obs, valueBoolean: family, component: family, category: [family], performer: { reference: family } }, { ...person, name: family, active: family, gender: family, birthDate: family, multipleBirthInteger: family, contact: { name: family }, link: [family] }],
  'names of properties': [{ ...obs, [family]: 1, [`_${family}`]: {}, valueQuantity: { value: 1, [family]: family }, constructor: family, toString: family }, readJson(`{"resourceType":"Observation","status":"final","__proto__":{"comments":"${family}"},"comments":"${family}","comments":"${given}"}`) as object],
  'comments': [{ ...obs, fhir_comments: [family], code: { fhir_comments: { a: family }, ...obs.code } }],
  'schedules': [{ resourceType: 'MedicationOrder', patient: here, dosageInstruction: [{ text: family, timing: { event: ['1947-08-14'], code: { text: family, coding: [{ code: family }] }, repeat: { boundsPeriod: { start: '1947-08-14' }, count: 5_529_417, when: family } } }], medicationCodeableConcept: { text: family } }],
} // prettier-ignore

// What differs between policies and between forms is little: each stands once.
const settings = [
  { name: 'safe-harbor', policy: safeHarbor, form: 'fhir' as const },
  { name: 'expert', policy: expert, form: 'rows' as const },
]
describe.each<{ name: string; policy: Policy; form: MaskedForm }>(settings)('$name, $form: hidden in', ({ policy, form }) => {
  test.each(Object.keys(cases))('%s', (name) => {
    const masker = aMasker(policy, { form })
    const found = cases[name]!.flatMap((resource) => {
      const { resource: out } = masker.mask(resource)
      return wordsIn(out).flatMap((word) => told(word).map((what) => `${what} in ${word}`))
    })
    expect([...new Set(found)]).toEqual([])
  })
})
