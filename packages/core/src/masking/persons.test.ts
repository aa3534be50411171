import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expert, safeHarbor } from './index.js'
import { aMasker, absent, masked, wordsIn } from './test/masked.js'

const observation = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } }

describe.each([safeHarbor, expert])('$name: nothing of a person is left', (policy) => {
  test('names, addresses, contacts, photos, narrative of patient, relatives and staff', () => {
    const person = {
      text: { status: 'generated', div: '<div title="Jane Roe">Jane Roe, SSN 999-34-7518</div>' },
      name: [{ use: 'official', family: ['Roe'], given: ['Jane'], text: 'Jane Roe' }],
      telecom: [{ system: 'phone', value: '433.867.2146', use: 'home' }],
      photo: [{ contentType: 'image/png', data: 'iVBORw0KGgo=', title: 'jane.png', hash: 'aGFzaA==' }],
      address: [
        {
          use: 'home',
          line: ['45671 Florine Islands'],
          city: 'New Bedford',
          district: 'Bristol',
          state: 'MA',
          postalCode: '02743',
          country: 'US',
        },
      ],
    }
    expect(
      masked(
        { resourceType: 'Patient', ...person, contact: [{ name: person.name[0], telecom: person.telecom, gender: 'female' }] },
        policy,
      ),
    ).toEqual({
      resourceType: 'Patient',
      address: [{ use: 'home', state: 'MA', country: 'US', postalCode: '027' }],
    })
    const { name, telecom } = person
    expect(masked({ resourceType: 'Practitioner', name: name[0], telecom, text: person.text }, policy)).toEqual({
      resourceType: 'Practitioner',
    })
    const note = { authorString: 'Dr Who', time: '2010-01-02', text: 'Jane called 433 867 2146' }
    expect(masked({ resourceType: 'FamilyMemberHistory', status: 'partial', name: 'Rick Roe', note }, policy)).toEqual({
      resourceType: 'FamilyMemberHistory',
      status: 'partial',
    })
  })

  test('known and unknown extensions, of which race, ethnicity and birth sex stay as codes', () => {
    const core = 'http://hl7.org/fhir/us/core/StructureDefinition'
    const race = { coding: [{ system: 'http://hl7.org/fhir/v3/Race', code: '2054-5', display: 'Black' }], text: 'race' }
    const out = masked(
      {
        resourceType: 'Patient',
        extension: [
          { url: `${core}/us-core-race`, valueCodeableConcept: race },
          {
            url: `${core}/us-core-race`,
            extension: [
              { url: 'ombCategory', valueCoding: race.coding[0] },
              { url: 'text', valueString: 'Jane is Black' },
            ],
          },
          { url: `${core}/us-core-birthsex`, valueCode: 'F' },
          { url: `${core}/us-core-birthsex`, valueCode: 'Jane' },
          { url: `${core}/us-core-race`, valueString: 'Jane' },
          { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'Ester Mann' },
          { url: 'http://hl7.org/fhir/StructureDefinition/birthPlace', valueAddress: { city: 'Cambridge', state: 'MA' } },
          { url: 'http://hl7.org/fhir/StructureDefinition/geolocation', extension: [{ url: 'latitude', valueDecimal: 41.7227 }] },
          { valueString: 'Jane' },
        ],
        _birthDate: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'asked' }] },
      },
      policy,
    )
    const coding = { system: 'http://hl7.org/fhir/v3/Race', code: '2054-5' }
    expect(out.extension).toEqual([
      { url: `${core}/us-core-race`, valueCodeableConcept: { coding: [coding] } },
      { url: `${core}/us-core-race`, extension: [{ url: 'ombCategory', valueCoding: coding }] },
      { url: `${core}/us-core-birthsex`, valueCode: 'F' },
    ])
    expect(out._birthDate.extension[0].valueCode).toBe('asked')
  })

  test('identifiers: the value a pseudonym, the issuer’s address gone', () => {
    const ssn = {
      system: 'http://hl7.org/fhir/sid/us-ssn',
      value: '999347518',
      type: { text: 'Jane’s', coding: [{ system: 'http://hl7.org/fhir/v2/0203', code: 'SS', display: 'Social' }] },
    }
    const mrn = { system: 'http://clinic.example.org/mrn', value: '999347518', assigner: { display: 'Clinic of Dr Who' } }
    const { identifier } = masked({ resourceType: 'Patient', identifier: [ssn, mrn, { system: 'http://clinic.example.org' }] }, policy)
    expect(identifier).toHaveLength(2)
    expect(identifier[0]).toEqual({
      system: ssn.system,
      value: identifier[0].value,
      type: { coding: [{ system: 'http://hl7.org/fhir/v2/0203', code: 'SS' }] },
    })
    expect(identifier[1]).toEqual({ value: identifier[1].value })
    expect(identifier[0].value).not.toBe(identifier[1].value)
    expect(JSON.stringify(identifier)).not.toMatch(/999|clinic|Who/i)
  })

  test('a pseudonym is nobody’s hash without the key, and another one under another key', () => {
    const id = '999347518'
    const plain = ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) =>
      ['', 'Patient/'].map((head) =>
        createHash(algorithm)
          .update(head + id)
          .digest('hex'),
      ),
    )
    const one = aMasker(policy).mask({ resourceType: 'Patient', id }).resource?.['id'] as string
    for (const hash of plain) expect(hash).not.toContain(one.replaceAll('-', '').slice(0, 8))
    expect(aMasker(policy, { key: 'another' }).mask({ resourceType: 'Patient', id }).resource?.['id']).not.toBe(one)
    // No group of a pseudonym can read as a number of a person, or as a name.
    for (let n = 0; n < 500; n++) {
      const pseudonym = aMasker(policy).pseudonyms.id('Patient', String(n))
      for (const group of pseudonym.split('-')) expect(group).toMatch(/^(?=.*\d)(?!.*\d\d)(?=.*[a-f])[a-f\d]+$/)
    }
  })

  test('answers, free text, documents, devices, signatures', () => {
    const answers = [
      { valueString: 'Jane Roe' },
      { valueString: 'Yes' },
      { valueInteger: 999_347_518 },
      { valueInteger: 3 },
      { valueDecimal: 41.7227 },
      { valueUri: 'http://jane.example.org' },
      { valueAttachment: { contentType: 'text/plain', data: 'SmFuZQ==' } },
      { valueReference: { reference: 'Patient/jane', display: 'Jane' } },
    ]
    const out = masked(
      {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        group: { linkId: '1', title: 'Jane', question: [{ linkId: '1.1', text: 'How is Jane?', answer: answers }] },
      },
      policy,
    )
    expect(out.group).toEqual({
      linkId: '1',
      question: [
        {
          linkId: '1.1',
          answer: [
            { valueString: 'Yes' },
            { valueInteger: 3 },
            { valueAttachment: { contentType: 'text/plain' } },
            { valueReference: { reference: expect.stringMatching(/^Patient\/[a-f\d-]{36}$/) } },
          ],
        },
      ],
    })
    expect(masked({ ...observation, comments: 'MRN 4471923', valueString: 'Patient is homeless' }, policy)).toEqual(observation)
    expect(
      masked(
        {
          resourceType: 'Device',
          udi: '(01)00643169007222(21)jane1',
          url: 'http://10.0.0.7',
          contact: [{ value: 'x' }],
          lotNumber: 'L-1',
          type: { coding: [{ code: '1' }] },
        },
        policy,
      ),
    ).toEqual({
      resourceType: 'Device',
      lotNumber: expect.stringMatching(/^lot-[a-f\d]{16}$/),
      type: { coding: [{ code: '1' }] },
    })
    const signature = [{ type: [{ code: '1' }], when: '2010-01-02T03:04:05Z', whoUri: 'http://jane.example.org', blob: 'SmFuZQ==' }]
    expect(masked({ resourceType: 'Provenance', target: [{ reference: 'Patient/1' }], signature }, policy)).not.toHaveProperty('signature')
  })

  test('meta keeps only known profiles and labels', () => {
    const profile = 'http://hl7.org/fhir/StructureDefinition/us-core-patient'
    const meta = {
      profile: [profile, 'http://clinic.example.org/profiles/jane', `${profile}/999347518999`],
      security: [
        { system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R', display: 'Jane' },
        { system: 'http://clinic.example.org', code: 'VIP' },
      ],
      tag: [{ system: 'https://smarthealthit.org/tags', code: 'synthea-8-2017' }],
    }
    expect(masked({ resourceType: 'Patient', meta }, policy).meta).toEqual({
      profile: [profile],
      security: [{ system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R' }],
    })
  })

  test('unknown and wrong-shaped elements, comments, nulls and empty things', () => {
    const source = {
      ...observation,
      'MRN-4471923': 1,
      subject: [{ reference: 'Patient/1' }],
      performer: { reference: 'Patient/1' },
      valueQuantity: 'Jane',
      category: null,
      interpretation: { coding: [null, {}] },
      component: [],
      identifier: [null, 'x', {}],
      fhir_comments: ['Jane'],
    }
    const { resource, removed } = aMasker(policy).mask(source)
    expect(resource).toEqual(observation)
    expect(removed).toMatchObject({ unknownElements: 1 })
    expect(removed.wrongShapes).toBeGreaterThanOrEqual(4)
    expect(masked({ resourceType: 'Goal', status: 'in-progress', description: { text: 'Jane' } }, policy)).toEqual({
      resourceType: 'Goal',
      status: 'in-progress',
      _description: absent,
    })
    expect(
      aMasker(policy).mask(JSON.parse('{"resourceType":"Patient","__proto__":{"name":"Jane"},"constructor":"Jane","toString":"Jane"}'))
        .resource,
    ).toEqual({ resourceType: 'Patient' })
  })

  test('nested two levels deep: in Bundle, Parameters and contained', () => {
    const jane = {
      resourceType: 'Patient',
      id: 'mrn-4471923',
      name: [{ text: 'Jane Roe' }],
      contained: [{ resourceType: 'RelatedPerson', id: 'rick', name: { text: 'Rick Roe' } }],
    }
    const inner = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'p',
          resource: jane,
          part: [
            { name: 'q', resource: jane },
            { name: 'r', valueHumanName: { text: 'Jane Roe' } },
          ],
        },
      ],
    }
    const words = wordsIn(
      masked(
        {
          resourceType: 'Bundle',
          type: 'collection',
          entry: [{ resource: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: inner }] } }],
        },
        policy,
      ),
    )
    expect(words.filter((word) => /jane|rick|roe|4471923/i.test(word))).toEqual([])
    expect(words.filter((word) => word === 'RelatedPerson')).toHaveLength(2)
  })
})
