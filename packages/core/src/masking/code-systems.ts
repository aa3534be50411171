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

const publicOids =
  /^urn:oid:(2\.16\.840\.1\.113883\.(6\.\d+|5\.\d+|12\.\d+|18\.\d+|3\.26\.1\.\d+)|1\.2\.840\.10008\.[\d.]{1,40}|2\.16\.840\.1\.113883\.6)$/
const published = /^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org|fhir\.org\/guides)(\/(?!\d{6})[A-Za-z0-9.-]{1,60}){1,6}$/

const trimmed = (system: string): string => (system.endsWith('/') ? system.slice(0, -1) : system)

/** Is this one of the given systems, or published by HL7? */
export function isPublicSystem(system: string, listed: ReadonlySet<string>): boolean {
  const plain = trimmed(system)
  return listed.has(plain) || published.test(plain) || publicOids.test(plain)
}

export function systemSet(...lists: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(lists.flat().map(trimmed))
}
