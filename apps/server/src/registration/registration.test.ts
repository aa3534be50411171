// The operations of registration: each whole or not at all, once by its correlation id, within rights and reach.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import { isRefusal } from '@aquifer/core/refusal'
import { contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'
import { armFaults, disarmFaults } from '../storage/index.js'

let world: World
let manager: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', kind: 'registry', sites: ['A', 'B'], required: ['share-data', 'cloud'], zone: 'Europe/Berlin' })
  await world.study({ id: 'R', kind: 'regulated', required: ['share-data'] })
  await world.study({ id: 'T', sites: ['A'] })
  const { sid } = (await world.platform.studies.byId('S'))!
  await world.owner().query(`update study set settings = settings || '{"jurisdiction":"DE"}' where sid = $1`, [sid])
  manager = await world.token('study-manager', ['S'])
})
afterAll(() => world.close())
afterEach(() => {
  disarmFaults()
  world.clock.at = null
})

const call = (operation: string, token: string | null, body: Json, correlation?: string): Promise<Sent> =>
  world.send({
    method: 'POST',
    path: `/registration/api/v1/${operation}`,
    token,
    body,
    ...(correlation === undefined ? {} : { headers: { 'x-correlation-id': correlation } }),
  })
const person = (id: string, more: Json = {}): Json => ({ site: 'A', patient: patient(id, more), consentOnFile: { evidence: 'binder 4' } })
async function registered(id: string, more: Json = {}): Promise<void> {
  const sent = await call('registerPatient', manager, person(id, more))
  if (sent.status !== 201) throw new Error(sent.text)
}
async function tokenOf(user: string, role: Role): Promise<string> {
  const session = await world.platform.identity.mint({ role, user, requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  return session.token
}
const reader = () => world.token('investigator', ['S'])
const seen = async (path: string, token?: string): Promise<number> => (await world.fhir('GET', path, token ?? (await reader()))).status
const rows = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await world.owner().query(text, values)).rows

test('a patient is registered whole: profile, consents, enrolment, log, account, one audit record', async () => {
  const sent = await call('registerPatient', manager, { ...person('anna'), account: { user: 'anna', display: 'Anna' } }, 'reg-anna')
  expect(sent).toMatchObject({ status: 201, json: { study: 'S', site: 'A', patient: 'anna', account: { user: 'anna' } } })
  expect((sent.json['contracts'] as string[]).length).toBe(2)
  expect(await seen('/Patient/anna')).toBe(200)
  const log = await world.send({ path: `/consent/api/v1/studies/S/participants/${String(sent.json['subject'])}`, token: manager })
  expect(log.json).toMatchObject({ state: 'enrolled', site: 'A' })
  expect((await world.fhir('PUT', '/Observation/anna-w', await world.token('integrator', ['S']), weight('anna-w', 'anna'))).status).toBe(
    201,
  )
  expect(await seen('/Patient/anna', await tokenOf('anna', 'patient'))).toBe(200)
  const audited = await rows(`select action, detail, jsonb_array_length(entries) as n from audit where request = 'reg-anna'`)
  expect(audited).toMatchObject([
    { action: 'registration', detail: { operation: 'registerPatient', evidence: 'binder 4', status: 201 }, n: 3 },
  ])
  expect((await call('registerPatient', manager, person('anna'))).status).toBe(409)
})

test('without every required consent nothing of a patient is there, and the refusal names what is missing', async () => {
  const only = { site: 'A', patient: patient('carl'), contracts: [contract('carl-c', 'carl', 'S')] }
  const sent = await call('registerPatient', manager, only)
  expect(sent).toMatchObject({ status: 403, json: { missing: ['cloud'] } })
  expect(await seen('/Contract/carl-c', manager)).toBe(404)
  const refused = await world.send({ path: '/consent/api/v1/studies/S/refusals', token: manager })
  expect(refused.text).toContain('"missing":["cloud"]')
  const wrong = await call('registerPatient', manager, { ...only, contracts: [contract('carl-c', 'anna', 'S')] })
  expect(wrong.status).toBe(400)
})

test.each(['registration.stored', 'registration.performed', 'registration.settled'])(
  'broken off at %s, nothing is there, and sent again it is done',
  async (point) => {
    const id = `broken-${point.split('.')[1]}`
    const body = { ...person(id), account: { user: id, display: id } }
    armFaults(`${point}=fail@1`)
    expect((await call('registerPatient', manager, body, id)).status).toBe(500)
    expect(await seen(`/Patient/${id}`)).toBe(404)
    expect(await rows(`select 1 from person p join enrolment e on e.patient = p.pid where p.id = $1`, [id])).toEqual([])
    expect(await rows(`select 1 from consent c join person p on p.pid = c.patient where p.id = $1`, [id])).toEqual([])
    expect(await rows(`select 1 from registration where correlation = $1`, [id])).toEqual([])
    expect(await world.platform.repository.users.byName(id)).toBeNull()
    disarmFaults()
    expect((await call('registerPatient', manager, body, id)).status).toBe(201)
    expect(await seen(`/Patient/${id}`)).toBe(200)
  },
)

test('twenty at once under one correlation id are one registration with one answer', async () => {
  const { id: _id, ...nameless } = patient('x')
  const body = { site: 'B', patient: nameless, consentOnFile: { evidence: 'binder' } }
  const all = await Promise.all(Array.from({ length: 20 }, () => call('registerPatient', manager, body, 'twenty')))
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(all.map(({ text }) => text)).size).toBe(1)
  const subject = String(all[0]?.json['subject'])
  expect(
    await rows(
      `select count(*)::int as n from enrolment e join study s on s.sid = e.sid where s.id = 'S' and e.site = (select site from site where sid = s.sid and id = 'B')`,
    ),
  ).toEqual([{ n: 1 }])
  expect((await call('registerPatient', manager, { ...body, site: 'A' }, 'twenty')).status).toBe(409)
  expect((await call('removeRelationship', manager, { relationship: 'x' }, 'twenty')).status).toBe(409)
  // Somebody else's id is his own.
  const other = await call('registerPatient', await world.token('integrator', ['S']), body, 'twenty')
  expect(other.status).toBe(201)
  expect(other.json['subject']).not.toBe(subject)
})

test('sites and studies out of reach look like none', async () => {
  await registered('dora')
  const elsewhere = await world.token('study-manager', ['T'])
  const atB = await world.token('study-manager', ['S'], { sites: ['B'] })
  const related = { patient: 'dora', relatedPerson: { resourceType: 'RelatedPerson' }, kind: 'third-party' }
  const hidden = await call('registerThirdParty', atB, related)
  const missing = await call('registerThirdParty', atB, { ...related, patient: 'nobody' })
  expect([hidden.status, hidden.json['detail']]).toEqual([404, missing.json['detail']])
  expect((await call('registerPatient', atB, { ...person('dora'), site: 'B' })).status).toBe(404)
  expect((await call('registerPatient', atB, person('eve'))).status).toBe(400)
  expect((await call('registerPatient', elsewhere, { ...person('eve'), study: 'S' })).status).toBe(400)
  expect((await call('removePatient', atB, { patient: 'dora', reason: 'r', evidence: 'e' })).status).toBe(404)
  expect((await call('registerPatient', await world.token('analyst', ['S']), person('eve'))).status).toBe(403)
})

test('a guardian sees the ward until the instant of majority, and an adult’s only by a finding', async () => {
  await registered('minor', { birthDate: '2010-06-15' })
  await registered('adult', { birthDate: '1960-01-01' })
  const body = (id: string, more: Json = {}): Json => ({
    patient: id,
    relatedPerson: { resourceType: 'RelatedPerson' },
    kind: 'guardian',
    ...more,
  })
  const sent = await call('registerThirdParty', manager, body('minor', { account: { user: 'mother', display: 'Mother' } }))
  expect(sent).toMatchObject({ status: 201, json: { patient: 'minor', kind: 'guardian', until: '2028-06-14T22:00:00.000Z' } })
  const token = await tokenOf('mother', 'guardian')
  expect([await seen('/Patient/minor', token), await seen('/Patient/adult', token)]).toEqual([200, 404])
  const refused = await call('registerThirdParty', manager, body('adult'))
  expect(refused.status).toBe(422)
  const found = await rows(`select 1 from current c where c.type = (select type from current where id = $1 limit 1) and not c.deleted`, [
    sent.json['relatedPerson'],
  ])
  expect(found.length).toBe(1)
  const competent = await call('registerThirdParty', manager, body('adult', { basis: 'non-competence', finding: 'court 12/2025' }))
  expect(competent).toMatchObject({ status: 201, json: { until: null } })
  // The account comes of age with the ward: at that instant, not before.
  world.clock.at = Date.parse('2028-06-14T21:59:59.999Z')
  const then = await tokenOf('mother', 'guardian')
  expect(await seen('/Patient/minor', then)).toBe(200)
  world.clock.at += 1
  expect(await seen('/Patient/minor', then)).toBe(404)
})

test('a practitioner works at his site until he is removed, and his account ends when nothing else needs it', async () => {
  await registered('fred')
  const practitioner = { resourceType: 'Practitioner', id: 'doc', name: { family: ['Doc'] } }
  const body = { site: 'A', practitioner, account: { user: 'doc', display: 'Doc', role: 'investigator' } }
  expect(await call('registerPractitioner', manager, body)).toMatchObject({ status: 201, json: { practitioner: 'doc', site: 'A' } })
  expect((await call('registerPractitioner', manager, body)).status).toBe(409)
  const also = await world.token('study-manager', ['T'])
  expect((await call('registerPractitioner', also, { id: 'doc' })).status).toBe(201)
  expect((await call('registerPractitioner', also, { id: 'none' })).status).toBe(404)
  const token = await tokenOf('doc', 'investigator')
  const inS = { 'x-aquifer-study': 'S' }
  expect((await world.fhir('GET', '/Patient/fred', token, undefined, inS)).status).toBe(200)
  const removed = await call('removePractitioner', manager, { practitioner: 'doc' })
  expect(removed).toMatchObject({ status: 200, json: { disabled: [] } })
  expect((await world.fhir('GET', '/Patient/fred', token, undefined, inS)).status).toBe(404)
  expect((await call('removePractitioner', manager, { practitioner: 'doc' })).status).toBe(404)
  expect(await call('removePractitioner', also, { practitioner: 'doc' })).toMatchObject({ status: 200, json: { disabled: ['doc'] } })
  expect(await world.platform.repository.users.byName('doc')).toMatchObject({ status: 'disabled' })
})

test('a patient is removed by the act of the study’s kind; what led to him ends where nobody sees him any more', async () => {
  await registered('gina')
  const third = await call('registerThirdParty', manager, {
    patient: 'gina',
    relatedPerson: { resourceType: 'RelatedPerson' },
    kind: 'third-party',
    account: { user: 'gina-friend', display: 'Friend' },
  })
  expect(third.status).toBe(201)
  const asked = { patient: 'gina', reason: 'asked', evidence: 'letter' }
  armFaults('registration.performed=fail@1')
  expect((await call('removePatient', manager, asked, 'remove-gina')).status).toBe(500)
  expect(await seen('/Patient/gina')).toBe(200)
  expect(await rows(`select 1 from withdrawal`)).toEqual([])
  expect(await seen('/Patient/gina', await tokenOf('gina-friend', 'guardian'))).toBe(200)
  disarmFaults()
  const removed = await call('removePatient', manager, asked, 'remove-gina')
  expect(removed).toMatchObject({ status: 200, json: { act: 'stop-use', relationships: 1, invitations: 0 } })
  expect(await seen('/Patient/gina')).toBe(404)
  expect((await call('removePatient', manager, asked, 'remove-gina')).text).toBe(removed.text)
  expect(await rows(`select 1 from withdrawal`)).toHaveLength(1)
  const regulated = await world.token('study-manager', ['R'])
  const { site: _site, ...inR } = person('hans')
  expect((await call('registerPatient', regulated, inR)).status).toBe(201)
  expect(await call('removePatient', regulated, { ...asked, patient: 'hans' })).toMatchObject({ json: { act: 'stop-new' } })
})

test('a relationship is ended by who reaches its person, a patient his own included', async () => {
  await registered('ida')
  await registered('jan')
  const body = { relatedPerson: { resourceType: 'RelatedPerson' }, kind: 'third-party' }
  const mine = await call('registerThirdParty', manager, { ...body, patient: 'ida' })
  const ida = await world.token('patient', ['S'], { patient: 'ida' })
  const jan = await world.token('patient', ['S'], { patient: 'jan' })
  const asked = { relationship: mine.json['relationship'] as string }
  expect((await call('removeRelationship', jan, asked)).status).toBe(404)
  expect((await call('removeRelationship', ida, { relationship: 'none' })).status).toBe(404)
  expect(await call('removeRelationship', ida, asked)).toMatchObject({ status: 200, json: { kind: 'third-party' } })
})

test('after an erasure nothing that registration kept names the person', async () => {
  await world.study({ id: 'P', kind: 'program' })
  const token = await world.token('study-manager', ['P'])
  const { site: _site, ...body } = person('kim')
  expect((await call('registerPatient', token, body, 'reg-kim')).status).toBe(201)
  const { sid } = (await world.platform.studies.byId('P'))!
  const person_ = (await world.platform.repository.erasure.personOf(sid, { patientId: 'kim' }))!
  await world.platform.repository.erasure.remove(person_)
  expect(await rows(`select 1 from registration where answer::text like '%kim%' or patient = 'kim'`)).toEqual([])
})

/** All that registration may have changed, counted. */
const standing = async (): Promise<unknown> =>
  (
    await rows(`select (select count(*) from current where not deleted)::int as resources, (select count(*) from version)::int as versions,
      (select count(*) from relationship where ended is null)::int as relationships, (select count(*) from registration)::int as answers,
      (select count(*) from invitation where accepted_at is not null)::int as accepted, (select count(*) from participant_step)::int as steps,
      (select count(*) from app_user where status = 'active')::int as accounts`)
  )[0]

test('every operation is whole or not at all, and sent again it changes nothing', async () => {
  await registered('lena')
  const practitioner = { resourceType: 'Practitioner', id: 'whole-doc' }
  const staff = { user: 'whole-carer', display: 'Carer', role: 'care-manager' }
  await call('registerPractitioner', manager, { site: 'B', practitioner: { ...practitioner, id: 'whole-carer' }, account: staff })
  const invited = await world.send({
    method: 'POST',
    path: '/registration/api/v1/studies/S/invitations',
    token: manager,
    body: { kind: 'care-manager', patient: 'lena' },
  })
  const carer = await tokenOf('whole-carer', 'care-manager')
  let relationship = ''
  const steps: [string, string, () => Json][] = [
    ['registerPractitioner', manager, () => ({ site: 'A', practitioner, account: { user: 'whole-doc', display: 'Doc' } })],
    [
      'registerThirdParty',
      manager,
      () => ({
        patient: 'lena',
        relatedPerson: { resourceType: 'RelatedPerson' },
        kind: 'third-party',
        account: { user: 'whole-aunt', display: 'Aunt' },
      }),
    ],
    ['removeRelationship', manager, () => ({ relationship })],
    ['acceptCareManagerInvitation', carer, () => ({ code: String(invited.json['code']) })],
    ['removePractitioner', manager, () => ({ practitioner: 'whole-doc' })],
  ]
  for (const [operation, token, body] of steps) {
    const before = await standing()
    armFaults('registration.settled=fail@1')
    expect([operation, (await call(operation, token, body(), operation)).status]).toEqual([operation, 500])
    expect([operation, await standing()]).toEqual([operation, before])
    disarmFaults()
    const done = await call(operation, token, body(), operation)
    expect([operation, done.status < 300]).toEqual([operation, true])
    const after = await standing()
    expect([operation, after]).not.toEqual([operation, before])
    expect([operation, (await call(operation, token, body(), operation)).text]).toEqual([operation, done.text])
    expect([operation, await standing()]).toEqual([operation, after])
    if (operation === 'registerThirdParty') relationship = String(done.json['relationship'])
  }
})

test('an account is not somebody else’s, and one that was lost on the way is made when the request comes again', async () => {
  await registered('mona')
  const asked = { ...person('nora'), account: { user: 'whole-carer', display: 'Nora' } }
  expect((await call('registerPatient', manager, asked)).status).toBe(409)
  expect(await seen('/Patient/nora')).toBe(404)
  const body = { ...person('olga'), account: { user: 'olga', display: 'Olga' } }
  expect((await call('registerPatient', manager, body, 'olga')).status).toBe(201)
  await rows(`delete from app_user where name = 'olga'`)
  expect((await call('registerPatient', manager, body, 'olga')).status).toBe(201)
  expect(await world.platform.repository.users.byName('olga')).toMatchObject({ actor: 'Patient/olga', role: 'patient' })
})

test('the code of an account is told again to the same request, until it is used, and to no other', async () => {
  const body = { ...person('pia'), account: { user: 'pia', display: 'Pia' } }
  const first = await call('registerPatient', manager, body, 'pia')
  const codeOf = ({ json }: Sent): unknown => (json['account'] as Json)['code']
  const code = codeOf(first)
  expect(code).toMatch(/^[0-9A-Z-]{29}$/)
  const all = await Promise.all(Array.from({ length: 5 }, () => call('registerPatient', manager, body, 'pia')))
  expect(new Set(all.map(codeOf))).toEqual(new Set([code]))
  // Another registration for the same person's account gives nobody a way in.
  const third = await call('registerPatient', await world.token('study-manager', ['T']), { ...body, site: 'A' }, 'pia-in-t')
  expect([third.status, codeOf(third)]).toEqual([201, null])
  const choose = () =>
    world.send({ method: 'POST', path: '/identity/api/v1/codes', body: { user: 'pia', code, password: 'violet harbour 77' } })
  expect((await choose()).status).toBe(204)
  expect((await choose()).status).toBe(401)
  expect(codeOf(await call('registerPatient', manager, body, 'pia'))).toBeNull()
})
