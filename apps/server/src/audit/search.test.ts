// The trail as auditors search it, as others read it, and as the person concerned does; reports and electronic signatures.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import { validate } from '@aquifer/core/fhir'
import type { AuditExportManifest, AuditPage, DisclosureList, JobView, SignatureView } from '@aquifer/core/contract'
import { verifyFile } from './index.js'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
let auditor: string
let investigator: string
const password = 'correct horse battery'
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', sites: ['A', 'B'] })
  await world.study({ id: 'OTHER' })
  for (const [name, role] of [
    ['ines', 'investigator'],
    ['paul', 'patient'],
  ] as const) {
    await world.platform.identity.putUser({
      name,
      display: `${name} display`,
      grant: { role, studies: ['S'], sites: [], people: role === 'patient' ? ['p1'] : null },
      password,
    })
  }
  feed = await world.token('integrator', ['S'])
  auditor = await world.token('auditor')
  investigator = await signIn('ines')
  await world.fhir('PUT', '/Patient/p1', feed, patient('p1'), { 'x-aquifer-site': 'A' })
  await world.fhir('PUT', '/Patient/p2', feed, patient('p2'), { 'x-aquifer-site': 'B' })
  await world.fhir('POST', '', feed, bundleOf('transaction', weight('w1', 'p1'), weight('w2', 'p2')))
  const why = { 'x-aquifer-reason': '=check of a value', 'x-correlation-id': 'the-read' }
  await world.fhir('GET', '/Observation/w1', investigator, undefined, why)
  await world.fhir('GET', '/Observation?code=29463-7', investigator, undefined, { 'x-correlation-id': 'the-search' })
  await world.fhir('GET', '/Observation/w1/_history', investigator, undefined, { 'x-correlation-id': 'the-history' })
  await world.fhir('GET', '/Observation/w1', await world.token('analyst', ['S']), undefined, { 'x-correlation-id': 'the-refused' })
})
afterAll(() => world.close())

async function signIn(user: string): Promise<string> {
  const { json } = await world.send({ method: 'POST', path: '/identity/api/v1/sign-in', body: { user, password } })
  return String(json['access_token'])
}
const records = async (query: string, token = auditor): Promise<AuditPage['records']> =>
  ((await world.send({ path: `/audit/api/v1/records?${query}`, token })).json as unknown as AuditPage).records
const requests = async (query: string, token = auditor): Promise<string[]> => (await records(query, token)).map(({ request }) => request)
async function finished(path: string, body: unknown, token: string): Promise<JobView> {
  let { json } = await world.send({ method: 'POST', path, token, body })
  while (json['state'] === 'queued' || json['state'] === 'running')
    ({ json } = await world.send({ path: `/jobs/api/v1/${String(json['id'])}`, token }))
  return json as unknown as JobView
}

test('a record says who, in which role, did what, to whose data, when, from where, and why', async () => {
  const [read] = await records('correlation=the-read')
  expect(read).toMatchObject({
    actor: 'ines',
    name: 'ines display',
    role: 'investigator',
    action: 'read',
    study: 'S',
    outcome: 'done',
    reason: '=check of a value',
    source: '127.0.0.1',
  })
  expect(read?.patients).toHaveLength(1)
})
test('writes, reads, histories and searches name everybody they concern, by surrogate', async () => {
  const counts = async (query: string) => (await records(query)).map(({ patients }) => patients.length)
  expect(await counts('action=transaction')).toEqual([2])
  expect(await counts('correlation=the-search')).toEqual([2])
  expect(await counts('correlation=the-history')).toEqual([1])
  expect(await counts('correlation=the-refused')).toEqual([0])
  expect(JSON.stringify(await records('limit=500'))).not.toMatch(/"p1"|"w1"/)
})
test('the trail is searched by every side of a record, a page at a time', async () => {
  expect(await requests('actor=ines&action=read')).toEqual(['the-read'])
  expect(await requests('role=analyst&outcome=refused')).toEqual(['the-refused'])
  expect(await requests('patient=p2&actor=ines')).toEqual(['the-search'])
  expect(await requests('patient=nobody')).toEqual([])
  expect(await requests('actor=ines&to=2020-01-01')).toEqual([])
  expect((await requests('actor=ines&from=2020-01-01')).length).toBeGreaterThan(3)
  const first = (await world.send({ path: '/audit/api/v1/records?actor=ines&limit=2', token: auditor })).json as unknown as AuditPage
  const second = await requests(`actor=ines&limit=2&before=${first.next}`)
  expect(new Set([...first.records.map(({ request }) => request), ...second]).size).toBe(4)
  expect((await world.send({ path: '/audit/api/v1/records?action=nothing', token: auditor })).status).toBe(400)
})
test('an auditor of one study or site sees its records alone, others none', async () => {
  expect(await requests('actor=ines', await world.token('auditor', ['OTHER']))).toEqual([])
  const atB = await records('', await world.token('auditor', ['S'], { sites: ['B'] }))
  expect(atB.map(({ request }) => request)).toContain('the-search')
  expect(atB.map(({ request }) => request)).not.toContain('the-read')
  expect((await world.send({ path: '/audit/api/v1/records?study=S', token: await world.token('auditor', ['OTHER']) })).status).toBe(404)
  expect((await world.send({ path: '/audit/api/v1/records', token: investigator })).status).toBe(403)
})
test('events are valid DSTU2 AuditEvents', async () => {
  const { json } = await world.send({ path: '/audit/api/v1/events?limit=50', token: auditor })
  const events = (json['entry'] as { resource: Json }[]).map(({ resource }) => resource)
  expect(events.length).toBeGreaterThan(8)
  for (const event of events) expect(validate(event as never).filter(({ severity }) => severity === 'error')).toEqual([])
  expect(validate(json as never).filter(({ severity }) => severity === 'error')).toEqual([])
})

const disclosed = async (query: string, token: string) => {
  const { status, json } = await world.send({ path: `/audit/api/v1/disclosures?${query}`, token })
  return { status, list: (json as unknown as DisclosureList).disclosures }
}
test('a patient reads who saw his data, in words; nobody else’s', async () => {
  const paul = await signIn('paul')
  const { list } = await disclosed('patient=p1', paul)
  expect(list.map(({ words }) => words.replace(/ on \d{4}-\d\d-\d\d/, ''))).toEqual([
    'ines display (investigator of the study) read the history of Observation in study S.',
    'ines display (investigator of the study) found in a search and read parts of the record in study S.',
    'ines display (investigator of the study) read Observation in study S. Reason given: =check of a value',
  ])
  expect((await disclosed('patient=p2', paul)).status).toBe(404)
  expect((await disclosed('patient=p1', await world.token('patient', ['S']))).status).toBe(404)
})
test('those who watch over a study read the disclosures of its people alone', async () => {
  expect((await disclosed('patient=p2', await world.token('privacy-officer', ['S']))).list).toHaveLength(1)
  expect((await disclosed('patient=p2', await world.token('privacy-officer', ['OTHER']))).status).toBe(404)
  expect((await disclosed('patient=p2', investigator)).status).toBe(403)
})

async function exported(asked: Json, token = auditor): Promise<{ manifest: AuditExportManifest; text: string; id: string }> {
  const job = await finished('/audit/api/v1/exports', asked, token)
  const { text } = await world.send({ path: `/audit/api/v1/exports/${job.id}/file`, token })
  return { manifest: job.result as AuditExportManifest, text, id: job.id }
}
test('a report says in its manifest what is in it, and no spreadsheet runs what a client wrote', async () => {
  const { manifest, text } = await exported({ format: 'csv', study: 'S', person: 'p1' })
  expect(text.trim().split('\r\n')).toHaveLength(manifest.rows + 1)
  expect(createHash('sha256').update(text).digest('hex')).toBe(manifest.sha256)
  expect(manifest).toMatchObject({ by: 'local:tests', filters: { study: 'S', person: 'one person' } })
  expect(text).toContain(`,'=check of a value`)
  const { text: json, manifest: told } = await exported({ format: 'json', study: 'S', person: 'p1' })
  expect((JSON.parse(json) as { records: unknown[] }).records).toHaveLength(told.rows)
})
test('a report on paper numbers its pages and is made only of what its reader may see', async () => {
  const { manifest, id } = await exported({ format: 'pdf', study: 'S' })
  const file = readFileSync(path.join(world.platform.config.dataDir, 'files', 'audit', `${id}.pdf`))
  expect(file.subarray(0, 5).toString()).toBe('%PDF-')
  // Names are printed in their own letters: by a font that is in the file.
  expect(file.toString('latin1')).toMatch(/\+DejaVuSansCondensed\b/)
  expect(manifest.rows).toBeGreaterThan(5)
  expect((await exported({ format: 'csv' }, await world.token('auditor', ['OTHER']))).manifest.rows).toBe(0)
  expect((await world.send({ method: 'POST', path: '/audit/api/v1/exports', token: investigator, body: { format: 'csv' } })).status).toBe(
    403,
  )
})
test('an exported trail is verified without the server, by the public key alone', async () => {
  await world.platform.background?.sealer.catchUp()
  const { text, manifest } = await exported({ format: 'trail' })
  const { dataDir } = world.platform.config
  const publicKey = readFileSync(path.join(dataDir, 'keys', 'audit-signing.pub.pem'), 'utf8')
  const file = path.join(dataDir, 'trail.txt')
  const check = async (content: string) => {
    writeFileSync(file, content)
    return verifyFile(file, { publicKey, heads: [] })
  }
  expect(await check(text)).toMatchObject({ whole: true, records: manifest.rows, counts: {} })
  const changed = await check(text.replace('the-read', 'the-reed'))
  expect(changed).toMatchObject({ whole: false, counts: { changed: 1, 'file-changed': 1 } })
  const lines = text.split('\n')
  const dropped = lines.filter((line, at) => at !== lines.findIndex((each) => each.startsWith('R\t')))
  expect((await check(dropped.join('\n')))?.counts).toMatchObject({ removed: 1, 'file-changed': 1 })
  const part = await exported({ format: 'trail', study: 'S', person: 'p1' })
  expect(await check(part.text)).toMatchObject({ whole: true, records: part.manifest.rows })
  expect(((await check(part.text))?.withheld ?? 0) > 0).toBe(true)
})

const sign = (token: string, body: Json) => world.send({ method: 'POST', path: '/audit/api/v1/signatures', token, body })
const subject = { kind: 'resource', type: 'Observation', id: 'w1', version: 1 }
test('a signature takes the password again, names its meaning, and is bound to the bytes that were signed', async () => {
  expect((await sign(investigator, { password: 'wrong', meaning: 'approval', subject, study: 'S' })).status).toBe(401)
  expect((await sign(await world.token('investigator', ['S']), { password, meaning: 'approval', subject, study: 'S' })).status).toBe(403)
  const signed = await sign(investigator, { password, meaning: 'approval', subject, study: 'S' })
  expect(signed.status).toBe(201)
  expect(signed.json).toMatchObject({ signer: 'ines', name: 'ines display', meaning: 'approval', study: 'S', genuine: true, matches: true })
  const listed = async () =>
    ((await world.send({ path: '/audit/api/v1/signatures?study=S', token: auditor })).json as { signatures: SignatureView[] }).signatures
  const subjectsFor = async (sites: string[], role: Role = 'investigator'): Promise<string[]> => {
    const answer = await world.send({ path: '/audit/api/v1/signatures?study=S', token: await world.token(role, ['S'], { sites }) })
    return (answer.json as { signatures: SignatureView[] }).signatures.map((each) => each.subject.id)
  }
  const signedIds = ['Observation/w1/_history/1']
  expect([await subjectsFor(['A']), await subjectsFor(['B']), await subjectsFor([])]).toEqual([signedIds, [], signedIds])
  expect([await subjectsFor(['B'], 'study-manager'), await subjectsFor([], 'study-manager')]).toEqual([[], signedIds])
  const owner = world.owner()
  await owner.query(
    `update version set content = convert_to(replace(convert_from(content, 'UTF8'), 'kg', 'lb'), 'UTF8') where type is not null`,
  )
  expect(await listed()).toMatchObject([{ genuine: true, matches: false }])
  await owner.query(`update signature set meaning = 'review'`)
  expect(await listed()).toMatchObject([{ genuine: false }])
  await owner.query(`update signature set meaning = 'approval', signer = 'paul'`)
  expect(await listed()).toMatchObject([{ genuine: false }])
})
test('a remote address stands in the trail and in no log', () => {
  const logs = path.join(world.platform.config.dataDir, 'logs')
  for (const file of readdirSync(logs))
    if (!file.startsWith('postgres')) expect(readFileSync(path.join(logs, file), 'utf8')).not.toContain('"127.0.0.1"')
})
