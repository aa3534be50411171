import { readFile, stat } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type World } from '../platform/test/world.js'
import { storedText } from './test/stored-text.js'

const passphrase = 'grey geese over water'
let world: World
let admin: string
let firstCode: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['s1', 's2', 's3'] })
  await world.study({ id: 'T' })
  const first = await world.platform.identity.firstStart()
  firstCode = first?.code ?? ''
})
afterAll(() => world.close())

const base = '/identity/api/v1'
const post = (path: string, body: unknown, token: string | null = null, headers = {}) =>
  world.send({ method: 'POST', path: base + path, body, token, headers })
const put = (path: string, body: unknown, token = admin) => world.send({ method: 'PUT', path: base + path, body, token })
const signIn = (user: string, password: string) => post('/sign-in', { user, password })
const me = async (token: unknown) => (await world.send({ path: `${base}/me`, token: String(token) })).status

async function newcomer(name: string, more: Json = {}): Promise<string> {
  const made = await post('/users', { name, role: 'analyst', studies: ['S'], ...more }, admin)
  expect(made.status).toBe(201)
  expect((await post('/codes', { user: name, code: made.json['code'], password: passphrase })).status).toBe(204)
  return String((await signIn(name, passphrase)).json['access_token'])
}

test('a new server has nobody and no password: one code makes the first administrator, once', async () => {
  const again = await world.platform.identity.firstStart()
  expect(again?.code).toBeNull()
  expect((await readFile(again?.file ?? '', 'utf8')).trim()).toBe(firstCode)
  expect((await stat(again?.file ?? '')).mode & 0o777).toBe(0o600)
  const first = (code: string, password = passphrase, name = 'ada') => post('/first-administrator', { code, name, password })
  expect((await first('0000-0000-0000-0000-0000-0000')).status).toBe(401)
  expect((await first(firstCode, 'short')).status).toBe(400)
  const both = await Promise.all([first(firstCode), first(firstCode, passphrase, 'eve')])
  expect(both.filter((answer) => answer.status === 204)).toHaveLength(1)
  const winner = both[0].status === 204 ? 'ada' : 'eve'
  expect((await first(firstCode)).status).toBe(401)
  expect(await world.platform.identity.firstStart()).toBeNull()
  const session = await signIn(winner, passphrase)
  expect(session.json['me']).toMatchObject({ role: 'administrator' })
  admin = String(session.json['access_token'])
})

test('a person sets his own password by a code that works once, in time, for him only', async () => {
  const made = await post('/users', { name: 'ben', role: 'analyst', studies: ['S'], email: 'ben@x.example' }, admin)
  const code = String(made.json['code'])
  await post('/users', { name: 'carl', role: 'analyst', studies: ['S'] }, admin)
  expect((await signIn('ben', '')).status).toBe(400)
  expect((await post('/codes', { user: 'carl', code, password: passphrase })).status).toBe(401)
  // Neither that there is a carl nor what he is called is told to the holder of another code.
  const said = async (user: string): Promise<Json> => {
    const { status, json } = await post('/codes', { user, code, password: 'short' })
    return { ...json, status, correlationId: null }
  }
  expect(await said('carl')).toEqual(await said('nobody'))
  expect((await post('/codes', { user: 'ben', code, password: 'ben@x.example 1' })).status).toBe(400)
  world.clock.at = Date.now() + 8 * 86_400_000
  expect((await post('/codes', { user: 'ben', code, password: passphrase })).status).toBe(401)
  world.clock.at = null
  expect((await post('/codes', { user: 'ben', code: code.toLowerCase().replaceAll('-', ' '), password: passphrase })).status).toBe(204)
  expect((await post('/codes', { user: 'ben', code, password: passphrase })).status).toBe(401)
  expect((await signIn('ben', passphrase)).status).toBe(200)
  expect((await world.send({ path: `${base}/users`, token: admin })).text).not.toMatch(/scrypt|"password"/)
  expect((await storedText(world.platform.config.dataDir)).includes(code)).toBe(false)
})

test('disabling, another grant, a reset and another password end sessions at once', async () => {
  const acts: Record<string, (name: string, token: string) => Promise<{ status: number }>> = {
    dis: (name) => put(`/users/${name}/status`, { status: 'disabled' }),
    gra: (name) => put(`/users/${name}/grant`, { role: 'auditor', studies: ['S'] }),
    res: (name) => post(`/users/${name}/reset`, {}, admin),
    own: (_name, token) => post('/password', { current: passphrase, next: 'white swans on a pond' }, token),
  }
  for (const [name, act] of Object.entries(acts)) {
    const token = await newcomer(name)
    expect([name, await me(token)]).toEqual([name, 200])
    expect((await act(name, token)).status).toBeLessThan(300)
    expect([name, await me(token)]).toEqual([name, 401])
    expect((await post('/refresh', {}, token)).status).toBe(401)
  }
  expect((await signIn('dis', passphrase)).status).toBe(401)
  expect((await signIn('res', passphrase)).status).toBe(401)
  expect((await signIn('own', passphrase)).status).toBe(401)
  expect((await signIn('own', 'white swans on a pond')).status).toBe(200)
  await put('/users/dis/status', { status: 'active' })
  expect((await signIn('dis', passphrase)).status).toBe(200)
})

test('signing out ends this session and no other; idle and long sessions end by themselves', async () => {
  const one = await newcomer('ida')
  const two = String((await signIn('ida', passphrase)).json['access_token'])
  expect((await post('/sign-out', undefined, one)).status).toBe(204)
  expect([await me(one), await me(two)]).toEqual([401, 200])
  const start = Date.now()
  let token = two
  for (let minutes = 10; minutes < 480; minutes += 10) {
    world.clock.at = start + minutes * 60_000
    const renewed = await post('/refresh', undefined, token)
    expect([minutes, renewed.status]).toEqual([minutes, 200])
    token = String(renewed.json['access_token'])
  }
  world.clock.at = start + 480 * 60_000
  expect((await post('/refresh', undefined, token)).status).toBe(401)
  world.clock.at = null
  const fresh = String((await signIn('ida', passphrase)).json['access_token'])
  world.clock.at = Date.now() + 15 * 60_000
  expect([(await post('/refresh', undefined, fresh)).status, await me(fresh)]).toEqual([401, 401])
  world.clock.at = null
})

test('a staff list comes in whole, or not at all with every wrong line', async () => {
  const send = (text: string) => post('/users/import', text, admin, { 'content-type': 'text/csv' })
  const wrong = await send('name,role,studies,sites\nlea,analyst,S,\nben,analyst,S,\nmia,king,S,\nnoa,analyst,NONE,\numa,analyst,S,s9\n')
  expect(wrong.status).toBe(400)
  expect((wrong.json['issues'] as Json[]).map((issue) => issue['path'])).toEqual(['line 4', 'line 5', 'line 6'])
  const places = await send('name,role,studies,sites\nnoa,analyst,NONE,\nlea,analyst,S,s1\numa,analyst,S,s9\n')
  expect((places.json['issues'] as Json[]).map((issue) => issue['path'])).toEqual(['line 2', 'line 4'])
  const taken = await send('name,role,studies\nlea,analyst,S\nBEN,analyst,S\n')
  expect((taken.json['issues'] as Json[]).map((issue) => issue['path'])).toEqual(['line 3'])
  expect((await send('name,role\n"x')).status).toBe(400)
  const check = async (text: string) =>
    ((await post('/users/check', text, admin, { 'content-type': 'text/csv' })).json['lines'] as { line: number; faults: string[] }[]).map(
      ({ line, faults }) => [line, faults.length],
    )
  expect(await check('name,role,studies\nlea,analyst,S\nBEN,analyst,S\nmia,king,NONE\nnoa,analyst,NONE\n')).toEqual([
    [2, 0],
    [3, 1],
    [4, 1],
    [5, 1],
  ])
  const users = async () =>
    ((await world.send({ path: `${base}/users`, token: admin })).json['users'] as Json[]).map((user) => user['user'])
  expect(await users()).not.toContain('lea')
  const good = await send('\uFEFFname,display,role,studies,sites\nlea,"Lea, MD",investigator,S,s3\nleo,Leo,analyst,S T,\n')
  expect([good.status, (good.json['invitations'] as Json[]).length]).toEqual([201, 2])
  expect(await users()).toEqual(expect.arrayContaining(['lea', 'leo']))
})

test('a person is tied to the FHIR resource he is, by whoever may, and the trail says so without the id', async () => {
  const person = async (name: string) =>
    ((await world.send({ path: `${base}/users`, token: admin })).json['users'] as Json[]).find((user) => user['user'] === name)
  expect((await post('/users', { name: 'gia', role: 'guardian', actor: 'Practitioner/x' }, admin)).status).toBe(400)
  expect((await post('/users', { name: 'gia', role: 'guardian', actor: 'RelatedPerson/mrn-77' }, admin)).status).toBe(201)
  expect((await post('/users', { name: 'gus', role: 'guardian' }, admin)).status).toBe(201)
  expect((await post('/users', { name: 'pam', role: 'patient', actor: 'Patient/mrn-78' }, admin)).status).toBe(201)
  expect(await person('gia')).toMatchObject({ actor: 'RelatedPerson/mrn-77', patient: null, studies: [] })
  await put('/users/gus/grant', { role: 'guardian', actor: 'RelatedPerson/mrn-79' })
  await put('/users/gus/grant', { role: 'guardian', studies: ['S'] })
  expect(await person('gus')).toMatchObject({ actor: 'RelatedPerson/mrn-79', studies: ['S'] })
  expect((await put('/users/gus/grant', { role: 'analyst', studies: ['S'] })).status).toBe(400)
  await put('/users/gus/grant', { role: 'analyst', studies: ['S'], actor: null })
  expect(await person('gus')).toMatchObject({ actor: null, role: 'analyst' })
  const trail = await world.send({ path: '/audit/api/v1/records?action=people&limit=10', token: await world.token('auditor') })
  const details = (trail.json['records'] as Json[]).map(({ detail }) => (detail as Json)['actor'] ?? '')
  expect(details).toEqual(expect.arrayContaining(['RelatedPerson', 'Patient', 'none']))
  expect(trail.text).not.toContain('mrn-')
})

test('an administrator ends sessions and leaves the password; the list says who is signed in and who is locked out', async () => {
  const person = async () =>
    ((await world.send({ path: `${base}/users`, token: admin })).json['users'] as Json[]).find((user) => user['user'] === 'seb')
  const token = await newcomer('seb')
  expect([(await person())?.['sessions'], await me(token)]).toEqual([1, 200])
  const ended = await world.send({ method: 'DELETE', path: `${base}/users/seb/sessions`, token: admin })
  expect([ended.status, ended.json['sessions'], await me(token)]).toEqual([200, 0, 401])
  expect((await signIn('seb', passphrase)).status).toBe(200)
  for (let n = 0; n < 5; n += 1) await signIn('seb', 'wrong wrong wrong')
  expect((await person())?.['lockedUntil']).not.toBeNull()
  world.clock.at = Date.now() + 16 * 60_000
  const later = await world.send({ path: `${base}/users`, token: await world.token('auditor') })
  world.clock.at = null
  expect((later.json['users'] as Json[]).find((user) => user['user'] === 'seb')).toMatchObject({ lockedUntil: null, sessions: 0 })
})

test('administrators act within their reach, not on themselves, and one always stays', async () => {
  const small = await newcomer('sam', { role: 'administrator', studies: ['T'] })
  expect((await put('/users/ben/status', { status: 'disabled' }, small)).status).toBe(404)
  expect((await post('/users', { name: 'x1', role: 'analyst', studies: ['S'] }, small)).status).toBe(400)
  expect((await post('/users', { name: 'x1', role: 'analyst', studies: ['*'] }, small)).status).toBe(400)
  expect((await put('/users/sam/grant', { role: 'administrator', studies: ['*'] }, small)).status).toBe(403)
  expect((await post('/users', { name: 'x1', role: 'integrator', studies: ['T'] }, admin)).status).toBe(400)
  const machine = await world.token('administrator')
  expect((await put('/users/sam/status', { status: 'disabled' })).status).toBe(200)
  const [last = ''] = ((await world.send({ path: `${base}/users`, token: machine })).json['users'] as Json[])
    .filter((user) => user['role'] === 'administrator' && user['status'] === 'active')
    .map((user) => String(user['user']))
  expect((await put(`/users/${last}/status`, { status: 'disabled' }, machine)).status).toBe(422)
  expect((await put(`/users/${last}/grant`, { role: 'auditor', studies: ['*'] }, machine)).status).toBe(422)
})

test('names that nobody has lock like others, and tries side by side cannot be more than five', async () => {
  const tries = await Promise.all(Array.from({ length: 12 }, () => signIn('ben', 'wrong wrong wrong')))
  expect(tries.filter((answer) => answer.status === 401)).toHaveLength(5)
  const strange = await Promise.all(Array.from({ length: 12 }, () => signIn('nobody', 'wrong wrong wrong')))
  expect(strange.filter((answer) => answer.status === 401)).toHaveLength(5)
})

test('a token is withdrawn by its id', async () => {
  const token = await world.token('auditor')
  const id = (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json)['jti']
  expect(await me(token)).toBe(200)
  expect((await post('/revocations', { tokenId: id }, admin)).status).toBe(204)
  expect(await me(token)).toBe(401)
})

test('who can see site 3 today, and the list that is gone through each quarter', async () => {
  const officer = await world.token('privacy-officer')
  const who = async (query: string) =>
    (await world.send({ path: `${base}/access-review?${query}`, token: officer })).json['holders'] as Json[]
  const seen = await who('study=S&site=s3')
  expect(seen.find((holder) => holder['holder'] === 'lea')).toMatchObject({ identified: true, sites: ['s3'] })
  expect((await who('study=S&site=s1')).some((holder) => holder['holder'] === 'lea')).toBe(false)
  const opened = await post('/access-reviews', { study: 'S', site: 's3' }, officer)
  expect([opened.status, opened.json['open']]).toEqual([201, seen.length])
  const decide = (holder: string, decision: string) =>
    post(`/access-reviews/${String(opened.json['id'])}/decisions`, { holder, decision, note: 'left the site' }, officer)
  expect((await decide('lea', 'revoke')).json['open']).toBe(seen.length - 1)
  expect((await decide('lea', 'keep')).status).toBe(409)
  expect((await decide('leo', 'revoke')).status).toBe(200)
  expect((await decide('zoe', 'keep')).status).toBe(404)
  const users = (await world.send({ path: `${base}/users`, token: admin })).json['users'] as Json[]
  expect(users.find((user) => user['user'] === 'lea')).toMatchObject({ status: 'disabled' })
  expect(users.find((user) => user['user'] === 'leo')).toMatchObject({ status: 'active', studies: ['T'] })
  const trail = await world.send({ path: '/audit/api/v1/records?limit=50', token: await world.token('auditor') })
  expect(trail.text).toContain('lea revoke')
})
