import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { armFaults, disarmFaults, openSigner } from '../storage/index.js'
import { thinned } from './generation.js'
import { filesOf } from './manifest.js'
import { withoutNulls } from './ndjson.js'
import {
  livingRowsSql,
  modelVersion,
  openReservoir,
  readReservoirManifest,
  type Publishing,
  type Reservoir,
  type ReservoirBatch,
} from './index.js'

let folder = ''
let reservoir: Reservoir
let reader: { instance: DuckDBInstance; connection: DuckDBConnection }
const clock = { at: Date.parse('2026-11-22T10:00:00Z'), now: () => clock.at }
const stamp = { maskingPolicy: 'safe-harbor v1', maskingKey: 'k1', modelVersion: modelVersion(), asOfYear: 2026 }

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  reader = { instance, connection: await instance.connect() }
  folder = await mkdtemp(join(tmpdir(), 'aquifer-reservoir-'))
  reservoir = await open()
})
afterAll(async () => {
  reader.connection.closeSync()
  reader.instance.closeSync()
  await reservoir.close()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => disarmFaults())
// Every test has a study of its own.
let studies = 0
let own = ''
beforeEach(() => {
  own = `STUDY-${++studies}`
})
const flatTables = ({ rowsOf }: { rowsOf: (type: string) => string | null }) => {
  const rows = rowsOf('Observation')
  return rows
    ? [{ name: 'observations', types: ['Observation'], sql: () => `SELECT _id AS id, patient_key, status FROM (${rows}) ORDER BY id` }]
    : []
}
// A table of the study's own that cannot be made stands beside those that can.
const broken = { name: 'broken', types: ['Observation'], sql: () => `SELECT error('x') AS x`, own: true }
const tables = {
  mark: '',
  tables: (input: Parameters<typeof flatTables>[0]) => [
    broken,
    ...flatTables(input),
    { ...broken, name: 'own', sql: () => 'SELECT 1 AS x' },
  ],
}
const leftOut: string[] = []
const publishing: Publishing = { partition: 'year', output: 'parquet', keepMs: 0 }
const open = async (): Promise<Reservoir> =>
  openReservoir({
    dir: join(folder, 'reservoir'),
    clock,
    signer: await openSigner(join(folder, 'keys')),
    flatTables: async () => tables,
    publishing: () => Promise.resolve(publishing),
    onFailure: ({ reason }) => void leftOut.push(reason),
  })

interface Row {
  id: string
  v?: number
  deleted?: true
  year?: number
  value?: unknown
}
const line = ({ id, v = 1, deleted, year = 2015, value = 7 }: Row): string =>
  JSON.stringify({
    _id: id,
    _v: v,
    ...(deleted ? { _d: true } : {}),
    patient_key: `p${id.length}`,
    _date: String(year),
    _year: year,
    _site: 's1',
    resource: deleted
      ? null
      : { resourceType: 'Observation', id, status: 'final', valueQuantity: { value }, extension: [{ url: 'u', valueString: 'x' }] },
  })
let place = 0
function batch(rows: Row[], more: Partial<ReservoirBatch> = {}): ReservoirBatch {
  place++
  const bytes = Buffer.from(rows.map((row) => `${line(row)}\n`).join(''))
  return {
    cursor: { xid: String(place), seq: '1' },
    feedAt: clock.at,
    consentEpoch: 3,
    byType: new Map(rows.length > 0 ? [['Observation', [bytes]]] : []),
    displays: null,
    visible: 'now',
    ...more,
  }
}

async function begun() {
  const study = await reservoir.study(own)
  await study.begin(stamp)
  return study
}
const commit = async (rows: Row[], more: Partial<ReservoirBatch> = {}) => reservoir.commit(await begun(), batch(rows, more))

async function living(type = 'Observation'): Promise<string[]> {
  const dir = join(folder, 'reservoir', own)
  const manifest = await readReservoirManifest(dir)
  const entry = manifest?.types[type]
  if (!entry) return []
  const sql = `SELECT _id || '/' || _v FROM (${livingRowsSql(dir, entry)}) ORDER BY 1`
  const rows = (await reader.connection.runAndReadAll(sql)).getRows().map(([text]) => String(text))
  expect(entry.rows).toBe(rows.length)
  return rows
}

test('one living row per resource: updates and deletes take the rows before them, in whatever order they come', async () => {
  await commit([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  await commit([
    { id: 'a', v: 2, value: 8 },
    { id: 'b', v: 2, deleted: true },
  ])
  expect(await living()).toEqual(['a/2', 'c/1'])
  await commit([{ id: 'd', v: 2 }])
  await commit([{ id: 'd', v: 1 }])
  await commit([{ id: 'b', v: 3 }])
  expect(await living()).toEqual(['a/2', 'b/3', 'c/1', 'd/2'])
  const manifest = (await reservoir.study(own)).snapshot()!
  expect(manifest).toMatchObject({
    study: own,
    maskingPolicy: 'safe-harbor v1',
    consentEpoch: 3,
    snapshot: new Date(clock.at).toISOString(),
  })
  expect(manifest.types['Observation']).toMatchObject({ rows: 4, people: 1 })
})

test('studies that commit at the same time do not meet', async () => {
  const three = await Promise.all(['ONE', 'TWO', 'THREE'].map((id) => reservoir.study(id)))
  await Promise.all(three.map((study) => study.begin(stamp)))
  const rowsOf = (n: number): Row[] => Array.from({ length: 100 * (n + 1) }, (_, i) => ({ id: `r${i}` }))
  await Promise.all(three.map((study, n) => reservoir.commit(study, batch(rowsOf(n)))))
  expect(three.map((study) => study.snapshot()!.types['Observation']!.rows)).toEqual([100, 200, 300])
})

test('a row that the schema cannot hold is left out and named, and what it replaces goes; the others are stored', async () => {
  await commit([{ id: 'b' }])
  const { unfit } = await commit([{ id: 'a' }, { id: 'b', v: 2, value: { not: 'a number' } }, { id: 'c', v: 2 }])
  expect(unfit).toEqual([{ type: 'Observation', id: 'b', version: 2 }])
  expect(await living()).toEqual(['a/1', 'c/2'])
})

test('the type with the most columns fits the writer', async () => {
  const type = 'StructureDefinition'
  const row = { ...(JSON.parse(line({ id: 'wide' })) as object), resource: { resourceType: type, snapshot: { element: [{ path: 'x' }] } } }
  await commit([], { byType: new Map([[type, [Buffer.from(`${JSON.stringify(row)}\n`)]]]) })
  expect(await living(type)).toEqual(['wide/1'])
})

test('nothing is seen of a batch before its manifest, and a restart sweeps what had none', async () => {
  await commit([{ id: 'a' }])
  await commit([{ id: 'b' }], { visible: 'later' })
  expect(await living()).toEqual(['a/1'])
  await reservoir.close()
  const dir = join(folder, 'reservoir', own)
  await writeFile(join(dir, 'Observation-orphan.parquet'), 'x')
  reservoir = await open()
  expect(existsSync(join(dir, 'Observation-orphan.parquet'))).toBe(false)
  const study = await reservoir.study(own)
  expect(study.head()!.cursor.xid).toBe(String(place))
  await study.publish()
  expect(await living()).toEqual(['a/1', 'b/1'])
  expect(existsSync(join(dir, 'head.json'))).toBe(false)
})

test.each(['reservoir.objects-stored', 'reservoir.manifest-written'])(
  'of a commit that failed at %s no file stays that no manifest names',
  async (point) => {
    await commit([{ id: 'a' }])
    const dir = join(folder, 'reservoir', own)
    const files = async () => (await readdir(dir)).filter((name) => name.endsWith('.parquet')).sort()
    const named = async () => [...filesOf(await readReservoirManifest(dir))].sort()
    armFaults(`${point}=fail@1`)
    await expect(commit([{ id: 'b' }])).rejects.toThrow('injected fault')
    expect(await files()).toEqual(await named())
    await commit([{ id: 'c' }])
    expect(await living()).toEqual(['a/1', 'c/1'])
    expect(await files()).toEqual(await named())
  },
)

test('another stamp is made anew beside the snapshot, which stays until the new one is published', async () => {
  await commit([{ id: 'a' }, { id: 'b' }])
  const study = await reservoir.study(own)
  expect(await study.begin({ ...stamp, maskingPolicy: 'expert v1' })).toEqual({ xid: '0', seq: '0' })
  await reservoir.commit(study, batch([{ id: 'x' }], { visible: 'later' }))
  expect(await living()).toEqual(['a/1', 'b/1'])
  await study.publish()
  expect(await living()).toEqual(['x/1'])
  clock.at += 61_000
  await study.collectGarbage()
  const files = await readdir(join(folder, 'reservoir', own))
  expect(files.filter((file) => file.endsWith('.parquet')).length).toBe(1)
})

test('compaction bounds the files under a reader, changes no row, and lets superseded keys go when nothing older can come', async () => {
  const study = await begun()
  const expected: string[] = []
  for (let n = 0; n < 14; n++) {
    const rows = Array.from({ length: 50 }, (_, i) => ({ id: `r${n}-${i}` }))
    await reservoir.commit(study, batch([...rows, { id: 'moving', v: n + 1 }]))
    expected.push(...rows.map((row) => `${row.id}/1`))
    if (n % 4 === 3) expect((await living()).length).toBe((n + 1) * 50 + 1)
  }
  await expect.poll(() => study.head()!.types['Observation']!.files.length, { timeout: 20_000 }).toBeLessThan(9)
  expect(await living()).toEqual([...expected, 'moving/14'].sort())
  clock.at += 3_600_000
  await reservoir.commit(study, batch([{ id: 'moving', v: 15 }]))
  await expect.poll(() => study.head()!.types['Observation']!.superseded.length, { timeout: 20_000 }).toBeLessThan(3)
  expect(await living()).toEqual([...expected, 'moving/15'].sort())
})

test('a late older version stays dead after compaction', async () => {
  const study = await begun()
  await commit([{ id: 'a', v: 2 }])
  for (let n = 0; n < 10; n++) await commit([{ id: `x${n}`, v: 2 }])
  await expect.poll(() => study.head()!.types['Observation']!.files.length, { timeout: 20_000 }).toBeLessThan(9)
  await commit([{ id: 'a', v: 1 }])
  expect((await living()).filter((row) => row.startsWith('a/'))).toEqual(['a/2'])
})

test('a pinned snapshot keeps its files', async () => {
  await commit([{ id: 'a' }])
  const study = await reservoir.study(own)
  const pin = study.pin()!
  const path = join(study.dir, pin.manifest.types['Observation']!.files[0]!.path)
  await study.begin({ ...stamp, maskingKey: 'k2' })
  await study.publish()
  clock.at += 120_000
  await study.collectGarbage()
  expect(existsSync(path)).toBe(true)
  pin.release()
  await study.collectGarbage()
  expect(existsSync(path)).toBe(false)
})

test('a generation for outside readers: by masked year, linked where nothing changed, no version, no time', async () => {
  await commit([
    { id: 'a', year: 2014 },
    { id: 'b', year: 2015 },
    { id: 'c', year: 0 },
  ])
  const first = (await reservoir.publishGeneration(own))!.folder
  clock.at += 1000
  await commit([{ id: 'b', v: 2, year: 2015, value: 9 }])
  const second = (await reservoir.publishGeneration(own))!.folder
  expect(second).not.toBe(first)
  expect((await reservoir.newestGeneration(own))!.folder).toBe(second)
  expect((await readdir(join(second, 'Observation'))).sort()).toEqual(['year=0', 'year=2014', 'year=2015'])
  const inode = async (path: string): Promise<number> => (await stat(path)).ino
  const file = (generation: string, year: number): string => join(generation, 'Observation', `year=${year}`, 'part-0.parquet')
  expect(await inode(file(first, 2014))).toBe(await inode(file(second, 2014)))
  expect(await inode(file(first, 2015))).not.toBe(await inode(file(second, 2015)))
  expect((await stat(file(second, 2015))).mtime.toISOString()).toBe('2000-01-01T00:00:00.000Z')
  const all = await reader.connection.runAndReadAll(
    `SELECT id, year, valueQuantity.value FROM read_parquet('${second}/Observation/**/*.parquet', hive_partitioning = true) ORDER BY id`,
  )
  expect(all.getRows().map((row) => row.map(String))).toEqual([
    ['a', '2014', '7'],
    ['b', '2015', '9'],
    ['c', '0', '7'],
  ])
  const described = await reader.connection.runAndReadAll(`DESCRIBE SELECT * FROM '${file(second, 2015)}'`)
  const columns = described.getRows().map(([name]) => String(name))
  expect(columns.slice(0, 3)).toEqual(['id', 'patient_key', 'masking_policy'])
  expect(columns.filter((name) => ['_v', '_id', '_d'].includes(name))).toEqual([])
  const flat = await reader.connection.runAndReadAll(`SELECT count(*) FROM '${second}/tables/observations/*.parquet'`)
  expect(Number(flat.getRows()[0]![0])).toBe(3)
  expect((await readdir(join(second, 'tables'))).sort()).toEqual(['observations', 'own'])
  expect(leftOut).toContain('the study’s own table broken cannot be made')
  // The same rows give other tables: a generation of the same snapshot.
  tables.mark = 'other'
  expect(await reservoir.publishGeneration(own)).not.toBe(second)
})

test('a study that wants JSON gets NDJSON in the same folders: members without values are not written, and digits stay', async () => {
  publishing.output = 'json'
  publishing.partition = 'month'
  await commit([{ id: 'a' }, { id: 'b', value: 0.1 }])
  const { folder: made, output } = (await reservoir.publishGeneration(own))!
  expect(output).toBe('json')
  const file = join(made, 'Observation/year=2015/month=00/part-0.ndjson.gz')
  const lines = gunzipSync(await readFile(file))
    .toString()
    .trim()
    .split('\n')
  expect(JSON.parse(lines[0]!)).toEqual({
    resourceType: 'Observation',
    id: 'a',
    patient_key: 'p1',
    _date: '2015',
    _site: 's1',
    masking_policy: 'safe-harbor v1',
    status: 'final',
    valueQuantity: { value: expect.anything() as unknown },
    extension: [{ url: 'u', valueString: 'x' }],
  })
  expect(await readdir(join(made, 'tables/observations'))).toEqual(['part-0.ndjson.gz'])
  // The same snapshot in another form is another generation.
  publishing.output = 'parquet'
  const next = (await reservoir.publishGeneration(own))!
  expect(next.generation).toBe(2)
  expect(await readdir(join(next.folder, 'tables/observations'))).toEqual(['part-0.parquet'])
  publishing.partition = 'year'
})

test('generations are kept for the time that is set, ever fewer of them, and never less than the last three', async () => {
  const generations = async (): Promise<string[]> => (await readdir(join(folder, 'reservoir', own, 'published'))).sort()
  for (let n = 0; n < 5; n++) {
    await commit([{ id: `a${n}` }])
    await reservoir.publishGeneration(own)
    clock.at += 60_000
  }
  expect(await generations()).toEqual(['3', '4', '5'])
  publishing.keepMs = 7 * 86_400_000
  for (let n = 5; n < 8; n++) {
    await commit([{ id: `a${n}` }])
    await reservoir.publishGeneration(own)
    clock.at += 60_000
  }
  expect(await generations()).toEqual(['3', '4', '5', '6', '7', '8'])
  clock.at += 8 * 86_400_000
  await commit([{ id: 'late' }])
  await reservoir.publishGeneration(own)
  expect(await generations()).toEqual(['7', '8', '9'])
  publishing.keepMs = 0
})

test('of a past hour and of a past day one generation stays', () => {
  const day = 86_400_000
  const now = 100 * day
  const ago = (ms: number, generation: number) => ({ generation, snapshot: '', at: now - ms })
  const all = [
    ago(40 * day, 1),
    ago(2 * day, 2),
    ago(2 * day - 60_000, 3),
    ago(7_200_000, 4),
    ago(7_190_000, 5),
    ago(600_000, 6),
    ago(500_000, 7),
  ]
  const newest = [ago(3, 8), ago(2, 9), ago(1, 10)]
  const kept = thinned([...all, ...newest], { keepMs: 30 * day, now }).kept.map(({ generation }) => generation)
  expect(kept).toEqual([2, 4, 6, 7, 8, 9, 10])
})

test('a null is left out of JSON wherever it stands, and a text that looks like one stays', () => {
  const line = '{"a":null,"b":{"c":null},"d":[{"e":1.10,"f":null}],"g":"\\"x\\":null,","h":",}","i":null}'
  expect(withoutNulls(line)).toBe('{"b":{},"d":[{"e":1.10}],"g":"\\"x\\":null,","h":",}"}')
})

test('the writer process can be killed at any time: the batch fails, the next one is stored', async () => {
  await commit([{ id: 'a' }])
  process.kill(reservoir.writerPid!, 'SIGKILL')
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: `r${i}` }))
  const failed = commit(rows).catch((error: Error) => error.name)
  expect(['WriterError', undefined]).toContain(typeof (await failed) === 'string' ? await failed : undefined)
  await commit([{ id: 'b' }])
  expect((await living()).filter((row) => !row.startsWith('r'))).toEqual(['a/1', 'b/1'])
})

test('who is taken out leaves the files that he is in, and the others stay as they are; keys of others are kept', async () => {
  const displays = [{ system: 's', code: 'c', text: 't' }]
  await commit([{ id: 'a' }, { id: 'bb' }], { displays })
  await commit([{ id: 'c' }, { id: 'd', v: 2 }], { displays })
  await commit([{ id: 'bb', v: 2, deleted: true }])
  const before = (await reservoir.study(own)).head()!
  const [his, others] = before.types['Observation']!.files.map(({ path }) => path)
  await reservoir.purge(own, { patientKey: 'p2', ids: ['bb'] }, () => undefined)
  const { types, displays: dictionary } = (await reservoir.study(own)).snapshot()!
  const paths = new Set(types['Observation']!.files.map(({ path }) => path))
  expect([paths.has(his!), paths.has(others!)]).toEqual([false, true])
  await commit([{ id: 'd', v: 1 }])
  expect(await living()).toEqual(['a/1', 'c/1', 'd/2'])
  expect(await reservoir.countOf(own, { patientKey: 'p2', ids: ['bb'] })).toEqual({ rows: 0, traces: 0 })
  expect(dictionary).toBe(before.displays)
})
