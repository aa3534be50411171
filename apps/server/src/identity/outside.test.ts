import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type World } from '../platform/test/world.js'
import { Browser, redirect, RelyingParty } from './test/relying-party.js'

/** An organisation's provider as far as we see it: a discovery document, keys, and what it signs. */
class Provider {
  issuer = ''
  document: Json = {}
  keys: JWK[] = []
  asked: Record<string, string> = {}
  /** what the next code is exchanged for beside an access token */
  idToken: string | null = null
  #server: Server | null = null
  #sign: CryptoKey | null = null

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const answer = (body: Json) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
      if (request.url === '/jwks') answer({ keys: this.keys })
      else if (request.url === '/token') void this.#exchange(request).then(answer)
      else answer(this.document)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.#server = server
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.document = {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/jwks`,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
    }
    await this.turn('k1')
  }
  async #exchange(request: IncomingMessage): Promise<Json> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    this.asked = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    return this.asked['code'] === 'good'
      ? { access_token: await this.token(), token_type: 'Bearer', id_token: this.idToken }
      : { error: 'invalid_grant' }
  }
  async turn(kid: string): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true })
    this.#sign = pair.privateKey
    this.keys = [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256' }]
  }
  token(change: Json = {}, header: Json = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: this.issuer, aud: 'aquifer', sub: 'u-1', iat: now, exp: now + 600, ...change }
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', ...(this.keys[0]?.kid === undefined ? {} : { kid: this.keys[0].kid }), ...header })
      .sign(this.#sign as CryptoKey)
  }
  close(): void {
    this.#server?.close()
  }
}

const provider = new Provider()
let world: World
let machine: string
beforeAll(async () => {
  await provider.open()
  world = await openPlatformWorld({ settings: { AQUIFER_ISSUER: provider.issuer } })
  await world.study({ id: 'S' })
  await world.study({ id: 'T' })
  machine = await world.token('administrator')
  const add = (body: Json) => world.send({ method: 'POST', path: '/identity/api/v1/users', token: machine, body })
  await add({ name: 'ann', role: 'analyst', studies: ['S', 'T'], subject: 'u-1' })
  await add({ name: 'ben', role: 'analyst', studies: ['S'], email: 'Ben@x.example' })
  for (const name of ['sue', 'sam']) await add({ name, role: 'privacy-officer', studies: ['S'], subject: `u-${name}` })
})
afterAll(async () => {
  await world.close()
  provider.close()
})

const me = (token: string, at = world) => at.send({ path: '/identity/api/v1/me', token })
const studiesOf = (answer: { json: Json }) => ((answer.json['studies'] ?? []) as Json[]).map((study) => study['id'])

test('a person of the outside provider is found by its subject, with what was given to him here', async () => {
  const answer = await me(await provider.token())
  expect([answer.status, answer.json['user'], answer.json['role'], studiesOf(answer)]).toEqual([200, 'ann', 'analyst', ['S', 'T']])
  const narrowed = await me(await provider.token({ aquifer_studies: ['T', 'X'] }))
  expect(studiesOf(narrowed)).toEqual(['T'])
  for (const wrong of [{ aquifer_studies: 'T' }, { aquifer_role: 'administrator' }, { sub: 'u-2' }, { aquifer_sites: [1] }])
    expect([wrong, (await me(await provider.token(wrong))).status]).toEqual([wrong, 401])
})

test('an address joins only when it was verified, and from then on the subject is the person', async () => {
  const ben = { sub: 'u-ben', email: 'ben@X.example' }
  expect((await me(await provider.token(ben))).status).toBe(401)
  expect((await me(await provider.token({ ...ben, email_verified: 'true' }))).status).toBe(401)
  expect((await me(await provider.token({ ...ben, email_verified: true }))).json['user']).toBe('ben')
  expect((await me(await provider.token({ sub: 'u-ben' }))).json['user']).toBe('ben')
  expect((await me(await provider.token({ ...ben, sub: 'u-heir', email_verified: true }))).status).toBe(401)
})

test('the workbench sends people there and the server exchanges their code', async () => {
  const ways = await world.send({ path: '/identity/api/v1/sign-in' })
  expect(ways.json).toEqual({
    password: false,
    provider: {
      issuer: provider.issuer,
      authorizationEndpoint: `${provider.issuer}/auth`,
      clientId: 'aquifer-workbench',
      scope: 'openid profile email',
    },
  })
  const exchange = (code: string) =>
    world.send({
      method: 'POST',
      path: '/identity/api/v1/sign-in/code',
      body: { code, verifier: 'v'.repeat(43), redirectUri: 'http://127.0.0.1:8080/' },
    })
  const good = await exchange('good')
  expect([good.status, (good.json['me'] as Json)['user']]).toEqual([200, 'ann'])
  expect(provider.asked).toMatchObject({
    client_id: 'aquifer-workbench',
    code_verifier: 'v'.repeat(43),
    redirect_uri: 'http://127.0.0.1:8080/',
  })
  expect((await me(String(good.json['access_token']))).status).toBe(200)
  expect((await exchange('bad')).status).toBe(401)
})

test('tokens that are not the provider’s, not for us, or over are nothing', async () => {
  const now = Math.floor(Date.now() / 1000)
  const good = await provider.token()
  const [, claims = ''] = good.split('.')
  const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const other = await generateKeyPair('RS256')
  const signedBy = (key: CryptoKey | Uint8Array, header: { alg: string; kid?: string }) =>
    new SignJWT({ iss: provider.issuer, aud: 'aquifer', sub: 'u-1', iat: now, exp: now + 60 }).setProtectedHeader(header).sign(key)
  const wrong: Record<string, string> = {
    'no signature': `${encode({ alg: 'none' })}.${claims}.`,
    'the public key as a secret': await signedBy(new TextEncoder().encode(JSON.stringify(provider.keys[0])), { alg: 'HS256', kid: 'k1' }),
    'another key under its name': await signedBy(other.privateKey, { alg: 'RS256', kid: 'k1' }),
    'another audience': await provider.token({ aud: 'portal' }),
    'another issuer': await provider.token({ iss: 'https://evil.example' }),
    over: await provider.token({ iat: now - 700, exp: now - 100 }),
    'without end': await provider.token({ exp: undefined }),
    'a name of this machine': await provider.token({ sub: 'local:root', aquifer_role: 'administrator' }),
    'a name of a client': await provider.token({ sub: 'client:feed', aquifer_role: 'integrator' }),
  }
  for (const [what, token] of Object.entries(wrong)) expect([what, (await me(token)).status]).toEqual([what, 401])
})

test('turned keys are found, and made-up key names do not make us ask again and again', async () => {
  const old = await provider.token()
  expect((await me(old)).status).toBe(200)
  await provider.turn('k2')
  world.clock.at = Date.now() + 20_000
  expect((await me(await provider.token())).status).toBe(200)
  expect((await me(old)).status).toBe(401)
  world.clock.at = null
})

const document = { kind: 'document', id: 'protocol', sha256: 'a'.repeat(64) }
const sign = (token: string, proof: Json) =>
  world.send({ method: 'POST', path: '/audit/api/v1/signatures', token, body: { ...proof, meaning: 'approval', subject: document } })
/** From a signed-in person to what the server answers, with an id token of these claims. */
async function confirmed(sub: string, claims: Json = {}, nonceSent?: (nonce: string) => string) {
  const token = await provider.token({ sub })
  const begun = await world.send({ method: 'POST', path: '/identity/api/v1/confirmations', token })
  const nonce = (nonceSent ?? ((same: string) => same))(String(begun.json['nonce']))
  const now = Math.floor(Date.now() / 1000)
  provider.idToken = await provider.token({ sub, aud: 'aquifer-workbench', nonce, auth_time: now, ...claims })
  const body = { code: 'good', verifier: 'v'.repeat(43), redirectUri: 'http://127.0.0.1:8080/', nonce }
  const finish = () => world.send({ method: 'POST', path: '/identity/api/v1/confirmations/code', token, body })
  return { token, begun, answer: await finish(), finish }
}

test('who signs shows the provider once more who he is, and signs once with that', async () => {
  const { token, begun, answer, finish } = await confirmed('u-sue')
  expect([begun.status, begun.json['authorizationEndpoint'], begun.json['clientId']]).toEqual([
    201,
    `${provider.issuer}/auth`,
    'aquifer-workbench',
  ])
  expect(answer.status).toBe(201)
  const ticket = String(answer.json['ticket'])
  expect((await sign(await provider.token({ sub: 'u-sam' }), { ticket })).status).toBe(401)
  expect((await sign(token, { ticket, password: 'x' })).status).toBe(400)
  expect((await sign(token, {})).status).toBe(400)
  expect((await sign(token, { password: 'x' })).status).toBe(401)
  const signed = await sign(token, { ticket })
  expect([signed.status, signed.json['signer'], signed.json['genuine']]).toEqual([201, 'sue', true])
  expect((await sign(token, { ticket })).status).toBe(401)
  expect((await finish()).status).toBe(401)
})

test('a confirmation is of this person, now, for this question', async () => {
  const now = Math.floor(Date.now() / 1000)
  const wrong: Record<string, Json> = {
    'a sign-in of before': { auth_time: now - 60 },
    'a sign-in to come': { auth_time: now + 3600 },
    'no time': { auth_time: undefined },
    'somebody else': { sub: 'u-sam' },
    'another question': { nonce: 'other' },
    'for the platform, not for the workbench': { aud: 'aquifer' },
    'for several, by another': { aud: ['aquifer-workbench', 'portal'], azp: 'portal' },
    over: { exp: now - 100 },
  }
  for (const [what, claims] of Object.entries(wrong)) expect([what, (await confirmed('u-sue', claims)).answer.status]).toEqual([what, 401])
  const earlier = (nonce: string) => nonce.replace(/^\d+/, String(Date.now() - 300_000))
  expect((await confirmed('u-sue', { auth_time: now - 300 }, earlier)).answer.status).toBe(401)
  const { token, answer } = await confirmed('u-sue')
  world.clock.at = Date.now() + 121_000
  expect((await sign(token, { ticket: answer.json['ticket'] })).status).toBe(401)
  world.clock.at = null
  const begin = (bearer: string) => world.send({ method: 'POST', path: '/identity/api/v1/confirmations', token: bearer })
  expect((await begin(machine)).status).toBe(403)
})

test('a disabled person is out at once, and passwords open nothing here', async () => {
  const token = await provider.token({ sub: 'u-ben' })
  expect((await me(token)).status).toBe(200)
  await world.send({ method: 'PUT', path: '/identity/api/v1/users/ben/status', token: machine, body: { status: 'disabled' } })
  expect((await me(token)).status).toBe(401)
  const signIn = await world.send({ method: 'POST', path: '/identity/api/v1/sign-in', body: { user: 'ann', password: 'x' } })
  expect([signIn.status, String(signIn.json['detail'])]).toEqual([400, `Sign in at ${provider.issuer}.`])
  expect((await world.send({ path: '/oidc/auth' })).status).toBe(404)
  expect(await world.platform.identity.firstStart()).toBeNull()
  expect((await world.send({ path: '/.well-known/openid-configuration' })).json['issuer']).toBe(provider.issuer)
  expect((await world.send({ path: '/.well-known/smart-configuration' })).json['authorization_endpoint']).toBe(`${provider.issuer}/auth`)
})

test('another Aquifer as the provider: its people work here, by their claims where that is set', async () => {
  const home = await openPlatformWorld()
  const issuer = await home.platform.listen()
  const password = 'right horse battery'
  await home.study({ id: 'S' })
  await home.platform.identity.putUser({
    name: 'zoe',
    display: 'Zoe',
    grant: { role: 'auditor', studies: ['S'], sites: [], people: null },
    password,
  })
  const administrator = await home.token('administrator')
  const client = { name: 'abroad', redirects: [redirect] }
  await home.send({ method: 'POST', path: '/identity/api/v1/clients', token: administrator, body: client })
  const party = new RelyingParty(home, 'client:abroad')
  const token = String((await party.exchange(await party.code(new Browser(home), 'zoe', password))).json['access_token'])
  const settings = { AQUIFER_ISSUER: issuer, AQUIFER_ISSUER_CLAIMS: 'accept' }
  const abroad = await openPlatformWorld({ settings })
  await abroad.study({ id: 'S' })
  const answer = await me(token, abroad)
  expect([answer.status, answer.json['user'], answer.json['role'], studiesOf(answer)]).toEqual([200, 'outside:zoe', 'auditor', ['S']])
  // A token minted on the other machine is none of its provider's sign-ins.
  expect((await me(administrator, abroad)).status).toBe(401)
  await abroad.close()
  await home.close()
})
