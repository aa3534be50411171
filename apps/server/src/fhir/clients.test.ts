// Clients written by others, against the server as it listens: what they take for granted has to be so.
import { Client } from 'fhir-kit-client'
import smart from 'fhirclient'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let token: string
let baseUrl: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  token = await world.token('integrator', ['S'])
  baseUrl = `${await world.platform.listen()}/fhir-server/api/v1`
})
afterAll(() => world.close())

const ids = (bundle: Json): unknown[] => (bundle['entry'] as { resource: Json }[]).map(({ resource }) => resource['id'])

test('fhir-kit-client: create, read, update, history, search and its pages, transaction, delete, errors', async () => {
  const client = new Client({ baseUrl, bearerToken: token })
  const conformance = await client.capabilityStatement()
  expect(conformance).toMatchObject({ resourceType: 'Conformance', fhirVersion: '1.0.2' })
  const created = await client.create({ resourceType: 'Patient', body: { ...patient('ignored'), resourceType: 'Patient' } })
  const id = String(created.id)
  expect(await client.read({ resourceType: 'Patient', id })).toMatchObject({ birthDate: '1970-02-03' })
  await client.update({ resourceType: 'Patient', id, body: { ...patient(id), resourceType: 'Patient', gender: 'male' } })
  expect(await client.vread({ resourceType: 'Patient', id, version: '1' })).toMatchObject({ gender: 'female' })
  expect(ids(await client.history({ resourceType: 'Patient', id }))).toEqual([id, id])
  const body = { ...bundleOf('transaction', ...[1, 2, 3, 4, 5].map((n) => weight(`k${n}`, id, n))), resourceType: 'Bundle' }
  expect(await client.transaction({ body })).toMatchObject({ type: 'transaction-response' })
  const found: unknown[] = []
  let page = await client.resourceSearch({ resourceType: 'Observation', searchParams: { patient: id, _count: 2 } })
  for (;;) {
    found.push(...ids(page))
    const next = await client.nextPage({ bundle: page as typeof page & { link: { relation: string; url: string }[] } })
    if (next === undefined) break
    page = next
  }
  expect(new Set(found)).toEqual(new Set(['k1', 'k2', 'k3', 'k4', 'k5']))
  expect(found).toHaveLength(5)
  const posted = await client.resourceSearch({ resourceType: 'Observation', searchParams: { patient: id }, options: { postSearch: true } })
  expect(posted).toMatchObject({ total: 5 })
  await client.delete({ resourceType: 'Observation', id: 'k1' })
  await expect(client.read({ resourceType: 'Observation', id: 'k1' })).rejects.toMatchObject({
    response: { status: 410, data: { resourceType: 'OperationOutcome' } },
  })
})

test('fhirclient: the release, a patient in context, writes, all pages at once, references resolved', async () => {
  const state = { serverUrl: baseUrl, tokenResponse: { access_token: token, patient: 'fc' } }
  const client = smart({} as never, {} as never).client(state)
  expect([await client.getFhirVersion(), await client.getFhirRelease()]).toEqual(['1.0.2', 2])
  await client.update({ ...patient('fc'), resourceType: 'Patient', id: 'fc' })
  expect(await client.patient.read()).toMatchObject({ id: 'fc' })
  const { id } = (await client.create({ ...weight('', 'fc', 60), id: undefined })) as unknown as { id: string }
  for (const n of [1, 2, 3]) await client.update(weight(`f${n}`, 'fc', 60 + n))
  const all = await client.request('Observation?patient=fc&_count=2', { pageLimit: 0, flat: true })
  expect(new Set((all as Json[]).map((each) => each['id']))).toEqual(new Set([id, 'f1', 'f2', 'f3']))
  const resolved = (await client.request(`Observation/${id}`, { resolveReferences: 'subject' })) as Json
  expect(resolved['subject']).toMatchObject({ resourceType: 'Patient', id: 'fc' })
  await client.delete(`Observation/${id}`)
  await expect(client.request(`Observation/${id}`)).rejects.toThrow(/410|Gone/i)
})
