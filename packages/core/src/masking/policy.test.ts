import { describe, expect, test } from 'vitest'
import { builtInPolicies, checkPolicy, policyLabel, readPolicy, safeHarbor, traceResource, yearsOnly } from './index.js'
import { aMasker, asOfYear, hmacWith, masked } from './test/masked.js'

const problemsOf = (text: string): string[] =>
  readPolicy(text).problems?.map(({ line, path, message, remedy }) => `${line} ${path}: ${message} ${remedy}`) ?? []

describe('the built-in policies', () => {
  test('are whole, named and versioned', () => {
    for (const policy of Object.values(builtInPolicies)) expect(checkPolicy(policy)).toEqual([])
    expect(Object.values(builtInPolicies).map(policyLabel)).toEqual(['safe-harbor v1', 'expert v1'])
    expect(Object.values(builtInPolicies).map(yearsOnly)).toEqual([true, false])
  })
})

describe('a policy file', () => {
  test('changes a built-in policy rule by rule', () => {
    const { policy } = readPolicy(
      JSON.stringify({
        name: 'asthma-1',
        version: 3,
        extends: 'safe-harbor',
        classes: { LOT: 'remove', STAFF_NAME: 'pseudonym' },
        paths: { 'Patient.gender': 'remove', 'Condition.onsetDateTime': 'remove' },
        codeSystems: ['http://sponsor.example.org/labs'],
        extensions: [{ url: 'http://sponsor.example.org/arm', values: ['string'], oneOf: ['A', 'B'] }],
      }),
    )
    const extension = (valueString: string): object => ({ url: 'http://sponsor.example.org/arm', valueString })
    expect(policyLabel(policy!)).toBe('asthma-1 v3')
    expect(masked({ resourceType: 'Patient', gender: 'female', extension: [extension('A'), extension('Jane')] }, policy)).toEqual({
      resourceType: 'Patient',
      extension: [extension('A')],
    })
    expect(masked({ resourceType: 'Condition', onsetDateTime: '2010', clinicalStatus: 'active' }, policy)).toEqual({
      resourceType: 'Condition',
      clinicalStatus: 'active',
    })
    const note = { authorString: 'Dr Who', text: 'x' }
    expect(masked({ resourceType: 'Practitioner', name: { text: 'Dr Who' } }, policy).name.text).toMatch(/^stf-/)
    expect(
      masked(
        {
          resourceType: 'Device',
          lotNumber: 'x',
          note: [note],
          type: { coding: [{ system: 'http://sponsor.example.org/labs', code: 'a b' }] },
        },
        policy,
      ),
    ).toEqual({
      resourceType: 'Device',
      type: { coding: [{ system: 'http://sponsor.example.org/labs', code: 'a b' }] },
    })
  })

  test('without a base has to name a treatment for every class', () => {
    const bare = problemsOf('{\n  "name": "own",\n  "version": 1,\n  "classes": {\n    "NAME": "remove"\n  }\n}')
    expect(bare).toContain('4 classes.DATE: not covered. Say year or shift or remove.')
    expect(bare.every((problem) => problem.startsWith('4 classes.'))).toBe(true)
    const { policy } = readPolicy(JSON.stringify({ name: 'own', version: 1, classes: safeHarbor.classes }))
    expect(
      masked(
        {
          resourceType: 'Patient',
          extension: [{ url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex', valueCode: 'F' }],
        },
        policy,
      ),
    ).toEqual({ resourceType: 'Patient' })
  })

  test('is refused with the line of what is wrong in it', () => {
    const file = (rest: string): string => `{\n  "name": "own", "version": 1, "extends": "expert",\n${rest}\n}`
    expect(problemsOf('{')).toEqual(['1 : this is not JSON. Mend its brackets, quotes and commas.'])
    expect(problemsOf(file('  "classes": {\n    "NAME": "keep",\n    "NAMES": "remove"\n  }'))).toEqual([
      '5 classes.NAMES: no such class. Take it out, or name one of docs/policies.md.',
      '4 classes.NAME: NAME cannot be treated so. Take remove.',
    ])
    expect(
      problemsOf(
        file(
          '  "paths": {\n    "Patient.nick": "remove",\n    "Patient.active": "remove",\n    "Patient.birthDate": "keep",\n    "Observation.valueDateTime": "year",\n    "Patient.contact.name.family": "remove"\n  }',
        ),
      ),
    ).toEqual([
      expect.stringMatching(/^4 paths.Patient.nick: no such element in DSTU2. Write it as the specification does/),
      '5 paths.Patient.active: holds no PHI, so no treatment applies. Take the line out, or write a rule.',
      '6 paths.Patient.birthDate: BIRTH_DATE cannot be treated so. Take year or shift or remove.',
    ])
    expect(problemsOf(file('  "withheld": ["Observation",\n    "Foo"]'))).toEqual([
      '4 withheld.1: no resource type of DSTU2. Take it out, or write it as the specification does.',
    ])
    expect(problemsOf(file('  "extensions": [\n    {"url": "u", "values": ["string"]},\n    {"url": "u", "values": []}\n  ]'))).toEqual([
      '4 extensions.0.values: texts stay only where they are listed. Give oneOf.',
      '5 extensions.1.url: listed twice. Take one of the two out.',
      '5 extensions.1: allows nothing. Give values or parts, or take it out.',
    ])
    expect(problemsOf(file('  "sharedTexts": ["Patient.name.text", "Device.model", "Device.version"]'))).toEqual([
      '3 sharedTexts.0: may identify a person and cannot be shared. Take it out.',
    ])
    expect(problemsOf(file('  "zip3": {"census": "2000", "lowPopulation": ["036"]}'))[0]).toMatch(
      /^3 zip3\.lowPopulation: of the 2000 census areas are missing. Add 059, /,
    )
    expect(problemsOf(file('  "ageCap": 120'))[0]).toMatch(/^3 ageCap: /)
    expect(problemsOf(file('  "keepNames": true'))[0]).toMatch(/^3 keepNames: /)
    expect(problemsOf('{ "name": "A B", "version": 0 }')).toHaveLength(2)
  })
})

test('a trace tells what happens to each element, without its value', () => {
  const resource = {
    resourceType: 'Patient',
    id: 'mrn-4471923',
    name: [{ family: ['Roe'], use: 'official' }],
    birthDate: '1980-01-02',
    gender: 'female',
    maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/v3/MaritalStatus', code: 'M', display: 'Jane’s' }] },
    Jane: 1,
  }
  const { masked: out, steps } = traceResource(safeHarbor, { hmac: hmacWith('k'), asOfYear }, resource)
  expect(steps.map(({ path, phiClass, outcome }) => `${path} ${phiClass} ${outcome}`)).toEqual([
    'id RESOURCE_ID changed',
    'name NAME removed',
    'birthDate BIRTH_DATE changed',
    'gender QUASI kept',
    'maritalStatus.coding.0.system null kept',
    'maritalStatus.coding.0.code QUASI kept',
    'maritalStatus.coding.0.display CODED_TEXT removed',
    '(unknown element) null removed',
  ])
  expect(JSON.stringify(steps)).not.toMatch(/Roe|4471923|1980|Jane/)
  expect(out.resource).toEqual(aMasker(safeHarbor, { key: 'k' }).mask(resource).resource)
})
