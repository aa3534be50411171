// Every route with every role, without a token, with one that is over or meant for somebody else, for another study and another site.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { SignJWT, importJWK, type JWK } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { roles, type Role } from '@aquifer/core/access'
import { endpoints, type Endpoint, type EndpointName } from '@aquifer/core/contract'
import { contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'
import { catalogueRows } from './test/catalogue-rows.js'
import { fileRows } from './test/file-rows.js'
import { maskingRows } from './test/masking-rows.js'
import { queryRows } from './test/query-rows.js'
import { statisticsRows } from './test/statistics-rows.js'
import { routesOf } from './test/routes.js'

interface Row {
  /** who is not told 403; everyone: every role with a token; open: no token either */
  may: readonly Role[] | 'everyone' | 'open'
  /** how the address is asked; {study} is S or one that must look like NONE, {id} a resource at site A or one that is not there */
  url?: string
  body?: (id: string) => Json
  headers?: Record<string, string>
  /** out of reach: 404 unless this is a list that is then empty, a write by the token of another study, or a system that does not run here */
  elsewhere?: 200 | 400 | 503
}
const treating: Role[] = ['practitioner', 'care-manager', 'investigator']
const reading: Role[] = ['patient', 'guardian', ...treating, 'cro-admin', 'integrator']
const writing: Role[] = ['patient', 'guardian', ...treating, 'device', 'integrator']
// What meets a condition is told by the answer: for that one has to be allowed to read it.
const conditioning: Role[] = writing.filter((role) => reading.includes(role))
const defining: Role[] = [...reading, 'study-manager', 'administrator']
const exporting: Role[] = ['integrator', 'investigator', 'cro-admin']
const noCode: Json = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'identifier', valueUri: 'none' },
    { name: 'code', valueCode: 'x' },
  ],
}
const noMeta: Json = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: {} }] }
const keepers: Role[] = ['study-manager', 'auditor', 'privacy-officer', 'administrator']
const pipeline: Role[] = [
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
]
const cutting: Role[] = ['investigator', 'cro-admin', 'study-manager', 'analyst', 'researcher', 'auditor', 'privacy-officer']
const signers: { readers: Role[]; makers: Role[] } = {
  readers: ['investigator', 'cro-admin', ...keepers],
  makers: [...treating, 'cro-admin', ...keepers],
}
const administrators: Row = { may: ['administrator'] }
const counting: Role[] = ['investigator', 'cro-admin', 'study-manager', 'auditor', 'privacy-officer']
const withdrawing: { readers: Role[]; makers: Role[] } = {
  readers: ['study-manager', 'privacy-officer', 'auditor'],
  makers: ['study-manager', 'privacy-officer'],
}
const feeding: { readers: Role[]; makers: Role[] } = {
  readers: ['integrator', 'study-manager', 'operator', 'auditor', 'administrator'],
  makers: ['integrator', 'study-manager', 'operator', 'administrator'],
}
const consent = '/consent/api/v1/studies/{study}'
const invitations = '/registration/api/v1/studies/{study}/invitations'
const uuid = '0192d0f0-0000-7000-8000-000000000000'
const o = '/fhir-server/api/v1/Observation'

// A new route needs a line here; a route without one fails the first test.
const rows: Readonly<Record<EndpointName, Row>> = {
  conformance: { may: 'open' },
  conformanceOptions: { may: 'open' },
  bundle: { may: 'everyone', body: () => ({ resourceType: 'Bundle', type: 'batch' }) },
  fhirImport: { may: ['integrator', 'study-manager'], url: '/fhir-server/api/v1/$import?studyid={study}', elsewhere: 400 },
  create: { may: writing, url: `${o}?studyid={study}`, body: () => weight('x', 'nobody'), elsewhere: 400 },
  search: { may: reading, url: `${o}?studyid={study}` },
  searchByPost: { may: reading, url: `${o}/_search?studyid={study}` },
  validate: { may: writing, url: `${o}/$validate`, body: () => weight('x', 'nobody'), elsewhere: 200 },
  validateInstance: { may: writing, url: `${o}/x/$validate`, body: () => weight('x', 'nobody'), elsewhere: 200 },
  read: { may: reading, url: `${o}/{id}?studyid={study}` },
  update: { may: writing, url: `${o}/{id}?studyid={study}`, body: (id) => weight(id, id === 'oa' ? 'pa' : 'nobody'), elsewhere: 400 },
  remove: { may: writing, url: `${o}/{id}?studyid={study}`, elsewhere: 400 },
  conditionalUpdate: {
    may: conditioning,
    url: `${o}?studyid={study}&_id=none`,
    body: () => weight('x', 'nobody'),
    elsewhere: 400,
  },
  conditionalRemove: { may: conditioning, url: `${o}?studyid={study}&_id=none`, elsewhere: 400 },
  history: { may: reading, url: `${o}/{id}/_history?studyid={study}` },
  typeHistory: { may: reading, url: `${o}/_history?studyid={study}` },
  systemHistory: {
    may: [...reading, 'study-manager', 'privacy-officer', 'administrator'],
    url: '/fhir-server/api/v1/_history?studyid={study}',
  },
  everything: { may: reading, url: '/fhir-server/api/v1/Patient/{id}/$everything?studyid={study}' },
  everythingByPost: { may: reading, url: '/fhir-server/api/v1/Patient/{id}/$everything?studyid={study}' },
  metaOfSystem: {
    may: [...reading, 'study-manager', 'privacy-officer', 'administrator'],
    url: '/fhir-server/api/v1/$meta?studyid={study}',
  },
  metaOfType: { may: reading, url: `${o}/$meta?studyid={study}` },
  meta: { may: reading, url: `${o}/{id}/$meta?studyid={study}` },
  metaOfVersion: { may: reading, url: `${o}/{id}/_history/1/$meta?studyid={study}` },
  metaAdd: { may: conditioning, url: `${o}/{id}/$meta-add?studyid={study}`, body: () => noMeta },
  metaDelete: { may: conditioning, url: `${o}/{id}/$meta-delete?studyid={study}`, body: () => noMeta },
  expand: { may: defining, url: '/fhir-server/api/v1/ValueSet/{id}/$expand' },
  expandByUrl: { may: defining, url: '/fhir-server/api/v1/ValueSet/$expand?url=none' },
  expandByPost: { may: defining, body: () => noCode },
  validateCode: { may: defining, url: '/fhir-server/api/v1/ValueSet/{id}/$validate-code?code=x' },
  validateCodeByUrl: { may: defining, url: '/fhir-server/api/v1/ValueSet/$validate-code?url=none&code=x' },
  validateCodeByPost: { may: defining, body: () => noCode },
  exportSystem: { may: exporting, url: '/fhir-server/api/v1/$export?studyid={study}', elsewhere: 400 },
  exportPatients: { may: exporting, url: '/fhir-server/api/v1/Patient/$export?studyid={study}', elsewhere: 400 },
  exportGroup: { may: exporting, url: '/fhir-server/api/v1/Group/none/$export?studyid={study}', elsewhere: 400 },
  exportStatus: { may: exporting },
  cancelExport: { may: exporting },
  exportFile: { may: exporting },
  vread: { may: reading, url: `${o}/{id}/_history/1?studyid={study}` },
  signIn: { may: 'open', body: () => ({}) },
  me: { may: 'everyone' },
  // These are service tokens, which are minted again and never refreshed.
  refresh: { may: [], body: () => ({}) },
  mintToken: { may: 'open', body: () => ({}) },
  studies: { may: 'everyone' },
  createStudy: { may: ['study-manager', 'administrator'], body: () => ({}) },
  study: { may: 'everyone', url: '/study/api/v1/studies/{study}' },
  consentSummary: {
    may: counting,
    url: `${consent}/summary`,
  },
  refusedWrites: { may: ['study-manager', 'auditor', 'privacy-officer'], url: `${consent}/refusals` },
  recordDecisions: { may: ['study-manager', 'administrator'], url: `${consent}/decisions`, body: () => ({}) },
  withdrawals: { may: withdrawing.readers, url: `${consent}/withdrawals` },
  withdrawal: { may: withdrawing.readers, url: `${consent}/withdrawals/${uuid}` },
  withdrawalCertificate: { may: withdrawing.readers, url: `${consent}/withdrawals/${uuid}/certificate` },
  previewWithdrawal: { may: [...withdrawing.makers, 'patient', 'guardian'], url: `${consent}/withdrawals/preview`, body: () => ({}) },
  withdraw: { may: withdrawing.makers, url: `${consent}/withdrawals`, body: () => ({}) },
  resumeWithdrawal: { may: withdrawing.makers, url: `${consent}/withdrawals/${uuid}/resume` },
  participants: { may: counting, url: `${consent}/participants` },
  participant: { may: counting, url: `${consent}/participants/1` },
  funnel: { may: counting, url: `${consent}/funnel` },
  logParticipant: { may: ['study-manager', 'investigator'], url: `${consent}/participants`, body: () => ({}) },
  moveParticipant: { may: ['study-manager', 'investigator'], url: `${consent}/participants/1/steps`, body: () => ({}) },
  consentAhead: { may: counting, url: `${consent}/ahead` },
  consentPeople: { may: counting, url: `${consent}/people` },
  consentVersions: { may: counting, url: `${consent}/versions` },
  diffStudy: { may: ['study-manager', 'administrator'], body: () => ({}) },
  applyStudy: { may: ['study-manager', 'administrator'], body: () => ({}) },
  studySettings: { may: ['study-manager', 'administrator'], url: '/study/api/v1/studies/{study}/settings' },
  studyVersions: { may: ['study-manager', 'administrator'], url: '/study/api/v1/studies/{study}/versions' },
  registerPatient: { may: ['practitioner', 'care-manager', 'investigator', 'study-manager', 'integrator'], body: () => ({}) },
  registerPractitioner: { may: ['study-manager', 'administrator'], body: () => ({}) },
  registerThirdParty: { may: ['practitioner', 'care-manager', 'investigator', 'study-manager'], body: () => ({}) },
  acceptPatientInvitation: { may: 'open', body: () => ({}) },
  acceptCareManagerInvitation: { may: ['practitioner', 'care-manager'], body: () => ({}) },
  invitedAccount: { may: 'open', body: () => ({}) },
  removeRelationship: { may: ['patient', 'study-manager', 'administrator'], body: () => ({}) },
  removePatient: { may: withdrawing.makers, body: () => ({}) },
  removePractitioner: { may: ['study-manager', 'administrator'], body: () => ({}) },
  invite: { may: ['investigator', 'study-manager'], url: invitations, body: () => ({ site: 'nowhere' }) },
  inviteMany: { may: ['investigator', 'study-manager'], url: `${invitations}/csv`, body: () => ({}) },
  previewInvitations: { may: ['investigator', 'study-manager'], url: `${invitations}/csv/preview`, body: () => ({}) },
  invitations: { may: ['investigator', 'study-manager', 'privacy-officer', 'auditor'], url: invitations },
  remind: { may: ['investigator', 'study-manager'], url: `${invitations}/${uuid}/remind` },
  revokeInvitation: { may: ['investigator', 'study-manager'], url: `${invitations}/${uuid}` },
  openInvitation: { may: 'open', body: () => ({}) },
  jobs: { may: 'everyone', url: '/jobs/api/v1?study={study}', elsewhere: 200 },
  job: { may: 'everyone' },
  cancelJob: { may: 'everyone' },
  pipelineStatus: { may: pipeline, url: '/pipeline/api/v1/status?study={study}', elsewhere: 503 },
  cuts: { may: cutting, url: '/pipeline/api/v1/cuts?study={study}' },
  createCut: { may: ['study-manager'], body: () => ({}) },
  cut: { may: cutting, url: '/pipeline/api/v1/cuts/none?study={study}' },
  retireCut: { may: ['study-manager'], url: '/pipeline/api/v1/cuts/none/retirement', body: () => ({}) },
  generation: { may: pipeline, url: '/pipeline/api/v1/generations/newest?study={study}', elsewhere: 503 },
  publishGeneration: { may: ['operator', 'administrator'], body: () => ({ study: 'S' }) },
  pipelineWait: { may: pipeline, body: () => ({ timeoutS: 0 }) },
  verifyStores: { may: ['operator', 'administrator'], body: () => ({ quick: 1 }) },
  replay: { may: ['operator', 'administrator'], body: () => ({}) },
  feeds: { may: feeding.readers, url: '/pipeline/api/v1/feeds?study={study}' },
  expectFeed: { may: feeding.makers, url: '/pipeline/api/v1/feeds/nobody?study={study}', body: () => ({}) },
  forgetFeed: { may: feeding.makers, url: '/pipeline/api/v1/feeds/nobody?study={study}' },
  ...fileRows,
  quality: { may: ['study-manager', 'cro-admin', 'operator'], url: '/pipeline/api/v1/quality?study={study}' },
  runQuality: { may: ['study-manager', 'operator'], body: () => ({}) },
  ...maskingRows,
  auditRecords: { may: ['auditor', 'privacy-officer'], url: '/audit/api/v1/records?study={study}' },
  auditEvents: { may: ['auditor', 'privacy-officer'], url: '/audit/api/v1/events?study={study}' },
  disclosures: { may: ['auditor', 'privacy-officer', 'patient', 'guardian'], url: '/audit/api/v1/disclosures?patient=nobody' },
  exportAudit: { may: ['auditor', 'privacy-officer'], body: () => ({}) },
  auditExportFile: { may: ['auditor', 'privacy-officer'] },
  signatures: { may: signers.readers, url: '/audit/api/v1/signatures?study={study}' },
  sign: { may: signers.makers, body: () => ({}) },
  auditHead: { may: ['auditor', 'privacy-officer', 'administrator', 'operator'] },
  verifyAudit: { may: ['auditor', 'privacy-officer', 'administrator', 'operator'], body: () => ({}) },
  relationships: { may: keepers, url: '/access/api/v1/relationships?study={study}' },
  addRelationship: { may: ['study-manager', 'administrator'], body: () => ({}) },
  endRelationship: { may: ['study-manager', 'administrator'] },
  why: { may: keepers, url: '/access/api/v1/why?user=nobody&resource=Patient&study={study}' },
  rolePolicies: { may: keepers },
  rolePolicy: { may: keepers },
  checkRolePolicy: { may: keepers, body: () => ({}) },
  proposeRolePolicy: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  signRolePolicy: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  openBreakGlass: { may: ['practitioner', 'investigator'], body: () => ({}) },
  breakGlassCases: { may: ['privacy-officer'] },
  reviewBreakGlass: { may: ['privacy-officer'], body: () => ({}) },
  ...queryRows,
  ...statisticsRows,
  ...catalogueRows,
  live: { may: 'open' },
  ready: { may: 'open' },
  metrics: { may: 'open' },
  openapi: { may: 'open' },
  docs: { may: 'open' },
  openidConfiguration: { may: 'open' },
  smartConfiguration: { may: 'open' },
  signInWays: { may: 'open' },
  signInByCode: { may: 'open', body: () => ({}) },
  beginConfirmation: { may: 'everyone' },
  finishConfirmation: { may: 'everyone', body: () => ({}) },
  exchangeCode: { may: 'open', body: () => ({}) },
  firstAdministrator: { may: 'open', body: () => ({}) },
  changePassword: { may: 'everyone', body: () => ({}) },
  people: { may: ['auditor', 'privacy-officer', 'administrator'] },
  addPerson: { ...administrators, body: () => ({}) },
  importPeople: administrators,
  checkPeople: administrators,
  endSessions: administrators,
  personStatus: { ...administrators, body: () => ({}) },
  personGrant: { ...administrators, body: () => ({}) },
  resetPerson: administrators,
  clients: administrators,
  addClient: { ...administrators, body: () => ({}) },
  clientKeys: { ...administrators, body: () => ({}) },
  clientStatus: { ...administrators, body: () => ({}) },
  rotateKeys: { may: ['operator', 'administrator'], body: () => ({ compromised: 'unreadable' }) },
  revokeTokenById: { ...administrators, body: () => ({}) },
  accessHolders: { may: keepers, url: '/identity/api/v1/access-review?study={study}' },
  accessReviews: { may: keepers },
  accessReview: { may: keepers },
  openAccessReview: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  decideAccessReview: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  // Last, since the token is over with it.
  signOut: { may: 'everyone' },
}
/** The embedded provider’s own addresses, which ask for what OpenID says; tests of their own are in identity/. */
const provider = ['GET /oidc/*', 'POST /oidc/*', 'OPTIONS /oidc/*']

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,query' })
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'T', sites: ['A', 'B'] })
  const feed = await world.token('integrator', ['S'])
  const entry = [contract('c', 'pa', 'S'), patient('pa'), weight('oa', 'pa')].map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
  }))
  await world.fhir('POST', '', feed, { resourceType: 'Bundle', type: 'transaction', entry }, { 'x-aquifer-site': 'A' })
})
afterAll(() => world.close())

interface Case {
  study?: string
  id?: string
}
const all = Object.entries(rows) as [EndpointName, Row][]
const guarded = all.filter(([, row]) => row.may !== 'open')
const pathOf = (name: EndpointName, row: Row): string => row.url ?? endpoints[name].path.replaceAll(/\{(\w+)\}/g, uuid)

async function ask(name: EndpointName, token: string | null, { study = 'S', id = 'none' }: Case = {}): Promise<Sent> {
  const row = rows[name]
  const endpoint: Endpoint = endpoints[name]
  const isFhir = endpoint.system === 'fhir-server' && endpoint.method !== 'GET'
  return world.send({
    method: endpoint.method,
    path: pathOf(name, row).replace('{study}', study).replace('{id}', id),
    token,
    ...(row.body === undefined ? {} : { body: row.body(id) }),
    headers: {
      ...row.headers,
      ...(isFhir && row.body !== undefined ? { 'content-type': 'application/json+fhir' } : {}),
      ...(endpoint.bodyType === 'text/csv' ? { 'content-type': 'text/csv' } : {}),
    },
  })
}
const tokenFor = (role: Role, studies: string[], sites: string[] = []) =>
  world.token(role, studies, {
    ...(sites.length === 0 ? {} : { sites }),
    ...(role === 'patient' || role === 'guardian' ? { patient: 'pa' } : {}),
  })
/** What an answer tells, but for what differs with every request. */
const said = ({ status, text }: Sent): string => `${status} ${text.replaceAll(/"correlationId":"[^"]*"/g, '')}`

test('every route has a row', () => {
  const addressOf = ({ method, path: at }: Endpoint): string => `${method} ${at.replaceAll(/\{(\w+)\}/g, ':$1')}`
  const known = new Set(all.map(([name]) => addressOf(endpoints[name])))
  const served = routesOf(world.platform.app)
  expect(served.length).toBeGreaterThan(30)
  // The workbench’s own files are the only routes beside: public, and below no API.
  const routes = served.map(({ method, url }) => `${method} ${url}`)
  expect(routes).toEqual(expect.arrayContaining(provider))
  const missing = routes.filter((route) => !known.has(route) && !provider.includes(route))
  expect(missing.filter((route) => !route.startsWith('GET /') || /\/api\/|\/v2\//.test(route))).toEqual([])
  for (const file of missing.slice(0, 3)) expect(file).toMatch(/^GET \/(assets\/|[^/]*$)/)
})
test('what is open needs no token, and nothing else answers without one', async () => {
  for (const [name, row] of all) {
    const { status } = await ask(name, null)
    if (row.may !== 'open') expect([name, status]).toEqual([name, 401])
    const { method } = endpoints[name]
    if (row.may === 'open' || method !== 'GET') continue
    const head = await world.platform.app.inject({ method: 'HEAD', url: pathOf(name, row).replace('{study}', 'S').replace('{id}', 'oa') })
    expect([name, head.statusCode]).toEqual([name, 401])
  }
})
test('the provider gives nothing to whoever shows nothing', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = (at: string, body: string) => world.send({ method: 'POST', path: `/oidc/${at}`, headers: form, body })
  const get = (at: string) => world.send({ path: `/oidc/${at}` })
  const granted = await post('token', 'grant_type=client_credentials')
  expect([granted.status, granted.json['access_token']]).toEqual([400, undefined])
  for (const answer of [await get('auth'), await get('me'), await post('sign-in/none', 'user=ann&password=x'), await get('none')])
    expect([answer.text, answer.status >= 400 && answer.status < 500]).toEqual([answer.text, true])
  // Of the keys the public halves only; giving up a token is answered alike whatever was shown.
  expect((await get('jwks')).text).not.toContain('"d"')
  const token = await tokenFor('auditor', ['S'])
  expect((await post('revoke', `client_id=client:none&token=${token}`)).status).toBe(200)
  expect((await ask('me', token)).status).toBe(200)
})
test('a token that is over, meant for somebody else or made by somebody else opens nothing', async () => {
  const file = path.join(world.platform.config.dataDir, 'keys', 'token-signing.json')
  const { current: jwk } = JSON.parse(readFileSync(file, 'utf8')) as { current: JWK }
  const key = await importJWK(jwk, 'ES256')
  const now = Math.floor(Date.now() / 1000)
  const signed = (audience: string, issuer: string, until: number) =>
    new SignJWT({ aquifer_role: 'integrator' })
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '', typ: 'at+jwt' })
      .setJti(randomUUID())
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('local:tests')
      .setIssuedAt(now - 100)
      .setExpirationTime(until)
      .sign(key)
  expect((await ask('me', await signed('aquifer', 'urn:aquifer:embedded', now + 100))).status).toBe(200)
  const bad = [
    await signed('aquifer', 'urn:aquifer:embedded', now - 1),
    await signed('another', 'urn:aquifer:embedded', now + 100),
    await signed('aquifer', 'https://elsewhere.example', now + 100),
  ]
  for (const [name] of guarded) for (const token of bad) expect([name, (await ask(name, token)).status]).toEqual([name, 401])
})
test.each(roles)('%s is told 403 where the role may not, and only there', async (role) => {
  const token = await tokenFor(role, ['S'])
  const told: EndpointName[] = []
  for (const [name] of guarded) {
    const { status } = await ask(name, token)
    expect([name, status === 401 || status >= 500]).toEqual([
      name,
      status === 503 && ['pipeline', 'masking'].includes(endpoints[name].system),
    ])
    if (status === 403) told.push(name)
  }
  const expected = guarded.filter(([, { may }]) => may !== 'everyone' && may !== 'open' && !may.includes(role)).map(([name]) => name)
  expect(told.filter((name) => !expectsConsent(name, role))).toEqual(expected.filter((name) => !expectsConsent(name, role)))
})
// Who may write is then asked for the consent of a person who is not enrolled, which is a 403 of its own.
const expectsConsent = (name: EndpointName, role: Role): boolean =>
  (name === 'create' || name === 'update' || name === 'conditionalUpdate') && writing.includes(role)

const someoneFor = (row: Row): Role =>
  row.may === 'everyone' || row.may === 'open'
    ? 'investigator'
    : (row.may.find((role) => role !== 'administrator' && role !== 'patient' && role !== 'guardian') ?? 'administrator')

test('a study out of reach answers word for word like one that does not exist', async () => {
  for (const [name, row] of guarded.filter(([, each]) => each.url?.includes('{study}'))) {
    const token = await tokenFor(someoneFor(row), ['T'])
    const [hidden, missing] = [await ask(name, token, { study: 'S', id: 'oa' }), await ask(name, token, { study: 'NONE', id: 'oa' })]
    expect([name, said(hidden)]).toEqual([name, said(missing)])
    expect([name, hidden.status]).toEqual([name, row.elsewhere ?? 404])
  }
})
test('a resource at a site out of reach answers word for word like one that does not exist', async () => {
  for (const [name, row] of guarded.filter(([, each]) => each.url?.includes('{id}'))) {
    const token = await tokenFor(someoneFor(row), ['S'], ['B'])
    const hidden = await ask(name, token, { id: 'oa' })
    expect([name, hidden.status]).toEqual([name, 404])
    if (name !== 'update') expect([name, said(hidden)]).toEqual([name, said(await ask(name, token, { id: 'none' }))])
  }
})
