import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig, type Config } from '../config/index.js'
import { openPlatform, restoreFromLake } from '../platform.js'
import { openPostgres, type Postgres } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from './test/world.js'

const long = process.env['AQUIFER_TEST_LONG'] === '1'
const roles = 'api,replicator,masker,query,scheduler'
let world: World
let data = ''
beforeAll(async () => {
  world = await openPlatformWorld({ roles })
  data = await preparedDataDir()
})
afterAll(async () => {
  await rm(world.platform.config.dataDir, { recursive: true, force: true })
  await rm(data, { recursive: true, force: true })
})

async function send(method: 'PUT' | 'POST' | 'DELETE', at: string, study: string, body?: Json): Promise<void> {
  const { status, text } = await world.fhir(method, at, await world.token('integrator', [study]), body, { 'x-aquifer-study': study })
  if (status >= 300) throw new Error(`${method} ${at}: ${status} ${text}`)
}
const put = (resource: Json, study = 'HARBOR'): Promise<void> =>
  send('PUT', `/${String(resource['resourceType'])}/${String(resource['id'])}`, study, resource)
const enter = (id: string, study: string): Promise<void> =>
  send(
    'POST',
    '',
    study,
    bundleOf('transaction', patient(id), contract(`${id}-${study}`.toLowerCase(), id, study), weight(`${id}-weight`, id)),
  )

async function withdraw(patientId: string, act: string): Promise<void> {
  const at = '/consent/api/v1/studies/HARBOR/withdrawals'
  const token = await world.token('study-manager', ['HARBOR'])
  const begun = await world.send({
    method: 'POST',
    path: at,
    token,
    body: { patient: patientId, act, reason: 'asked', evidence: 'letter' },
  })
  for (;;) {
    const { json } = await world.send({ path: `${at}/${String(begun.json['id'])}`, token })
    if (json['state'] === 'done') return
    if (json['state'] === 'failed' || begun.status >= 300) throw new Error(JSON.stringify([begun.json, json]))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** All that is stored, as clients would meet it: versions with time, bytes and place; who is in; which consents hold. */
async function stored(postgres: Postgres): Promise<{ versions: unknown[]; enrolled: unknown[]; consents: unknown[]; studies: unknown[] }> {
  const owner = postgres.pool('owner', { max: 1 })
  const rows = async (sql: string): Promise<unknown[]> => (await owner.query<object>(sql)).rows
  const found = {
    versions:
      await rows(`select v.sid, v.type, c.id, v.version, v.op, v.at, t.id as site, p.id as patient, convert_from(v.content, 'UTF8') as content
      from version v join current c using (rid) left join site t on t.site = v.site left join person p on p.pid = v.patient order by 1, 2, 3, 4`),
    enrolled: await rows(`select e.sid, p.id, t.id as site, e.stopped, e.withheld from enrolment e join person p on p.pid = e.patient
      left join site t on t.site = e.site order by 1, 2`),
    consents:
      await rows(`select k.sid, p.id as patient, c.id, k.version, k.type, k.status, k.lo, k.hi from consent k join person p on p.pid = k.patient
      join current c on c.rid = k.contract order by 1, 2, 3`),
    studies: await rows(
      `select to_jsonb(s) as study, (select jsonb_agg(to_jsonb(t) order by t.id) from site t where t.sid = s.sid) as sites from study s order by sid`,
    ),
  }
  await owner.end()
  return found
}

test.runIf(long)(
  'a lake alone makes the repository again: versions, people, consents, studies, and nobody who was erased',
  async () => {
    await world.study({ id: 'HARBOR', kind: 'program', required: ['share-data'], sites: ['A', 'B'], zone: 'Europe/Berlin' })
    await world.study({ id: 'OTHER', kind: 'program', required: ['share-data'] })
    await world.study({ id: 'EMPTY', kind: 'program' })
    const administrator = await world.token('administrator')
    const change = { id: 'HARBOR', targets: { A: 12 } }
    expect((await world.send({ method: 'POST', path: '/study/api/v1/apply', token: administrator, body: change })).status).toBe(200)
    for (const id of ['anna', 'berta', 'carla', 'dora']) await enterAt(id, 'A')
    await enter('anna', 'OTHER')
    for (const value of [71, 72]) await put(weight('anna-weight', 'anna', value))
    await send('DELETE', '/Observation/carla-weight', 'HARBOR')
    await put(weight('carla-weight', 'carla', 60))
    await put(contract('carla-harbor', 'carla', 'HARBOR', 'active', { end: '2020-02-02' }))
    // Two versions of a profile lie before it reaches a study: no lake has the first.
    await lateOrganization()
    await withdraw('berta', 'erase')
    await withdraw('dora', 'stop-use')
    await world.platform.flow!.pipeline.wait({ timeoutS: 60 })
    const before = await stored(world.platform.postgres)
    const { dataDir } = world.platform.config
    await world.platform.close()
    await rm(path.join(dataDir, 'postgres'), { recursive: true })

    const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data, port: '0', roles }) as Config
    const asked = { from: dataDir, lake: null, ledger: null, tell: () => undefined }
    // Broken off twice before: in the middle of the rows, and when all are there.
    const broken = (at: string) => ({
      ...asked,
      tell: (what: string) => {
        if (what.startsWith(at)) throw new Error('broken off')
      },
    })
    for (const at of ['versions', 'withdrawals'])
      await expect(restoreFromLake(config, broken(at), openPlatform)).rejects.toThrow('broken off')
    const made = await restoreFromLake(config, asked, openPlatform)
    expect(made).toMatchObject({
      studies: ['EMPTY', 'HARBOR', 'OTHER'],
      withoutSettings: [],
      erasedKnown: 1,
      left: 0,
      stores: { equal: true },
    })
    expect(await restoreFromLake(config, asked, openPlatform)).toHaveProperty('problem')

    const opened = await openPlatform(config)
    await opened.background?.sealer.catchUp()
    const [first] = await opened.repository.seals.blocks(0, 1)
    expect(JSON.parse(first!.head)).toMatchObject({ block: 1, note: { lost: { kind: 'restored' } } })
    await opened.close()

    const postgres = await openPostgres({ dataDir: data })
    const after = await stored(postgres)
    await postgres.stop()
    const lost = before.versions.filter((row) => !after.versions.some((each) => JSON.stringify(each) === JSON.stringify(row)))
    expect(lost).toMatchObject([{ id: 'late', version: 1 }])
    expect(after.versions).toHaveLength(before.versions.length - 1)
    expect(after.enrolled).toEqual(before.enrolled)
    expect(after.consents).toEqual(before.consents)
    expect(after.studies).toEqual(before.studies)
    expect(JSON.stringify(after)).not.toContain('berta')
  },
  240_000,
)

async function enterAt(id: string, site: string): Promise<void> {
  const token = await world.token('integrator', ['HARBOR'])
  const whole = bundleOf('transaction', patient(id), contract(`${id}-harbor`, id, 'HARBOR'), weight(`${id}-weight`, id))
  const { status, text } = await world.fhir('POST', '', token, whole, { 'x-aquifer-site': site })
  if (status !== 200) throw new Error(text)
}

async function lateOrganization(): Promise<void> {
  const token = await world.token('integrator')
  for (const name of ['first', 'second']) {
    const { status, text } = await world.fhir('PUT', '/Organization/late', token, { resourceType: 'Organization', id: 'late', name })
    if (status >= 300) throw new Error(text)
  }
  await put({ ...weight('anna-late', 'anna'), performer: [{ reference: 'Organization/late' }] })
}
