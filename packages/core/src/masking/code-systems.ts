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
  return listed.has(plain) || published.test(plain) || publicOids.test(plain)
}

// What a code of these systems looks like: anything else that stands where one belongs was written there by a person.
const codeShapes: ReadonlyMap<string, RegExp> = new Map([
  ['http://loinc.org', /^(?:[A-Z]{0,2}\d{1,7}-[\dX]|MTHU\d{6})$/],
  ['http://snomed.info/sct', /^\d{6,18}(?:[:+=,(){}\d]*)$/],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', /^(?:\d{1,8}|C\d{7})$/],
  ['http://hl7.org/fhir/sid/cvx', /^\d{1,3}$/],
])

/** Can this be a code of that system? Of systems without a known form, yes. */
export function mayBeCodeOf(system: string, code: string): boolean {
  const plain = trimmed(system)
  return plain === 'http://unitsofmeasure.org' ? isUcumCode(code) : (codeShapes.get(plain)?.test(code) ?? true)
}

export function systemSet(...lists: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(lists.flat().map(trimmed))
}
