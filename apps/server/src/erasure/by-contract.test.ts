// A Contract that takes a required consent back is a withdrawal, by whatever way it came: single, in a transaction, in an import.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
})
afterAll(() => world.close())

async function study(id: string, kind: 'regulated' | 'registry' | 'program', people: readonly string[]): Promise<string> {
  await world.study({ id, kind, required: ['share-data', 'terms-of-use'] })
  const token = await world.token('integrator', [id])
  for (const person of people) {
    const consents = ['share-data', 'terms-of-use', 'cloud'].map((type) => contract(`${person}-${type}`, person, id, 'active', { type }))
    const sent = await world.fhir('POST', '', token, bundleOf('transaction', patient(person), ...consents, weight(`${person}-w`, person)))
    expect(sent.status).toBe(200)
  }
  return token
}
const takenBack = (person: string, id: string, type = 'share-data'): Json =>
  contract(`${person}-${type}`, person, id, 'withdrawn', { type })
async function manager(id: string, path: string): Promise<Sent> {
  return await world.send({ path: `/consent/api/v1/studies/${id}${path}`, token: await world.token('study-manager', [id]) })
}
const withdrawals = async (id: string): Promise<Json[]> => (await manager(id, '/withdrawals')).json['withdrawals'] as Json[]
async function ended(id: string): Promise<Json> {
  for (;;) {
    const [newest] = await withdrawals(id)
    if (newest !== undefined && newest['state'] !== 'requested' && newest['state'] !== 'running') return newest
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const seen = async (id: string, person: string): Promise<number> =>
  (await world.fhir('GET', `/Observation/${person}-w`, await world.token('investigator', [id]))).status

test('a single Contract: with its answer nobody sees the person; job, list and certificate as for one that was asked for', async () => {
  const token = await study('ONE', 'registry', ['anna', 'bert'])
  expect(await seen('ONE', 'anna')).toBe(200)
  expect((await world.fhir('PUT', '/Contract/anna-share-data', token, takenBack('anna', 'ONE'))).status).toBe(200)
  expect([await seen('ONE', 'anna'), await seen('ONE', 'bert')]).toEqual([404, 200])
  const end = await ended('ONE')
  expect(end).toMatchObject({ origin: 'contract', act: 'stop-use', state: 'done', certificate: true })
  const certificate = await manager('ONE', `/withdrawals/${String(end['id'])}/certificate`)
  expect(certificate.json['certificate']).toMatchObject({ origin: 'contract', act: 'stop-use', role: 'integrator' })
  expect(certificate.text).not.toContain('anna')
  const { rows } = await world.owner().query<{ entries: Json[] }>(`select a.entries from withdrawal w join audit a on a.id = w.audit`)
  expect(rows.flatMap(({ entries }) => entries.map((entry) => entry['withdrawal']))).toContain(end['id'])
  // Said again, and said of the other required consent: it is one withdrawal.
  await world.fhir('PUT', '/Contract/anna-share-data', token, takenBack('anna', 'ONE'))
  await world.fhir('PUT', '/Contract/anna-terms-of-use', token, takenBack('anna', 'ONE', 'terms-of-use'))
  expect(await withdrawals('ONE')).toHaveLength(1)
})

test('what the study does not require, what only pauses and what ends by itself start none', async () => {
  const token = await study('NONE', 'program', ['carl'])
  await world.fhir('PUT', '/Contract/carl-cloud', token, takenBack('carl', 'NONE', 'cloud'))
  await world.fhir('PUT', '/Contract/carl-share-data', token, contract('carl-share-data', 'carl', 'NONE', 'suspended'))
  await world.fhir('PUT', '/Contract/carl-share-data', token, contract('carl-share-data', 'carl', 'NONE', 'expired'))
  // A stranger's word finds nothing that could be stopped.
  await world.fhir('PUT', '/Contract/nobody-c', token, takenBack('nobody', 'NONE'))
  expect(await withdrawals('NONE')).toEqual([])
  expect(await seen('NONE', 'carl')).toBe(200)
})

test('in a transaction and in an import alike; a transaction that takes back and gives anew withdraws nothing', async () => {
  const token = await study('MANY', 'program', ['dora', 'emil', 'fred'])
  const both = bundleOf('transaction', takenBack('fred', 'MANY'), contract('fred-anew', 'fred', 'MANY'))
  expect((await world.fhir('POST', '', token, both)).status).toBe(200)
  expect(await withdrawals('MANY')).toEqual([])
  expect((await world.fhir('POST', '', token, bundleOf('transaction', takenBack('dora', 'MANY')))).status).toBe(200)
  expect(await seen('MANY', 'dora')).toBe(404)
  const body = `${JSON.stringify(takenBack('emil', 'MANY'))}\n`
  const imported = await world.send({
    method: 'POST',
    path: '/fhir-server/api/v1/$import',
    token,
    body,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(imported.status).toBe(200)
  expect([await seen('MANY', 'emil'), await seen('MANY', 'fred')]).toEqual([404, 200])
  expect((await withdrawals('MANY')).map(({ origin }) => origin)).toEqual(['contract', 'contract'])
})

test('a program too stops use and erases nothing; a regulated trial stops new data alone', async () => {
  const token = await study('TRIAL', 'regulated', ['gina'])
  await world.fhir('PUT', '/Contract/gina-share-data', token, takenBack('gina', 'TRIAL'))
  expect(await ended('TRIAL')).toMatchObject({ act: 'stop-new', state: 'done' })
  expect(await seen('TRIAL', 'gina')).toBe(200)
  const program = await study('PRG', 'program', ['hans'])
  await world.fhir('PUT', '/Contract/hans-share-data', program, takenBack('hans', 'PRG'))
  expect(await ended('PRG')).toMatchObject({ act: 'stop-use', state: 'done' })
  const { sid } = (await world.platform.studies.byId('PRG'))!
  expect((await world.platform.repository.counts(sid))['Observation']).toBe(1)
})

test('given anew the person comes back with the next data, and may withdraw again', async () => {
  const token = await study('BACK', 'registry', ['ida'])
  await world.fhir('PUT', '/Contract/ida-share-data', token, takenBack('ida', 'BACK'))
  const refused = await world.fhir('PUT', '/Observation/ida-w', token, weight('ida-w', 'ida', 71))
  expect(refused.status).toBe(403)
  await world.fhir('PUT', '/Contract/ida-share-data', token, contract('ida-share-data', 'ida', 'BACK'))
  expect(await seen('BACK', 'ida')).toBe(404)
  expect((await world.fhir('PUT', '/Observation/ida-w', token, weight('ida-w', 'ida', 72))).status).toBe(200)
  expect(await seen('BACK', 'ida')).toBe(200)
  await world.fhir('PUT', '/Contract/ida-share-data', token, takenBack('ida', 'BACK'))
  expect(await seen('BACK', 'ida')).toBe(404)
  expect(await withdrawals('BACK')).toHaveLength(2)
})

test('whoever wrote the Contract does not stop what the person asked for', async () => {
  const token = await study('KEEP', 'registry', ['jana'])
  await world.fhir('PUT', '/Contract/jana-share-data', token, takenBack('jana', 'KEEP'))
  const [{ job } = {}] = await withdrawals('KEEP')
  const own = await world.send({ path: '/jobs/api/v1?kind=withdrawal&study=KEEP', token })
  expect((own.json['jobs'] as Json[]).map(({ id }) => id)).toEqual([job])
  const stopped = await world.send({ method: 'DELETE', path: `/jobs/api/v1/${String(job)}`, token })
  expect(stopped.status).toBe(403)
  expect(await ended('KEEP')).toMatchObject({ state: 'done' })
})
