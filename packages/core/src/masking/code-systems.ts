import { isWordedAsCode } from './code-words.js'
import { modelCodes } from './model-codes.js'
import { isUcumCode } from './units.js'

/** Code systems whose codes and uri name no person and no house: everybody's terminologies. A policy may add a study's own. */
export const publicCodeSystems: readonly string[] = [
  'http://loinc.org',
  'http://snomed.info/sct',
  'http://unitsofmeasure.org',
  'http://www.nlm.nih.gov/research/umls/rxnorm',
  'http://www.whocc.no/atc',
  'http://www.ama-assn.org/go/cpt',
  'http://ncimeta.nci.nih.gov',
  'http://www.genenames.org',
  'http://varnomen.hgvs.org',
  'http://dicom.nema.org/resources/ontology/DCM',
  'http://nema.org/dicom/dicm',
  'http://nucc.org/provider-taxonomy',
  'http://fdasis.nlm.nih.gov',
  'http://id.loc.gov/vocabulary/iso639-1',
  'http://terminology.hl7.org',
  'urn:ietf:bcp:47',
  'urn:ietf:bcp:13',
  'urn:ietf:rfc:3986',
  'urn:iso:std:iso:3166',
  'urn:iso:std:iso:4217',
  'urn:iso:std:iso:11073:10101',
  'urn:std:iso:11073:10101',
  'urn:aquifer:consent-type',
]

const publicOids = /^urn:oid:(2\.16\.840\.1\.113883\.(6|(6|5|12|18|3\.26\.1)\.\d{1,5})|1\.2\.840\.10008(\.\d{1,5}){1,8})$/
const published = /^(?!.*\d{6})http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org|fhir\.org\/guides)(\/[A-Za-z0-9.-]{1,60}){1,6}$/

const trimmed = (system: string): string => (system.endsWith('/') ? system.slice(0, -1) : system)

/** Is this one of the given systems, or published by HL7? */
export function isPublicSystem(system: string, listed: ReadonlySet<string>): boolean {
  const plain = trimmed(system)
  return listed.has(plain) || (published.test(plain) && isWordedAsCode(plain)) || publicOids.test(plain)
}

const icd10 = /^[A-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?(?:-[A-Z]\d[\dA-Z](?:\.[\dA-Z])?)?$/
const icd9 = /^[EV]?\d{2,3}(?:\.\d{1,2})?$/
const ndc = /^(?:\d{4,5}-\d{3,4}-\d{1,2}|\d{11})$/
const dicom =
  /^(?:[A-Z]{2,3}|IVUS|IVOCT|SMR|OPTENF|OPTBSV|OPM|KER|LEN|RTDOSE|RTIMAGE|RTPLAN|RTRECORD|RTSTRUCT|FIDUCIAL|HMD|STAIN|TEXTUREMAP|\d{5,6})$/
const language =
  /^[a-z]{2,3}(?:-(?:latn|cyrl|arab|hans|hant|deva|grek|hebr|jpan|kore|thai))?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:1901|1994|1996))?$/i

/** Is this a language tag, without what anybody may add to one? */
export const isLanguageTag = (text: string): boolean => language.test(text)

// SNOMED CT identifiers of concepts (Technical Implementation Guide, 6.2): an item, of extensions with the namespace of seven digits, then the
// partition, 00 or 10, and a check digit. Other numbers, a phone number or an insurance number, are of this form once in a hundred times.
const concept = String.raw`(?:\d{3,8}00\d|\d{8,15}10\d)`
const snomed = new RegExp(`^${concept}(?:[:+=,(){}](?:${concept})?)*$`)

// What a code of these systems looks like: anything else that stands where one belongs was written there by a person.
const codeShapes: ReadonlyMap<string, RegExp> = new Map([
  ['http://loinc.org', /^(?:[A-Z]{0,2}\d{1,6}-[\dX]|MTHU\d{6})$/],
  ['http://snomed.info/sct', snomed],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', /^(?:\d{1,7}|C\d{7})$/],
  ['http://ncimeta.nci.nih.gov', /^C[LN]?\d{4,8}$/],
  ['http://hl7.org/fhir/sid/cvx', /^\d{1,3}$/],
  ['http://hl7.org/fhir/sid/icd-10', icd10],
  ['http://hl7.org/fhir/sid/icd-10-us', icd10],
  ['http://hl7.org/fhir/sid/icd-10-cm', icd10],
  ['http://hl7.org/fhir/sid/icd-9-cm', icd9],
  ['http://hl7.org/fhir/sid/ndc', ndc],
  ['http://www.ama-assn.org/go/cpt', /^(?:\d{4}[\dA-Z]|[A-Z\d]{2})$/],
  ['http://www.whocc.no/atc', /^[A-V](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?$/],
  ['http://nucc.org/provider-taxonomy', /^\d{3}[A-Z\d]{6}[A-Z]$/],
  ['http://fdasis.nlm.nih.gov', /^(?=.*\d)(?=.*[A-Z])[A-Z\d]{10}$/],
  ['http://www.genenames.org', /^(?:HGNC:\d{1,6}|[A-Z][A-Z\d-]{0,6}|C\d{1,2}orf\d{1,3})$/],
  ['http://nema.org/dicom/dicm', dicom],
  ['http://dicom.nema.org/resources/ontology/DCM', dicom],
  ['urn:iso:std:iso:11073:10101', /^(?:\d{1,6}|MDC_[A-Z\d_]{1,60})$/],
  ['urn:std:iso:11073:10101', /^(?:\d{1,6}|MDC_[A-Z\d_]{1,60})$/],
  ['urn:iso:std:iso:3166', /^(?:[A-Z]{2,3}|\d{3}|[A-Z]{2}-[A-Z\d]{1,3})$/i],
  ['urn:iso:std:iso:4217', /^(?:[A-Z]{3}|\d{3})$/],
  ['urn:ietf:bcp:47', language],
  // A study names its own.
  ['urn:aquifer:consent-type', /^[a-z](?!.*\d{6})[a-z\d-]{0,63}$/],
])
const houseNumber = /\d{6}/
// However they are set apart, more digits than that are those of a telephone, a birth or a record.
const digitsMax = 6
const hasFewDigits = (code: string): boolean => (code.match(/\d/g) ?? []).length <= digitsMax

// The same systems by the OIDs that HL7 registered for them.
const registered: ReadonlyMap<string, string> = new Map([
  ['urn:oid:2.16.840.1.113883.6.1', 'http://loinc.org'],
  ['urn:oid:2.16.840.1.113883.6.96', 'http://snomed.info/sct'],
  ['urn:oid:2.16.840.1.113883.6.88', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['urn:oid:2.16.840.1.113883.6.8', 'http://unitsofmeasure.org'],
  ['urn:oid:2.16.840.1.113883.6.69', 'http://hl7.org/fhir/sid/ndc'],
  ['urn:oid:2.16.840.1.113883.12.292', 'http://hl7.org/fhir/sid/cvx'],
  ['urn:oid:2.16.840.1.113883.6.3', 'http://hl7.org/fhir/sid/icd-10'],
  ['urn:oid:2.16.840.1.113883.6.90', 'http://hl7.org/fhir/sid/icd-10-cm'],
  ['urn:oid:2.16.840.1.113883.6.103', 'http://hl7.org/fhir/sid/icd-9-cm'],
  ['urn:oid:2.16.840.1.113883.6.12', 'http://www.ama-assn.org/go/cpt'],
  ['urn:oid:2.16.840.1.113883.6.73', 'http://www.whocc.no/atc'],
  ['urn:oid:2.16.840.1.113883.6.101', 'http://nucc.org/provider-taxonomy'],
])

/** Can this be a code of that public system? Of systems without a known form it is made of numbers and of words that codes use. */
export function mayBeCodeOf(system: string, code: string): boolean {
  const plain = registered.get(system) ?? trimmed(system)
  if (plain === 'http://unitsofmeasure.org') return isUcumCode(code)
  const shape = codeShapes.get(plain)
  return shape ? shape.test(code) : isWordedAsCode(code) && hasFewDigits(code)
}

/** A code of nobody knows which system, that could be no identifier and no name. */
export const mayBeHouseCode = (code: string): boolean =>
  modelCodes().has(code) || (isWordedAsCode(code) && !houseNumber.test(code) && hasFewDigits(code))

// Of these every code has a form that no name, and hardly a number of somebody, has.
const toldApart: readonly RegExp[] = [
  'http://loinc.org',
  'http://snomed.info/sct',
  'http://hl7.org/fhir/sid/icd-10',
  'http://www.whocc.no/atc',
  'http://nucc.org/provider-taxonomy',
  'http://dicom.nema.org/resources/ontology/DCM',
].map((system) => codeShapes.get(system)!)
const registeredOid = /^(?:urn:oid:)?(?:1\.2\.840|2\.16\.840\.1\.113883\.(?:[4-6]|12|18))(?:\.\d{1,5}){1,10}$/

/** Is this an OID below those that standards bodies and national registers have? */
export const isRegisteredOid = (text: string): boolean => registeredOid.test(text)

/** A code that a definition lists beside a system, where only the code is seen. */
export const mayBeListedCode = (code: string): boolean =>
  mayBeHouseCode(code) || isUcumCode(code) || isRegisteredOid(code) || toldApart.some((shape) => shape.test(code))

export function systemSet(...lists: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(lists.flat().map(trimmed))
}
