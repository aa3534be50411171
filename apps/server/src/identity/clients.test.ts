import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'
import { openIdentity } from './index.js'

let world: World
let admin: string
let issuer: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', enrolment: 'open' })
  await world.study({ id: 'T' })
  admin = await world.token('administrator')
  issuer = world.platform.identity.provider?.issuer() ?? ''
})
afterAll(() => world.close())

interface Keys {
  alg: string
  sign: CryptoKey
  jwk: Json
}
async function newKeys(alg = 'ES384', kid: string = randomUUID()): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, sign: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } }
}
const add = (body: Json, token = admin) => world.send({ method: 'POST', path: '/identity/api/v1/clients', body, token })

async function assertion(client: string, keys: Keys, change: Json = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: client, sub: client, aud: `${issuer}/oidc/token`, jti: randomUUID(), iat: now, exp: now + 240, ...change }
  return new SignJWT(claims).setProtectedHeader({ alg: keys.alg, kid: String(keys.jwk['kid']), typ: 'JWT' }).sign(keys.sign)
}
const form = (client_assertion: string, scope: string): string =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
    scope,
  }).toString()
const ask = (said: string, scope = 'system/*.read system/*.write') =>
  world.send({
    method: 'POST',
    path: '/oidc/token',
    body: form(said, scope),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

test('a feed signs in with its key and does what its role may in its studies', async () => {
  for (const alg of ['ES384', 'RS384']) {
    const keys = await newKeys(alg)
    const client = `client:feed-${alg}`
    const made = await add({ name: `feed-${alg}`, role: 'integrator', studies: ['S'], jwks: { keys: [keys.jwk] } })
    expect([made.status, made.json['scopes']]).toEqual([201, ['system/*.read', 'system/*.write']])
    const answer = await ask(await assertion(client, keys))
    expect([answer.status, answer.json['scope'], answer.json['expires_in']]).toEqual([200, 'system/*.read system/*.write', 300])
    expect(answer.json['refresh_token']).toBeUndefined()
    const token = String(answer.json['access_token'])
    expect((await world.fhir('PUT', '/Patient/p1', token, patient('p1'))).status).toBeLessThan(300)
    expect((await world.fhir('GET', '/Patient/p1', token)).status).toBe(200)
    expect((await world.fhir('GET', '/Patient/p1', token, undefined, { 'x-aquifer-study': 'T' })).status).toBeGreaterThanOrEqual(400)
    expect((await world.send({ path: '/identity/api/v1/users', token })).status).toBe(403)
  }
})

test('scopes narrow, and what the role does not permit is not given', async () => {
  const keys = await newKeys()
  await add({ name: 'reader', role: 'integrator', studies: ['S'], jwks: { keys: [keys.jwk] } })
  const read = String((await ask(await assertion('client:reader', keys), 'system/*.read')).json['access_token'])
  expect((await world.fhir('PUT', '/Patient/p2', read, patient('p2'))).status).toBe(403)
  expect((await world.fhir('GET', '/Patient/p1', read)).status).toBe(200)
  await add({ name: 'scale', role: 'device', studies: ['S'], people: ['p1'], jwks: { keys: [keys.jwk] } })
  expect((await ask(await assertion('client:scale', keys), 'system/*.read')).json['error']).toBe('invalid_scope')
  expect((await ask(await assertion('client:scale', keys), '')).json['error']).toBe('invalid_scope')
  const device = await ask(await assertion('client:scale', keys))
  expect(device.json['scope']).toBe('system/*.write')
  const token = String(device.json['access_token'])
  expect((await world.fhir('PUT', '/Observation/w1', token, weight('w1', 'p1'))).status).toBeLessThan(300)
  expect((await world.fhir('PUT', '/Observation/w2', token, weight('w2', 'p9'))).status).toBeGreaterThanOrEqual(400)
})

test('an assertion holds once, for five minutes, for this server, by the client’s own key', async () => {
  const keys = await newKeys()
  await add({ name: 'strict', role: 'integrator', studies: ['S'], jwks: { keys: [keys.jwk] } })
  const client = 'client:strict'
  const now = Math.floor(Date.now() / 1000)
  const wrong: Record<string, string> = {
    'too long': await assertion(client, keys, { exp: now + 400 }),
    over: await assertion(client, keys, { exp: now - 60 }),
    'without end': await assertion(client, keys, { exp: undefined }),
    'without id': await assertion(client, keys, { jti: undefined }),
    'another audience': await assertion(client, keys, { aud: 'https://evil.example/token' }),
    'another subject': await assertion(client, keys, { sub: 'client:reader' }),
    'another’s name': await assertion('client:reader', keys),
    'another key': await assertion(client, await newKeys('ES384', String(keys.jwk['kid']))),
    'a weaker algorithm': await assertion(client, await newKeys('ES256', String(keys.jwk['kid']))),
    'no signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion(client, keys)).split('.')[1] ?? ''}.`,
  }
  for (const [what, said] of Object.entries(wrong)) expect([what, (await ask(said)).status]).toEqual([what, 401])
  const once = await assertion(client, keys)
  expect((await ask(once)).status).toBe(200)
  expect((await ask(once)).status).toBe(401)
  const raced = await assertion(client, keys)
  const answers = await Promise.all([ask(raced), ask(raced), ask(raced)])
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
})

test('a replay is refused by a server that was started anew', async () => {
  const keys = await newKeys()
  await add({ name: 'again', role: 'integrator', studies: ['S'], jwks: { keys: [keys.jwk] } })
  const said = await assertion('client:again', keys)
  expect((await ask(said)).status).toBe(200)
  const { repository, config, access } = world.platform
  const restarted = await openIdentity({
    repository,
    dataDir: config.dataDir,
    clock: world.clock,
    grantFor: access.grantFor,
    idleMs: 900_000,
    address: () => issuer,
  })
  const answer = await restarted.provider?.handle({
    method: 'POST',
    url: '/oidc/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form(said, 'system/*.read')),
    told: () => undefined,
  })
  expect([answer?.status, answer?.body.toString()]).toMatchObject([401, expect.stringContaining('invalid_client') as string])
})

test('with new keys the old ones and what they got are over, and the list says when a client came last', async () => {
  const [old, fresh] = [await newKeys(), await newKeys()]
  const put = (body: Json, name = 'turner') =>
    world.send({ method: 'PUT', path: `/identity/api/v1/clients/${name}/keys`, body, token: admin })
  const listed = async () =>
    ((await world.send({ path: '/identity/api/v1/clients', token: admin })).json['clients'] as Json[]).find(
      (each) => each['client'] === 'client:turner',
    )
  await add({ name: 'turner', role: 'integrator', studies: ['S'], jwks: { keys: [old.jwk] } })
  const token = String((await ask(await assertion('client:turner', old))).json['access_token'])
  expect(await listed()).toMatchObject({ keys: [{ kid: old.jwk['kid'], kind: 'EC P-384' }], madeBy: 'local:tests' })
  expect((await world.fhir('GET', '/Patient/p1', token)).status).toBe(200)
  expect((await listed())?.['usedAt']).not.toBeNull()
  for (const wrong of [{}, { jwks: { keys: [{ ...fresh.jwk, d: 'x' }] } }, { jwksUrl: 'http://keys.example/set' }])
    expect((await put(wrong)).status).toBe(400)
  // Tokens carry whole seconds.
  world.clock.at = Date.now() + 2_000
  expect((await put({ jwks: { keys: [fresh.jwk] } })).status).toBe(200)
  world.clock.at = null
  expect((await world.fhir('GET', '/Patient/p1', token)).status).toBe(401)
  expect((await ask(await assertion('client:turner', old))).status).toBe(401)
  expect((await ask(await assertion('client:turner', fresh))).status).toBe(200)
  expect((await put({ jwks: { keys: [fresh.jwk] } }, 'nobody')).status).toBe(404)
})

test('a disabled or expired client and its tokens are out at once', async () => {
  const keys = await newKeys()
  await add({ name: 'leaver', role: 'integrator', studies: ['S'], jwks: { keys: [keys.jwk] }, ttlS: 3600 })
  const token = String((await ask(await assertion('client:leaver', keys))).json['access_token'])
  const status = (value: string) =>
    world.send({ method: 'PUT', path: '/identity/api/v1/clients/leaver/status', body: { status: value }, token: admin })
  expect((await world.fhir('GET', '/Patient/p1', token)).status).toBe(200)
  expect((await status('disabled')).status).toBe(200)
  expect((await world.fhir('GET', '/Patient/p1', token)).status).toBe(401)
  expect((await ask(await assertion('client:leaver', keys))).status).toBe(401)
  await status('active')
  expect((await ask(await assertion('client:leaver', keys))).status).toBe(200)
  world.clock.at = Date.now() + 3_600_000
  expect((await ask(await assertion('client:leaver', keys))).status).toBe(401)
  world.clock.at = null
})

test('keys at an address are fetched there', async () => {
  const keys = await newKeys()
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [keys.jwk] })),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  expect((await add({ name: 'remote', role: 'integrator', studies: ['S'], jwksUrl: url })).status).toBe(201)
  expect((await ask(await assertion('client:remote', keys))).status).toBe(200)
  server.close()
  expect((await add({ name: 'plain', role: 'integrator', studies: ['S'], jwksUrl: 'http://keys.example/jwks' })).status).toBe(400)
})

test('what cannot be a client is refused with its reason', async () => {
  const keys = await newKeys()
  const pair = await generateKeyPair('ES384', { extractable: true })
  const jwks = { keys: [keys.jwk] }
  const refused: Json[] = [
    { name: 'a', role: 'integrator', studies: ['S'], jwks: { keys: [await exportJWK(pair.privateKey)] } },
    { name: 'b', role: 'integrator', studies: ['S'], jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } },
    { name: 'c', role: 'integrator', studies: ['S'] },
    { name: 'd', role: 'device', studies: ['S'], jwks },
    { name: 'e', studies: ['S'], jwks },
    { name: 'f:g', role: 'integrator', studies: ['S'], jwks },
    { name: 'h', redirects: ['http://app.example/back'] },
    { name: 'i', redirects: ['https://app.example/back'], role: 'administrator' },
  ]
  for (const body of refused) expect([body['name'], (await add(body)).status]).toEqual([body['name'], 400])
  expect((await add({ name: 'j', role: 'integrator', studies: ['NONE'], jwks })).status).toBe(404)
  expect((await add({ name: 'k', redirects: ['https://app.example/back'] })).status).toBe(201)
  expect((await add({ name: 'k', redirects: ['https://app.example/back'] })).status).toBe(409)
})
