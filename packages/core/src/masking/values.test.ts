import { describe, expect, test } from 'vitest'
import { validate } from '../fhir/index.js'
import { expert, lowPopulationZip3, readJson, safeHarbor } from './index.js'
import { absent, aMasker, asOfYear, masked } from './test/masked.js'

const observation = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } }

describe('ages over 89', () => {
  const born = (birthDate: string, more: object = {}): unknown => masked({ resourceType: 'Patient', birthDate, ...more }).birthDate
  test('take the birth date away, of the living and of the dead', () => {
    expect(born(`${asOfYear - 89}-01-01`)).toBe(String(asOfYear - 89))
    expect(born(`${asOfYear - 90}-12-31`)).toBeUndefined()
    expect(born('1900-01-01', { deceasedDateTime: '1980-01-01T00:00:00Z' })).toBe('1900')
    expect(born('1900', { deceasedDateTime: '1990' })).toBeUndefined()
    expect(born('1900-01-01', { deceasedBoolean: true })).toBeUndefined()
    expect(born('1900-01-01', { deceasedDateTime: '1880-01-01' })).toBeUndefined()
    for (const type of ['Person', 'RelatedPerson', 'Practitioner'])
      expect(masked({ resourceType: type, birthDate: '1900-01-01' })).toEqual({ resourceType: type })
    const relative = { resourceType: 'FamilyMemberHistory', status: 'partial' }
    expect(masked({ ...relative, bornDate: '1900-01-01' })).toEqual(relative)
    expect(masked({ ...relative, bornPeriod: { start: '1900', end: '1980' } })).toEqual(relative)
    expect(masked({ ...relative, bornPeriod: { start: '1980', end: '1981' } }).bornPeriod).toEqual({ start: '1980', end: '1981' })
  })

  const years = (value: number): object => ({ value, unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' })
  test('become 90 or more, in any unit an age can have', () => {
    const onset = (onsetQuantity: object): unknown => masked({ resourceType: 'Condition', onsetQuantity }).onsetQuantity
    expect(onset(years(89))).toEqual(years(89))
    expect(onset(years(94))).toEqual({ ...years(90), comparator: '>=' })
    expect(onset({ value: 1140, code: 'mo', unit: 'months' })).toEqual({ ...years(90), comparator: '>=' })
    expect(onset({ value: 40, code: 'mo' })).toEqual({ value: 40, code: 'mo' })
    expect(onset({ value: 94 })).toBeUndefined()
    expect(onset({ value: 94, unit: 'fortnights' })).toBeUndefined()
    const range = (low: number, high: number): unknown =>
      masked({ resourceType: 'FamilyMemberHistory', status: 'partial', ageRange: { low: years(low), high: years(high) } }).ageRange
    expect(range(85, 88)).toEqual({ low: years(85), high: years(88) })
    expect(range(85, 97)).toEqual({ low: years(85) })
    expect(range(92, 97)).toEqual({ low: years(90) })
  })

  test('also as the value of an Observation, a component or an answer', () => {
    const age = { coding: [{ system: 'http://loinc.org', code: '30525-0' }] }
    expect(masked({ ...observation, valueQuantity: years(96), code: age }).valueQuantity).toEqual({ ...years(90), comparator: '>=' })
    expect(
      masked({ resourceType: 'Observation', status: 'final', valueQuantity: { value: 35_000, code: 'd' }, code: age }).valueQuantity.value,
    ).toBe(90)
    expect(
      masked({
        ...observation,
        component: [
          { valueQuantity: { value: 96 }, code: age },
          { code: observation.code, valueQuantity: { value: 196 } },
        ],
      }).component,
    ).toEqual([{ code: age }, { code: observation.code, valueQuantity: { value: 196 } }])
    expect(masked({ ...observation, valueQuantity: { value: 120, unit: 'd' } }).valueQuantity).toEqual({ value: 120, unit: 'd' })
  })
})

describe('what is an age', () => {
  const valueOf = (code: object, valueQuantity: object, more: object = {}): unknown =>
    masked({ resourceType: 'Observation', status: 'final', code, valueQuantity, ...more }).valueQuantity?.value
  test('is told by a code of any spelling of its system, by one of the house, or in words', () => {
    for (const system of [
      'http://loinc.org/',
      'https://loinc.org',
      'urn:oid:2.16.840.1.113883.6.1',
      'http://clinic.example.org',
      undefined,
    ])
      expect(valueOf({ coding: [{ system, code: '30525-0' }] }, { value: 94 }), system).toBeUndefined()
    for (const text of ['Age', 'Patient age', 'Age (years)', 'Age at diagnosis'])
      expect(valueOf({ text }, { value: 94 }), text).toBeUndefined()
    for (const text of ['BMI percentile per age and gender', 'Dosage', 'Stage'])
      expect(valueOf({ text }, { value: 94, unit: '%' }), text).toBe(94)
    expect(valueOf({ coding: [{ system: 'http://snomed.info/sct', code: '30525-0' }] }, { value: 94 })).toBe(94)
  })

  test('or by its unit, however it is written', () => {
    for (const unit of ['y.o.', 'Years old', 'years of age', 'yr', 'yrs.'])
      expect(masked({ ...observation, valueQuantity: { value: 94, unit } }).valueQuantity, unit).toMatchObject({
        value: 90,
        comparator: '>=',
      })
  })

  test('goes when, told so long ago, it would be over 89 today', () => {
    const age = { coding: [{ system: 'http://loinc.org', code: '30525-0' }] }
    const told = (value: number, effectiveDateTime: string): unknown => valueOf(age, { value, code: 'a' }, { effectiveDateTime })
    expect(told(70, `${asOfYear - 25}-03-01`)).toBeUndefined()
    expect(told(70, `${asOfYear - 10}-03-01`)).toBe(70)
    expect(valueOf(observation.code, { value: 70, code: 'a' }, { effectiveDateTime: `${asOfYear - 25}` })).toBe(70)
  })

  test('also as the answer to a question', () => {
    const answer = (question: object): unknown =>
      masked({
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        group: { question: [{ ...question, answer: [{ valueInteger: 94 }, { valueInteger: 64 }] }] },
      }).group.question[0].answer
    expect(answer({ linkId: 'demo.age' })).toEqual([{ valueInteger: 64 }])
    expect(answer({ linkId: '3', text: 'How old are you?' })).toEqual([{ valueInteger: 64 }])
    expect(answer({ linkId: 'weight', text: 'Your weight' })).toHaveLength(2)
  })
})

describe('places', () => {
  const address = (more: object): unknown => masked({ resourceType: 'Patient', address: [more] }).address?.[0]
  test('a zip code leaves three digits, 000 for the small areas of the census', () => {
    for (const code of lowPopulationZip3.codes) expect(address({ postalCode: `${code}12-3456` })).toEqual({ postalCode: '000' })
    expect(lowPopulationZip3.codes).toHaveLength(17)
    expect(address({ postalCode: '02743-1234', country: 'USA' })).toEqual({ postalCode: '027', country: 'USA' })
    for (const postalCode of ['SW1A 1AA', '2743', '027431', 'Boston 02743', '']) expect(address({ postalCode })).toBeUndefined()
    expect(address({ postalCode: '10115', country: 'DE' })).toEqual({ country: 'DE' })
  })

  test('a state is kept only if it is one', () => {
    expect(address({ state: 'Massachusetts' })).toEqual({ state: 'Massachusetts' })
    for (const state of ['Boston', '45 Main St', 'MA 02743']) expect(address({ state, country: 'US' })).toEqual({ country: 'US' })
    expect(address({ state: 'Mitte', country: 'Jane' })).toBeUndefined()
    expect(masked({ resourceType: 'Location', name: 'Dr Who', position: { longitude: -70.956, latitude: 41.722 } })).toEqual({
      resourceType: 'Location',
      name: expect.stringMatching(/^org-/),
    })
  })
})

describe('codes and displays', () => {
  test('codes stay; displays and texts come from the dictionary alone', () => {
    const displays = new Map([['http://loinc.org|8302-2', 'Body height']])
    const concept = {
      text: 'Jane’s height',
      coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Jane’s height', version: '2.5' }],
    }
    const code = aMasker(safeHarbor, { displays }).mask({ ...observation, code: concept, bodySite: { text: 'Jane' } }).resource
    expect(code).toEqual({
      ...observation,
      code: { text: 'Body height', coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
    })
    expect(masked({ ...observation, code: concept })).toEqual(observation)
  })

  test('of unknown systems the address goes, and what does not look like a code', () => {
    const coding = (system: string | undefined, code: string): unknown =>
      masked({ ...observation, code: { coding: [{ system, code, display: 'Jane' }] } }).code?.coding[0]
    expect(coding('http://clinic.example.org/jane', 'BP-1')).toEqual({
      system: expect.stringMatching(/^urn:uuid:[a-f\d-]{36}$/),
      code: 'BP-1',
    })
    expect(coding(undefined, '55284-4')).toEqual({ code: '55284-4' })
    expect(coding('http://clinic.example.org', 'Jane Roe')).toMatchObject({ code: expect.stringMatching(/^cod-/) })
    expect(coding('http://clinic.example.org', '999-34-7518')).toMatchObject({ code: expect.stringMatching(/^cod-/) })
    expect(coding('http://snomed.info/sct', '254837009')).toEqual({ system: 'http://snomed.info/sct', code: '254837009' })
  })

  test('what cannot be a code of its system, or names a person, becomes a pseudonym', () => {
    const code = (system: string, value: string): unknown =>
      masked({ ...observation, code: { coding: [{ system, code: value }] } }).code.coding[0].code
    for (const [system, wrong] of [
      ['http://loinc.org', 'Roe'],
      ['http://loinc.org', '999347518'],
      ['http://snomed.info/sct', 'Roe'],
      ['http://snomed.info/sct', '999347518'],
      ['http://snomed.info/sct', '6175550182'],
      ['http://www.nlm.nih.gov/research/umls/rxnorm', '999347518'],
      ['http://clinic.example.org', 'Roe^Jane'],
      ['http://clinic.example.org', 'Roe,Jane'],
      ['http://clinic.example.org', 'MRN4471923'],
      ['http://clinic.example.org', '42.36013,-71.05892'],
      ['http://clinic.example.org', '999\u201034\u20107518'],
      ['http://clinic.example.org', 'Okonkwo'],
      ['http://clinic.example.org', 'okonkwo-2'],
      ['http://clinic.example.org', "O'Shaughnessy"],
      ['http://clinic.example.org', 'Mac%20Giolla'],
      ['http://clinic.example.org', '19510309'],
      ['http://hl7.org/fhir/v3/ActCode', 'okonkwo'],
      ['http://hl7.org/fhir/marital-status', '8837261'],
      ['http://hl7.org/fhir/sid/icd-10', 'okonkwo'],
      ['http://www.ama-assn.org/go/cpt', 'OKONKWO'],
      ['urn:ietf:bcp:47', 'en-okonkwo'],
      ['urn:oid:2.16.840.1.113883.6.24', '6175550182'],
    ] as const)
      expect(code(system, wrong), wrong).toMatch(/^cod-/)
    for (const [system, right] of [
      ['http://loinc.org', 'LP173421-1'],
      ['http://snomed.info/sct', '249943000:363698007=72098002,260868000=6934004'],
      ['http://snomed.info/sct', '428191000124101'],
      ['http://www.nlm.nih.gov/research/umls/rxnorm', 'C3214954'],
      ['http://hl7.org/fhir/sid/cvx', '140'],
      ['http://clinic.example.org', 'mRNA-1273'],
      ['http://clinic.example.org', 'vital-signs'],
      ['http://clinic.example.org', 'GLU-01'],
      ['http://hl7.org/fhir/v3/ActCode', 'AMB'],
      ['http://hl7.org/fhir/sid/icd-10', 'G44.1'],
      ['http://hl7.org/fhir/sid/ndc', '0002-8031-02'],
      ['http://www.ama-assn.org/go/cpt', '99213'],
      ['http://www.whocc.no/atc', 'C09AA05'],
      ['http://nucc.org/provider-taxonomy', '207Q00000X'],
      ['http://nema.org/dicom/dicm', 'CT'],
      ['urn:ietf:bcp:47', 'zh-Hant-TW'],
      ['urn:aquifer:consent-type', 'biobank'],
    ] as const)
      expect(code(system, right)).toBe(right)
  })

  test('an address of a person is no code system, whoever publishes beside it', () => {
    const systemOf = (system: string): unknown =>
      masked({ ...observation, code: { coding: [{ system, code: 'x' }] } }).code.coding[0].system
    for (const system of [
      'http://hl7.org/fhir/patients/mrn4471923',
      'http://hl7.org/fhir/okonkwo',
      'urn:oid:2.16.840.1.113883.6.999347518',
      'urn:oid:1.2.840.10008.999347518',
    ])
      expect(systemOf(system)).toMatch(/^urn:uuid:/)
    for (const system of ['http://hl7.org/fhir/v2/0203', 'urn:oid:2.16.840.1.113883.6.103', 'urn:oid:2.16.840.1.113883.5.4'])
      expect(systemOf(system)).toBe(system)
    const study = { resourceType: 'ImagingStudy', patient: { reference: 'Patient/1' }, numberOfSeries: 0, numberOfInstances: 0 }
    expect(masked({ ...study, uid: 'urn:oid:1.2.840.10008.Jane Roe' }).uid).toMatch(/^urn:oid:2\.25\./)
    expect(masked({ ...study, uid: 'urn:oid:1.2.840.10008.5.1.4.1.1.2' }).uid).toBe('urn:oid:1.2.840.10008.5.1.4.1.1.2')
  })

  test('languages and media types have their form', () => {
    expect(masked({ ...observation, language: 'Schneider' })).toEqual(observation)
    expect(masked({ ...observation, language: 'en-US' }).language).toBe('en-US')
    expect(masked({ ...observation, language: 'en-schneid' })).toEqual(observation)
    const content = (contentType: string): unknown =>
      masked({ resourceType: 'Media', type: 'photo', content: { contentType, size: 3 } }).content.contentType
    expect(content('image/png')).toBe('image/png')
    for (const type of ['Schneider', 'text/Schneider', 'application/vnd.schneider+json']) expect(content(type)).toBeUndefined()
  })

  test('texts of definitions stay, but not inside a person’s resource', () => {
    const questionnaire = { resourceType: 'Questionnaire', id: 'q', status: 'draft', group: { title: 'About Jane Roe' } }
    expect(masked(questionnaire).group.title).toBe('About Jane Roe')
    const inside = { resourceType: 'QuestionnaireResponse', status: 'completed', contained: [questionnaire] }
    expect(JSON.stringify(masked(inside))).not.toContain('Jane')
    expect(
      masked({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: questionnaire }] }).entry[0].resource.group,
    ).toBeDefined()
    const valueSet = { resourceType: 'ValueSet', id: 'v', status: 'draft', description: 'Answers' }
    expect(masked({ ...questionnaire, contained: [valueSet] }).contained[0].description).toBe('Answers')
  })

  test('codes of units are units, whatever their braces hold', () => {
    const quantity = (code: string, system?: string): { code?: string; unit?: string } =>
      masked({ ...observation, valueQuantity: { value: 1.5, unit: code, system, code } }).valueQuantity
    const ucum = 'http://unitsofmeasure.org'
    for (const code of [
      'cal/[foz_us]',
      '[lb_av]',
      '{TAB}',
      'mL/min/{1.73_m2}',
      '10*9/L',
      'g/cm-2',
      "[arb'U]/mL",
      '[degF]',
      'ng/mL{FEU}',
      '{copies}/mL',
    ])
      expect(quantity(code, ucum).code, code).toBe(code)
    for (const code of ['{Schneider}', 'mg{Roe-Schneider}', 'Schneider', '[4471923]']) {
      expect(quantity(code, ucum)).toMatchObject({ code: expect.stringMatching(/^cod-/) })
      expect(quantity(code, ucum).unit).toBeUndefined()
      expect(quantity(code).code).toBeUndefined()
    }
  })

  test('units stay if they are units', () => {
    const quantity = (unit: string): unknown => masked({ ...observation, valueQuantity: { value: 1.5, unit } }).valueQuantity.unit
    for (const unit of [
      'mmHg',
      'mg/dL',
      '{T-score}',
      'mL/min/{1.73_m2}',
      '10*3/uL',
      'beats/min',
      '°F',
      'lbs',
      'kg/m2',
      '%',
      '(score)',
      'mm[Hg]',
    ])
      expect(quantity(unit)).toBe(unit)
    for (const unit of ['Jane', 'Jane Roe', '433.867.2146', '12/11/1954 mg', 'mg for Jane']) expect(quantity(unit)).toBeUndefined()
  })

  test('digits of numbers stay as written', () => {
    const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}'
    expect(aMasker().mask(readJson(text)).resource).toMatchObject({ valueQuantity: { value: { text: '1.50' } } })
  })

  test('a number with the digits of an identifier is none that was counted or measured', () => {
    const quantity = (value: number): unknown => masked({ ...observation, valueQuantity: { value, unit: 'U/L' } }).valueQuantity?.value
    for (const value of [512_337_718, 6_175_550_182, -512_337_718]) expect(quantity(value)).toBeUndefined()
    for (const value of [250_000, 4_500_000, 536_000_000, 0.000_512_337]) expect(quantity(value)).toBe(value)
    const { deceasedBoolean, multipleBirthInteger } = masked({
      resourceType: 'Patient',
      deceasedBoolean: false,
      multipleBirthInteger: 8_837_261,
    })
    expect([deceasedBoolean, multipleBirthInteger]).toEqual([false, undefined])
  })

  test('what names things technically, or says by which profile or label, names nobody', () => {
    const { parameter } = masked({
      resourceType: 'Parameters',
      parameter: [
        { name: 'Okonkwo', valueCode: 'okonkwo' },
        { name: 'count', valueCode: 'final' },
      ],
    })
    expect(parameter).toEqual([
      { name: expect.stringMatching(/^nam-/), _valueCode: absent },
      { name: 'count', valueCode: 'final' },
    ])
    const base = 'http://hl7.org/fhir/StructureDefinition/'
    const profile = [`${base}okonkwo`, `${base}vitalsigns`, `${base}us-core-patient`]
    const security = ['R', 'Okonkwo'].map((code) => ({ system: 'http://hl7.org/fhir/v3/Confidentiality', code }))
    expect(masked({ ...observation, meta: { profile, security } }).meta).toEqual({
      profile: profile.slice(1),
      security: security.slice(0, 1),
    })
  })

  test('the masked resource is valid DSTU2', () => {
    const patient = {
      resourceType: 'Patient',
      id: 'p',
      name: [{ family: ['Roe'] }],
      birthDate: '1980-01-02',
      active: true,
      link: [{ other: { reference: 'Patient/q' }, type: 'refer' }],
    }
    const full = {
      ...observation,
      subject: { reference: 'Patient/1' },
      effectivePeriod: { start: '2010-01-02T03:04:05Z' },
      issued: '2010-01-02T03:04:05Z',
      valueSampledData: { origin: { value: 1 }, period: 1, dimensions: 1, data: '1 2 3' },
    }
    for (const policy of [safeHarbor, expert])
      for (const resource of [patient, full]) expect(validate(masked(resource, policy))).toEqual([])
  })
})

describe('what attacks look like, and what looks like them', () => {
  const quantity = (valueQuantity: object): object => masked({ ...observation, valueQuantity }).valueQuantity
  test('units of every spelling stay', () => {
    for (const code of ['mm[Hg]', '10*3/uL', '{beats}/min', '%{HemoglobinSaturation}', '[lb_av]', 'cal/[foz_us]', 'mL/min/{1.73_m2}', 'meq/L', '10*12/L', 'g/cm-2'])
      expect(quantity({ value: 3, unit: code, system: 'http://unitsofmeasure.org', code }), code).toMatchObject({ code })
  }) // prettier-ignore

  test('codes with short words stay, two that nobody publishes do not', () => {
    const code = (value: string): unknown =>
      masked({ ...observation, code: { coding: [{ system: 'urn:house', code: value }] } }).code.coding[0].code
    for (const right of ['bp-s', 'BP-SYS', 'HB-A1C', 'BP-1', 'Kim', 'CT-ABD-2', '1.2.840.5']) expect(code(right)).toBe(right)
    for (const wrong of ['Kim-Lee', 'amy_lee', 'AmyLee', 'Mr.Lee', '555-0176', '14Aug1947']) expect(code(wrong)).toMatch(/^cod-/)
  })

  test('a measurement of seven digits is told to the thousand, a longer one not at all', () => {
    const value = (number: number): unknown =>
      (quantity({ value: number, unit: 'copies/mL', code: '{copies}/mL' }) as { value: unknown })?.value
    expect([999_999, 1_234_567, 2_000_000, 512_337_718].map(value)).toEqual([999_999, 1_235_000, 2_000_000, undefined])
  })
})
