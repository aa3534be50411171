// Two processes over one folder: the first was merely stopped while the second took its work over, and goes on with what it had ready.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSigner, watchFaultPoints } from '../storage/index.js'
import { modelVersion, openReservoir, type Reservoir, type ReservoirBatch } from './index.js'

let folder = ''
let reservoir: Reservoir
let isOver = false
const clock = { at: Date.parse('2026-11-22T10:00:00Z'), now: () => clock.at }
const stamp = { maskingPolicy: 'safe-harbor v1', maskingKey: 'k1', modelVersion: modelVersion(), asOfYear: 2026 }

const open = async (mayWrite?: () => void): Promise<Reservoir> =>
  openReservoir({
    dir: join(folder, 'reservoir'),
    clock,
    signer: await openSigner(join(folder, 'keys')),
    ...(mayWrite ? { mayWrite } : {}),
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aquifer-fenced-'))
  reservoir = await open(() => {
    if (isOver) throw new Error('another process may do this work by now')
  })
  await (await reservoir.study('S')).begin(stamp)
  await commit('a')
  await reservoir.publishGeneration('S')
})
afterAll(async () => {
  await reservoir.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  isOver = false
  watchFaultPoints(null)
})

let place = 0
async function commit(id: string): Promise<void> {
  place++
  clock.at += 1_000
  const resource = { resourceType: 'Observation', id, status: 'final' }
  const row = { _id: id, _v: 1, patient_key: 'p', _date: '2015', _year: 2015, _site: 's', resource }
  const byType = new Map([['Observation', [Buffer.from(`${JSON.stringify(row)}\n`)]]])
  const batch: ReservoirBatch = {
    cursor: { xid: String(place), seq: '1' },
    feedAt: place,
    consentEpoch: 1,
    byType,
    displays: null,
    visible: 'now',
  }
  await reservoir.commit(await reservoir.study('S'), batch)
}

/** The lease is lost at this point of the work, once. */
function loseAt(point: string): void {
  watchFaultPoints(async (name) => {
    if (name === point) isOver = true
  })
}
/** All that readers go by: which files there are, and what the lists say. */
async function shown(): Promise<object> {
  const dir = join(folder, 'reservoir', 'S')
  const names = async (of: string) => (await readdir(join(dir, of)).catch(() => [])).filter((name) => !name.startsWith('.')).sort()
  const lists = await Promise.all(
    ['manifest.json', 'head.json', 'published.json', 'cuts/C/cut.json'].map((file) => readFile(join(dir, file), 'utf8').catch(() => null)),
  )
  return { lists, published: await names('published'), cuts: await names('cuts'), inCut: await names('cuts/C') }
}

test('a generation that is written is not published', async () => {
  await commit('b')
  const before = await shown()
  loseAt('reservoir.generation-written')
  await expect(reservoir.publishGeneration('S')).rejects.toThrow('another process')
  expect(await shown()).toEqual(before)
})

test('a generation under its name is not named, and the next one has another name', async () => {
  await commit('c')
  const before = (await reservoir.newestGeneration('S'))!.generation
  loseAt('reservoir.generation-named')
  await expect(reservoir.publishGeneration('S')).rejects.toThrow('another process')
  expect((await reservoir.newestGeneration('S'))!.generation).toBe(before)
  isOver = false
  watchFaultPoints(null)
  expect((await reservoir.publishGeneration('S'))!.generation).toBe(before + 2)
})

test('a snapshot whose files are written is not shown', async () => {
  const before = await shown()
  loseAt('reservoir.files-written')
  await expect(commit('d')).rejects.toThrow('another process')
  expect(await shown()).toEqual(before)
})

test('a data cut is not made, nobody is taken out of one, and none is retired', async () => {
  const study = await reservoir.study('S')
  const asked = { name: 'C', by: 'u', reason: 'r' }
  const none = await shown()
  let signed = 0
  isOver = true
  await expect(reservoir.cuts.create(study, asked, async () => void signed++)).rejects.toThrow('another process')
  isOver = false
  await expect(
    reservoir.cuts.create(study, asked, async () => {
      isOver = true
    }),
  ).rejects.toThrow('another process')
  expect([await shown(), signed]).toEqual([none, 0])
  isOver = false
  await reservoir.cuts.create(study, asked, async () => undefined)
  const made = await shown()
  isOver = true
  const personUnder = async () => ({ patientKey: 'p', ids: ['a'] })
  await expect(reservoir.cuts.remove('S', { act: 'erase', personUnder })).rejects.toThrow('another process')
  await expect(reservoir.cuts.retire('S', 'C', { by: 'u', reason: 'r' })).rejects.toThrow('another process')
  // A file that no list names may have been left.
  expect({ ...(await shown()), inCut: null }).toEqual({ ...made, inCut: null })
})

test('nobody is taken out of what is shown, and nothing of it is removed', async () => {
  const before = await shown()
  isOver = true
  await expect(reservoir.purge('S', { patientKey: 'p', ids: ['a'] }, () => undefined)).rejects.toThrow('another process')
  expect(await shown()).toEqual(before)
})
