// The ways in which what identifies gets past naive maskers, one test each, under both built-in policies. A system test that proves one further is named there.
import { describe, expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { readXml } from '../fhir/index.js'
import { expert, lowPopulationZip3, maskRows, readJson, safeHarbor, type Policy } from './index.js'
import { aMasker, masked, wordsIn } from './test/masked.js'

const secret = /okonkwo|tzviat|8837261|512-?33-?7718|617\W{0,2}555\W?0182|thistledown|1951-03|03-09|quillmail|T2tvbmt3/i
const name = 'Okonkwo'
const here = { reference: 'Patient/mrn-8837261' }
const base64 = Buffer.from(`${name} 512-33-7718`).toString('base64')
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
  subject: here,
}
const patient = {
  resourceType: 'Patient', id: 'mrn-8837261', name: [{ family: [name], given: ['Tzviatel'] }], birthDate: '1951-03-09',
  identifier: [{ system: 'http://okonkwo-clinic.example/mrn', value: '8837261', type: { text: name }, assigner: { display: name } }],
} // prettier-ignore

describe.each<Policy>([safeHarbor, expert])('$name: threat', (policy) => {
  const silent = (...resources: object[]): string => {
    const text = resources.map((resource) => JSON.stringify(masked(resource, policy))).join('\n')
    expect(text).not.toMatch(secret)
    return text
  }
  const obs = (more: object): string => silent({ ...observation, ...more })
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into resources freely
  const of = (resource: object): any => masked(resource, policy)

  test('1: displays of references', () => void obs({ subject: { ...here, display: name }, performer: [{ display: name }] }))

  test('2: narrative and sections', () => {
    const text = { status: 'generated', div: `<div title="${name}">512-33-7718 <img alt="${name}"/></div>` }
    obs({ text })
    silent({ resourceType: 'Composition', title: name, status: 'final', subject: here, section: [{ title: name, text }] })
  })

  test('3: known extensions', () => {
    const urls = ['patient-mothersMaidenName', 'birthPlace', 'geolocation'].map((tail) => `http://hl7.org/fhir/StructureDefinition/${tail}`)
    const extension = urls.map((url) => ({ url, valueString: name, extension: [{ url: 'latitude', valueDecimal: 42.678_837_261 }] }))
    silent({ ...patient, extension })
  })

  test('4: unknown extensions: every.value in canaries.test.ts', () => {
    for (const value of [{ valueString: name }, { valueCode: 'okonkwo' }, { valueInteger: 8_837_261 }, { valueHumanName: { text: name } }])
      obs({ extension: [{ url: 'urn:unknown', ...value }] })
  })

  test('5: an unknown modifierExtension holds the resource', () => {
    const held = aMasker(policy).mask({ ...observation, modifierExtension: [{ url: 'urn:x', valueString: name }] })
    expect(held).toMatchObject({ resource: null, held: 'unknown-modifier-extension' })
  })

  test('6: what stands beside primitives', () => {
    const beside = { id: name, extension: [{ url: 'urn:x', valueDateTime: '1951-03-09T04:05:00Z' }] }
    silent({ ...patient, _birthDate: beside, contact: [{ name: { family: ['A'], _family: [null, beside] } }] })
  })

  test('7: ids made of a record number', () =>
    expect(of(observation).subject.reference).toBe(`Patient/${of(JSON.parse(silent(patient)) && patient).id}`))

  test('8: six forms of a reference: references.test.ts', () => {
    const forms = ['Patient/mrn-8837261', 'https://okonkwo.example/fhir/Patient/mrn-8837261', 'Patient/mrn-8837261/_history/3']
    const told = forms.map((reference) => of({ ...observation, subject: { reference } }).subject.reference)
    expect(new Set(told).size).toBe(1)
    for (const reference of ['Patient?identifier=urn:x|8837261', 'Patient?family=Okonkwo', '#okonkwo', 'urn:oid:1.2.8837261'])
      obs({ performer: [{ reference }] })
  })

  test('9: addresses in a Bundle', () => {
    const request = { method: 'PUT', url: 'Patient?identifier=8837261', ifNoneExist: 'identifier=8837261', ifMatch: `W/"${name}"` }
    const entry = [
      { fullUrl: `http://x/Patient/${name}`, request, response: { status: `201 ${name}`, location: 'Patient/8837261' }, resource: patient },
    ]
    silent({
      resourceType: 'Bundle',
      type: 'transaction',
      base: `http://${name}`,
      link: [{ relation: 'self', url: `Patient?name=${name}` }],
      entry,
    })
  })

  test('10: two levels deep', () => {
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient }] }
    silent(
      { resourceType: 'Parameters', parameter: [{ name, part: [{ name, resource: bundle }] }] },
      { ...bundle, entry: [{ resource: bundle }] },
    )
    obs({ contained: [{ ...patient, contained: [patient] }] })
  })

  test('11: answers, and questions that echo a name', () => {
    const answer = [{ valueString: name }, { valueInteger: 512_337_718 }, { valueDecimal: 512_337_718 }, { valueAttachment: { title: name, data: base64 } },
      { valueReference: { reference: `Patient/${name}`, display: name } }, { valueUri: `urn:${name}` }, { valueCoding: { code: name } }] // prettier-ignore
    silent({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject: here,
      group: { title: name, question: [{ linkId: '1', text: name, answer }] },
    })
  })

  test('12: numbers in free text', () => {
    for (const text of ['MRN 8837261', 'ssn512337718', '617.555.0182', '(617) 555-0182']) obs({ comments: text, valueString: text })
  })

  test('13: attachments', () => {
    const attachment = {
      contentType: 'text/plain',
      data: base64,
      url: `http://x/${name}`,
      title: name,
      hash: createHash('sha1').update(name).digest('base64'),
    }
    expect(obs({ valueAttachment: attachment })).not.toContain(attachment.hash)
    silent(
      { resourceType: 'DiagnosticReport', status: 'final', presentedForm: [attachment] },
      { resourceType: 'Binary', contentType: 'text/plain', content: base64 },
    )
  })

  test('14: photos', () => void silent({ ...patient, photo: [{ contentType: 'image/jpeg', data: base64, title: `${name}.jpg` }] }))

  test('15: devices', () => {
    silent({
      resourceType: 'Device',
      udi: '(01)00844588003288(21)8837261',
      url: `http://${name}`,
      lotNumber: '8837261',
      patient: here,
      identifier: [{ value: '8837261' }],
    })
    silent({ resourceType: 'Media', type: 'photo', deviceName: name, content: { title: name } })
  })

  test('16: who issued an identifier', () => void silent(patient))

  test('17: provenance, signatures, and audit events, which never leave', () => {
    const agent = [{ role: { code: name }, actor: { display: name }, userId: { value: name } }]
    silent({
      resourceType: 'Provenance',
      target: [here],
      recorded: '1951-03-09T01:02:03Z',
      agent,
      signature: [{ whoUri: `urn:${name}`, blob: base64 }],
    })
    expect(aMasker(policy).mask({ resourceType: 'AuditEvent', participant: [{ name }] }).held).toBe('type-withheld')
  })

  test('18: meta', () => {
    const { meta } = of({
      ...observation,
      meta: { versionId: name, lastUpdated: '2015-03-09T01:02:03Z', profile: [`http://x/${name}`], tag: [{ code: name, display: name }] },
    })
    expect(meta).toBeUndefined()
  })

  test('19: every date of a person moves by the same days: dates.test.ts; folders by masked dates: reservoir.test.ts', () => {
    const { effectiveDateTime, issued } = of({ ...observation, effectiveDateTime: '2015-03-09', issued: '2015-03-10T01:02:03Z' })
    if (policy.classes.DATE === 'shift') expect(Date.parse(issued.slice(0, 10)) - Date.parse(effectiveDateTime)).toBe(86_400_000)
    else expect([effectiveDateTime, issued]).toEqual(['2015', undefined])
  })

  test('20: rare dates', () => {
    for (const date of ['2016-02-29', '2015-03-09T01:02:03.123456-00:00'])
      expect(of({ ...observation, effectiveDateTime: date }).effectiveDateTime).toMatch(/^201\d/)
    for (const date of ['0000-01-01', '2015-02-29', '2015-03-09T24:00:00Z', '20150309'])
      expect(of({ ...observation, effectiveDateTime: date }).effectiveDateTime).toBeUndefined()
  })

  test('21: ages over 89: values.test.ts', () => {
    expect(of({ ...patient, birthDate: '1920-05-05' }).birthDate).toBeUndefined()
    const condition = {
      resourceType: 'Condition',
      patient: here,
      code: {},
      verificationStatus: 'confirmed',
      onsetQuantity: { value: 93, unit: 'years' },
    }
    expect(of(condition).onsetQuantity).toMatchObject({ value: 90, comparator: '>=' })
  })

  test('22: zip codes', () => {
    const zip = (postalCode: string, country?: string) =>
      of({ ...patient, address: [{ postalCode, country, text: postalCode }] }).address?.[0].postalCode
    for (const code of lowPopulationZip3.codes) expect(zip(`${code}12`)).toBe('000')
    expect([zip('01938-2211', 'US'), zip('K1A 0B6', 'CA'), zip('75008', 'FR')]).toEqual(['019', undefined, undefined])
  })

  test('23: places: small sites in risk.test.ts of the server', () => {
    const address = [{ city: 'Thistledown', district: 'Thistledown', line: ['77 Thistledown Row'], state: 'MA' }]
    silent({ ...patient, address }, { resourceType: 'Location', position: { longitude: -70.837_261, latitude: 42.6 }, address: address[0] })
  })

  test('24: names that are words leave the codes of others alone', () => {
    const race = { coding: [{ system: 'http://hl7.org/fhir/v3/Race', code: '2106-3' }] }
    expect(of({ ...observation, contained: [{ ...patient, name: [{ family: ['White'] }] }], bodySite: race }).bodySite).toEqual(race)
  })

  test('25: accents, scripts, short names, as codes and as texts', () => {
    for (const said of ['Żółkowska', '山田', "O'Shaughnessy", 'Zolkowska-Nowak', 'Mac%20Giolla'])
      expect(
        JSON.stringify(of({ ...observation, comments: said, valueCodeableConcept: { text: said, coding: [{ code: said }] } })),
      ).not.toContain(said)
  })

  test('26: no surrogate is a name', () => {
    const words = wordsIn(of({ resourceType: 'Organization', name, contact: [{ name: { text: name } }] }))
    expect(words.filter((word) => /^[A-Z]?[a-z]{3,}$/.test(word) && !['resourceType', 'name'].includes(word))).toEqual(
      ['Organization'].filter((word) => words.includes(word)),
    )
  })

  test('27: unknown and wrong-shaped elements', () =>
    void obs({ okonkwo: 1, extra: { [name]: name }, comments: { text: name }, valueQuantity: name }))

  test('28: comments, of XML and JSON, and the same key twice', () => {
    const xml = `<Observation xmlns="http://hl7.org/fhir"><!-- ${name} --><?x ${name}?><status value="final"/><comments value="${name}"/></Observation>`
    const read = readXml(xml)
    silent('resource' in read ? read.resource : {})
    silent(
      readJson(
        `{"resourceType":"Observation","status":"final","comments":"${name}","comments":"${name}","fhir_comments":["${name}"]}`,
      ) as object,
    )
  })

  test('29: codes that name somebody: rare ones in the risk report, words in the leak gate', () => {
    for (const code of [name, 'okonkwo', '512337718', '8837261', 'okonkwo-tzviatel'])
      for (const system of [undefined, `http://${name}.example`, 'http://hl7.org/fhir/v3/ActCode', 'http://loinc.org'])
        obs({ code: { text: name, coding: [{ system, code, display: name, userSelected: true }] } })
  })

  test('30: relatives and staff', () => {
    silent(
      { ...patient, contact: [{ name: { text: name }, telecom: [{ value: '(617) 555-0182' }] }] },
      { resourceType: 'RelatedPerson', patient: here, name: { text: name } },
    )
    silent({
      resourceType: 'FamilyMemberHistory',
      patient: here,
      status: 'completed',
      name,
      relationship: { text: name },
      note: { authorString: name, text: name },
    })
  })

  const rowsOf = (masker: ReturnType<typeof aMasker>, resources: object[]) =>
    maskRows(
      masker,
      resources.map((resource, at) =>
        JSON.stringify({ type: 'Observation', id: `mrn-8837261-${at}`, v: 1, op: 'C', patient: 'mrn-8837261', site: name, resource }),
      ),
    )

  test('31: what is told of what is held names nobody: mask.test.ts, held.test.ts of the server', () => {
    const { held, removed } = rowsOf(aMasker(policy, { form: 'rows' }), [
      { ...observation, modifierExtension: [{ url: `urn:${name}`, valueString: name }] },
    ])
    expect(held).toHaveLength(1)
    // The address in `detail` is told only where no word of it names a person of the study: held.test.ts.
    expect(JSON.stringify([held.map((row) => ({ ...row, detail: null })), removed])).not.toMatch(secret)
  })

  test('32: rows hold nothing that statistics of files could tell: pipeline.test.ts of the server', () => {
    const { byType, gate } = rowsOf(aMasker(policy, { form: 'rows' }), [
      { ...observation, comments: name, effectiveDateTime: '1951-03-09' },
    ])
    expect(JSON.stringify([...byType, gate])).not.toMatch(policy === expert ? /okonkwo|8837261/i : secret)
  })

  test('33: under two keys the same people have nothing in common that a policy does not keep', () => {
    const people = Array.from({ length: 200 }, (_, at) => ({
      ...patient,
      id: `mrn-${at}`,
      identifier: [{ value: `${at}-8837` }],
      gender: 'female',
    }))
    const [one, two] = ['a study key', 'another key'].map((key) => {
      const masker = aMasker(policy, { key })
      return new Set(people.flatMap((person) => wordsIn(masker.mask(person).resource)))
    })
    const kept = ['resourceType', 'Patient', 'id', 'identifier', 'value', 'gender', 'female', 'birthDate', '1951']
    expect([...one!].filter((word) => two!.has(word)).toSorted()).toEqual(kept.toSorted())
  })

  test('34: no number of nine digits hashes to what stands in the output', () => {
    const numbers = Array.from({ length: 2000 }, (_, at) => String(512_336_000 + at))
    const ssn = (value: string) => ({ ...patient, identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value }] })
    const told = new Set(numbers.flatMap((value) => wordsIn(of(ssn(value)).identifier)).flatMap((word) => [word, word.replaceAll('-', '')]))
    for (const value of numbers)
      for (const text of [value, value.replace(/(...)(..)/, '$1-$2-'), `http://hl7.org/fhir/sid/us-ssn|${value}`])
        for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'])
          for (const form of ['hex', 'base64'] as const) {
            const hash = createHash(algorithm).update(text).digest(form)
            expect(told.has(hash) || told.has(hash.slice(0, 32)) || told.has(hash.slice(0, 16))).toBe(false)
          }
  })

  test('35: pseudonyms stand in no order of the names behind them; small cells: small-cells.test.ts of the server', () => {
    const ids = Array.from({ length: 300 }, (_, at) => of({ ...patient, id: `okonkwo-${String(at).padStart(3, '0')}` }).id as string)
    const rising = ids.slice(1).filter((id, at) => id > ids[at]!).length
    expect(rising).toBeGreaterThan(100)
    expect(rising).toBeLessThan(200)
  })
})
