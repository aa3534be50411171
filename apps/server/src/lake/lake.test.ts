import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { armFaults, disarmFaults, openFolderStore, type ObjectStore } from '../storage/index.js'
import { compareCursors, feedStart, openKeyring, openLake, rowLines, TamperedError, type Lake, type RowBatch } from './index.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aquifer-lake-'))
})
afterEach(async () => {
  disarmFaults()
  await rm(folder, { recursive: true, force: true })
})

async function aLake(): Promise<Lake> {
  return openLake({ at: openFolderStore(join(folder, 'lake')), keyring: await openKeyring({ dir: join(folder, 'keys') }) })
}

function rows(from: number, to: number): RowBatch {
  const lines = []
  for (let n = from; n <= to; n++) {
    const content = Buffer.from(`{"resourceType":"Observation","id":"o${n}","meta":{},"comments":"Jane Dough"}`)
    lines.push({ type: 'Observation', id: `o${n}`, version: 1, op: 'C' as const, at: n, patientId: 'p1', siteId: null, content })
  }
  const place = (n: number) => ({ xid: String(700 + n), seq: String(n) })
  return { from: place(from), to: place(to), rows: lines.length, plain: rowLines(lines), atMin: from, atMax: to }
}

const idsOf = (ndjson: Buffer): string[] =>
  ndjson
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { id: string }).id)

async function idsAfter(lake: Lake, cursor = feedStart): Promise<string[]> {
  const study = await lake.study('ASTHMA-1')
  const ids = []
  for (const segment of await study.after(cursor, 1e9)) ids.push(...idsOf(await study.read(segment)))
  return ids
}

test('rows come back in feed order, across batches and a restart', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 3), 'e1')
  await study.append(rows(4, 4), 'e1')
  expect(await idsAfter(await aLake())).toEqual(['o1', 'o2', 'o3', 'o4'])
  expect(await idsAfter(await aLake(), { xid: '703', seq: '3' })).toEqual(['o4'])
})

test('a batch that is there already stores nothing', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 3), 'e1')
  await study.append(rows(1, 3), 'e1')
  await study.append(rows(2, 3), 'e1')
  expect(study.manifest().rows).toBe(3)
})

test('whoever follows a lake hears of rows whose commit was done but not answered', async () => {
  let unanswered = 0
  const doubtful = (store: ObjectStore): ObjectStore => {
    const at = (name: string): ObjectStore => doubtful(store.at(name))
    const replace: ObjectStore['replace'] = async (name, content) => {
      await store.replace(name, content)
      if (unanswered-- > 0) throw new Error('timed out')
    }
    const own: Partial<ObjectStore> = { at, replace }
    return new Proxy(store, { get: (target, name) => Reflect.get(own, name) ?? boundTo(target, name) })
  }
  const lake = await openLake({
    at: doubtful(openFolderStore(join(folder, 'lake'))),
    keyring: await openKeyring({ dir: join(folder, 'keys') }),
  })
  const study = await lake.study('ASTHMA-1')
  await study.append(rows(1, 1), 'e1')
  let told = 0
  study.onChange(() => (told = study.manifest().rows))
  unanswered = 1
  await expect(study.append(rows(2, 3), 'e1')).rejects.toThrow('timed out')
  await study.append(rows(2, 3), 'e1')
  expect(told).toBe(3)
})

const boundTo = (store: ObjectStore, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(store, name)
  return typeof value === 'function' ? (value as () => unknown).bind(store) : value
}

test('segments of commits that failed go with the next one, and before somebody is taken out', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 1), 'e1')
  const segments = async () => (await readdir(join(folder, 'lake', 'ASTHMA-1'))).filter((name) => name.endsWith('.enc')).length
  armFaults('lake.segment-written=fail@1')
  await expect(study.append(rows(2, 3), 'e1')).rejects.toThrow('injected fault')
  expect(await segments()).toBe(2)
  await study.forget({ patientId: 'nobody', named: new Set() })
  expect(await segments()).toBe(1)
  armFaults('lake.segment-written=fail@1')
  await expect(study.append(rows(2, 3), 'e1')).rejects.toThrow('injected fault')
  await study.append(rows(2, 5), 'e1')
  expect(await segments()).toBe(2)
  expect(await idsAfter(await aLake())).toEqual(['o1', 'o2', 'o3', 'o4', 'o5'])
})

test('written again under the same id after it took its place, a lake is whole all the while', async () => {
  const lake = await aLake()
  const study = await lake.study('ASTHMA-1')
  await study.append(rows(1, 3), 'e1')
  const again = await study.anew('replay', 'e1')
  await study.appendAnew(again, rows(1, 3))
  await study.takeOver(again, async () => undefined)
  // The process was killed before it could say so, and the job is taken up by another.
  await study.appendAnew(await study.anew('replay', 'e1'), rows(1, 3))
  expect(await idsAfter(lake)).toEqual(['o1', 'o2', 'o3'])
  await study.dropAnew()
  expect(await idsAfter(lake)).toEqual(['o1', 'o2', 'o3'])
})

test('a list goes on after an append that was cut off', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  const journal = await study.journal('held')
  for (const text of ['one', 'two']) await journal.append(Buffer.from(text))
  await appendFile(join(folder, 'lake', 'ASTHMA-1', 'held.journal'), 'half a fra')
  await journal.append(Buffer.from('three'))
  const again = await (await (await aLake()).study('ASTHMA-1')).journal('held')
  expect(again.take().map(String)).toEqual(['one', 'two', 'three'])
})

test('nothing of a row can be read from the files, and nobody else may read them', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 50), 'e1')
  for (const file of await readdir(join(folder, 'lake', 'ASTHMA-1'))) {
    const path = join(folder, 'lake', 'ASTHMA-1', file)
    expect((await readFile(path)).includes('Dough')).toBe(false)
    expect((await stat(path)).mode & 0o077).toBe(0)
  }
  expect((await stat(join(folder, 'keys', 'master.key'))).mode & 0o777).toBe(0o600)
  expect((await readFile(join(folder, 'keys', 'study-ASTHMA-1.json'), 'utf8')).includes('lake-')).toBe(true)
})

test('a changed byte, a swapped segment and another study’s segment are found', async () => {
  const lake = await aLake()
  const study = await lake.study('ASTHMA-1')
  await study.append(rows(1, 3), 'e1')
  await study.append(rows(4, 6), 'e1')
  const [first, second] = study.manifest().segments
  const path = (id: string) => join(folder, 'lake', 'ASTHMA-1', `${id}.ndjson.gz.enc`)
  const good = await readFile(path(first!.id))
  for (const at of [5, 60, good.length - 1]) {
    const bad = Buffer.from(good)
    bad[at]! ^= 1
    await writeFile(path(first!.id), bad)
    await expect(study.read(first!)).rejects.toThrow(TamperedError)
  }
  await writeFile(path(first!.id), await readFile(path(second!.id)))
  await expect(study.read(first!)).rejects.toThrow(TamperedError)
  // Even with a manifest that agrees: the header is bound to study and name.
  await expect(study.read({ ...first!, sha256: second!.sha256 })).rejects.toThrow(TamperedError)
})

test('what a crash left behind is swept at the next start', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 3), 'e1')
  await (await study.journal('held')).append(Buffer.from('kept'))
  const dir = join(folder, 'lake', 'ASTHMA-1')
  await writeFile(join(dir, '9.9-9.9.ndjson.gz.enc'), 'orphan')
  await writeFile(join(dir, 'manifest.json.abc.tmp'), '{')
  await aLake()
  expect((await readdir(dir)).sort()).toEqual(['held.journal', 'manifest.json', '701.1-703.3.ndjson.gz.enc'].sort())
})

test('small segments are joined and paged once everyone has read them; nothing is lost', async () => {
  const lake = await aLake()
  const study = await lake.study('ASTHMA-1')
  for (let n = 1; n <= 256; n++) await study.append(rows(n, n), 'e1')
  await study.settle({ xid: '710', seq: '10' })
  expect(study.manifest().segments.length).toBe(256)
  await study.settle({ xid: '956', seq: '256' })
  expect(study.manifest().segments.length).toBe(128)
  expect((await readdir(join(folder, 'lake', 'ASTHMA-1'))).length).toBeLessThan(140)
  const all = Array.from({ length: 256 }, (_, n) => `o${n + 1}`)
  expect(await idsAfter(await aLake())).toEqual(all)
  expect((await idsAfter(await aLake(), study.manifest().pages[0]!.to)).length).toBe(128)
})

test('a journal survives a torn end, and its entries cannot be exchanged', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  const journal = await study.journal('held')
  for (const entry of ['a', 'b', 'c']) await journal.append(Buffer.from(entry))
  const path = join(folder, 'lake', 'ASTHMA-1', 'held.journal')
  const whole = await readFile(path)
  await writeFile(path, whole.subarray(0, whole.length - 5))
  expect((await study.journal('held')).take().map(String)).toEqual(['a', 'b'])
  const again = await study.journal('held')
  await again.append(Buffer.from('d'))
  expect((await study.journal('held')).take().map(String)).toEqual(['a', 'b', 'd'])
  const bytes = await readFile(path)
  const size = 4 + bytes.readUInt32BE(8)
  const swapped = Buffer.concat([
    bytes.subarray(0, 8),
    bytes.subarray(8 + size, 8 + 2 * size),
    bytes.subarray(8, 8 + size),
    bytes.subarray(8 + 2 * size),
  ])
  await writeFile(path, swapped)
  await expect(study.journal('held')).rejects.toThrow(TamperedError)
})

test('keys need the master key they were made with', async () => {
  const study = await (await aLake()).study('ASTHMA-1')
  await study.append(rows(1, 1), 'e1')
  await writeFile(join(folder, 'keys', 'master.key'), 'ab'.repeat(32))
  const other = await (await aLake()).study('ASTHMA-1')
  await expect(other.read(other.manifest().segments[0]!)).rejects.toThrow('master key')
})

test('a row is one line whatever its content looks like, and keeps its bytes', () => {
  const content = Buffer.from('{"resourceType":"Observation",\n "comments":"Żółć\\n"}')
  const row = { type: 'Observation', id: 'o1', version: 2, op: 'U' as const, at: 5, patientId: null, siteId: 'Łódź', content }
  const lines = rowLines([row, { ...row, op: 'D', content: null }])
    .toString()
    .split('\n')
  expect(lines.length).toBe(3)
  expect(JSON.parse(lines[0]!)).toMatchObject({ v: 2, site: 'Łódź', patient: null, resource: { comments: 'Żółć\n' } })
  expect(JSON.parse(lines[1]!)).toMatchObject({ op: 'D', resource: null })
})

test('feed places compare as numbers', () => {
  expect(compareCursors({ xid: '99', seq: '5' }, { xid: '100', seq: '1' })).toBeLessThan(0)
  expect(compareCursors({ xid: '100', seq: '12' }, { xid: '100', seq: '3' })).toBeGreaterThan(0)
})
