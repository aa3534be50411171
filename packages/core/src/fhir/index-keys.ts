import { hash64, hashOf } from './hash64.js'
import { withoutCase } from './normalize-text.js'

// The keys of the search index, made here for resources and for searches alike. A line break parts what a value may hold from what it
// may not: no system and no code has one.

/** As token searches compare codes and identifiers: not by case (DSTU2 search, "token"). */
const plain = withoutCase

// Names of one and the same code system; data uses them side by side.
const systemAliases: ReadonlyMap<string, string> = new Map([
  ['http://unitsofmeasure.org/', 'http://unitsofmeasure.org'],
  ['urn:oid:2.16.840.1.113883.6.8', 'http://unitsofmeasure.org'],
  ['urn:oid:2.16.840.1.113883.6.1', 'http://loinc.org'],
  ['http://loinc.org/', 'http://loinc.org'],
  ['urn:oid:2.16.840.1.113883.6.96', 'http://snomed.info/sct'],
  ['http://snomed.info/sct/', 'http://snomed.info/sct'],
  ['urn:oid:2.16.840.1.113883.6.88', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['urn:oid:2.16.840.1.113883.12.292', 'http://hl7.org/fhir/sid/cvx'],
  ['urn:oid:2.16.840.1.113883.6.3', 'http://hl7.org/fhir/sid/icd-10'],
])

export const canonicalSystem = (system: string): string => systemAliases.get(system) ?? system

/** A code of any system. */
export const codeKey = (param: string, code: string): bigint => hashOf(param, '|', plain(code))
/** A code of this system; '' for one that has none. */
export const codingKey = (param: string, system: string, code: string): bigint =>
  hashOf(`${param}|`, canonicalSystem(system), `\n${plain(code)}`)
/** Any code of this system. */
export const systemKey = (param: string, system: string): bigint => hashOf(`${param}|`, canonicalSystem(system), '\n\n')
/** A reference as written, without a version. */
export const referenceKey = (param: string, reference: string): bigint => hashOf(param, '\n', reference)
/** A text letter by letter. */
export const exactKey = (param: string, text: string): bigint => hashOf(param, '=', text)
/** A coding under no parameter: the first of the main code, held in a column of its own. */
export const mainCodeKey = (system: string, code: string): bigint => hashOf(canonicalSystem(system), '\n', plain(code))

// A quantity is found by its number alone, and by its number in a unit.
export const anyUnit = ''
/** Comparable units share one: the dimension they measure. */
export const dimension = (key: string): string => `=${key}`
/** A unit that is compared as written; '' for the system finds shown units and codes of any system. */
export const verbatimUnit = (system: string, unit: string): string => `${canonicalSystem(system)}\n${unit}`
export const quantityKey = (param: string, unit: string): bigint => hashOf(param, '#', unit)

// ---- two values of one element, for composite parameters
/** How the first value of a pair is told, and the second one when it is a token. */
export const pairForm = (system: string | undefined, code: string): string =>
  system === undefined ? plain(code) : `${canonicalSystem(system)}\n${plain(code)}`
export const pairKey = (composite: string, first: string, second: string): bigint => hashOf(`${composite}$`, first, `\n$${second}`)
export const pairParam = (composite: string, first: string): string => `${composite}$${first}\n`
/** For texts and dates beside a code: a number for their rows, below zero and so apart from the places of parameters. */
export const pairPlace = (type: string, composite: string, first: string): number =>
  -1 - Number(BigInt.asUintN(31, hash64(`${type}.${pairParam(composite, first)}`)))
