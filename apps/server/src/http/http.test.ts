import { expect, test, beforeAll, afterAll } from 'vitest'
import { endpoints, type Endpoint } from '@aquifer/core/contract'
import { roles } from '@aquifer/core/access'
import { validate, type Resource } from '@aquifer/core/fhir'
import { openPlatformWorld, patient, type Json, type World } from '../platform/test/world.js'
import { routesOf } from './test/routes.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S' })
})
afterAll(() => world.close())

test('the description lists every route, and every route it lists answers', async () => {
  const described = await world.send({ path: '/openapi.json' })
  const paths = described.json['paths'] as Record<string, Record<string, Json>>
  const told = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  const served = routesOf(world.platform.app)
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => route.includes('/api/v1') || /health|metrics|openapi|docs|well-known/.test(route))
  expect([...new Set(served)].toSorted()).toEqual(
    told.filter((route) => !/\/query\/api\/|\/risk/.test(route) || served.includes(route)).toSorted(),
  )
})
test('the description is whole: what it refers to is in it, and requests may leave out what has a default', async () => {
  const { json, text } = await world.send({ path: '/openapi.json' })
  const { schemas } = json['components'] as { schemas: Record<string, Json> }
  const referred = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1] ?? '')
  expect(referred.length).toBeGreaterThan(100)
  expect(referred.filter((each) => schemas[each.replace('#/components/schemas/', '')] === undefined)).toEqual([])
  const paths = json['paths'] as Record<string, Record<string, { requestBody: unknown; parameters: Json[] }>>
  expect(JSON.stringify(paths['/query/api/v1/statements']?.['post']?.requestBody)).toContain('"required":["study","sql"]')
  expect(paths['/datareservoir/api/v1/metadata']?.['get']?.parameters).toContainEqual(
    expect.objectContaining({ name: 'X-Aquifer-User', in: 'header', required: true }),
  )
})
test('what the database cannot keep is refused wherever it stands', async () => {
  const token = await world.token('administrator')
  for (const [path, status] of [
    ['/jobs/api/v1/a%00b', 404],
    ['/jobs/api/v1?kind=%00', 400],
    ['/fhir-server/api/v1/$export-status/%00', 404],
  ] as const)
    expect([path, (await world.send({ path, token })).status]).toEqual([path, status])
  for (const text of ['a\0b', '\ud800']) {
    const revoked = await world.send({ method: 'POST', path: '/identity/api/v1/revocations', token, body: { tokenId: text } })
    expect([revoked.status, revoked.json['detail']]).toEqual([400, 'A text has no NUL and no half of a character in it.'])
  }
})
test('every address but the open ones needs a token, and no token opens the reading of data', async () => {
  for (const endpoint of Object.values(endpoints) as Endpoint[]) {
    // Statements and what is counted by them are not run by this server.
    if (endpoint.open === true || endpoint.system === 'query' || endpoint.path.includes('/risk')) continue
    const path = endpoint.path.replace('{type}', 'Patient').replace('{id}', 'x').replace('{vid}', '1')
    const answer = await world.send({
      method: endpoint.method,
      path,
      ...(endpoint.method === 'POST' || endpoint.method === 'PUT' ? { body: {} } : {}),
    })
    expect([path, answer.status]).toEqual([path, 401])
  }
})
test('errors are problem documents, or outcomes under FHIR, and carry the correlation id', async () => {
  const problem = await world.send({
    path: '/study/api/v1/studies/NONE',
    token: await world.token('administrator'),
    headers: { 'x-correlation-id': 'abc-1' },
  })
  expect(problem.status).toBe(404)
  expect(problem.headers['content-type']).toContain('application/problem+json')
  expect(problem.json).toMatchObject({ status: 404, code: 'unknown', correlationId: 'abc-1' })
  expect(problem.headers['x-correlation-id']).toBe('abc-1')
  const outcome = await world.fhir('GET', '/Patient/none', await world.token('integrator', ['S']))
  expect([outcome.json['resourceType'], outcome.headers['content-type']?.includes('application/json+fhir')]).toEqual([
    'OperationOutcome',
    true,
  ])
  expect(outcome.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect((await world.send({ path: '/nothing/here' })).status).toBe(404)
  expect((await world.send({ path: '/study/api/v1/studies', headers: { 'x-correlation-id': 'two words' } })).status).toBe(400)
})
test('on loopback only loopback’s names are answered', async () => {
  for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.1'])
    expect((await world.send({ path: '/health/live', headers: { host } })).status).toBe(403)
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080'])
    expect((await world.send({ path: '/health/live', headers: { host } })).status).toBe(200)
})
test('sign-in gives a token with the user’s grant; five failures lock it', async () => {
  await world.platform.identity.putUser({
    name: 'ann',
    display: 'Ann',
    grant: { role: 'analyst', studies: ['S'], sites: [], people: null },
    password: 'right horse',
  })
  const signIn = (password: string, user = 'ann') =>
    world.send({ method: 'POST', path: '/identity/api/v1/sign-in', body: { user, password } })
  const session = await signIn('right horse')
  expect([session.status, (session.json['me'] as Json)['role']]).toEqual([200, 'analyst'])
  const token = String(session.json['access_token'])
  const me = await world.send({ path: '/identity/api/v1/me', token })
  expect(me.json).toMatchObject({ user: 'ann', name: 'Ann', role: 'analyst' })
  expect((me.json['studies'] as Json[]).map((study) => study['id'])).toEqual(['S'])
  expect((await world.send({ method: 'POST', path: '/identity/api/v1/refresh', token })).status).toBe(200)
  expect((await signIn('x', 'nobody')).json).toEqual({ ...(await signIn('wrong')).json, correlationId: expect.any(String) as string })
  for (let n = 0; n < 4; n += 1) expect((await signIn('wrong')).status).toBe(401)
  const locked = await signIn('right horse')
  expect([locked.status, Number(locked.headers['retry-after']) > 0]).toEqual([429, true])
  world.clock.at = Date.now() + 16 * 60_000
  expect((await signIn('right horse')).status).toBe(200)
  world.clock.at = null
})
test('tokens end when they say, and a token that was changed is none', async () => {
  const token = await world.token('administrator')
  const [head = '', claims = '', signature = ''] = token.split('.')
  const wider = Buffer.from(
    JSON.stringify({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as Json), aquifer_role: 'integrator' }),
  ).toString('base64url')
  for (const bad of [
    `${head}.${wider}.${signature}`,
    `${head}.${claims}.`,
    'x',
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`,
  ]) {
    expect((await world.send({ path: '/study/api/v1/studies', token: bad })).status).toBe(401)
  }
  world.clock.at = Date.now() + 3_700_000
  expect((await world.send({ path: '/study/api/v1/studies', token })).status).toBe(401)
  world.clock.at = null
})
test('only the data folder’s secret mints tokens', async () => {
  const answer = await world.send({
    method: 'POST',
    path: '/identity/api/v1/tokens',
    token: '0'.repeat(64),
    body: { role: 'administrator', requestedBy: 'x' },
  })
  expect(answer.status).toBe(401)
})
test('what each role may do is what the contract’s sentences say', async () => {
  const asked: Record<string, { method: 'GET' | 'PUT' | 'POST'; path: string; body?: unknown }> = {
    'read clinical': { method: 'GET', path: '/fhir-server/api/v1/Condition?_count=1' },
    'write a person': { method: 'PUT', path: '/fhir-server/api/v1/Patient/r1', body: patient('r1') },
    'consent figures': { method: 'GET', path: '/consent/api/v1/studies/S/summary' },
    'pipeline status': { method: 'GET', path: '/pipeline/api/v1/status' },
    'create a study': { method: 'POST', path: '/study/api/v1/studies', body: { id: 'x_y', name: 'n' } },
  }
  const may: Record<string, string[]> = {}
  for (const [what, { method, path, body }] of Object.entries(asked)) {
    may[what] = []
    for (const role of roles) {
      const answer = await world.send({
        method,
        path,
        token: await world.token(role, ['S'], role === 'patient' || role === 'guardian' ? { patient: 'r9' } : {}),
        body,
        headers: { 'content-type': 'application/json' },
      })
      if (answer.status !== 403) may[what].push(role)
    }
  }
  expect(may).toEqual({
    'read clinical': ['patient', 'guardian', 'practitioner', 'care-manager', 'investigator', 'cro-admin', 'integrator'],
    'write a person': ['practitioner', 'care-manager', 'investigator', 'integrator'],
    'consent figures': ['investigator', 'cro-admin', 'study-manager', 'auditor', 'privacy-officer'],
    'pipeline status': [
      'investigator',
      'cro-admin',
      'study-manager',
      'analyst',
      'researcher',
      'integrator',
      'operator',
      'auditor',
      'privacy-officer',
      'administrator',
    ],
    'create a study': [],
  })
})
test('a study is created with its defaults, once, by those who may', async () => {
  const token = await world.token('administrator')
  const create = (body: Json) => world.send({ method: 'POST', path: '/study/api/v1/studies', token, body })
  const made = await create({ id: 'NEW', name: 'New', sites: ['A'] })
  expect([made.status, made.json]).toMatchObject([
    201,
    { id: 'NEW', kind: 'program', status: 'open', maskingPolicy: 'safe-harbor', publish: 'continuous' },
  ])
  expect((await create({ id: 'new', name: 'Again' })).status).toBe(409)
  const wrong = await create({ id: 'select', name: 'x', kind: 'regulated', enrolment: 'open' })
  expect([wrong.status, (wrong.json['issues'] as Json[]).length]).toEqual([400, 2])
  const group = await world.fhir('GET', '/Group/NEW', await world.token('integrator', ['NEW']))
  expect([group.status, JSON.stringify(group.json['extension'])]).toEqual([200, '[{"url":"urn:aquifer:study-status","valueCode":"open"}]'])
})
test('the Conformance is a valid resource made of what is there', async () => {
  const told = (await world.send({ path: '/fhir-server/api/v1/metadata' })).json
  expect(validate(told as Resource)).toEqual([])
  expect(told['fhirVersion']).toBe('1.0.2')
})
test('the trail is read by auditors, within their studies', async () => {
  await world.fhir('GET', '/Patient/none', await world.token('integrator', ['S']))
  const page = await world.send({ path: '/audit/api/v1/records?limit=1', token: await world.token('auditor') })
  expect((page.json['records'] as Json[])[0]).toMatchObject({ action: 'read', outcome: 'refused', study: 'S' })
  const within = await world.send({ path: '/audit/api/v1/records', token: await world.token('auditor', ['S']) })
  expect(new Set((within.json['records'] as Json[]).map(({ study }) => study))).toEqual(new Set(['S']))
  expect((await world.send({ path: '/audit/api/v1/records?study=S', token: await world.token('integrator', ['S']) })).status).toBe(403)
})
test('metrics and health tell figures and no more', async () => {
  const metrics = await world.send({ path: '/metrics' })
  expect(metrics.text).toContain('aquifer_http_requests_total')
  expect((await world.send({ path: '/health/ready' })).json).toMatchObject({ ready: true, checks: { database: 'ok' } })
  expect((await world.send({ path: '/docs' })).text).toContain('/fhir-server/api/v1/{type}')
})

test('an address that cannot be read is answered and recorded like any other', async () => {
  const { status, headers, json } = await world.send({ path: '/%ff', headers: { 'x-correlation-id': 'unreadable-1' } })
  expect([status, headers['x-correlation-id'], json['code']]).toEqual([400, 'unreadable-1', 'bad-parameter'])
  const outcome = await world.send({ path: '/fhir-server/api/v1/Patient/%ff' })
  expect([outcome.status, outcome.json['resourceType']]).toEqual([400, 'OperationOutcome'])
})
