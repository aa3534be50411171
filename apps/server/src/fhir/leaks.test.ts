// What a caller may not see leaves no trace in any answer: counts, pages, includes, conditions, refusals.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
let atA: string
const inA = { 'x-aquifer-site': 'A' }
const inB = { 'x-aquifer-site': 'B' }

beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'T', sites: ['A'] })
  feed = await world.token('integrator', ['S'])
  const { identity } = world.platform
  for (const name of ['ivo', 'eva']) {
    const grant = { role: 'investigator' as const, studies: ['S'], sites: ['A'], people: null }
    await identity.putUser({ name, display: name, grant, password: null })
  }
  atA = await tokenOf('ivo')
  await stored('PUT', '/Practitioner/doc', { resourceType: 'Practitioner', id: 'doc' })
  await stored('PUT', '/Organization/org', { resourceType: 'Organization', id: 'org', name: 'Clinic' })
  for (const [id, headers] of [
    ['pa', inA],
    ['pb', inB],
  ] as const) {
    const person = patient(id, {
      careProvider: [{ reference: 'Practitioner/doc' }],
      managingOrganization: { reference: 'Organization/org' },
    })
    const observation = {
      ...weight(`o-${id}`, id),
      identifier: [{ system: 'urn:x', value: id }],
      performer: [{ reference: 'Practitioner/doc' }],
    }
    await stored('POST', '', bundleOf('transaction', contract(`c-${id}`, id, 'S'), person, observation), headers)
  }
})
afterAll(() => world.close())

async function tokenOf(user: string): Promise<string> {
  const session = await world.platform.identity.mint({ role: 'investigator', user, requestedBy: 'tests' })
  if ('refusal' in session) throw new Error(session.detail)
  return session.token
}
async function stored(method: 'PUT' | 'POST', path: string, body: Json, headers: Record<string, string> = {}): Promise<void> {
  const sent = await world.fhir(method, path, feed, body, headers)
  if (sent.status >= 300) throw new Error(sent.text)
}
const idsIn = ({ json }: Sent): string[] =>
  ((json['entry'] ?? []) as { resource?: Json }[]).map(
    ({ resource }) => `${String(resource?.['resourceType'])}/${String(resource?.['id'])}`,
  )
const seen = async (path: string, token = atA): Promise<string[]> => idsIn(await world.fhir('GET', path, token)).toSorted()

test('includes show what a search of their own would show, whichever type they start from', async () => {
  expect(await seen('/Practitioner?_revinclude=Patient:careprovider')).toEqual(['Patient/pa', 'Practitioner/doc'])
  expect(await seen('/Practitioner?_revinclude=Observation:performer')).toEqual(['Observation/o-pa', 'Practitioner/doc'])
  expect(await seen('/Organization?_revinclude=Patient:organization')).toEqual(['Organization/org', 'Patient/pa'])
  expect(await seen('/Observation?_include=Observation:subject')).toEqual(['Observation/o-pa', 'Patient/pa'])
  expect(await seen('/Observation?_include=Observation:performer')).toEqual(['Observation/o-pa', 'Practitioner/doc'])
  const ofTwo = await world.token('investigator', ['S', 'T'], { sites: ['A'] })
  expect(await seen('/Practitioner?_revinclude=Patient:careprovider', ofTwo)).toEqual(['Practitioner/doc'])
})
test('a chain tells nothing of what is hidden behind a reference, nor do lists and words', async () => {
  const encounter = { resourceType: 'Encounter', id: 'e-pb', status: 'finished', patient: { reference: 'Patient/pb' } }
  await stored('PUT', '/Encounter/e-pb', encounter, inB)
  await stored('PUT', '/Observation/o-chain', { ...weight('o-chain', 'pa'), encounter: { reference: 'Encounter/e-pb' } }, inA)
  const list = { resourceType: 'List', id: 'l-pb', status: 'current', mode: 'working', subject: { reference: 'Patient/pb' } }
  await stored('PUT', '/List/l-pb', { ...list, entry: [{ item: { reference: 'Observation/o-chain' } }] }, inB)
  for (const [query, open] of [
    ['encounter.status=finished', ['Observation/o-chain']],
    ['encounter.patient.gender=female', ['Observation/o-chain']],
    ['encounter.patient=pb', ['Observation/o-chain']],
    ['encounter:Encounter._id=e-pb', ['Observation/o-chain']],
    ['patient._id=pb', ['Observation/o-pb']],
    ['_list=l-pb', ['Observation/o-chain']],
    ['_content=Patient/pb', ['Observation/o-pb']],
  ] as const) {
    expect([query, await seen(`/Observation?${query}`)]).toEqual([query, []])
    expect([query, await seen(`/Observation?${query}`, feed)]).toEqual([query, open])
  }
  expect((await world.fhir('GET', '/Observation?encounter.status=finished&_summary=count', atA)).json['total']).toBe(0)
  const included = await seen('/Observation?_id=o-chain&_include=Observation:encounter&_include:recurse=*')
  expect(included).toEqual(['Observation/o-chain', 'Organization/org', 'Patient/pa', 'Practitioner/doc'])
  await world.fhir('DELETE', '/Observation/o-chain', feed)
})
test('totals and pages count what is seen, and a page belongs to who asked for it', async () => {
  const counted = await world.fhir('GET', '/Observation?_summary=count', atA)
  expect(counted.json['total']).toBe(1)
  await stored('POST', '', bundleOf('transaction', weight('o-pa2', 'pa'), weight('o-pb2', 'pb')))
  const first = await world.fhir('GET', '/Observation?_count=1', atA)
  const next = String((first.json['link'] as Json[]).find(({ relation }) => relation === 'next')?.['url']).replace(/^http:\/\/[^/]+/, '')
  expect([first.json['total'], (await world.send({ path: next, token: atA })).status]).toEqual([2, 200])
  expect((await world.send({ path: next, token: await tokenOf('eva') })).status).toBe(400)
})
test('a condition meets nothing that is hidden, and asks for the right to read', async () => {
  const body = { ...weight('x', 'pa'), identifier: [{ system: 'urn:x', value: 'pb' }] }
  const made = await world.fhir('POST', '/Observation', atA, body, { 'if-none-exist': 'identifier=urn:x|pb' })
  expect(made.status).toBe(201)
  const again = await world.fhir('POST', '/Observation', atA, body, { 'if-none-exist': 'identifier=urn:x|pb' })
  expect(again.status).toBe(200)
  const referring = { ...weight('y', 'pa'), performer: [{ reference: 'Patient?_id=pb' }] }
  expect((await world.fhir('POST', '', atA, bundleOf('transaction', referring))).status).toBe(412)
  const device = await world.token('device', ['S'], { patient: 'pa' })
  expect((await world.fhir('POST', '/Observation', device, body, { 'if-none-exist': 'identifier=urn:x|pb' })).status).toBe(403)
})
test('conditional update and delete meet nothing that is hidden, and are for who may read', async () => {
  const body = { ...weight('x', 'pa'), id: undefined, identifier: [{ system: 'urn:x', value: 'cu' }] }
  await stored('PUT', '/Observation/cu-b', { ...weight('cu-b', 'pb'), identifier: [{ system: 'urn:x', value: 'cu' }] }, inB)
  const gone = await world.fhir('DELETE', '/Observation?identifier=urn:x|cu', atA)
  const nothing = await world.fhir('DELETE', '/Observation?identifier=urn:x|none', atA)
  expect([gone.status, gone.text, gone.headers['etag']]).toEqual([204, nothing.text, nothing.headers['etag']])
  expect((await world.fhir('GET', '/Observation/cu-b', feed)).status).toBe(200)
  // What a hidden resource would have met is made anew; beside it the caller’s own is the only one he meets.
  const made = await world.fhir('PUT', '/Observation?identifier=urn:x|cu', atA, body, inA)
  const again = await world.fhir('PUT', '/Observation?identifier=urn:x|cu', atA, body, inA)
  expect([made.status, again.status, again.json['id']]).toEqual([201, 200, made.json['id']])
  expect((await world.fhir('PUT', '/Observation?identifier=urn:x|cu', feed, body)).status).toBe(412)
  const device = await world.token('device', ['S'], { patient: 'pa' })
  expect((await world.fhir('PUT', '/Observation?identifier=urn:x|cu', device, body)).status).toBe(403)
  expect((await world.fhir('DELETE', '/Observation?identifier=urn:x|cu', device)).status).toBe(403)
})
test('access is asked before consent: a hidden person’s consents are not told by a refusal', async () => {
  await stored('PUT', '/Contract/c-pb', contract('c-pb', 'pb', 'S', 'withdrawn'), inB)
  const hidden = await world.fhir('PUT', '/Observation/n1', atA, weight('n1', 'pb'))
  expect([hidden.status, hidden.text.includes('share-data')]).toEqual([404, false])
  const batch = await world.fhir('POST', '', atA, bundleOf('batch', weight('n2', 'pb'), weight('n3', 'pa')))
  expect((batch.json['entry'] as { response: Json }[]).map(({ response }) => response['status'])).toEqual(['404', '201 Created'])
  expect(batch.text).not.toContain('share-data')
})
test('hidden and missing answer word for word alike, to reads and to changes', async () => {
  for (const [path, missing] of [
    ['/Observation/o-pb', '/Observation/none'],
    ['/Patient/pb', '/Patient/none'],
    ['/Observation/o-pb/_history', '/Observation/none/_history'],
    ['/Observation/o-pb/_history/1', '/Observation/none/_history/1'],
  ] as const) {
    const [one, other] = [await world.fhir('GET', path, atA), await world.fhir('GET', missing, atA)]
    expect([one.status, one.text]).toEqual([404, other.text])
  }
  const [one, other] = [await world.fhir('DELETE', '/Observation/o-pb', atA), await world.fhir('DELETE', '/Observation/none', atA)]
  expect([one.status, one.text]).toEqual([404, other.text])
  expect((await world.fhir('PUT', '/Observation/o-pb', atA, weight('o-pb', 'pa'))).status).toBe(404)
})
test('versions from before a resource was about a person one may see stay hidden', async () => {
  await stored('PUT', '/Observation/moved', weight('moved', 'pa'), inA)
  await stored('PUT', '/Contract/c-pb', contract('c-pb', 'pb', 'S'), inB)
  await stored('PUT', '/Observation/moved2', weight('moved2', 'pb'), inB)
  await stored('PUT', '/Observation/moved2', weight('moved2', 'pa'), inA)
  expect((await world.fhir('GET', '/Observation/moved2/_history/2', atA)).status).toBe(200)
  const [hidden, missing] = [
    await world.fhir('GET', '/Observation/moved2/_history/1', atA),
    await world.fhir('GET', '/Observation/moved/_history/9', atA),
  ]
  expect([hidden.status, hidden.text]).toEqual([404, missing.text])
  const history = await world.fhir('GET', '/Observation/moved2/_history', atA)
  expect(history.text).not.toContain('Patient/pb')
})
test('a Group that lists hidden people is hidden; one that lists nobody is not', async () => {
  const group = (id: string, ...people: string[]): Json => ({
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    ...(people.length === 0 ? {} : { member: people.map((one) => ({ entity: { reference: `Patient/${one}` } })) }),
  })
  await stored('PUT', '/Group/g-none', group('g-none'))
  await stored('PUT', '/Group/g-a', group('g-a', 'pa'), inA)
  await stored('PUT', '/Group/g-ab', group('g-ab', 'pa', 'pb'))
  const statuses = await Promise.all(['g-none', 'g-a', 'g-ab'].map(async (id) => (await world.fhir('GET', `/Group/${id}`, atA)).status))
  expect([statuses, await seen('/Group?_id=g-none,g-a,g-ab')]).toEqual([
    [200, 200, 404],
    ['Group/g-a', 'Group/g-none'],
  ])
})
test('what names people of two sites is for who reaches both, whichever site it came from', async () => {
  await stored('PUT', '/Contract/c-pb', contract('c-pb', 'pb', 'S'), inB)
  const both = ['pa', 'pb'].map((id) => ({ reference: `Patient/${id}` }))
  const naming: Json[] = [
    {
      resourceType: 'Bundle',
      type: 'collection',
      entry: ['pa', 'pb'].map((id) => ({ fullUrl: `urn:x:${id}`, resource: weight(`in-${id}`, id) })),
    },
    { resourceType: 'Group', type: 'person', actual: true, member: both.map((entity) => ({ entity })) },
    { ...weight('two', 'pa'), performer: both },
    { resourceType: 'Person', link: both.map((target) => ({ target })) },
  ]
  const atBoth = await world.token('investigator', ['S'], { sites: ['A', 'B'] })
  for (const [name, headers] of [
    ['unsaid', {}],
    ['said', inA],
  ] as const) {
    const id = `two-${name}`
    for (const resource of naming) {
      const at = `/${String(resource['resourceType'])}`
      await stored('PUT', `${at}/${id}`, { ...resource, id }, headers)
      const missing = await world.fhir('GET', `${at}/none`, atA)
      const hidden = await world.fhir('GET', `${at}/${id}`, atA)
      expect([at, hidden.status, hidden.text]).toEqual([at, 404, missing.text])
      expect([at, (await world.fhir('GET', `${at}?_id=${id}&_summary=count`, atA)).json['total']]).toEqual([at, 0])
      // A Group stands at no site that was not said.
      const shown = at === '/Group' && name === 'unsaid' ? [] : [`${at.slice(1)}/${id}`]
      expect([at, await seen(`${at}?_id=${id}`, atBoth)]).toEqual([at, shown])
      expect([at, (await world.fhir('GET', `${at}/${id}`, atBoth)).status]).toEqual([at, shown.length === 0 ? 404 : 200])
      expect([at, (await world.fhir('GET', '/_history', atA)).text.includes(`"${id}"`)]).toEqual([at, false])
    }
    expect((await world.fhir('PUT', `/Observation/${id}`, atA, weight(id, 'pa'), inA)).status).toBe(404)
    expect((await world.fhir('DELETE', `/Observation/${id}`, atA)).status).toBe(404)
    expect((await world.fhir('GET', '/Patient/pa/$everything', atA)).text).not.toContain('Patient/pb')
  }
})
test('a page that ends with the last one sees has no next page, whatever is hidden behind it', async () => {
  const linksOf = ({ json }: Sent) => (json['link'] as Json[]).map(({ relation }) => relation)
  for (const path of ['/Observation/_history', '/_history', '/Patient/pa/$everything']) {
    const all = await world.fhir('GET', `${path}?_count=1000`, atA)
    const exactly = await world.fhir('GET', `${path}?_count=${idsIn(all).length}`, atA)
    expect([path, linksOf(all), linksOf(exactly), idsIn(exactly)]).toEqual([path, ['self'], ['self'], idsIn(all)])
    const paged: string[] = []
    for (let next: string | undefined = `/fhir-server/api/v1${path}?_count=1`; next !== undefined;) {
      const page = await world.send({ path: next, token: atA })
      expect([path, page.status]).toEqual([path, 200])
      paged.push(...idsIn(page))
      const url = (page.json['link'] as Json[]).find(({ relation }) => relation === 'next')?.['url'] as string | undefined
      next = url?.replace(/^http:\/\/[^/]+/, '')
    }
    // Each page of a record brings what it refers to.
    expect([path, [...new Set(paged)].toSorted()]).toEqual([path, [...new Set(idsIn(all))].toSorted()])
  }
})
test('a site of one’s own does not reach people of another', async () => {
  expect((await world.fhir('PUT', '/Observation/cross', atA, weight('cross', 'pb'), inA)).status).toBe(404)
  expect((await world.fhir('PUT', '/Patient/pb', atA, patient('pb'), inA)).status).toBe(404)
  const told = { resourceType: 'Communication', id: 'cm', subject: { reference: 'Patient/pb' } }
  expect((await world.fhir('PUT', '/Communication/cm', atA, told, inA)).status).toBe(404)
  const related = { resourceType: 'RelatedPerson', id: 'rb', patient: { reference: 'Patient/pb' } }
  await stored('PUT', '/RelatedPerson/rb', related, inB)
  expect((await world.fhir('PUT', '/RelatedPerson/rb', atA, { ...related, patient: { reference: 'Patient/pa' } }, inA)).status).toBe(404)
})
test('a name is ambiguous only between resources that the caller may see', async () => {
  const ofBoth = await world.token('integrator', ['S', 'T'])
  await world.fhir('PUT', '/Patient/pt', ofBoth, patient('pt'), { 'x-aquifer-study': 'T' })
  await stored('PUT', '/Observation/twice', weight('twice', 'pb'), inB)
  await world.fhir('PUT', '/Observation/twice', ofBoth, weight('twice', 'pt'), { 'x-aquifer-study': 'T' })
  const atSiteA = await world.token('investigator', ['S', 'T'], { sites: ['A'] })
  expect((await world.fhir('GET', '/Observation/twice', ofBoth)).status).toBe(400)
  const read = await world.fhir('GET', '/Observation/twice', atSiteA)
  expect([read.status, (read.json['subject'] as Json)['reference']]).toEqual([200, 'Patient/pt'])
})
