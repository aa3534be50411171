import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeBackup } from '../backup/index.js'
import { readConfig, type Config } from '../config/index.js'
import { openPlatform, restore, type Platform } from '../platform.js'
import { systemClock } from '../storage/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from './test/world.js'

const roles = 'api,replicator,masker,query,scheduler'
let world: World
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-restore-'))
  world = await openPlatformWorld({ roles })
  await world.study({ id: 'HARBOR', kind: 'program', required: ['share-data'], sites: ['A'] })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const put = async (resource: Json): Promise<void> => {
  const token = await world.token('integrator', ['HARBOR'])
  const { status, text } = await world.fhir('PUT', `/${String(resource['resourceType'])}/${String(resource['id'])}`, token, resource)
  if (status !== 200 && status !== 201) throw new Error(text)
}
async function enter(id: string): Promise<void> {
  const token = await world.token('integrator', ['HARBOR'])
  const whole = bundleOf('transaction', patient(id), contract(`${id}-consent`, id, 'HARBOR'), weight(`${id}-weight`, id))
  const { status, text } = await world.fhir('POST', '', token, whole)
  if (status !== 200) throw new Error(text)
}
async function erase(id: string): Promise<void> {
  const at = '/consent/api/v1/studies/HARBOR/withdrawals'
  const token = await world.token('study-manager', ['HARBOR'])
  const body = { patient: id, act: 'erase', reason: 'asked', evidence: 'letter' }
  const begun = await world.send({ method: 'POST', path: at, token, body })
  for (;;) {
    const { json } = await world.send({ path: `${at}/${String(begun.json['id'])}`, token })
    if (json['state'] === 'done') return
    if (json['state'] === 'failed') throw new Error(JSON.stringify(json))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const taken = (dir: string) => {
  const { dataDir, storeDir, masterKeyFile } = world.platform.config
  return takeBackup(dir, { dataDir, storeDir, masterKeyFile, version: '0', now: () => systemClock.now(), tell: () => undefined })
}
async function emptyFolder(name: string): Promise<Config> {
  const data = path.join(folder, name)
  const masterKey = path.join(folder, 'master.key')
  await cp(path.join(world.platform.config.dataDir, 'keys', 'master.key'), masterKey).catch(() => undefined)
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent', AQUIFER_MASTER_KEY_FILE: masterKey }, { data, port: '0', roles })
  if ('faults' in config) throw new Error(config.faults.join())
  return config
}

async function seenBy(platform: Platform, type: string, id: string): Promise<Json & { status: number }> {
  const session = await platform.identity.mint({ role: 'integrator', requestedBy: 'tests', studies: ['HARBOR'] })
  if ('detail' in session) throw new Error(session.detail)
  const url = `/fhir-server/api/v1/${type}/${id}?studyid=HARBOR`
  const answer = await platform.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${session.token}` } })
  return { ...(JSON.parse(answer.body) as Json), status: answer.statusCode }
}

/** As it was sealed, and without who was erased since. */
async function cutStands(platform: Platform): Promise<void> {
  const { reservoir, masked } = platform.flow!
  const found = await reservoir.cuts.list('HARBOR')
  expect(
    found.map(({ cut, genuine }) => [cut.made.name, cut.made.people, genuine, cut.removals.map(({ act, rows }) => [act, rows])]),
  ).toEqual([['interim-1', 3, true, [['erase', 3]]]])
  const [{ cut } = { cut: null }] = found
  expect([cut !== null && (await reservoir.cuts.isWhole('HARBOR', cut)), cut?.manifest.types['Patient']?.rows]).toEqual([true, 2])
  const under = (key: string) => masked('HARBOR', 'berta', [{ type: 'Observation', id: 'berta-weight' }], key)
  expect(await reservoir.cuts.traces('HARBOR', under)).toBe(0)
}

test.runIf(process.env['AQUIFER_TEST_LONG'] === '1')(
  'a backup of a working server comes back; who was erased since stays away, and what only the lake knows returns',
  async () => {
    for (const id of ['anna', 'berta', 'carla']) await enter(id)
    await put(weight('anna-weight', 'anna', 71))
    await world.platform.flow!.pipeline.wait({ timeoutS: 60 })
    const { reservoir } = world.platform.flow!
    const asked = { name: 'interim-1', by: 'mara', reason: 'first interim analysis' }
    await reservoir.cuts.create(reservoir.opened('HARBOR')!, asked, async () => undefined)
    const backup = path.join(folder, 'backup')
    expect(await taken(backup)).toMatchObject({ dir: backup })
    const keys = await readdir(path.join(backup, 'keys'))
    expect(keys).not.toContain('master.key')
    expect(keys.filter((name) => !name.endsWith('.sealed') && !name.startsWith('study-'))).toEqual([])

    await put(weight('anna-weight', 'anna', 72))
    const { json: newest } = await world.fhir('GET', '/Observation/anna-weight?studyid=HARBOR', await world.token('integrator', ['HARBOR']))
    await enter('dora')
    // Made while nobody copied its signature: not in the backup.
    await reservoir.cuts.create(reservoir.opened('HARBOR')!, { ...asked, name: 'interim-2' }, async () => undefined)
    await put(contract('carla-consent', 'carla', 'HARBOR', 'active', { end: '2020-02-02' }))
    await erase('berta')
    await world.platform.flow!.pipeline.wait({ timeoutS: 60 })
    const { dataDir, storeDir } = world.platform.config
    const [lake, ledger] = [path.join(folder, 'lake'), path.join(folder, 'withdrawals.ndjson')]
    const config = await emptyFolder('restored')
    const alone = await emptyFolder('alone')
    await world.platform.close()
    await cp(path.join(storeDir, 'lake'), lake, { recursive: true })
    await cp(path.join(dataDir, 'ledger', 'withdrawals.ndjson'), ledger)
    await rm(dataDir, { recursive: true, force: true })

    const made = await restore(config, { from: backup, lake, ledger, tell: () => undefined }, openPlatform)
    expect(made).toMatchObject({ lakeOnly: { returned: 5, erased: 0, left: 0 }, withdrawals: 1, stores: { equal: true } })
    const platform = await openPlatform(config)
    try {
      expect(await seenBy(platform, 'Observation', 'anna-weight')).toMatchObject({
        valueQuantity: { value: 72 },
        meta: newest['meta'] as Json,
      })
      expect(await seenBy(platform, 'Patient', 'dora')).toMatchObject({ status: 200, birthDate: '1970-02-03' })
      expect((await seenBy(platform, 'Patient', 'berta')).status).toBe(404)
      expect((await seenBy(platform, 'Observation', 'berta-weight')).status).toBe(404)
      await cutStands(platform)
      // The consent that only the lake knew to have ended is ended.
      const session = await platform.identity.mint({ role: 'integrator', requestedBy: 'tests', studies: ['HARBOR'] })
      if ('detail' in session) throw new Error(session.detail)
      const written = await platform.app.inject({
        method: 'PUT',
        url: '/fhir-server/api/v1/Observation/carla-weight',
        headers: { authorization: `Bearer ${session.token}`, 'content-type': 'application/json+fhir' },
        payload: JSON.stringify(weight('carla-weight', 'carla', 60)),
      })
      expect(written.statusCode).toBe(403)
    } finally {
      await platform.close()
    }

    // Without a lake that outlived it the backup is what there is; the erasure is done again all the same.
    expect(await restore(alone, { from: backup, lake: null, ledger, tell: () => undefined }, openPlatform)).toMatchObject({
      lakeOnly: null,
      withdrawals: 1,
      stores: { equal: true },
    })
    const restored = await openPlatform(alone)
    try {
      await cutStands(restored)
    } finally {
      await restored.close()
    }
    expect(await restore(alone, { from: backup, lake: null, ledger, tell: () => undefined }, openPlatform)).toHaveProperty('problem')

    const segment = (await readdir(path.join(backup, 'lake', 'HARBOR'))).find((name) => name.endsWith('.enc'))
    const file = path.join(backup, 'lake', 'HARBOR', segment ?? '')
    const bytes = await readFile(file)
    bytes[9] = bytes[9]! ^ 1
    await writeFile(file, bytes)
    const other = await emptyFolder('other')
    expect(await restore(other, { from: backup, lake: null, ledger, tell: () => undefined }, openPlatform)).toHaveProperty('problem')
    expect(await readdir(other.dataDir).catch(() => [])).toEqual([])
  },
  240_000,
)
