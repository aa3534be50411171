import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { X509Certificate } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../config/index.js'
import { openPlatformWorld, patient, type Json, type World } from '../platform/test/world.js'
import { openPlatform } from '../platform.js'
import { askOverTls, newAuthority, type Authority, type Pem, type Wish } from './test/certificates.js'

let folder: string
let world: World
let authority: Authority
let server: Pem
let url: string
let admin: string
const settings: Record<string, string> = {}

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, text, { mode })
  await chmod(file, mode)
  return file
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-tls-'))
  authority = await newAuthority('Hospital Devices')
  server = await authority.issue({ subject: 'CN=aquifer', san: [{ type: 'ip', value: '127.0.0.1' }] })
  settings['AQUIFER_TLS_CERT_FILE'] = await put('server.pem', server.cert)
  settings['AQUIFER_TLS_KEY_FILE'] = await put('server.key', server.key)
  settings['AQUIFER_TLS_CLIENT_CA_FILE'] = await put('devices.pem', authority.cert)
  world = await openPlatformWorld({ settings })
  url = await world.platform.listen()
  await world.study({ id: 'S', enrolment: 'open' })
  admin = await world.token('administrator')
  expect((await register({ name: 'lab', certificate: { commonName: 'lab-7', organizationalUnit: 'Laboratory' } })).status).toBe(201)
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

const register = (more: Json) =>
  world.send({
    method: 'POST',
    path: '/identity/api/v1/clients',
    body: { role: 'integrator', studies: ['S'], ...more },
    token: admin,
  })
const right: Wish = { subject: 'CN=lab-7, OU=Laboratory, O=Hospital' }
const ask = (
  client: Pem | null,
  more: { token?: string; method?: string; path?: string; json?: unknown; headers?: Record<string, string> } = {},
) => askOverTls(`${url}${more.path ?? '/fhir-server/api/v1/Patient/p1'}`, { ca: authority.cert, client, ...more })

test('a registered certificate does what a token of its client would, under the client’s name', async () => {
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const lab = await authority.issue(right)
  expect((await ask(lab, { method: 'PUT', json: patient('p1') })).status).toBe(201)
  expect((await ask(lab)).status).toBe(200)
  expect((await ask(lab, { path: '/identity/api/v1/users' })).status).toBe(403)
  const thumbprint = Buffer.from(new X509Certificate(lab.cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  const { rows } = await world
    .owner()
    .query<Json>(`select distinct actor, role, external from audit where action in ('create', 'update', 'read') and actor like 'client:%'`)
  expect(rows).toEqual([{ actor: 'client:lab', role: 'integrator', external: `certificate:${thumbprint}` }])
})

test('a file comes in by the certificate, under its client and no other user', async () => {
  const lab = await authority.issue(right)
  const put = (user: string) =>
    ask(lab, { method: 'POST', path: '/datalake/api/v1/data', json: {}, headers: { 'x-correlation-id': 'c', 'x-aquifer-user': user } })
  expect([(await put('lab')).status, (await put('client:lab')).status, (await put('somebody')).status]).toEqual([201, 201, 400])
})

test('A20: any other certificate opens nothing, with or without a token', async () => {
  const other = await newAuthority('Hospital Devices')
  const wrong: Record<string, Promise<Pem>> = {
    'wrong OU': authority.issue({ subject: 'CN=lab-7, OU=Kitchen' }),
    'no OU': authority.issue({ subject: 'CN=lab-7' }),
    'two OUs': authority.issue({ subject: 'CN=lab-7, OU=Laboratory, OU=Kitchen' }),
    'two CNs': authority.issue({ subject: 'CN=lab-7, CN=lab-8, OU=Laboratory' }),
    'another case': authority.issue({ subject: 'CN=LAB-7, OU=Laboratory' }),
    'CN in SAN only': authority.issue({ subject: 'OU=Laboratory', san: [{ type: 'dns', value: 'lab-7' }] }),
    'CN in OU and OU in CN': authority.issue({ subject: 'CN=Laboratory, OU=lab-7' }),
    expired: authority.issue({ ...right, days: [-3, -1] }),
    'not yet valid': authority.issue({ ...right, days: [1, 3] }),
    'another authority of the same name': other.issue(right),
    'the server’s own': Promise.resolve(server),
  }
  const token = await world.token('integrator', ['S'])
  expect([(await ask(null)).status, (await ask(null, { token })).status]).toEqual([401, 200])
  for (const [what, made] of Object.entries(wrong)) {
    const client = await made
    expect([what, (await ask(client)).status, (await ask(client, { token })).status]).toEqual([what, 401, 401])
  }
  expect((await ask(await other.issue(right), { path: '/fhir-server/api/v1/metadata' })).status).toBe(200)
})

test('a token beside a certificate must be of the same client', async () => {
  const lab = await authority.issue(right)
  expect((await ask(lab, { token: await world.token('integrator', ['S']) })).status).toBe(401)
  expect((await ask(lab, { token: 'no-token' })).status).toBe(401)
})

test('a certificate ends with its time, its client, and by its thumbprint', async () => {
  const lab = await authority.issue(right)
  expect((await ask(lab)).status).toBe(200)
  world.clock.at = Date.now() + 2 * 86_400_000
  expect((await ask(lab)).status).toBe(401)
  world.clock.at = null
  const status = (value: string) =>
    world.send({ method: 'PUT', path: '/identity/api/v1/clients/lab/status', body: { status: value }, token: admin })
  await status('disabled')
  expect((await ask(lab)).status).toBe(401)
  await status('active')
  const tokenId = `certificate:${Buffer.from(new X509Certificate(lab.cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')}`
  expect((await ask(lab, { method: 'POST', path: '/identity/api/v1/sign-out' })).status).toBeLessThan(300)
  expect((await ask(lab)).status).toBe(200)
  const revoked = await world.send({ method: 'POST', path: '/identity/api/v1/revocations', body: { tokenId }, token: admin })
  expect(revoked.status).toBeLessThan(300)
  expect((await ask(lab)).status).toBe(401)
  expect((await ask(await authority.issue(right))).status).toBe(200)
})

test('a subject is one client’s, has both parts, and stands in the lists of clients and of who has what', async () => {
  const certificate = { commonName: 'lab-7', organizationalUnit: 'Laboratory' }
  expect((await register({ name: 'twin', certificate })).status).toBe(409)
  expect((await register({ name: 'half', certificate: { commonName: 'lab-9' } })).status).toBe(400)
  expect((await register({ name: 'nul', certificate: { ...certificate, commonName: 'a\u0000' } })).status).toBe(400)
  const list = await world.send({ path: '/identity/api/v1/clients', token: admin })
  expect(list.json['clients']).toMatchObject([{ client: 'client:lab', certificate }])
  const review = await world.send({ path: '/identity/api/v1/access-review?study=S', token: await world.token('privacy-officer', ['S']) })
  expect(review.json['holders']).toMatchObject([{ holder: 'client:lab', certificate }])
})

test('files that cannot serve are told in one line, each with its remedy', async () => {
  const other = await authority.issue(right)
  const wide = await put('wide.key', server.key, 0o644)
  const empty = await put('empty.pem', '')
  const cases: [Record<string, string>, RegExp][] = [
    [{ AQUIFER_TLS_KEY_FILE: wide }, /wide\.key may be read or written by others: chmod 600 /],
    [{ AQUIFER_TLS_KEY_FILE: await put('other.key', other.key) }, /other\.key is not the key of the certificate/],
    [{ AQUIFER_TLS_KEY_FILE: path.join(folder, 'none.key') }, /none\.key cannot be read \(ENOENT\)/],
    [{ AQUIFER_TLS_KEY_FILE: empty }, /empty\.pem holds no private key/],
    [{ AQUIFER_TLS_CERT_FILE: empty }, /empty\.pem holds no certificates/],
    [{ AQUIFER_TLS_CLIENT_CA_FILE: await put('leaf.pem', other.cert) }, /leaf\.pem holds a certificate that is no authority’s/],
  ]
  for (const [change, said] of cases) {
    const config = readConfig({ ...settings, ...change }, { data: path.join(folder, 'data'), port: '0' })
    if ('faults' in config) throw new Error(config.faults.join())
    await expect(openPlatform(config)).rejects.toThrow(said)
  }
})
