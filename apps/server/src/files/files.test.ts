// Files as they came, through the real edge: what is stored is what is given back, who may is told, and what is refused leaves nothing.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, type Request, type Sent, type World } from '../platform/test/world.js'
import { openDuckDb } from '../storage/index.js'

const lake = '/datalake/api/v1/data'
const reservoir = '/datareservoir/api/v1/data'
const vouched = 'Nobody can be recognised in this file.'
let world: World
let [feed, analyst, url] = ['', '', '']
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], required: ['share-data'], kind: 'program' })
  await world.study({ id: 'T', sites: ['A'] })
  ;[feed, analyst] = [await world.token('integrator', ['S']), await world.token('analyst', ['S'])]
  const bundle = bundleOf('transaction', contract('c', 'ann', 'S'), patient('ann'))
  await world.fhir('POST', '', feed, bundle, { 'x-aquifer-site': 'A' })
  url = await world.platform.listen()
})
afterAll(() => world.close())

let n = 0
beforeEach(() => void (n += 1))
const mandatory = () => ({ 'x-correlation-id': `files-${n}`, 'x-aquifer-user': 'local:tests' })
const send = (asked: Request): Promise<Sent> => world.send({ ...asked, headers: { ...mandatory(), ...asked.headers } })
const put = (at: string, token: string, body: Buffer | string, headers: Record<string, string> = {}) =>
  send({ method: 'POST', path: at, token, body, headers: { 'content-type': 'text/csv', ...headers } })
const named = (name: string) => ({ 'content-disposition': `attachment; filename="${name}"`, 'x-aquifer-attestation': vouched })
const putTable = (name: string, body: Buffer | string, headers: Record<string, string> = {}) =>
  put(reservoir, analyst, body, { ...named(name), ...headers })
const get = (at: string, token: string, headers: Record<string, string> = {}) => send({ path: at, token, headers })
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
const bytesAt = async (at: string, token: string, headers: Record<string, string> = {}) => {
  const answer = await world.platform.app.inject({
    url: at,
    headers: { ...mandatory(), authorization: `Bearer ${token}`, ...headers },
  })
  return { status: answer.statusCode, bytes: answer.rawPayload, headers: answer.headers }
}
/** Everything below files/ but what the audit and exports keep there. */
const onDisk = async (): Promise<string[]> => {
  const all = await readdir(path.join(world.platform.config.dataDir, 'files'), { recursive: true, withFileTypes: true })
  return all.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}

test.each([0, 1, 65_536, 65_537, 1_000_000])(
  '%i bytes of the lake come back as they were, whole and in parts, and lie sealed on disk',
  async (size) => {
    const bytes = randomBytes(size)
    const stored = await put(lake, feed, bytes, { 'content-type': 'image/x-own; a=b' })
    expect([stored.status, stored.json['bytes'], stored.json['checksum']]).toEqual([201, size, sha256(bytes)])
    const at = String(stored.headers['location'])
    const back = await bytesAt(at, feed)
    expect([back.status, back.bytes.equals(bytes), back.headers['content-type']]).toEqual([200, true, 'image/x-own; a=b'])
    expect(back.headers['etag']).toBe(`"${sha256(bytes)}"`)
    if (size < 2) return
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      [`bytes=${size - 2}-`, size - 2, size],
      ['bytes=-5', size - 5, size],
      [`bytes=65530-99999999`, 65_530, size],
    ] as const) {
      const part = await bytesAt(at, feed, { range })
      expect([range, part.status, part.bytes.equals(bytes.subarray(from, to))]).toEqual([range, 206, true])
      expect(part.headers['content-range']).toBe(`bytes ${from}-${to - 1}/${size}`)
    }
    expect((await bytesAt(at, feed, { range: `bytes=${size}-` })).status).toBe(416)
    for (const file of await onDisk()) expect((await readFile(file)).includes(bytes.subarray(0, 40))).toBe(false)
  },
)

test('a head has the size and the checksum, and whoever has the file is not sent it again', async () => {
  const stored = await putTable('a b.csv', 'x\n1\n')
  const at = String(stored.headers['location'])
  const head = await world.platform.app.inject({ method: 'HEAD', url: at, headers: { ...mandatory(), authorization: `Bearer ${analyst}` } })
  expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '4', ''])
  expect((await get(at, analyst, { 'if-none-match': String(stored.headers['etag']) })).status).toBe(304)
  const whole = await get(at, analyst, { range: 'bytes=0-0', 'if-range': '"another"' })
  expect([whole.status, whole.headers['content-disposition'], whole.headers['content-security-policy']]).toEqual([
    200,
    'attachment; filename="a b.csv"',
    "default-src 'none'; sandbox",
  ])
})

test('without the mandatory headers, or as somebody else, nothing is answered', async () => {
  for (const headers of [
    { 'x-correlation-id': 'c' },
    { 'x-aquifer-user': 'local:tests' },
    { 'x-correlation-id': 'c', 'x-aquifer-user': 'somebody' },
  ]) {
    const refused = await world.send({ method: 'POST', path: lake, token: feed, body: 'x', headers: headers as Record<string, string> })
    expect([refused.status, refused.json['code']]).toEqual([400, 'bad-header'])
    expect(
      (await world.send({ path: '/datareservoir/api/v1/metadata', token: analyst, headers: headers as Record<string, string> })).status,
    ).toBe(400)
  }
})

test('a checksum that is not that of the bytes is refused, and nothing is left', async () => {
  const before = await onDisk()
  const digest = (text: string) => createHash('sha256').update(text).digest('base64')
  for (const header of ['content-digest', 'repr-digest', 'digest']) {
    const value = header === 'digest' ? `SHA-256=${digest('other')}` : `sha-256=:${digest('other')}:`
    expect((await put(lake, feed, 'x', { [header]: value })).json['code']).toBe('malformed-body')
  }
  expect((await put(lake, feed, 'x', { 'content-digest': 'md5=:aaaa:' })).json['code']).toBe('bad-header')
  expect(await onDisk()).toEqual(before)
  expect((await put(lake, feed, 'x', { 'content-digest': `md5=:aaaa:, sha-256=:${digest('x')}:` })).status).toBe(201)
})

/** Sends what the function writes; answers status and whether the body was asked for. */
const wire = (at: string, token: string, headers: Record<string, string>, write: (sent: ReturnType<typeof request>) => void) =>
  new Promise<{ status: number; asked: boolean }>((resolve, reject) => {
    let asked = false
    const all = { ...mandatory(), authorization: `Bearer ${token}`, ...headers }
    const sent = request(`${url}${at}`, { method: 'POST', headers: all }, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, asked })
      sent.destroy()
    })
    sent.on('continue', () => (asked = true))
    sent.on('error', reject)
    write(sent)
  })

test('what is too large is refused before its body where it says so, and while it comes where it does not', async () => {
  const before = await onDisk()
  const announced = { 'content-length': String(10 * 1024 * 1024 + 1), expect: '100-continue' }
  expect(await wire(lake, feed, announced, (sent) => sent.flushHeaders())).toEqual({ status: 413, asked: false })
  const piece = Buffer.alloc(1024 * 1024)
  const streamed = await wire(lake, feed, {}, (sent) => {
    for (let at = 0; at < 11; at += 1) sent.write(piece)
  })
  expect(streamed.status).toBe(413)
  const more = { ...named('big.csv'), 'content-length': String(500 * 1024 * 1024 + 1), expect: '100-continue' }
  expect(await wire(reservoir, analyst, more, (sent) => sent.flushHeaders())).toEqual({ status: 413, asked: false })
  expect(await onDisk()).toEqual(before)
  const wanted = { 'content-length': '3', expect: '100-continue' }
  expect(await wire(lake, feed, wanted, (sent) => sent.on('continue', () => sent.end('abc')))).toEqual({ status: 201, asked: true })
})

test('a body that breaks off leaves nothing', async () => {
  const before = await onDisk()
  const broken = wire(lake, feed, { 'content-length': '1000' }, (sent) => {
    sent.write('abc', () => setImmediate(() => sent.destroy()))
  })
  await expect(broken).rejects.toThrow()
  await expect.poll(onDisk).toEqual(before)
})

test('a file of the lake is for who stored it, and neither role nor address leads to it from the reservoir', async () => {
  const id = String((await put(lake, feed, 'secret')).json['id'])
  expect((await get(`${lake}/${id}`, await world.token('device', ['T']))).status).toBe(404)
  expect((await get(`${lake}/${id}`, await world.token('integrator', ['T']))).status).toBe(404)
  expect((await get(`${lake}/${id}`, analyst)).status).toBe(403)
  expect((await get(`${reservoir}/${id}`, analyst)).status).toBe(404)
  expect((await get('/datareservoir/api/v1/metadata', analyst)).text).not.toContain(id)
  expect((await world.platform.repository.files.list({ sids: [1, 2], limit: 1000 })).map((row) => row.store)).not.toContain('lake')
})

test('a file of a person needs his consent', async () => {
  const ofAnn = { 'x-aquifer-patient': 'ann' }
  const id = String((await put(lake, feed, 'holter', ofAnn)).json['id'])
  expect((await put(lake, feed, 'x', { 'x-aquifer-patient': 'nobody' })).status).toBe(403)
  expect((await world.platform.repository.files.byId(id))?.patientId).toBe('ann')
})

test('without a name or an attestation nothing enters the reservoir; what looks like people is told and stored', async () => {
  expect((await put(reservoir, analyst, 'x', { 'content-disposition': 'attachment; filename="x.csv"' })).json['detail']).toContain(
    'X-Aquifer-Attestation',
  )
  expect((await put(reservoir, analyst, 'x', { 'x-aquifer-attestation': vouched })).json['detail']).toContain('Content-Disposition')
  for (const name of ['../x.csv', 'a/b.csv', '...'])
    expect([name, (await put(reservoir, analyst, 'x', named(name))).status]).toEqual([name, 400])
  const stored = await putTable('people.csv', 'dob,note\n1970-01-01,ann@example.org\n1971-01-01,219-09-9999\n')
  expect([stored.status, stored.json['warnings']]).toEqual([
    201,
    [
      { kind: 'date-of-birth', count: 1, where: 'column dob' },
      { kind: 'email', count: 1, where: 'line 2' },
      { kind: 'social-security-number', count: 1, where: 'line 3' },
    ],
  ])
  const { json } = await get('/datareservoir/api/v1/metadata?filename=PEOPLE.csv', analyst)
  expect(json['files']).toMatchObject([
    {
      filename: 'people.csv',
      table: 'people.csv',
      study: 'S',
      userId: 'local:tests',
      attestation: { by: 'local:tests', text: vouched },
      newest: true,
    },
  ])
})

test('the listing goes oldest first in pages, and tells what it does not understand', async () => {
  for (const name of ['p1.txt', 'p2.txt', 'p3.txt']) await putTable(name, name)
  const list = async (query: string) => (await get(`/datareservoir/api/v1/metadata?${query}`, analyst)).json
  const names: string[] = []
  for (let after = ''; ;) {
    const page = await list(`maxRecords=2${after === '' ? '' : `&after=${after}`}`)
    names.push(...(page['files'] as { filename: string }[]).map(({ filename }) => filename))
    if (typeof page['next'] !== 'string') break
    after = page['next']
  }
  expect(names.filter((name) => name.startsWith('p'))).toEqual(expect.arrayContaining(['p1.txt', 'p2.txt', 'p3.txt']))
  expect(names.slice(-3)).toEqual(['p1.txt', 'p2.txt', 'p3.txt'])
  expect((await list('toWhen=2001-01-01'))['files']).toEqual([])
  expect((await list('userId=nobody'))['files']).toEqual([])
  for (const query of [
    'maxRecords=1001',
    'maxRecords=0',
    'fromWhen=yesterday',
    'toWhen=x',
    'other=1',
    'fromWhen=2026-02-02&toWhen=2026-01-01',
  ]) {
    const refused = await get(`/datareservoir/api/v1/metadata?${query}`, analyst)
    expect([query, refused.status, refused.json['code']]).toEqual([query, 400, 'bad-parameter'])
  }
})

test('a Parquet file is looked at, too, and one that is none says nothing', async () => {
  const { connection, close } = await openDuckDb()
  const folder = await mkdtemp(path.join(tmpdir(), 'aquifer-parquet-'))
  const file = path.join(folder, 'people.parquet')
  await connection.run(`copy (select 1 as visit, 'ann@example.org' as note, date '1970-01-01' as birth_date) to '${file}' (format parquet)`)
  close()
  const stored = await putTable('people.parquet', await readFile(file))
  await rm(folder, { recursive: true })
  expect([stored.status, stored.json['warnings']]).toEqual([
    201,
    [
      { kind: 'date-of-birth', count: 1, where: 'column birth_date' },
      { kind: 'email', count: 1, where: 'line 2' },
    ],
  ])
  expect((await putTable('none.parquet', 'no Parquet')).json['warnings']).toEqual([])
})

test('a file goes with a reason, bytes and name, and the trail knows by whom', async () => {
  const stored = await putTable('gone.csv', 'x\nsomething that is nowhere else\n')
  const at = String(stored.headers['location'])
  const remove = (token: string, headers: Record<string, string> = {}) => send({ method: 'DELETE', path: at, token, headers })
  expect((await remove(analyst)).json['code']).toBe('bad-header')
  const researcher = await world.token('researcher', ['S'])
  await world.owner().query(`update file set actor = 'somebody' where id = $1`, [stored.json['id']])
  expect((await remove(researcher, { 'x-aquifer-reason': 'not mine' })).json['code']).toBe('not-permitted')
  expect((await remove(await world.token('administrator'), { 'x-aquifer-reason': 'holds names' })).status).toBe(204)
  expect((await get(at, analyst)).status).toBe(410)
  for (const file of await onDisk()) expect(await readFile(file, 'utf8')).not.toContain('nowhere else')
  const { rows } = await world.owner().query<{ n: string }>(`select count(*) as n from file where filename = 'gone.csv'`)
  expect(rows[0]?.n).toBe('0')
  const trail = await world.platform.repository.audits.list({ actions: ['file'], limit: 5 })
  expect(trail[0]).toMatchObject({ outcome: 'refused' })
  expect(trail[1]).toMatchObject({ outcome: 'done', reason: 'holds names', detail: { file: stored.json['id'] } })
})

const upload = (id: string, method: 'PATCH' | 'GET' | 'DELETE', body?: string, headers: Record<string, string> = {}) =>
  send({
    method,
    path: id,
    token: analyst,
    ...(body === undefined ? {} : { body }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/partial-upload' }), ...headers },
  })

test.runIf(process.env['AQUIFER_TEST_LONG'] === '1')(
  'an upload goes on where it broke off, also after a restart, and is stored once',
  async () => {
    const whole = 'a,b\n1,2\n3,4\n'
    const digest = createHash('sha256').update(whole).digest('base64')
    const begun = await putTable('resumed.csv', whole.slice(0, 5), {
      'upload-complete': '?0',
      'upload-length': String(whole.length),
      'repr-digest': `sha-256=:${digest}:`,
    })
    expect([begun.status, begun.headers['upload-offset']]).toEqual([201, '5'])
    const at = String(begun.headers['location'])
    const part = (from: number, to: number, complete: '?0' | '?1') =>
      upload(at, 'PATCH', whole.slice(from, to), { 'upload-offset': String(from), 'upload-complete': complete })
    expect((await part(4, 8, '?0')).status).toBe(409)
    expect((await part(5, 8, '?0')).headers['upload-offset']).toBe('8')
    await world.restart()
    url = await world.platform.listen()
    analyst = await world.token('analyst', ['S'])
    feed = await world.token('integrator', ['S'])
    expect((await upload(at, 'GET')).headers['upload-offset']).toBe('8')
    expect((await upload(at, 'GET', undefined, {})).status).toBe(204)
    const stored = await part(8, whole.length, '?1')
    expect([stored.status, stored.json['checksum'], stored.json['table']]).toEqual([200, sha256(whole), 'resumed.csv'])
    expect((await upload(at, 'GET')).headers['upload-complete']).toBe('?1')
    expect((await get(`${reservoir}/${String(stored.json['id'])}`, analyst)).text).toBe(whole)
  },
)

test('an upload whose whole is not what was said is given up', async () => {
  const digest = createHash('sha256').update('other').digest('base64')
  const begun = await putTable('wrong.csv', 'abc', { 'upload-complete': '?0', 'content-digest': `sha-256=:${digest}:` })
  const at = String(begun.headers['location'])
  const last = await upload(at, 'PATCH', 'd', { 'upload-offset': '3', 'upload-complete': '?1' })
  expect([last.status, (await upload(at, 'GET')).status]).toEqual([400, 404])
  const other = await putTable('wrong.csv', 'abc', { 'upload-complete': '?0', 'upload-length': '4' })
  const more = await upload(String(other.headers['location']), 'PATCH', 'de', { 'upload-offset': '3', 'upload-complete': '?1' })
  expect(more.status).toBe(400)
  expect((await upload(String(other.headers['location']), 'DELETE')).status).toBe(204)
  expect((await onDisk()).filter((file) => file.includes('uploads'))).toEqual([])
})

test('what is being fetched ends when somebody of its study withdraws, however slowly it is read', async () => {
  const bytes = randomBytes(24_000_000)
  const at = String((await putTable('long.bin', bytes)).headers['location'])
  const fetched = await new Promise<IncomingMessage>((resolve, reject) =>
    request(new URL(at, url), { headers: { ...mandatory(), authorization: `Bearer ${analyst}` } }, resolve)
      .on('error', reject)
      .end(),
  )
  let got = 0
  fetched.on('data', (chunk: Buffer) => {
    got += chunk.length
    fetched.pause()
  })
  await expect.poll(() => got).toBeGreaterThan(0)
  const broken = new Promise<string>((resolve) => fetched.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')))
  const token = await world.token('study-manager', ['S'])
  const body = { patient: 'ann', act: 'stop-use', reason: 'asked', evidence: 'letter' }
  expect((await world.send({ method: 'POST', path: '/consent/api/v1/studies/S/withdrawals', token, body })).status).toBe(201)
  fetched.removeAllListeners('data').on('data', (chunk: Buffer) => void (got += chunk.length))
  fetched.resume()
  expect([await broken, fetched.complete, got < bytes.length]).toEqual(['ECONNRESET', false, true])
  expect((await bytesAt(at, analyst)).bytes.equals(bytes)).toBe(true)
})
