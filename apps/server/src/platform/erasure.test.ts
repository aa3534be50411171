// The proof of erasure by bytes: two people whose every value is a text that stands nowhere else come in by every way there is; after
// they were erased no byte of the database or of the data folder holds one of the texts, but for what the certificate names.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { generateKeyPair, exportJWK } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPseudonyms } from '@aquifer/core/masking'
import { openKeyring } from '../lake/index.js'
import { hmacOf } from '../masking/index.js'
import path from 'node:path'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from './test/world.js'
import { placesOf } from './test/places.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,query,scheduler' })
  await world.study({ id: 'PROOF', kind: 'program', required: ['share-data'], sites: ['A'] })
})
afterAll(() => world.close())

/** Texts of one person; what is asked for twice is the same text. */
function marks(): { of: (what: string) => string; all: () => string[] } {
  const given = new Map<string, string>()
  return {
    of(what) {
      const known = given.get(what) ?? `q${randomBytes(2).toString('hex')}${what}${randomBytes(8).toString('hex')}`
      given.set(what, known)
      return known
    },
    all: () => [...given.values()],
  }
}
type Marks = ReturnType<typeof marks>
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const narrative = (text: string): Json => ({ status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>` })

const profile = ({ of }: Marks): Json => ({
  identifier: [{ system: `urn:${of('idsystem')}`, value: of('mrn') }],
  name: [{ family: [of('family')], given: [of('given')], text: `${of('given')} ${of('family')}` }],
  telecom: [
    { system: 'phone', value: of('phone') },
    { system: 'email', value: `${of('mail')}@example.org` },
  ],
  address: [{ line: [of('street')], city: of('city'), postalCode: '02138' }],
  contact: [{ name: { text: of('contact') } }],
  photo: [{ contentType: 'image/png', data: base64(of('photo')), title: of('phototitle') }],
  text: narrative(of('narrative')),
  extension: [{ url: 'urn:example:nick', valueString: of('nick') }],
})
const observation = (id: string, person: string, { of }: Marks, what: string): Json => ({
  ...weight(id, person),
  code: {
    coding: [{ system: 'http://loinc.org', code: of(`${what}code`), display: of(`${what}display`) }],
    text: of(`${what}text`),
  },
  comments: of(`${what}comments`),
  valueQuantity: undefined,
  valueString: of(`${what}value`),
  text: narrative(of(`${what}narrative`)),
  contained: [{ resourceType: 'Practitioner', id: 'p', name: { text: of(`${what}contained`) } }],
  performer: [{ reference: '#p', display: of(`${what}performer`) }],
})
const document = (id: string, person: string, { of }: Marks): Json => ({
  resourceType: 'DocumentReference',
  id,
  subject: { reference: `Patient/${person}` },
  type: { text: of('doctype') },
  indexed: '2026-01-02T10:00:00Z',
  status: 'current',
  description: of('docdescription'),
  content: [{ attachment: { contentType: 'text/plain', title: of('doctitle'), data: base64(of('docdata')) } }],
})

const manager = () => world.token('study-manager', ['PROOF'])
const integrator = () => world.token('integrator', ['PROOF'])
async function done(sent: Promise<Sent>, ...statuses: number[]): Promise<Sent> {
  const answer = await sent
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status}: ${answer.text}`)
  return answer
}
const post = async (at: string, token: string | null, body: unknown, headers: Record<string, string> = {}): Promise<Sent> =>
  await done(world.send({ method: 'POST', path: at, token, body, headers }), 200, 201, 202)
const put = async (resource: Json): Promise<Sent> =>
  await world.fhir('PUT', `/${String(resource['resourceType'])}/${String(resource['id'])}`, await integrator(), resource)

/** Comes by FHIR: single, in a transaction, changed, deleted, imported, held back from masking, refused. */
async function byFhir(person: string, own: Marks): Promise<void> {
  const ids = ['obs', 'doc', 'import', 'held', 'gone', 'refused', 'relative'].map((what) => own.of(`${what}id`))
  const [obs = '', doc = '', imported = '', held = '', gone = '', refused = '', relative = ''] = ids
  const consent = contract(own.of('contractid'), person, 'PROOF')
  const whole = bundleOf(
    'transaction',
    patient(person, profile(own)),
    consent,
    observation(obs, person, own, 'first'),
    document(doc, person, own),
  )
  await done(world.fhir('POST', '', await integrator(), whole), 200)
  await done(put(observation(obs, person, own, 'second')), 200)
  await done(put(observation(gone, person, own, 'gone')), 201)
  await done(world.fhir('DELETE', `/Observation/${gone}`, await integrator()), 204)
  const unknown = [{ url: `urn:${own.of('modifier')}`, valueString: own.of('modified') }]
  await done(put({ ...observation(held, person, own, 'held'), modifierExtension: unknown }), 201)
  const related = {
    resourceType: 'RelatedPerson',
    id: relative,
    patient: { reference: `Patient/${person}` },
    name: { text: own.of('relative') },
  }
  await done(put(related), 201)
  await post('/fhir-server/api/v1/$import', await integrator(), `${JSON.stringify(observation(imported, person, own, 'import'))}\n`, {
    'content-type': 'application/x-ndjson',
  })
  await done(put(contract(own.of('contractid'), person, 'PROOF', 'suspended')), 200)
  await done(put(observation(refused, person, own, 'refused')), 403)
  await done(put(contract(own.of('contractid'), person, 'PROOF')), 200)
}

/** Comes by an invitation, with an account that is used; has a guardian and a device. */
async function byInvitation(own: Marks, user: string, guardian: string): Promise<string> {
  const asked = { kind: 'patient', email: `${own.of('letter')}@example.org`, language: 'en', site: 'A' }
  const invited = await post('/registration/api/v1/studies/PROOF/invitations', await manager(), asked)
  const account = { user, display: own.of('display') }
  const { id: _id, ...said } = patient('x', { ...profile(own), birthDate: '2020-01-02' })
  const accepted = await post('/registration/api/v1/acceptPatientInvitation', null, {
    code: invited.json['code'],
    decision: 'accept',
    consents: ['share-data'],
    patient: said,
    account,
  })
  const person = String(accepted.json['patient'])
  const password = randomBytes(16).toString('hex')
  const { code } = accepted.json['account'] as { code: string }
  await done(world.send({ method: 'POST', path: '/identity/api/v1/codes', body: { user, code, password } }), 200, 204)
  const session = await post('/identity/api/v1/sign-in', null, { user, password })
  await done(world.fhir('GET', `/Patient/${person}`, String(session.json['access_token'])), 200)
  await post('/registration/api/v1/registerThirdParty', await manager(), {
    patient: person,
    relatedPerson: { resourceType: 'RelatedPerson', id: own.of('guardianid'), name: { text: own.of('guardian') } },
    kind: 'third-party',
    account: { user: guardian, display: own.of('guardiandisplay') },
  })
  return person
}

/** What else may come to name a person. */
async function named(person: string, device: string): Promise<void> {
  const { publicKey } = await generateKeyPair('ES384', { extractable: true })
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES384' }] }
  const program = { name: device, role: 'device', studies: ['PROOF'], people: [person], jwks }
  await post('/identity/api/v1/clients', await world.token('administrator'), program)
  await post('/identity/api/v1/access-reviews', await world.token('administrator'), { study: 'PROOF' })
  const auditor = await world.token('auditor', ['PROOF'])
  await post('/audit/api/v1/exports', auditor, { format: 'csv', study: 'PROOF', person })
  const analyst = await world.token('analyst', ['PROOF'])
  const sql = `SELECT count(*) AS n FROM observations WHERE id <> '${person}'`
  await post('/query/api/v1/statements', analyst, { study: 'PROOF', sql, purpose: 'analysis' }, { accept: 'application/json' })
  const cells = [{ id: 'c', kind: 'sql', name: 'own', source: sql }]
  const { json: noted } = await post('/query/api/v1/notebooks', analyst, { study: 'PROOF', title: `about ${person}`, cells })
  // Named in an older version only.
  const saved = { title: 'about nobody', cells: [], version: 1 }
  await world.send({ path: `/query/api/v1/notebooks/${String(noted['id'])}`, method: 'PUT', token: analyst, body: saved })
  const { text } = await world.send({ path: '/consent/api/v1/studies/PROOF/participants', token: await manager() })
  expect(text).not.toContain(person)
}

/** A file that its sender says is the person's. */
async function fileOf(person: string, { of }: Marks): Promise<void> {
  const token = await world.token('integrator', ['PROOF'])
  await post(
    '/datalake/api/v1/data',
    token,
    { holter: 1 },
    {
      'x-correlation-id': 'file',
      'x-aquifer-user': 'local:tests',
      'x-aquifer-patient': person,
      'content-disposition': `attachment; filename="${of('filename')}"`,
    },
  )
}
const filesOnDisk = async (): Promise<number> => (await readdir(path.join(world.platform.config.dataDir, 'files', 'lake', 'PROOF'))).length

async function erase(person: string): Promise<Json> {
  const at = '/consent/api/v1/studies/PROOF/withdrawals'
  const begun = await post(at, await manager(), { patient: person, act: 'erase', reason: 'asked', evidence: 'letter' })
  for (;;) {
    const { json } = await world.send({ path: `${at}/${String(begun.json['id'])}`, token: await manager() })
    if (json['state'] === 'done')
      return (await world.send({ path: `${at}/${String(json['id'])}/certificate`, token: await manager() })).json
    if (json['state'] === 'failed') throw new Error(JSON.stringify(json))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function pseudonymsOf(ids: readonly [type: string, id: string][]): Promise<string[]> {
  const keyring = await openKeyring({ dir: path.join(world.platform.config.dataDir, 'keys') })
  const pseudonyms = createPseudonyms(hmacOf((await keyring.studyKey('PROOF', 'masking')).key))
  return ids.map(([type, id]) => pseudonyms.id(type, id))
}

test('the manual says of every table what an erasure does to it', async () => {
  const manual = readFileSync(new URL('../../../../docs/security-officer.md', import.meta.url), 'utf8')
  const { rows } = await world.owner().query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`)
  expect(rows.map(({ name }) => name).filter((name) => !manual.includes(`\`${name}\``))).toEqual([])
})

test('after an erasure no byte holds the person', async () => {
  const [first, second, other] = [marks(), marks(), marks()]
  const [user, guardian] = [first.of('user').slice(0, 40), first.of('guardianuser').slice(0, 40)]
  const sue = second.of('personid')
  await byFhir(other.of('personid'), other)
  await byFhir(sue, second)
  const ann = await byInvitation(first, user, guardian)
  await done(put(observation(first.of('obsid'), ann, first, 'own')), 201)
  await world.platform.flow?.pipeline.wait({ study: 'PROOF', timeoutS: 60 })
  await named(ann, 'scale-1')
  await named(sue, 'scale-2')
  await fileOf(sue, second)
  expect(await filesOnDisk()).toBe(1)
  const pseudonyms = await pseudonymsOf([
    ['Patient', ann],
    ['Patient', sue],
    ['Observation', second.of('obsid')],
    ['Observation', second.of('importid')],
    ['Observation', second.of('heldid')],
    ['Observation', first.of('obsid')],
  ])
  const texts = [ann, ...first.all(), ...second.all()].filter((text) => !text.includes(user) && !text.includes(guardian))
  // Each text is there before, so that a search that finds nothing would be seen.
  const before = await placesOf(world, [...texts, ...pseudonyms])
  const unseen = [...texts, ...pseudonyms].filter((text) => !before.some((each) => each.text === text))
  expect(unseen.filter((text) => !text.includes('refused'))).toEqual([])
  const certificates = [await erase(ann), await erase(sue)]
  // A feed that does not know yet, and a look-up by the old id.
  await done(put(observation(second.of('lateid'), sue, second, 'late')), 403)
  await done(world.fhir('GET', `/Patient/${sue}`, await integrator()), 404)
  expect(await placesOf(world, [...texts, ...pseudonyms, second.of('latevalue')])).toEqual([])
  // What the certificate names: under which name an account acted.
  const kept = (await placesOf(world, [user, guardian])).map(({ place }) => place.replace(/^files\/audit\/.*/, 'a report of the trail'))
  const allowed = new Set(['a report of the trail', 'table access_review', 'table app_user', 'table audit'])
  expect([...new Set(kept)].filter((place) => !allowed.has(place))).toEqual([])
  expect(JSON.stringify(certificates)).toContain('name of an account')
  expect(await filesOnDisk()).toBe(0)
  // Whoever stays is whole.
  expect((await world.fhir('GET', `/Patient/${other.of('personid')}`, await integrator())).text).toContain(other.of('family'))
})
