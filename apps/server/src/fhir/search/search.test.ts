// DSTU2 search.html over HTTP: what each kind of parameter finds, and how it is answered.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type Sent, type World } from '../../platform/test/world.js'

let world: World
let feed: string

const ucum = 'http://unitsofmeasure.org'
const loinc = 'http://loinc.org'
const coded = (code: string, display?: string): Json => ({ coding: [{ system: loinc, code, ...(display ? { display } : {}) }] })

const stored: Json[] = [
  {
    resourceType: 'Organization',
    id: 'org',
    name: 'Spital Zürich',
    identifier: [{ system: 'urn:org', value: 'A|1' }],
    partOf: { reference: 'Organization/top' },
  },
  { resourceType: 'Organization', id: 'top', name: 'Top, Inc', partOf: { reference: 'Organization/roof' } },
  { resourceType: 'Organization', id: 'roof', name: 'Roof' },
  {
    resourceType: 'Patient',
    id: 'p1',
    identifier: [{ system: 'urn:mrn', value: 'X1', type: { text: 'Medical record' } }],
    name: [{ family: ['Müller'], given: ['Åsa'] }],
    gender: 'female',
    birthDate: '1970-05-05',
    managingOrganization: { reference: 'Organization/org' },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">likes <b>chess</b></div>' },
  },
  { resourceType: 'Patient', id: 'p2', name: [{ family: ['Muster'], given: ['Bo'] }], gender: 'male', birthDate: '1980' },
  { resourceType: 'Patient', id: 'p3', active: true, name: [{ family: ['Abel'] }], birthDate: '1980-07' },
  {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: coded('29463-7', 'Body weight'),
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-01-02',
    valueQuantity: { value: 70, unit: 'kg', system: ucum, code: 'kg' },
    meta: { tag: [{ system: 'urn:t', code: 'seen' }], profile: ['http://example.org/profiles/weight'] },
  },
  {
    resourceType: 'Observation',
    id: 'o2',
    status: 'preliminary',
    code: coded('29463-7', 'Weight of body'),
    subject: { reference: 'Patient/p2' },
    effectivePeriod: { start: '2026-01-01', end: '2026-02-01' },
    valueQuantity: { value: 70000, unit: 'g' },
    related: [
      { type: 'has-member', target: { reference: 'Observation/o1' } },
      { type: 'derived-from', target: { reference: 'Observation/o3' } },
    ],
  },
  {
    resourceType: 'Observation',
    id: 'o3',
    status: 'final',
    code: coded('55284-4'),
    subject: { reference: 'Patient/p1' },
    component: [
      { code: coded('8480-6'), valueQuantity: { value: 120, unit: 'mmHg', system: ucum, code: 'mm[Hg]' } },
      { code: coded('8462-4'), valueQuantity: { value: 80, unit: 'mmHg', system: `${ucum}/`, code: 'mm[Hg]' } },
    ],
  },
  { resourceType: 'Location', id: 'l1', name: 'Bern', position: { longitude: 7.44, latitude: 46.95 } },
  { resourceType: 'Location', id: 'l2', name: 'Basel', position: { longitude: 7.59, latitude: 47.56 } },
  {
    resourceType: 'ValueSet',
    id: 'v1',
    status: 'draft',
    url: 'http://example.org/sets/a',
    compose: { include: [{ system: loinc }] },
  },
  {
    resourceType: 'List',
    id: 'li',
    status: 'current',
    mode: 'working',
    subject: { reference: 'Patient/p1' },
    entry: [{ item: { reference: 'Observation/o1' } }, { item: { reference: 'Patient/p1' } }],
  },
]

beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  for (const resource of stored) {
    const sent = await world.fhir('PUT', `/${String(resource['resourceType'])}/${String(resource['id'])}`, feed, resource)
    if (sent.status !== 201) throw new Error(sent.text)
  }
})
afterAll(() => world.close())

const ask = (path: string, headers: Record<string, string> = {}): Promise<Sent> => world.fhir('GET', path, feed, undefined, headers)
type Entry = { resource: Json; search: { mode: string } }
const entriesOf = ({ json }: Sent): Entry[] => (json['entry'] ?? []) as Entry[]
async function found(path: string): Promise<string[]> {
  const sent = await ask(path)
  if (sent.status !== 200) throw new Error(`${path}: ${sent.text}`)
  return entriesOf(sent).map(({ resource }) => String(resource['id']))
}
const foundEach = async (asked: Record<string, string[]>): Promise<void> => {
  for (const [path, ids] of Object.entries(asked)) expect([path, (await found(path)).toSorted()]).toEqual([path, ids])
}

describe('modifiers', () => {
  test('strings: from the start, anywhere, letter by letter; commas and bars are escaped', () =>
    foundEach({
      '/Patient?name=mul': ['p1'],
      '/Patient?name=asa': ['p1'],
      '/Patient?family:contains=ULL': ['p1'],
      '/Patient?family:exact=Müller': ['p1'],
      '/Patient?family:exact=Muller': [],
      '/Patient?family=mu,abel': ['p1', 'p2', 'p3'],
      '/Patient?family=mu&given=bo': ['p2'],
      '/Organization?name=top\\, inc': ['top'],
      '/Organization?name=top, inc': ['top'],
      '/Organization?identifier=A\\|1': ['org'],
      '/Organization?identifier=urn:org|a\\|1': ['org'],
    }))
  test('tokens: any case, with a system, of a system, none; wording, hierarchy, value sets', () =>
    foundEach({
      '/Patient?identifier=x1': ['p1'],
      '/Patient?identifier=urn:mrn|': ['p1'],
      '/Patient?identifier=|x1': [],
      '/Patient?identifier:text=medical': ['p1'],
      '/Patient?gender=http://hl7.org/fhir/administrative-gender|female': ['p1'],
      '/Patient?gender=urn:other|female': [],
      '/Patient?gender=|female': ['p1'],
      '/Patient?gender:not=female': ['p2', 'p3'],
      '/Patient?gender:missing=true': ['p3'],
      '/Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender': ['p1', 'p2'],
      '/Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender': ['p3'],
      '/Observation?patient.gender:in=http://hl7.org/fhir/ValueSet/administrative-gender': ['o1', 'o2', 'o3'],
      '/Patient?active=true': ['p3'],
      '/Patient?active=http://hl7.org/fhir/special-values|true': ['p3'],
      '/Observation?code:text=body': ['o1'],
      '/Observation?code=http://loinc.org|': ['o1', 'o2', 'o3'],
      '/Observation?code=urn:oid:2.16.840.1.113883.6.1|55284-4': ['o3'],
      '/Observation?_tag=urn:t|seen': ['o1'],
      '/Observation?_tag:missing=false': ['o1'],
      '/Observation?status:below=http://hl7.org/fhir/observation-status|final': ['o1', 'o3'],
    }))
  test('URIs: whole, what is below, what is above', () =>
    foundEach({
      '/ValueSet?url=http://example.org/sets/a': ['v1'],
      '/ValueSet?url=http://example.org/sets/A': [],
      '/ValueSet?url:below=http://example.org/sets': ['v1'],
      '/ValueSet?url:above=http://example.org/sets/a/_history/5': ['v1'],
      '/Observation?_profile=http://example.org/profiles/weight': ['o1'],
      '/Observation?_profile:below=http://example.org/': ['o1'],
    }))
  test('quantities: precision, prefixes, units of one dimension', () =>
    foundEach({
      '/Observation?value-quantity=70': ['o1'],
      '/Observation?value-quantity=70|http://unitsofmeasure.org|kg': ['o1', 'o2'],
      '/Observation?value-quantity=70000||g': ['o1', 'o2'],
      '/Observation?value-quantity=154||lb': ['o1', 'o2'],
      '/Observation?value-quantity=lt70||kg': [],
      '/Observation?value-quantity=ap75||kg': ['o1', 'o2'],
      '/Observation?value-quantity=ne70||kg': [],
      '/Observation?value-quantity=70|urn:x|kg': [],
      '/Observation?component-value-quantity=80||mmHg': ['o3'],
    }))
  test('dates: spans, about', async () => {
    world.clock.at = Date.UTC(2026, 0, 12)
    await foundEach({
      '/Observation?date=2026-01-02': ['o1'],
      '/Observation?date=ge2026-01-15': ['o2'],
      '/Observation?date=ap2026-01-02': ['o1', 'o2'],
      '/Observation?date=ap2024': [],
      '/Patient?birthdate=1980': ['p2', 'p3'],
      '/Patient?birthdate=ne1980': ['p1'],
      '/Patient?birthdate=1970-05-05&gender=female': ['p1'],
    })
    world.clock.at = null
  })
  test('composites: two values of one element', () =>
    foundEach({
      '/Observation?code-value-quantity=http://loinc.org|29463-7$gt60||kg': ['o1', 'o2'],
      '/Observation?code-value-[x]=29463-7$70||kg': ['o1', 'o2'],
      '/Observation?component-code-value-quantity=8480-6$gt100': ['o3'],
      '/Observation?component-code-value-quantity=8462-4$gt100': [],
      '/Observation?component-code-value-quantity=8462-4$gt100,8462-4$lt100||mm[Hg]': ['o3'],
      '/Observation?related=has-member$o1': ['o2'],
      '/Observation?related=has-member$Observation/o3': [],
    }))
  test('references: ids, types, addresses; places; lists; words', () =>
    foundEach({
      '/Observation?subject=p1': ['o1', 'o3'],
      '/Observation?subject:Patient=p1': ['o1', 'o3'],
      '/Observation?subject:Group=p1': [],
      '/Observation?patient=http://localhost:80/fhir-server/api/v1/Patient/p2': ['o2'],
      '/Observation?patientid=p2': ['o2'],
      '/Location?near=46.95:7.44': ['l1'],
      '/Location?near=46.95:7.44&near-distance=100||km': ['l1', 'l2'],
      '/Observation?_list=li': ['o1'],
      '/Patient?_text=CHESS': ['p1'],
      '/Patient?_content=müll': ['p1'],
    }))
})

describe('chains', () => {
  test('over one reference and several, each hop by any parameter', () =>
    foundEach({
      '/Observation?patient.name=mul': ['o1', 'o3'],
      '/Observation?subject:Patient.identifier=urn:mrn|x1': ['o1', 'o3'],
      '/Observation?subject.name=mus': ['o2'],
      '/Observation?patient.gender:missing=true': [],
      '/Observation?patient.organization.name=spital&status=final': ['o1', 'o3'],
      '/Observation?patient.organization.partof.name=top': ['o1', 'o3'],
      '/Observation?patient.birthdate=1980': ['o2'],
      '/Patient?organization.name:exact=Spital Zürich': ['p1'],
    }))
  test('what cannot be followed is refused', async () => {
    for (const path of [
      '/Observation?code.name=x',
      '/Observation?patient.nonsense=1',
      '/Observation?patient:Group.name=x',
      '/Observation?patient.organization.partof.partof.partof.name=x',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 400])
  })
})

describe('answers', () => {
  test('included by name, by all, by type, again and again', async () => {
    const included = async (path: string): Promise<string[]> =>
      entriesOf(await ask(path))
        .filter(({ search }) => search.mode === 'include')
        .map(({ resource }) => `${String(resource['resourceType'])}/${String(resource['id'])}`)
        .toSorted()
    expect(await included('/Observation?_id=o1&_include=Observation:subject')).toEqual(['Patient/p1'])
    expect(await included('/Observation?_id=o1&_include=Observation:subject:Group')).toEqual([])
    expect(await included('/Observation?_id=o2&_include=*')).toEqual(['Observation/o1', 'Observation/o3', 'Patient/p2'])
    expect(await included('/Patient?_id=p1&_include=Patient:organization')).toEqual(['Organization/org'])
    expect(await included('/Patient?_id=p1&_include=Patient:organization&_include:recurse=Organization:partof')).toEqual([
      'Organization/org',
      'Organization/roof',
      'Organization/top',
    ])
    expect(await included('/Patient?_id=p1&_revinclude=Observation:subject')).toEqual(['Observation/o1', 'Observation/o3'])
    expect(await included('/Patient?_id=p1&_revinclude=Observation:*')).toEqual(['Observation/o1', 'Observation/o3'])
    expect(await included('/Patient?_id=p1&_revinclude=*')).toEqual(['List/li', 'Observation/o1', 'Observation/o3'])
  })
  test('sorted by any parameter and several', async () => {
    expect(await found('/Patient?_sort=family')).toEqual(['p3', 'p1', 'p2'])
    expect(await found('/Patient?_sort:desc=birthdate&_sort=family')).toEqual(['p3', 'p2', 'p1'])
    expect(await found('/Observation?_sort=status,-_id')).toEqual(['o3', 'o1', 'o2'])
    expect(await found('/Observation?_sort=value-quantity')).toEqual(['o1', 'o2', 'o3'])
    expect((await ask('/Observation?_sort=nonsense')).status).toBe(400)
    const first = await ask('/Patient?_sort=family&_count=2')
    const next = String((first.json['link'] as Json[]).find(({ relation }) => relation === 'next')?.['url']).replace(/^http:\/\/[^/]+/, '')
    expect(entriesOf(await world.send({ path: next, token: feed })).map(({ resource }) => resource['id'])).toEqual(['p2'])
  })
  test('parts of resources are marked as such', async () => {
    const part = async (how: string): Promise<Json> => entriesOf(await ask(`/Patient?_id=p1&${how}`))[0]!.resource
    const summary = await part('_summary=true')
    expect(Object.keys(summary).toSorted()).toEqual([
      'birthDate',
      'gender',
      'id',
      'identifier',
      'managingOrganization',
      'meta',
      'name',
      'resourceType',
    ])
    expect((summary['meta'] as { tag: Json[] }).tag).toEqual([{ system: 'http://hl7.org/fhir/v3/ObservationValue', code: 'SUBSETTED' }])
    expect(Object.keys(await part('_summary=text')).toSorted()).toEqual(['id', 'meta', 'resourceType', 'text'])
    expect(await part('_summary=data')).not.toHaveProperty('text')
    expect(Object.keys(await part('_elements=gender,name')).toSorted()).toEqual(['gender', 'id', 'meta', 'name', 'resourceType'])
    expect(await part('_summary=false')).toHaveProperty('text')
    const count = await ask('/Patient?_summary=count')
    expect([count.json['total'], count.json['entry']]).toEqual([3, undefined])
    const component = entriesOf(await ask('/Observation?_id=o3&_summary=true'))[0]!.resource
    expect((component['component'] as Json[])[0]).toHaveProperty('code')
  })
  test('what is not supported is refused with what is, or passed over with a warning', async () => {
    for (const query of [
      'nonsense=1',
      'status:exact=final',
      '_query=x',
      'code:in=http://example.org/none',
      '_sort=x',
      'code:below=urn:none|1',
    ]) {
      const refused = await ask(`/Observation?${query}`)
      expect([query, refused.status, refused.json['resourceType']]).toEqual([query, 400, 'OperationOutcome'])
    }
    const lenient = await ask('/Observation?nonsense=1&status:exact=final&_id=o1', { prefer: 'handling=lenient' })
    const [match, outcome] = entriesOf(lenient)
    expect([lenient.json['total'], match!.search.mode, outcome!.search.mode]).toEqual([1, 'match', 'outcome'])
    expect((outcome!.resource['issue'] as Json[]).map(({ severity }) => severity)).toEqual(['warning', 'warning'])
    expect((await ask('/Observation?date=soon', { prefer: 'handling=lenient' })).status).toBe(400)
  })
})
