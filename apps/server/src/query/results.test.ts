import { randomUUID } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { parametersIn } from '@aquifer/core/query'
import type { DownloadFormat, StatementParameters } from '@aquifer/core/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDownloads } from './downloads.js'
import type { KeptResult } from './kept-results.js'
import { openQueryWorld, type World } from './test/world.js'

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

const must = <T>(value: T | Refusal): T => {
  if (isRefusal(value)) throw new Error(JSON.stringify(value))
  return value
}
const keep = async (sql: string, limit = 100_000): Promise<KeptResult> =>
  must(await world.query.keep({ study: world.study, actor: 'ana', sql, purpose: 'test', limit, format: 'arrow' }))
const jsonOf = (bytes: Buffer): unknown[][] => JSON.parse(`[${bytes.toString()}]`) as unknown[][]

test('parameters stand where a text names them, not in texts, names and comments', () => {
  const sql = `SELECT $a, '$b', "$c", $$ $d $$, $x$ $e $x$, e'\\'$f' -- $g\n/* $h */ , col$i, $é FROM t WHERE x = $a`
  expect(parametersIn(sql).map(({ name }) => name)).toEqual(['a', 'é', 'a'])
  expect(parametersIn(`'never ended $a`)).toEqual([])
})

test('parameters are bound with their type, never part of the text', async () => {
  const parameters: StatementParameters = {
    Since: { type: 'date', value: '2020-01-31' },
    at: { type: 'timestamp', value: '2020-01-31T10:00:00.25+01:00' },
    n: { type: 'number', value: 1.5 },
    k: { type: 'integer', value: '900719925474099312' },
    t: { type: 'text', value: `x'); DROP TABLE patients; --` },
    b: { type: 'boolean', value: true },
    codes: { type: 'text-list', value: ['8302-2', 'none'] },
    nothing: { type: 'text', value: null },
    unused: { type: 'text', value: 'x' },
  }
  const answer = must(
    await world.rows(
      `SELECT $SINCE::VARCHAR, $at::VARCHAR, $n, $k, $t, $b, $nothing, typeof($since), typeof($k),
         (SELECT count(*) FROM observations WHERE code IN $codes), (SELECT count(*) FROM observations WHERE list_contains($codes, code))`,
      { parameters },
    ),
  )
  expect(answer.rows).toEqual([
    ['2020-01-31', '2020-01-31 09:00:00.25', 1.5, '900719925474099312', `x'); DROP TABLE patients; --`, true, null, 'DATE', 'BIGINT', 2, 2],
  ])
  const record = must(await world.query.record((await world.query.history(world.study, 'ana', 1)).rows[0]?.id ?? '', 'ana'))
  expect(record.parameters).toEqual(parameters)
})

test('a parameter without a value, or without a name, is refused where it stands', async () => {
  const sql = `SELECT 'é $since' FROM patients WHERE gender = $sinse`
  const parameters: StatementParameters = { since: { type: 'text', value: 'x' } }
  expect(await world.rows(sql, { parameters })).toMatchObject({
    refusal: 'statement-invalid',
    position: sql.lastIndexOf('$sinse'),
    suggestion: 'since',
  })
  expect(await world.rows('SELECT ?', { parameters })).toMatchObject({
    refusal: 'statement-invalid',
    detail: expect.stringMatching(/name/),
  })
  expect(await world.rows('SELECT $1', { parameters })).toMatchObject({ refusal: 'statement-invalid' })
  expect(await world.rows('EXPLAIN SELECT $since', { parameters })).toMatchObject({ rows: [expect.anything()] })
})

test('a kept result: every type as it was, in windows, sorted and filtered, in both forms', async () => {
  const kept = await keep(
    `SELECT n AS a, 'r' || n AS "A", n % 3 AS "odd ""name""", (n * 1e15::HUGEINT)::HUGEINT AS huge, {'x': n} AS s,
       CASE WHEN n % 10 <> 0 THEN DATE '2020-01-01' + n::INTEGER END AS d FROM (SELECT range AS n FROM range(5000))`,
  )
  expect(kept).toMatchObject({ owner: 'ana', study: 'SYN', basis: { rows: 5_000, truncated: false } })
  const window = async (more: object): Promise<{ rows: unknown[][]; matching: number }> => {
    const { bytes, matching } = must(await world.query.results.window(kept, { offset: 0, limit: 2, filters: [], ...more }, 'json'))
    return { rows: jsonOf(bytes), matching }
  }
  expect(await window({ offset: 4_999, limit: 10 })).toEqual({
    rows: [[4_999, 'r4999', 1, '4999000000000000000', { x: 4_999 }, '2033-09-08']],
    matching: 5_000,
  })
  expect((await window({ sort: { column: 'd', descending: true } })).rows.map(([n]) => n)).toEqual([4_999, 4_998])
  const filters = [
    { column: 'odd "name"', op: 'eq', value: '2' },
    { column: 'A', op: 'contains', value: 'R49' },
    { column: 'd', op: 'null' },
  ]
  const filtered = await window({ filters })
  expect([filtered.matching, filtered.rows.map(([n]) => n)]).toEqual([3, [4_910, 4_940]])
  expect(await window({ filters: [{ column: 'a', op: 'eq', value: `1' OR '1'='1` }] })).toMatchObject({ matching: 0, rows: [] })
  expect(
    await world.query.results.window(kept, { offset: 0, limit: 1, filters: [], sort: { column: 'b', descending: false } }, 'json'),
  ).toMatchObject({ refusal: 'bad-parameter', parameter: 'sort' })
  const arrow = must(await world.query.results.window(kept, { offset: 10, limit: 3, filters: [] }, 'arrow'))
  expect(tableFromIPC(arrow.bytes).getChild('A')?.toArray()).toEqual(['r10', 'r11', 'r12'])
})

test('limits are those of whoever asks, and are told', async () => {
  const asked = { study: world.study, actor: 'ana', purpose: 'test', limit: 1_000, format: 'json' as const }
  const limits = { time: 300, memoryMb: 256, spillMb: 16, rows: 5 }
  expect(must(await world.rows('SELECT range FROM range(50)', { limits })).basis).toMatchObject({ rows: 5, totalRows: 50, truncated: true })
  const slow = await world.query.run({ ...asked, limits, sql: 'SELECT count(*) FROM range(100000000) a, range(100000) b' })
  expect(slow).toMatchObject({ refusal: 'statement-limit', detail: expect.stringMatching(/0\.3 seconds/) })
})

test('who waits has a place in the queue, and leaves it at once when he cancels', async () => {
  const sql = 'SELECT count(*) FROM range(100000000) a, range(100000) b'
  const started: { actor: string; id: string }[] = []
  const start = async (actor: string, state: unknown[]): Promise<void> => {
    const { id } = world.query.start({ study: world.study, actor, sql, purpose: 'test', limit: 1, format: 'json' })
    started.push({ actor, id })
    await expect.poll(async () => stateOf(started.length - 1), { timeout: 30_000 }).toEqual(state)
  }
  const stateOf = async (at: number): Promise<unknown[]> => {
    const status = must(await world.query.status(started[at]?.id ?? '', started[at]?.actor ?? ''))
    return [status.state, status.queuePlace]
  }
  try {
    for (const state of [
      ['running', undefined],
      ['running', undefined],
      ['queued', 1],
    ])
      await start('ana', state)
    await start('bob', ['queued', 1])
    expect(await stateOf(2)).toEqual(['queued', 2])
  } finally {
    for (const { id, actor } of started.toReversed()) await world.query.cancel(id, actor)
  }
  await expect.poll(() => world.query.running(), { timeout: 30_000 }).toBe(0)
  expect((await stateOf(3))[0]).toBe('cancelled')
})

test('a whole result in pieces is one stream; an empty one has its columns', async () => {
  const kept = await keep(`SELECT range AS n, 'some text' AS t FROM range(70000)`)
  for (const format of ['arrow', 'json'] as const) {
    const pieces: Buffer[] = []
    for await (const piece of world.query.results.pieces(kept, format)) pieces.push(piece)
    expect(pieces.length).toBe(2)
    const whole = Buffer.concat(pieces)
    if (format === 'json') expect(jsonOf(whole).length).toBe(70_000)
    else expect([tableFromIPC(whole).numRows, tableFromIPC(whole).getChild('n')?.get(69_999)]).toEqual([70_000, 69_999n])
  }
  const empty = await keep('SELECT gender FROM patients WHERE false')
  const pieces: Buffer[] = []
  for await (const piece of world.query.results.pieces(empty, 'arrow')) pieces.push(piece)
  expect(tableFromIPC(Buffer.concat(pieces)).schema.fields.map(({ name }) => name)).toEqual(['gender'])
})

test('what is kept is limited, readable for the server alone, over in time, and of DESCRIBE and EXPLAIN too', async () => {
  const some = await keep('SELECT range AS n FROM range(100000)', 10)
  expect(some.basis).toMatchObject({ rows: 10, totalRows: 100_000, truncated: true })
  expect((await keep('DESCRIBE patients')).basis.rows).toBeGreaterThan(15)
  expect((await keep('EXPLAIN SELECT 1')).basis.rows).toBe(1)
  const folder = join(world.folder, 'results', 'SYN')
  expect(statSync(folder).mode & 0o077).toBe(0)
  expect(readdirSync(folder).filter((name) => !/\.(rows|json)$/.test(name))).toEqual([])
  const note = join(folder, `${some.id}.json`)
  writeFileSync(note, JSON.stringify({ ...(JSON.parse(readFileSync(note, 'utf8')) as object), until: 0 }))
  expect(await world.query.kept(some.id, 'ana')).toMatchObject({ refusal: 'result-gone' })
  expect(readdirSync(folder).some((name) => name.startsWith(`${some.id}.`))).toBe(false)
})

test('files: as many rows as the result, exact values, and nothing that a spreadsheet would run', async () => {
  const kept = await keep(
    `SELECT * FROM (VALUES (1, '=cmd|x', 12345678901234567890::HUGEINT, DATE '2020-02-29', TIMESTAMP '2020-02-29 01:02:03.5', [1, 2], true),
       (2, '-2+3', NULL, NULL, NULL, NULL, NULL), (3, '-12.5', 3, DATE '1800-01-01', NULL, NULL, false), (4, 'two' || chr(10) || 'lines, "é" ' || chr(1), 4, NULL, NULL, [], NULL))
     t(n, "=text", huge, d, ts, l, b)`,
  )
  const file = async (format: DownloadFormat): Promise<string> => {
    const path = join(world.folder, `${randomUUID()}.${format}`)
    expect(must(await world.query.results.file(kept, format, path)).rows).toBe(4)
    return path
  }
  const csv = readFileSync(await file('csv'), 'utf8')
  expect(csv.split('\n').slice(0, 4)).toEqual([
    `n,'=text,huge,d,ts,l,b`,
    `1,'=cmd|x,12345678901234567890,2020-02-29,2020-02-29T01:02:03.500000Z,"[1,2]",true`,
    `2,'-2+3,,,,,`,
    '3,-12.5,3,1800-01-01,,,false',
  ])
  const json = JSON.parse(readFileSync(await file('json'), 'utf8')) as Record<string, unknown>[]
  expect(json[0]).toMatchObject({ n: 1, '=text': '=cmd|x', huge: '12345678901234567890', l: [1, 2] })
  expect(tableFromIPC(readFileSync(await file('arrow'))).numRows).toBe(4)
  expect(
    readFileSync(await file('parquet'))
      .subarray(0, 4)
      .toString(),
  ).toBe('PAR1')
  const entries = unzipped(readFileSync(await file('xlsx')))
  const sheet = entries.get('xl/worksheets/sheet1.xml') ?? ''
  expect(entries.size).toBe(6)
  expect(sheet).not.toContain('<f>')
  expect(sheet).toContain('<c s="4" t="inlineStr"><is><t xml:space="preserve">=cmd|x</t></is></c>')
  expect(sheet).toContain('<c s="2"><v>43890</v></c><c s="3"><v>43890.')
  expect(sheet).toContain('lines, "é" _x0001_</t>')
  expect(sheet).toContain('>12345678901234567890</t>')
})

/** Entries of an archive by its own directory. */
function unzipped(zip: Buffer): Map<string, string> {
  const entries = new Map<string, string>()
  let at = zip.readUInt32LE(zip.length - 6)
  for (; zip.readUInt32LE(at) === 0x02014b50; at += 46 + zip.readUInt16LE(at + 28)) {
    const [nameBytes, from] = [zip.readUInt16LE(at + 28), zip.readUInt32LE(at + 42)]
    const packed = zip.subarray(from + 30 + nameBytes, from + 30 + nameBytes + zip.readUInt32LE(at + 20))
    const plain = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed
    expect(plain.byteLength).toBe(zip.readUInt32LE(at + 24))
    entries.set(zip.toString('utf8', at + 46, at + 46 + nameBytes), plain.toString())
  }
  return entries
}

test('a download is its owner’s alone; who oversees ends it; more rows than were kept are read anew', async () => {
  const desk = openDownloads({
    query: world.query,
    repository: world.repository,
    dir: join(world.folder, 'downloads'),
    keptMs: 60_000,
    studyOf: async () => world.study,
    owner: 'test',
    now: () => Date.now(),
    newId: randomUUID,
    onFailure: ({ reason }) => expect.unreachable(reason),
  })
  try {
    const some = await keep('SELECT range AS n FROM range(5000)', 10)
    const { id } = must(await desk.begin(world.study, 'ana', { statement: some.id, format: 'csv' }))
    await expect.poll(async () => must(await desk.see(id, { user: 'ana', oversees: false })).state, { timeout: 60_000 }).toBe('done')
    const { file } = must(await desk.see(id, { user: 'boss', oversees: true }))
    expect(file).toMatchObject({ rows: 5_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const refused = { refusal: 'unknown' }
    expect(await desk.begin(world.study, 'bob', { statement: some.id, format: 'csv' })).toMatchObject(refused)
    expect(await desk.see(id, { user: 'bob', oversees: false })).toMatchObject(refused)
    expect(await desk.open(id, 'boss', 'file')).toMatchObject(refused)
    expect(await desk.list(world.study, { user: 'bob', oversees: false })).toEqual([])
    world.withheld.push('pk2')
    expect(await desk.open(id, 'ana', 'file')).toMatchObject({ refusal: 'result-gone' })
    world.withheld.length = 0
    expect(must(await desk.remove(id, { user: 'boss', oversees: true })).state).toBe('gone')
    expect(await desk.heldWith('SYN', 'pk1')).toBe(0)
  } finally {
    await desk.close()
  }
})

test('a file of one column that has nulls and empty texts has all of them', async () => {
  const kept = await keep(`SELECT CASE range % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'x' END AS a FROM range(3000)`)
  for (const format of ['csv', 'parquet', 'json', 'xlsx', 'arrow'] as const)
    expect(must(await world.query.results.file(kept, format, join(world.folder, `${randomUUID()}.${format}`))).rows, format).toBe(3_000)
  const long = await keep(`SELECT repeat('x', 40000) AS t`)
  expect(await world.query.results.file(long, 'xlsx', join(world.folder, 'long.xlsx'))).toMatchObject({ refusal: 'business-rule' })
})
