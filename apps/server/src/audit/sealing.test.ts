// The chain as it grows: beside writers, through failures and restarts, and against whoever writes to the database past the server.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditHead, AuditVerification, JobView } from '@aquifer/core/contract'
import { openPlatform, type Platform } from '../platform.js'
import { openPlatformWorld, type World } from '../platform/test/world.js'
import { armFaults, disarmFaults } from '../storage/index.js'

let world: World
let platform: Platform
let auditor: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  platform = world.platform
  await world.study({ id: 'S' })
  auditor = await world.token('auditor')
})
afterAll(async () => {
  disarmFaults()
  await platform.close()
  await world.close()
})

type Recorded = Parameters<Platform['repository']['audits']['record']>[0][number]
async function record(change: Partial<Recorded> = {}): Promise<Recorded> {
  const id = await platform.repository.nextAuditId()
  const plain = { at: Date.now(), request: 'r', actor: 'someone', role: 'auditor', action: 'read', sid: null, outcome: 'done' } as const
  return { id, ...plain, ...change }
}
const write = async (count: number): Promise<void> => {
  await Promise.all(Array.from({ length: count }, async () => platform.repository.audits.record([await record()])))
}
const seal = async (): Promise<void> => platform.background?.sealer.catchUp()
async function ask(method: 'GET' | 'POST', url: string, body?: unknown): Promise<unknown> {
  const payload =
    body === undefined
      ? {}
      : { payload: JSON.stringify(body), headers: { authorization: `Bearer ${auditor}`, 'content-type': 'application/json' } }
  const answer = await platform.app.inject({ method, url, headers: { authorization: `Bearer ${auditor}` }, ...payload })
  return answer.json()
}
async function verify(body: unknown = {}): Promise<AuditVerification> {
  let job = (await ask('POST', '/audit/api/v1/verifications', body)) as JobView
  while (job.state === 'queued' || job.state === 'running') job = (await ask('GET', `/jobs/api/v1/${job.id}`)) as JobView
  return job.result as AuditVerification
}
const whole = { whole: true, counts: {} }
async function restarted(between: () => Promise<unknown> = async () => undefined): Promise<void> {
  await between()
  await platform.close()
  platform = await openPlatform(world.platform.config)
  auditor = ((await platform.identity.mint({ role: 'auditor', requestedBy: 'tests' })) as { token: string }).token
}

test('no role of the server may change or remove a record, a block or a signature', async () => {
  for (const role of ['app', 'eraser', 'reader'] as const) {
    const pool = platform.postgres.pool(role, { max: 1 })
    for (const table of ['audit', 'seal', 'signature']) {
      await expect(pool.query(`delete from ${table}`)).rejects.toThrow(/permission denied/)
      const column = table === 'seal' ? 'head' : 'role'
      await expect(pool.query(`update ${table} set ${column} = ''`)).rejects.toThrow(/permission denied/)
    }
    await pool.end()
  }
})
test('characters that a client can choose are recorded, sealed and proven as they were written', async () => {
  const odd = 'tab\t back\\slash "quote" new\nline \u0000 nul \ud800 half \u{1f600} ünï \u000b\b\f\r,(){}'
  await platform.repository.audits.record([
    await record({ actor: odd, external: odd, detail: { odd, big: 1e21, small: 1e-7 }, reason: '' }),
  ])
  await seal()
  expect(await verify()).toMatchObject(whole)
})
test('records of writers that run beside each other are all sealed; one that commits late is waited for, not skipped', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const late = await record({ request: 'late' })
  let written = (): void => undefined
  const isWritten = new Promise<void>((resolve) => (written = resolve))
  const slow = platform.repository.transact(async (tx) => {
    await tx.audit([late])
    written()
    await held
  })
  await isWritten
  await write(40)
  const meanwhile = await verify()
  expect(meanwhile).toMatchObject(whole)
  expect(meanwhile.unsealed).toBeGreaterThanOrEqual(40)
  release()
  await slow
  await seal()
  const after = await verify()
  expect(after).toMatchObject(whole)
  expect(after.proven).toBeGreaterThanOrEqual(meanwhile.records + 1)
})
test.each(['audit.block-signed', 'audit.block-stored'])(
  'sealing goes on where it was cut off: at %s, and after a restart',
  async (point) => {
    armFaults(`${point}=fail@1`)
    await write(5)
    await seal()
    disarmFaults()
    expect(await verify()).toMatchObject(whole)
    armFaults(`${point}=fail`)
    await write(5)
    await restarted()
    disarmFaults()
    await seal()
    const found = await verify()
    expect(found).toMatchObject(whole)
    expect(found.proven).toBeGreaterThan(50)
  },
)
test('a head kept elsewhere holds as long as the trail is whole', async () => {
  await seal()
  const { head, mark } = (await ask('GET', '/audit/api/v1/head')) as AuditHead
  await write(3)
  await seal()
  expect(await verify({ head: { head, mark } })).toMatchObject(whole)
  const other = { head: head.replace(/"count":\d+/, '"count":999999'), mark }
  expect((await verify({ head: other })).counts).toEqual({ 'head-invalid': 1 })
})
test('a record slipped in before it is sealed is known as foreign: without a mark, with that of another, or changed in time', async () => {
  const pool = platform.postgres.pool('app', { max: 1 })
  const slip = (id: string, mark: string) =>
    pool.query(`insert into audit (id, at, request, actor, role, action, outcome, detail, entries, mark)
      select ${id}, at, request, 'forged', role, action, outcome, detail, entries, ${mark} from audit order by id limit 1`)
  await slip('7000000001', 'null')
  await slip('7000000002', 'mark')
  await pool.end()
  await seal()
  const found = await verify()
  expect(found.findings.map(({ kind, record: id }) => [kind, id])).toEqual([
    ['foreign', '7000000001'],
    ['foreign', '7000000002'],
  ])
  const { checks } = (await ask('GET', '/health/ready')) as { checks: { audit: string } }
  expect(checks.audit).toBe('changed from outside')
})
test('an older state put back while the server is down is found at the start, and for ever after', async () => {
  await seal()
  const owner = platform.postgres.pool('owner', { max: 1 })
  await restarted(async () => {
    await platform.background?.close()
    await owner.query(`delete from audit where id in (select id from audit order by xid desc, seq desc limit 3)`)
    await owner.query(`delete from seal where block = (select max(block) from seal)`)
  })
  await write(3)
  await seal()
  const found = await verify()
  const cut = found.findings.filter(({ kind }) => kind === 'cut')
  expect(cut).toHaveLength(1)
  const kept = JSON.parse(await readFile(path.join(platform.config.dataDir, 'keys', 'audit-head.json'), 'utf8')) as AuditHead
  expect(kept.head).toContain(`"block":${found.blocks}`)
  await restarted()
  expect((await verify()).counts['cut']).toBe(1)
})
