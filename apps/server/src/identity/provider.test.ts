import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type World } from '../platform/test/world.js'
import { storedText } from './test/stored-text.js'
import { Browser, formTokenOf, redirect, RelyingParty } from './test/relying-party.js'

const client = 'client:portal'
const password = 'right horse battery'
let world: World
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S' })
  await world.platform.identity.putUser({
    name: 'ann',
    display: 'Ann <b>',
    grant: { role: 'analyst', studies: ['S'], sites: [], people: null },
    password,
  })
  await world.platform.repository.identities.clients.add({
    id: client,
    kind: 'interactive',
    display: 'The portal',
    role: null,
    studies: [],
    sites: [],
    people: [],
    jwks: null,
    jwksUrl: null,
    certificateCn: null,
    certificateOu: null,
    redirects: [redirect],
    madeBy: 'tests',
    madeAt: 0,
    expiresAt: null,
  })
})
afterAll(() => world.close())

const me = (token: unknown) => world.send({ path: '/identity/api/v1/me', token: String(token) })

test('discovery tells the provider, which is strict: codes with S256 only', async () => {
  const told = (await world.send({ path: '/.well-known/openid-configuration' })).json
  expect(told).toMatchObject({ response_types_supported: ['code'], code_challenge_methods_supported: ['S256'] })
  expect(told['grant_types_supported']).toEqual(expect.not.arrayContaining(['implicit', 'password']))
  expect(String(told['token_endpoint'])).toBe(`${String(told['issuer'])}/oidc/token`)
  const smart = (await world.send({ path: '/.well-known/smart-configuration' })).json
  expect(smart).toMatchObject({
    token_endpoint: told['token_endpoint'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
  })
})

test('a person signs in at our page; the code becomes tokens that the API takes and anybody can verify', async () => {
  const party = new RelyingParty(world, client)
  const tokens = await party.exchange(await party.code(new Browser(world), 'ann', password))
  expect([tokens.status, tokens.json['token_type']]).toEqual([200, 'Bearer'])
  const access = String(tokens.json['access_token'])
  expect((await me(access)).json).toMatchObject({ user: 'ann', role: 'analyst', studies: [{ id: 'S' }] })

  const keys = (await world.send({ path: '/oidc/jwks' })).json as unknown as JSONWebKeySet
  expect(keys.keys.every((key) => !('d' in key))).toBe(true)
  const { payload, protectedHeader } = await jwtVerify(access, createLocalJWKSet(keys), { audience: 'aquifer' })
  // Which studies ann reaches is asked with each request.
  expect([protectedHeader.typ, payload['client_id'], payload['aquifer_studies']]).toEqual(['at+jwt', client, undefined])
  const identified = decodeJwt(String(tokens.json['id_token']))
  expect([identified.sub, identified.aud]).toEqual(['ann', client])
  // An ID token is for the client: as a bearer token it is nothing.
  expect((await me(tokens.json['id_token'])).status).toBe(401)
})

test('the sign-in page is ours, runs no scripts and names its reader nowhere', async () => {
  const browser = new Browser(world)
  const sent = await browser.go(new RelyingParty(world, client).authorizeUrl())
  const page = await browser.go(sent.location ?? '')
  expect(page.text).toContain('The portal')
  expect(page.text).not.toContain('<script')
  expect(page.headers['content-security-policy']).toMatch(
    /default-src 'none'.*form-action 'self' https:\/\/app.example;.*frame-ancestors 'none'/,
  )
  expect(page.headers['cache-control']).toBe('no-store')
  expect((await browser.go('/oidc/sign-in.css')).headers['content-type']).toContain('text/css')
  const wrong = await browser.go(sent.location ?? '', { form: formTokenOf(page.text), user: '"><b>ann', password: 'wrong' })
  expect([wrong.status, wrong.text.includes('User or password is wrong.'), wrong.text.includes('<b>ann')]).toEqual([401, true, false])
})

test('a form from elsewhere, without its token or without the cookie signs nobody in', async () => {
  const browser = new Browser(world)
  const at = (await browser.go(new RelyingParty(world, client).authorizeUrl())).location ?? ''
  const form = { form: formTokenOf((await browser.go(at)).text), user: 'ann', password }
  expect((await browser.go(at, { ...form, form: 'x' })).status).toBe(403)
  expect((await browser.go(at, form, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await browser.go(at, form, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await new Browser(world).go(at, form)).status).toBe(400)
  const other = new Browser(world)
  const mine = (await other.go(new RelyingParty(world, client).authorizeUrl())).location ?? ''
  for (const [name, held] of browser.cookies) if (!other.cookies.has(name)) other.cookies.set(name, held)
  expect((await other.go(mine, form)).status).toBe(403)
  expect((await browser.go(at, form)).status).toBe(303)
})

test('the browser’s session is another one after sign-in than before', async () => {
  const browser = new Browser(world)
  browser.cookies.set('aquifer_session', { value: 'chosen-by-somebody-else', path: '/' })
  await new RelyingParty(world, client).code(browser, 'ann', password)
  const first = browser.cookies.get('aquifer_session')?.value
  expect(first).not.toBe('chosen-by-somebody-else')
  const again = new Browser(world)
  await new RelyingParty(world, client).code(again, 'ann', password)
  expect(again.cookies.get('aquifer_session')?.value).not.toBe(first)
})

test('PKCE cannot be left out or weakened, and its verifier must fit', async () => {
  const party = new RelyingParty(world, client)
  const refused = async (change: Record<string, string | undefined>) => {
    const { location } = await new Browser(world).go(party.authorizeUrl(change))
    const { searchParams, hash } = new URL(location ?? '')
    return searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error')
  }
  expect(await refused({ code_challenge: undefined, code_challenge_method: undefined })).toBe('invalid_request')
  expect(await refused({ code_challenge_method: 'plain' })).toBe('invalid_request')
  expect(await refused({ response_type: 'token' })).toBe('unsupported_response_type')
  const code = await party.code(new Browser(world), 'ann', password)
  expect((await party.exchange(code, { code_verifier: 'x'.repeat(43) })).json['error']).toBe('invalid_grant')
})

test('answers go to registered addresses only', async () => {
  for (const wrong of ['https://evil.example/', `${redirect}/more`, 'https://app.example.evil.example/back', 'javascript:alert(1)']) {
    const answer = await new Browser(world).go(new RelyingParty(world, client).authorizeUrl({ redirect_uri: wrong }))
    expect([answer.status, answer.location]).toEqual([400, null])
  }
  const out = await new Browser(world).go(`/oidc/sign-out?client_id=${client}&post_logout_redirect_uri=https://evil.example/`)
  expect([out.status, out.location]).toEqual([400, null])
})

test('a code works once: shown again, what came from it ends', async () => {
  const party = new RelyingParty(world, client)
  const code = await party.code(new Browser(world), 'ann', password)
  const tokens = await party.exchange(code)
  expect(tokens.status).toBe(200)
  expect((await party.exchange(code)).json['error']).toBe('invalid_grant')
  expect((await party.refresh(tokens.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await me(tokens.json['access_token'])).status).toBe(401)
})

test('two who show one code at the same moment do not both get tokens', async () => {
  const party = new RelyingParty(world, client)
  const code = await party.code(new Browser(world), 'ann', password)
  const both = await Promise.all([party.exchange(code), party.exchange(code)])
  expect(both.filter((answer) => answer.status === 200).length).toBeLessThanOrEqual(1)
  expect(both.every((answer) => answer.status < 500)).toBe(true)
})

test('a refresh token is its client’s, turns with each use, and used twice ends the session', async () => {
  const party = new RelyingParty(world, client)
  const first = await party.exchange(await party.code(new Browser(world), 'ann', password))
  const second = await party.refresh(first.json['refresh_token'])
  expect([second.status, second.json['refresh_token'] === first.json['refresh_token']]).toEqual([200, false])
  expect((await new RelyingParty(world, 'client:other').refresh(second.json['refresh_token'])).status).toBe(401)
  expect((await party.refresh(first.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await party.refresh(second.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await me(second.json['access_token'])).status).toBe(401)
})

test('revocation ends an access token, and a refresh token with all that came from it', async () => {
  const party = new RelyingParty(world, client)
  const revoke = (token: unknown, by = client) => new Browser(world).go('/oidc/revoke', { token: String(token), client_id: by })
  const one = await party.exchange(await party.code(new Browser(world), 'ann', password))
  expect((await revoke(one.json['access_token'], 'client:other')).status).toBe(200)
  expect((await me(one.json['access_token'])).status).toBe(200)
  await revoke(one.json['access_token'])
  expect((await me(one.json['access_token'])).status).toBe(401)
  const two = await party.refresh(one.json['refresh_token'])
  await revoke(two.json['refresh_token'])
  expect((await me(two.json['access_token'])).status).toBe(401)
})

test('signing out ends tokens, and the browser has to sign in again', async () => {
  const browser = new Browser(world)
  const party = new RelyingParty(world, client)
  const tokens = await party.exchange(await party.code(browser, 'ann', password))
  // Signed in already: the next code comes without a password.
  expect(new URL((await browser.go(party.authorizeUrl())).location ?? '', 'http://x').searchParams.has('code')).toBe(true)
  const asked = await browser.go(`/oidc/sign-out?id_token_hint=${String(tokens.json['id_token'])}`)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)?.[1] ?? ''
  expect((await browser.go('/oidc/sign-out/confirm', { logout: 'yes', xsrf: 'guessed' })).status).toBe(400)
  expect((await browser.go('/oidc/sign-out/confirm', { logout: 'yes', xsrf })).status).toBe(303)
  expect((await me(tokens.json['access_token'])).status).toBe(401)
  expect((await party.refresh(tokens.json['refresh_token'])).status).toBe(400)
  expect((await browser.go(party.authorizeUrl())).location).toContain('/oidc/sign-in/')
})

test('an idle session gives no tokens and asks for the password again', async () => {
  const browser = new Browser(world)
  const party = new RelyingParty(world, client)
  const tokens = await party.exchange(await party.code(browser, 'ann', password))
  world.clock.at = Date.now() + 15 * 60_000
  expect((await party.refresh(tokens.json['refresh_token'])).json['error']).toBe('invalid_grant')
  expect((await browser.go(party.authorizeUrl())).location).toContain('/oidc/sign-in/')
  world.clock.at = null
})

test('the address of the server is its own, whatever Host or forwarding says', async () => {
  const answer = await world.send({
    path: '/.well-known/openid-configuration',
    headers: { host: 'localhost', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
  })
  expect(JSON.stringify(answer.json)).not.toMatch(/evil|https:\/\/(?!.*schemas)/)
})

test('behind a proxy the server answers under the name it was given, with cookies for https only', async () => {
  const proxied = await openPlatformWorld({ settings: { AQUIFER_PUBLIC_URL: 'https://aquifer.example' } })
  const ask = (host: string) => proxied.send({ path: '/.well-known/openid-configuration', headers: { host } })
  expect((await ask('aquifer.example')).json['issuer']).toBe('https://aquifer.example')
  expect((await ask('evil.example')).status).toBe(403)
  const client = { name: 'portal', redirects: [redirect] }
  await proxied.send({ method: 'POST', path: '/identity/api/v1/clients', token: await proxied.token('administrator'), body: client })
  const sent = await new Browser(proxied).go(new RelyingParty(proxied, 'client:portal').authorizeUrl())
  const cookies = [sent.headers['set-cookie'] ?? []].flat()
  expect(cookies.length).toBeGreaterThan(0)
  expect(cookies.every((cookie) => /; secure/i.test(cookie) && /; httponly/i.test(cookie) && /; samesite=lax/i.test(cookie))).toBe(true)
  await proxied.close()
})

test('keys turn: the old one verifies until its tokens end, unless it was stolen', async () => {
  const { identity } = world.platform
  const before = await world.token('administrator')
  await identity.keys.rotate(Date.now(), false)
  const after = await world.token('administrator')
  const kids = ((await world.send({ path: '/oidc/jwks' })).json['keys'] as { kid: string }[]).map((key) => key.kid)
  expect(kids).toEqual([decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid])
  expect([(await me(before)).status, (await me(after)).status]).toEqual([200, 200])
  const party = new RelyingParty(world, client)
  const tokens = await party.exchange(await party.code(new Browser(world), 'ann', password))
  expect(decodeProtectedHeader(String(tokens.json['access_token'])).kid).toBe(kids[0])
  await identity.keys.rotate(Date.now(), true)
  expect([(await me(before)).status, (await me(after)).status]).toEqual([401, 401])
})

test('the database holds no code, token or cookie', async () => {
  const browser = new Browser(world)
  const party = new RelyingParty(world, client)
  const code = await party.code(browser, 'ann', password)
  const tokens = await party.exchange(code)
  const secrets = [code, String(tokens.json['refresh_token']), ...[...browser.cookies.values()].map((held) => held.value)]
  const stored = await storedText(world.platform.config.dataDir)
  expect(stored).toContain('The portal')
  for (const secret of [...secrets, password]) expect(stored.includes(secret)).toBe(false)
})
