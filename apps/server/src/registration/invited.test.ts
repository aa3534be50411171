// Those who were invited, as they meet it: what a code is about, their own account, and who decides for whom.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, patient, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let manager: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', name: 'Harbor', sites: ['A', 'B'], required: ['share-data'], zone: 'Europe/Berlin' })
  await world.study({ id: 'N', name: 'Nowhere', required: ['share-data'] })
  const form = (version: string, from: string, language: string): Json => ({
    type: 'share-data',
    version,
    document: `${version}-${language}.pdf`,
    language,
    approved: from,
    from,
  })
  const forms = [form('1', '2020-01-01', 'en'), form('2', '2024-01-01', 'en'), form('2', '2024-01-01', 'de'), form('3', '2999-01-01', 'en')]
  const administrator = await world.token('administrator')
  const applied = await world.send({
    method: 'POST',
    path: '/study/api/v1/apply',
    token: administrator,
    body: { id: 'S', jurisdiction: 'DE', forms },
  })
  if (applied.status !== 200) throw new Error(applied.text)
  await world.platform.identity.putUser({
    name: 'mona',
    display: 'Mona Castellan',
    password: null,
    grant: { role: 'study-manager', studies: ['S'], sites: [], people: null },
  })
  const session = await world.platform.identity.mint({ role: 'study-manager', user: 'mona', requestedBy: 'tests' })
  if ('detail' in session) throw new Error(session.detail)
  manager = session.token
})
afterAll(() => world.close())
afterEach(() => {
  world.clock.at = null
})

const base = '/registration/api/v1'
const post = (at: string, body: Json, token: string | null = null): Promise<Sent> =>
  world.send({ method: 'POST', path: `${base}/${at}`, token, body })
async function invited(more: Json): Promise<{ id: string; code: string; subject: string | null }> {
  const sent = await post('studies/S/invitations', { site: 'A', ...more }, manager)
  if (sent.status !== 201) throw new Error(sent.text)
  return sent.json as { id: string; code: string; subject: string | null }
}
const opened = async (code: string): Promise<Json> => (await post('openInvitation', { code })).json
const { id: _id, ...me } = patient('x')
const child = { ...me, birthDate: '2015-03-04' }
const password = 'violet harbour 77'
const account = (user: string): Json => ({ user, display: 'Someone Else', password })
const accept = (code: string, more: Json): Promise<Sent> => post('acceptPatientInvitation', { code, decision: 'accept', ...more })
async function signedIn(user: string): Promise<string> {
  const sent = await world.send({ method: 'POST', path: '/identity/api/v1/sign-in', body: { user, password } })
  if (sent.status !== 200) throw new Error(sent.text)
  return String(sent.json['access_token'])
}
const seen = async (id: string, token: string): Promise<number> =>
  (await world.fhir('GET', `/Patient/${id}`, token, undefined, { 'x-aquifer-study': 'S' })).status

test('a code says what it is for: study, who invites, and the forms in use in its language', async () => {
  const { code } = await invited({ language: 'de-CH' })
  expect(await opened(code)).toMatchObject({
    kind: 'patient',
    name: 'Harbor',
    site: 'A',
    invitedBy: 'Mona Castellan',
    required: ['share-data'],
    forms: [{ version: '2', document: '2-de.pdf', language: 'de' }],
    patientNeeded: true,
  })
  const english = await invited({ language: 'fr' })
  expect(await opened(english.code)).toMatchObject({ forms: [{ document: '2-en.pdf' }] })
})

test('a person chooses name and password, is refused a weak one without losing the code, and signs in', async () => {
  const { code } = await invited({})
  const asked = { consents: ['share-data'], patient: me }
  expect((await accept(code, { ...asked, account: { user: 'willa', display: 'Willa Stone', password: 'password1234' } })).status).toBe(400)
  const sent = await accept(code, { ...asked, account: { user: 'willa', display: 'Willa Stone', password } })
  expect(sent).toMatchObject({ status: 201, json: { account: { user: 'willa', code: null } } })
  const token = await signedIn('willa')
  expect(await seen(String(sent.json['patient']), token)).toBe(200)
  const contract = await world.fhir('GET', `/Contract/${String((sent.json['contracts'] as string[])[0])}`, token)
  expect(contract.json).toMatchObject({
    signer: [{ party: { reference: `Patient/${String(sent.json['patient'])}` }, signature: 'Willa Stone' }],
  })
  expect(contract.text).toContain('"urn:aquifer:form-version","valueString":"2"')
  const kept = await world.owner().query(`select r::text as t from registration r`)
  expect(kept.rows.filter(({ t }: { t: string }) => t.includes(password))).toEqual([])
  expect((await accept((await invited({})).code, { ...asked, account: account('willa') })).status).toBe(409)
})

test('a guardian decides for a child who is not in the study yet, until it comes of age', async () => {
  const { code, subject } = await invited({ kind: 'guardian' })
  expect(await opened(code)).toMatchObject({ kind: 'guardian', required: ['share-data'], patientNeeded: true })
  const asked = { consents: ['share-data'], patient: child, account: account('greta') }
  expect((await accept(code, asked)).status).toBe(400)
  const relatedPerson = { resourceType: 'RelatedPerson', name: { text: 'Greta' } }
  // An adult has no guardian by minority: nothing of the attempt is left.
  expect((await accept(code, { ...asked, patient: me, relatedPerson })).status).toBe(422)
  const sent = await accept(code, { ...asked, relatedPerson })
  expect(sent).toMatchObject({ status: 201, json: { subject, account: { user: 'greta', code: null } } })
  const ward = String(sent.json['patient'])
  expect(await seen(ward, await signedIn('greta'))).toBe(200)
  expect(
    (await world.fhir('GET', `/RelatedPerson/${String(sent.json['relatedPerson'])}`, await world.token('investigator', ['S']))).status,
  ).toBe(200)
  world.clock.at = Date.parse('2033-03-03T22:59:59.999Z')
  expect(await seen(ward, await signedIn('greta'))).toBe(200)
  world.clock.at += 1
  expect(await seen(ward, await signedIn('greta'))).toBe(404)
})

test('who comes to stand by a person in the study consents to nothing in his place', async () => {
  const first = await invited({})
  const { json } = await accept(first.code, { consents: ['share-data'], patient: child })
  const subject = first.subject ?? ''
  const relatedPerson = { resourceType: 'RelatedPerson', name: { text: 'Close' } }
  for (const kind of ['guardian', 'third-party']) {
    const { code } = await invited({ kind, subject })
    expect(await opened(code)).toMatchObject({ kind, required: [], patientNeeded: false })
    const sent = await accept(code, { consents: ['share-data'], relatedPerson, account: account(`close-${kind}`) })
    expect(sent).toMatchObject({ status: 201, json: { patient: json['patient'], contracts: [] } })
    expect(await seen(String(json['patient']), await signedIn(`close-${kind}`))).toBe(200)
  }
})

test.each<[string, string, Json, number]>([
  ['a third party of nobody', 'S', { kind: 'third-party' }, 400],
  ['a third party of somebody who is not there', 'S', { kind: 'third-party', subject: 'S-99999' }, 404],
  ['a guardian by a finding that is not named', 'S', { kind: 'guardian', basis: 'non-competence' }, 400],
  ['a guardian of a minor where nobody is one', 'N', { kind: 'guardian' }, 422],
  ['a finding about a patient', 'S', { kind: 'patient', finding: 'court 1' }, 400],
])('%s is not invited', async (_, study, body, status) => {
  const token = study === 'S' ? manager : await world.token('study-manager', [study])
  expect((await post(`studies/${study}/invitations`, { ...(study === 'S' ? { site: 'A' } : {}), ...body }, token)).status).toBe(status)
})

test('a care manager without an account makes one by the code, one only, and takes on the care himself', async () => {
  const first = await invited({})
  const ward = String((await accept(first.code, { consents: ['share-data'], patient: me })).json['patient'])
  const { code } = await invited({ kind: 'care-manager', subject: first.subject ?? '' })
  expect((await post('invitedAccount', { code: first.code, account: account('nobody') })).status).toBe(410)
  expect((await post('invitedAccount', { code, account: { ...account('cora'), password: 'short' } })).status).toBe(400)
  expect((await post('invitedAccount', { code, account: account('mona') })).status).toBe(409)
  expect(await post('invitedAccount', { code, account: account('cora') })).toMatchObject({
    status: 201,
    json: { account: { user: 'cora' } },
  })
  expect((await post('invitedAccount', { code, account: account('cora-again') })).status).toBe(409)
  const token = await signedIn('cora')
  expect(await seen(ward, token)).toBe(404)
  expect((await post('acceptCareManagerInvitation', { code }, token)).status).toBe(201)
  expect(await seen(ward, token)).toBe(200)
})

test('a list is looked through before anybody is invited, and whom an invitation is open for is told', async () => {
  const csv = (path: string, text: string): Promise<Sent> =>
    world.send({
      method: 'POST',
      path: `${base}/studies/S/invitations/${path}`,
      token: manager,
      body: text,
      headers: { 'content-type': 'text/csv' },
    })
  const counted = async (): Promise<Json> => (await world.send({ path: `${base}/studies/S/invitations?limit=1`, token: manager })).json
  await invited({ email: 'Open@example.org' })
  const before = await counted()
  const text = 'email,site\none@example.org,A\nopen@example.org,A\nnone,C\n'
  const { status, json, text: told } = await csv('csv/preview', text)
  expect(status).toBe(200)
  expect((json['lines'] as { line: number; faults: string[] }[]).map(({ line, faults }) => [line, faults.length])).toEqual([
    [2, 0],
    [3, 1],
    [4, 2],
  ])
  expect(told).not.toContain('example.org')
  expect((await csv('csv', text)).status).toBe(400)
  expect(await counted()).toEqual(before)
})

test('the list is narrowed to a state, newest first, and its counts are of all', async () => {
  const gone = await invited({})
  await world.send({ method: 'DELETE', path: `${base}/studies/S/invitations/${gone.id}`, token: manager })
  const all = (query: string): Promise<Sent> => world.send({ path: `${base}/studies/S/invitations?${query}`, token: manager })
  const list = ({ json }: Sent): { id: string; state: string }[] => json['invitations'] as { id: string; state: string }[]
  const everything = await all('limit=500&order=newest')
  expect(list(everything)[0]).toMatchObject({ id: gone.id, state: 'revoked' })
  for (const state of ['sent', 'opened', 'accepted', 'declined', 'expired', 'revoked']) {
    const narrowed = await all(`limit=500&order=newest&state=${state}`)
    const expected = list(everything).filter((each) => each.state === state)
    expect(list(narrowed)).toEqual(expected)
    expect((narrowed.json['counts'] as Json)[state]).toBe(expected.length)
  }
  const [first, second] = list(everything)
  const next = await all(`limit=1&order=newest&after=${String(first?.id)}`)
  expect(list(next)).toMatchObject([{ id: second?.id }])
  expect((await all('state=unknown')).status).toBe(400)
})
