import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { builtInPolicies, safeHarbor } from '@aquifer/core/masking'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyring, openLake, type Keyring, type Lake } from '../lake/index.js'
import { DisplayDesk, HeldDesk, MaskingRun, openMaskingPool, type MaskingPool } from '../masking/index.js'
import { Replicator } from '../replicator/index.js'
import type { Study } from '../repository/index.js'
import { livingRowsSql, openReservoir, type Reservoir } from '../reservoir/index.js'
import { openFolderStore, openSigner, systemClock } from '../storage/index.js'
import { Pipeline } from './index.js'
import { aWorld, type World } from './test/world.js'

let world: World
let pool: MaskingPool
let reader: { instance: DuckDBInstance; connection: DuckDBConnection }
let open: { lake: Lake; keyring: Keyring; replicator: Replicator; masking: MaskingRun; reservoir: Reservoir; pipeline: Pipeline }

const notDone = { url: 'http://vocabulary.example.org/not-done', valueBoolean: false }
const policies: typeof builtInPolicies = {
  ...builtInPolicies,
  'with-not-done': { ...safeHarbor, name: 'with-not-done', modifierExtensions: [{ url: notDone.url, values: ['boolean'] }] },
}

const alarms: { study: string; kinds: string[] }[] = []

async function assemble(): Promise<typeof open> {
  const keyring = await openKeyring({ dir: join(world.folder, 'keys') })
  const lake = await openLake({ at: openFolderStore(join(world.folder, 'lake')), keyring })
  const reservoir = await openReservoir({
    dir: join(world.folder, 'reservoir'),
    clock: systemClock,
    signer: await openSigner(join(world.folder, 'keys')),
  })
  const settings = async (id: string) => {
    const study = await world.repository.studies.byId(id)
    return study && { masking: study.masking, publish: study.publish, consentEpoch: await world.repository.consents.epoch(study.sid) }
  }
  const policyOf = (_study: string, name: string) => Promise.resolve(policies[name] ?? null)
  const replicator = new Replicator({ source: world.repository, lake, clock: systemClock })
  const onLeak = async ({ study, leaks }: { study: string; leaks: readonly { kind: string }[] }) =>
    void alarms.push({ study, kinds: leaks.map(({ kind }) => kind) })
  const masking = new MaskingRun(lake, { reservoir, keyring, clock: systemClock, settings, pool, policyOf, onLeak })
  return {
    lake,
    keyring,
    replicator,
    masking,
    reservoir,
    pipeline: new Pipeline({ replicator, lake, masking, reservoir, clock: systemClock }),
  }
}

async function dismantle(): Promise<void> {
  await open.replicator.stop()
  await open.masking.stop()
  await open.reservoir.close()
}

beforeAll(async () => {
  world = await aWorld()
  pool = openMaskingPool({ threads: 1 })
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  reader = { instance, connection: await instance.connect() }
  open = await assemble()
})
afterAll(async () => {
  await dismantle()
  await pool.close()
  reader.connection.closeSync()
  reader.instance.closeSync()
  await world.close()
})

async function rows(study: string, type: string, columns: string): Promise<string[][]> {
  const opened = await open.reservoir.study(study)
  const entry = opened.snapshot()?.types[type]
  if (!entry) return []
  const found = await reader.connection.runAndReadAll(`SELECT ${columns} FROM (${livingRowsSql(opened.dir, entry)}) ORDER BY ALL`)
  return found.getRows().map((row) => row.map(String))
}

const glucose = { coding: [{ system: 'http://loinc.org', code: '2339-0', display: 'Glucose' }], text: 'Glucose' }
const observation = (n: number, patient: string) => ({
  status: 'final',
  code: glucose,
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: `2015-03-${String((n % 28) + 1).padStart(2, '0')}`,
  valueQuantity: { value: n, unit: 'mg/dL' },
  comments: `${patient} Dough said so`,
})
const person = (id: string) => ({
  name: [{ family: ['Dough'], given: ['Jane'] }],
  gender: 'female',
  birthDate: '1970-04-05',
  identifier: [{ value: `mrn-${id}` }],
})

async function load(study: Study, people: string[], each: number): Promise<void> {
  await world.write(people.map((id) => ({ sid: 0, type: 'Patient', id, resource: person(id), patients: [id] })))
  await world.enrol(study.sid, people)
  for (const patient of people) {
    const writes = Array.from({ length: each }, (_, n) => ({
      sid: study.sid,
      type: 'Observation',
      id: `${patient}-${n}`,
      resource: observation(n, patient),
      patients: [patient],
    }))
    await world.write(writes)
  }
}

const wait = async (study: string) => {
  const waited = await open.pipeline.wait({ study, timeoutS: 60 })
  expect(waited.done).toBe(true)
  return waited
}

test('what was written can be queried after a wait: masked, one row per resource, by study', async () => {
  const study = await world.study('ASTHMA-1')
  const people = Array.from({ length: 12 }, (_, n) => `jane-${n}`)
  await load(study, people, 5)
  await world.write([
    { sid: study.sid, type: 'Observation', id: 'jane-0-0', resource: { ...observation(99, 'jane-0') }, patients: ['jane-0'] },
    { sid: study.sid, type: 'Observation', id: 'jane-0-1', resource: null, patients: ['jane-0'] },
  ])
  await wait('ASTHMA-1')
  const found = await rows('ASTHMA-1', 'Observation', '_v, valueQuantity.value, _year, masking_policy, comments, patient_key')
  expect(found.length).toBe(12 * 5 - 1)
  expect(found.filter(([version, value]) => version === '2' && value === '99').length).toBe(1)
  expect(new Set(found.map(([, , year, policy]) => `${year} ${policy}`))).toEqual(new Set(['2015 safe-harbor v1']))
  expect(new Set(found.map((row) => row[5])).size).toBe(12)
  expect(JSON.stringify(found)).not.toMatch(/Dough|jane/)
  expect((await rows('ASTHMA-1', 'Patient', 'birthDate, name')).length).toBe(12)
  const manifest = (await open.reservoir.study('ASTHMA-1')).snapshot()!
  expect([manifest.types['Observation']?.rows, manifest.types['Patient']?.rows]).toEqual([59, 12])
})

test('a display enters the dictionary when enough people share it', async () => {
  const study = await open.reservoir.study('ASTHMA-1')
  const path = join(study.dir, study.snapshot()!.displays!)
  const texts = (await reader.connection.runAndReadAll(`SELECT code, text FROM '${path}'`)).getRows()
  expect(texts).toContainEqual(['2339-0', 'Glucose'])
})

test('neither statistics nor dictionaries nor names of files tell more than rows do', async () => {
  const study = await open.reservoir.study('ASTHMA-1')
  const told: string[] = []
  for (const [type, entry] of Object.entries(study.snapshot()!.types)) {
    for (const { path } of entry.files) {
      const file = join(study.dir, path)
      const asked = [`SELECT stats_min, stats_max, stats_min_value, stats_max_value, path_in_schema FROM parquet_metadata('${file}')`]
      asked.push(`SELECT key::varchar, value::varchar FROM parquet_kv_metadata('${file}')`)
      for (const sql of asked) told.push(JSON.stringify((await reader.connection.runAndReadAll(sql)).getRowsJson()))
      told.push(`${type} ${path}`)
    }
  }
  expect(told.join()).toContain('mg/dL')
  expect(told.join()).not.toMatch(/dough|jane|mrn|2015-03|1970-04/i)
})

test('a name where a technical word is due is stopped before it is published, until somebody answers for it', async () => {
  const study = await world.study('LEAK')
  await load(study, ['l1'], 2)
  await wait('LEAK')
  const shown = (await open.reservoir.study('LEAK')).snapshot()!.snapshot
  const alarmed = alarms.length
  const answers = { status: 'completed', subject: { reference: 'Patient/l1' }, group: { linkId: 'DOUGH' } }
  await world.write([{ sid: study.sid, type: 'QuestionnaireResponse', id: 'l1-9', resource: answers, patients: ['l1'] }])
  await expect
    .poll(() => open.pipeline.leaks('LEAK').map(({ kind, place }) => `${kind} ${place}`), { timeout: 30_000 })
    .toEqual(['name QuestionnaireResponse linkId'])
  expect((await open.pipeline.wait({ study: 'LEAK', timeoutS: 0.5 })).done).toBe(false)
  expect((await open.reservoir.study('LEAK')).snapshot()!.snapshot).toBe(shown)
  expect(alarms.slice(alarmed)).toEqual([{ study: 'LEAK', kinds: ['name'] }])
  const stage = (await open.pipeline.status('LEAK')).stages.find(({ stage: name }) => name === 'masking')
  expect(stage).toMatchObject({ state: 'failed', detail: 'LEAK: LeakFound: name at QuestionnaireResponse linkId' })
  expect(
    open.pipeline
      .gauges()
      .find(({ name }) => name === 'aquifer_masking_leaks')!
      .read(),
  ).toBe(1)

  await dismantle()
  open = await assemble()
  await expect.poll(() => open.pipeline.leaks('LEAK').length, { timeout: 30_000 }).toBe(1)
  const [leak] = open.pipeline.leaks('LEAK')
  expect(JSON.stringify(leak)).not.toMatch(/dough/i)
  const decision = { by: 'pat', at: 0, reason: 'a kind of pastry' }
  const recorded: string[] = []
  const accept = (id: string, broken = false): Promise<boolean> =>
    open.pipeline.acceptLeak('LEAK', { ...decision, id }, async () => {
      if (broken) throw new Error('no database')
      recorded.push(id)
    })
  expect(await accept('none')).toBe(false)
  await expect(accept(leak!.id, true)).rejects.toThrow('no database')
  expect([open.pipeline.leaks('LEAK').length, recorded]).toEqual([1, []])
  expect([await accept(leak!.id), recorded]).toEqual([true, [leak!.id]])
  await wait('LEAK')
  expect((await rows('LEAK', 'QuestionnaireResponse', '"group".linkId')).flat()).toContain('DOUGH')
})

test('a version that cannot be masked is held with its reason, what it replaces is gone, and a later one releases it', async () => {
  const study = await world.study('HELD')
  await load(study, ['h1'], 3)
  const unknown = { ...observation(1, 'h1'), modifierExtension: [{ url: 'http://example.org/not-for-real', valueBoolean: true }] }
  await world.write([{ sid: study.sid, type: 'Observation', id: 'h1-1', resource: unknown, patients: ['h1'] }])
  await wait('HELD')
  expect((await rows('HELD', 'Observation', '_v')).length).toBe(2)
  expect(open.pipeline.held('HELD')).toMatchObject([{ type: 'Observation', version: 2, reason: 'unknown-modifier-extension' }])
  expect(JSON.stringify(open.pipeline.held('HELD'))).not.toContain('h1')
  expect(await open.pipeline.status('HELD')).toMatchObject({ ready: true, held: 1 })
  await world.write([{ sid: study.sid, type: 'Observation', id: 'h1-1', resource: observation(7, 'h1'), patients: ['h1'] }])
  await wait('HELD')
  expect((await rows('HELD', 'Observation', '_v')).length).toBe(3)
  expect(open.pipeline.held('HELD')).toEqual([])
})

test('under a policy that knows the extension a held version passes: told before, done by the switch', async () => {
  const study = await world.study('RELEASED')
  await load(study, ['r1'], 2)
  const resource = { ...observation(41, 'r1'), modifierExtension: [notDone] }
  await world.write([{ sid: study.sid, type: 'Observation', id: 'r1-1', resource, patients: ['r1'] }])
  await wait('RELEASED')
  const desk = new HeldDesk({ ...open, pool, clock: systemClock })
  expect(await desk.preview('RELEASED', policies['with-not-done']!)).toMatchObject({ passes: 1, stays: 0 })
  expect(await desk.preview('RELEASED', { ...safeHarbor, withheld: ['Observation'] })).toMatchObject({
    passes: 0,
    stays: 0,
    groups: [{ withheld: 1 }],
  })
  expect((await desk.groups('RELEASED', { ids: true })).groups).toMatchObject([{ count: 1, detail: notDone.url }])
  await world.repository.studies.update(study.sid, study.version, { masking: 'with-not-done' })
  expect(await desk.release('RELEASED')).toMatchObject({ held: 1 })
  expect(await desk.release('RELEASED')).toBe('begun')
  expect((await desk.groups('RELEASED', { ids: false })).rebuilding).toMatchObject({ of: expect.any(Number) as number })
  await wait('RELEASED')
  expect(await desk.groups('RELEASED', { ids: true })).toMatchObject({ held: 0, groups: [], rebuilding: null })
  const found = await rows('RELEASED', 'Observation', 'masking_policy, valueQuantity.value')
  expect(found).toContainEqual(['with-not-done v1', '41'])
  expect(found).toHaveLength(2)
})

async function displayTexts(study: string): Promise<unknown[]> {
  const opened = await open.reservoir.study(study)
  const file = opened.snapshot()?.displays
  if (!file) return []
  return (await reader.connection.runAndReadAll(`SELECT text FROM '${join(opened.dir, file)}'`)).getRows().flat()
}

test('what a privacy officer approved stands after a restart, and goes with the only person whose data held it', async () => {
  const study = await world.study('DECIDED')
  const text = 'Glucose, as two know it'
  const write = (id: string, patient: string, said: string, value: number) => {
    const code = { coding: [{ system: 'http://loinc.org', code: `1-${value}`, display: said }] }
    return world.write([
      { sid: study.sid, type: 'Observation', id, resource: { ...observation(value, patient), code }, patients: [patient] },
    ])
  }
  await load(study, ['d1', 'd2'], 0)
  for (const patient of ['d1', 'd2']) await write(`both-${patient}`, patient, text, 1)
  await write('alone', 'd1', 'What d1 alone has', 2)
  await wait('DECIDED')
  const desk = () => new DisplayDesk(open.masking)
  const waiting = desk().list('DECIDED', 'pending', 1).displays
  const decisions = waiting.map(({ system, code, text: said }) => {
    return { system, code, text: said, decision: 'approve' as const, reason: 'read', confirm: true as const }
  })
  expect((await desk().decide({ study: 'DECIDED', decisions }, 'olga'))?.recorded).toBe(2)
  await wait('DECIDED')
  expect(new Set(await displayTexts('DECIDED'))).toEqual(new Set([text, 'What d1 alone has']))
  await dismantle()
  open = await assemble()
  await write('later', 'd2', 'Another', 3)
  await wait('DECIDED')
  expect(await displayTexts('DECIDED')).toHaveLength(2)
  expect(
    desk()
      .list('DECIDED', 'approved', 1)
      .displays.map(({ decided }) => decided?.by),
  ).toEqual(['olga', 'olga'])
  const found = await rows('DECIDED', 'Observation', 'valueQuantity.value, patient_key')
  await open.masking.forget('DECIDED', { patientKey: found.find(([value]) => value === '2')![1]!, ids: [] })
  expect(await displayTexts('DECIDED')).toEqual([text])
  expect(desk().list('DECIDED', 'approved', 1).total).toBe(1)
})

test('two studies under two policies: shifted dates here, years there, other pseudonyms for the same person', async () => {
  const expert = await world.study('EXPERT', { masking: 'expert', publish: '24h' })
  const years = await world.study('YEARS')
  await world.write([{ sid: 0, type: 'Patient', id: 'both', resource: person('both'), patients: ['both'] }])
  for (const study of [expert, years]) {
    await world.enrol(study.sid, ['both'])
    await world.write([{ sid: study.sid, type: 'Observation', id: 'o1', resource: observation(3, 'both'), patients: ['both'] }])
  }
  await wait('EXPERT')
  await wait('YEARS')
  const [[shifted, expertKey, expertPolicy]] = (await rows('EXPERT', 'Observation', 'effectiveDateTime, patient_key, masking_policy')) as [
    string[],
  ]
  const [[year, yearsKey, yearsPolicy]] = (await rows('YEARS', 'Observation', 'effectiveDateTime, patient_key, masking_policy')) as [
    string[],
  ]
  expect(shifted).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(shifted).not.toBe('2015-03-04')
  expect(year).toBe('2015')
  expect(expertKey).not.toBe(yearsKey)
  expect([expertPolicy, yearsPolicy]).toEqual(['expert v1', 'safe-harbor v1'])
})

test('a study with a schedule shows nothing new until its time or a wait', async () => {
  const study = (await world.repository.studies.byId('EXPERT'))!
  const write = { sid: study.sid, type: 'Observation', id: 'o2', resource: observation(4, 'both'), patients: ['both'] }
  await world.write([write])
  await open.replicator.catchUp()
  const reservoir = await open.reservoir.study('EXPERT')
  await expect.poll(() => reservoir.head()!.types['Observation']!.rows, { timeout: 20_000 }).toBe(2)
  expect(reservoir.snapshot()!.types['Observation']!.rows).toBe(1)
  await wait('EXPERT')
  expect((await rows('EXPERT', 'Observation', '_v')).length).toBe(2)
})

test('another policy masks everything anew, and nothing of the old one stays', async () => {
  const study = (await world.repository.studies.byId('YEARS'))!
  await world.repository.studies.update(study.sid, study.version, { masking: 'expert' })
  await world.write([{ sid: study.sid, type: 'Observation', id: 'o9', resource: observation(9, 'both'), patients: ['both'] }])
  await wait('YEARS')
  const found = await rows('YEARS', 'Observation', 'masking_policy, effectiveDateTime')
  expect(found.length).toBe(2)
  expect(found.every(([policy, date]) => policy === 'expert v1' && date!.length === 10)).toBe(true)
})

test('after a restart everything goes on where it was', async () => {
  const study = (await world.repository.studies.byId('ASTHMA-1'))!
  await dismantle()
  await world.write([{ sid: study.sid, type: 'Observation', id: 'jane-1-0', resource: observation(77, 'jane-1'), patients: ['jane-1'] }])
  open = await assemble()
  await wait('ASTHMA-1')
  const found = await rows('ASTHMA-1', 'Observation', '_v, valueQuantity.value')
  expect(found.length).toBe(59)
  expect(found).toContainEqual(['2', '77'])
})

test('status tells every stage in the order of the flow', async () => {
  const status = await open.pipeline.status(null)
  expect(status.stages.map((stage) => stage.stage)).toEqual(['replicator', 'lake', 'masking', 'reservoir'])
  expect(status.stages.every((stage) => stage.state === 'ok' || stage.state === 'idle')).toBe(true)
  for (const { name, read } of open.pipeline.gauges()) expect(read(), name).toBeGreaterThanOrEqual(0)
})
