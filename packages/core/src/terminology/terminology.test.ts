// http://hl7.org/fhir/DSTU2/valueset.html#expansion
import { expect, test } from 'vitest'
import { codesAbove, codesBelow, codesOf, expansionOf, ownValueSets, type ValueSetFacts } from './index.js'

const base = 'http://hl7.org/fhir/ValueSet'
const codes = (url: string): string[] => {
  const expanded = expansionOf(ownValueSets().byUrl.get(url) as ValueSetFacts)
  if ('missing' in expanded) throw new Error(expanded.missing)
  return expanded.map(({ code }) => code)
}

test('a value set with its own code system, with displays', () => {
  const gender = expansionOf(ownValueSets().byUrl.get(`${base}/administrative-gender`) as ValueSetFacts)
  expect(gender).toEqual(
    ['male Male', 'female Female', 'other Other', 'unknown Unknown'].map((text) => {
      const [code, display] = text.split(' ')
      return { system: 'http://hl7.org/fhir/administrative-gender', version: '1.0.2', code, display, abstract: false }
    }),
  )
})
test('imports, includes, hierarchies and exclusions are followed', () => {
  // Another system's codes listed one by one, with the displays of that system.
  expect(codes(`${base}/marital-status`)).toEqual(expect.arrayContaining(['U', 'A', 'D', 'M', 'UNK']))
  // v3: is-a takes the root and what is below it, and nothing beside.
  const mitigation = codes(`${base}/detectedissue-mitigation-action`)
  expect(mitigation).toEqual(expect.arrayContaining(['_ActDetectedIssueManagementCode', '1', '13', 'EMAUTH']))
  expect(mitigation).not.toContain('_ActEncounterCode')
  expect(codes(`${base}/timing-abbreviation`)).toContain('BID')
})
test('a code that looks like no other code stays one', () => {
  expect(codes(`${base}/filter-operator`)).toEqual(['=', 'is-a', 'is-not-a', 'regex', 'in', 'not-in'])
  // A blank that does not break is a code of this table, as published.
  expect(codes(`${base}/v2-0550`)).toContain('\u00a0')
})
test('what is below and above a code, at every place where it stands', () => {
  const system = 'http://hl7.org/fhir/v3/ActCode'
  const below = codesBelow({ system, code: '_ActDetectedIssueManagementCode' })
  expect(below).toEqual(expect.arrayContaining(['_ActDetectedIssueManagementCode', '1', '13', 'EMAUTH']))
  expect(codesAbove({ system, code: 'EMAUTH' })).toEqual([
    'EMAUTH',
    '_AuthorizationIssueManagementCode',
    '_ActAdministrativeDetectedIssueManagementCode',
    '_ActDetectedIssueManagementCode',
  ])
  const gender = 'http://hl7.org/fhir/administrative-gender'
  expect(codesBelow({ system: gender, code: 'none such' })).toEqual(['none such'])
  expect([codesBelow, codesAbove].map((related) => related({ system: 'http://snomed.info/sct', code: '1' }))).toEqual([null, null])
  expect(codesOf(`${base}/administrative-gender`)).toEqual(['male', 'female', 'other', 'unknown'].map((code) => ({ system: gender, code })))
  expect([codesOf(`${base}/condition-code`), codesOf('http://example.org/none')]).toEqual([null, null])
})
test('what DSTU2 does not carry is named', () => {
  expect(expansionOf(ownValueSets().byUrl.get(`${base}/condition-code`) as ValueSetFacts)).toEqual({
    missing: expect.stringContaining('snomed') as string,
  })
})
test('every value set is expanded or names what is missing, and no code twice', () => {
  let expanded = 0
  for (const set of ownValueSets().byUrl.values()) {
    const result = expansionOf(set)
    if ('missing' in result) {
      expect([set.url, result.missing]).toEqual([set.url, expect.stringMatching(/./)])
      continue
    }
    expanded += 1
    expect([set.url, new Set(result.map(({ system, code }) => `${system}|${code}`)).size]).toEqual([set.url, result.length])
  }
  expect(expanded).toBeGreaterThan(800)
})
