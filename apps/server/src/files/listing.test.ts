// The listing of the reservoir's files by its filters, through the real edge; and a person's file once use of his data was stopped.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { bundleOf, contract, openPlatformWorld, patient, type Sent, type World } from '../platform/test/world.js'

const reservoir = '/datareservoir/api/v1'
let world: World
const tokens = new Map<string, string>()

beforeAll(async () => {
  world = await openPlatformWorld()
  for (const id of ['S', 'MANY']) await world.study({ id, sites: ['A'], required: ['share-data'], kind: 'program' })
  for (const name of ['ana', 'ben']) await analyst(name)
  const days = ['2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00Z', '2026-03-02T23:59:59.999Z', '2026-03-03T00:00:00Z']
  // Stored in another order than they are listed in.
  for (const place of [2, 0, 3, 1]) {
    const id = await stored('S', place % 2 === 0 ? 'ana' : 'ben', `f${place}.csv`)
    await world.owner().query('update file set at = $2 where id = $1', [id, Date.parse(days[place]!)])
  }
})
afterAll(() => world.close())

async function analyst(name: string): Promise<void> {
  const session = await world.platform.identity.mint({ role: 'analyst', studies: ['S', 'MANY'], requestedBy: name })
  if (isRefusal(session)) throw new Error(session.detail)
  tokens.set(name, session.token)
}
const headers = (user: string, study: string) => ({ 'x-correlation-id': 'c', 'x-aquifer-user': `local:${user}`, 'x-aquifer-study': study })
async function stored(study: string, user: string, name: string): Promise<string> {
  const vouched = { 'x-aquifer-attestation': 'Nobody can be recognised in it.', 'content-disposition': `attachment; filename="${name}"` }
  const sent = await world.send({
    method: 'POST',
    path: `${reservoir}/data`,
    token: tokens.get(user) ?? '',
    body: 'x\n1\n',
    headers: { ...headers(user, study), 'content-type': 'text/csv', ...vouched },
  })
  expect(sent.status).toBe(201)
  return String(sent.json['id'])
}
const list = async (query: string, study = 'S'): Promise<Sent> =>
  world.send({ path: `${reservoir}/metadata?${query}`, token: tokens.get('ana') ?? '', headers: headers('ana', study) })
const names = ({ json }: Sent): string[] => (json['files'] as { filename: string }[]).map(({ filename }) => filename)

test.each([
  ['', ['f0.csv', 'f1.csv', 'f2.csv', 'f3.csv']],
  ['userId=local:ana', ['f0.csv', 'f2.csv']],
  ['userId=local:ben', ['f1.csv', 'f3.csv']],
  ['userId=local:an', []],
  ['fromWhen=2026-03-02', ['f1.csv', 'f2.csv', 'f3.csv']],
  ['fromWhen=2026-03-02T00:00:01Z', ['f2.csv', 'f3.csv']],
  ['toWhen=2026-03-02', ['f0.csv', 'f1.csv', 'f2.csv']],
  ['toWhen=2026-03-01', ['f0.csv']],
  ['fromWhen=2026-03-02&toWhen=2026-03-02', ['f1.csv', 'f2.csv']],
  ['fromWhen=2026-03-02&toWhen=2026-03-02&userId=local:ben', ['f1.csv']],
  ['fromWhen=2026-03-04', []],
  ['filename=F2.CSV', ['f2.csv']],
  ['filename=f2', []],
  ['maxRecords=1', ['f0.csv']],
] as const)('%s lists what it names, oldest first', async (query, expected) => {
  const found = await list(query)
  expect([found.status, names(found)]).toEqual([200, expected])
})

test('a thousand are listed unless fewer are asked for, and the rest is the next page', async () => {
  const id = await stored('MANY', 'ana', 'first.csv')
  await world.owner().query(
    `insert into file (id, store, sid, filename, type, bytes, sha256, actor, at, attestation, warnings, scanned)
     select gen_random_uuid()::text, store, sid, 'more-' || n, type, bytes, sha256, actor, at + n, attestation, warnings, scanned
     from file, generate_series(1, 1000) as n where id = $1`,
    [id],
  )
  const first = await list('', 'MANY')
  expect([names(first).length, names(first)[0], names(first).at(-1)]).toEqual([1000, 'first.csv', 'more-999'])
  const rest = await list(`after=${String(first.json['next'])}`, 'MANY')
  expect([names(rest), rest.json['next']]).toEqual([['more-1000'], null])
})

test('a file of a person is not given out any more once use of his data was stopped', async () => {
  const feed = await world.token('integrator', ['S'])
  await world.fhir('POST', '', feed, bundleOf('transaction', contract('c', 'ann', 'S'), patient('ann')), { 'x-aquifer-site': 'A' })
  const of = { token: feed, headers: { ...headers('tests', 'S'), 'content-type': 'text/plain' } }
  const put = async (more: Record<string, string>): Promise<string> => {
    const sent = await world.send({
      method: 'POST',
      path: '/datalake/api/v1/data',
      ...of,
      body: 'holter',
      headers: { ...of.headers, ...more },
    })
    return String(sent.headers['location'])
  }
  const [his, nobodys] = [await put({ 'x-aquifer-patient': 'ann' }), await put({})]
  const read = async (method: 'GET' | 'HEAD', at: string, more: Record<string, string> = {}) =>
    (await world.send({ method, path: at, ...of, headers: { ...of.headers, ...more } })).status
  expect([await read('GET', his), await read('HEAD', his), await read('GET', nobodys)]).toEqual([200, 200, 200])
  const token = await world.token('study-manager', ['S'])
  const body = { patient: 'ann', act: 'stop-use', reason: 'asked', evidence: 'letter' }
  expect((await world.send({ method: 'POST', path: '/consent/api/v1/studies/S/withdrawals', token, body })).status).toBe(201)
  const after = [
    await read('GET', his),
    await read('HEAD', his),
    await read('GET', his, { range: 'bytes=0-0' }),
    await read('GET', nobodys),
  ]
  expect(after).toEqual([404, 404, 404, 200])
})
