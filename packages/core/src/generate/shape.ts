// The little of FHIR's shapes that the generator writes. Constants are frozen: they are shared by every resource that uses them.

export interface Resource {
  resourceType: string
  id: string
  [element: string]: unknown
}

export interface BundleEntry {
  fullUrl: string
  resource: Resource
}

export interface Bundle {
  resourceType: 'Bundle'
  type: 'collection'
  entry: BundleEntry[]
}

export interface Coding {
  system: string
  code: string
  display: string
}

export interface Concept {
  coding: readonly Coding[]
  text?: string
}

export interface Quantity {
  value: number
  unit: string
  system: string
  code: string
}

export const snomed = 'http://snomed.info/sct'
export const loinc = 'http://loinc.org'
export const rxnorm = 'http://www.nlm.nih.gov/research/umls/rxnorm'
export const cvx = 'http://hl7.org/fhir/sid/cvx'
export const icd10 = 'http://hl7.org/fhir/sid/icd-10-cm'
const ucum = 'http://unitsofmeasure.org'
export const v2 = (table: string) => `http://hl7.org/fhir/v2/${table}`
export const v3 = (name: string) => `http://hl7.org/fhir/v3/${name}`

export function coding(system: string, code: string, display: string): Coding {
  return Object.freeze({ system, code, display })
}

export function concept(system: string, code: string, display: string, text?: string): Concept {
  const codings = Object.freeze([coding(system, code, display)])
  return Object.freeze(text === undefined ? { coding: codings } : { coding: codings, text })
}

/** UCUM quantity; the value is rounded to the digits given. */
export function quantity(value: number, unit: string, digits = 0, code = unit): Quantity {
  return { value: rounded(value, digits), unit, system: ucum, code }
}

export function rounded(value: number, digits: number): number {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}

export function narrative(inner: string, status: 'generated' | 'additional' = 'generated'): { status: string; div: string } {
  return { status, div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>` }
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
