// Whoever can write to the database, as its owner, without the server's key: whatever he does is found, and where.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditVerification, JobView } from '@aquifer/core/contract'
import { openPlatformWorld, patient, weight, type World } from '../platform/test/world.js'
import { openSeals, type StoredBlock } from '../repository/index.js'
import { openFolderStore, openVerifier, publicKeyFile } from '../storage/index.js'
import { readBlockHead, readOutsideHead, writeOutsideHead } from './seal/chain.js'
import { keepRoot } from './seal/lake-root.js'
import { storedTrail } from './seal/stored-trail.js'
import { columnNames, tamperings, type Dice, type Sealed, type Touched } from './test/tamper.js'
import { verification } from './verification.js'

let world: World
let owner: Pool
let auditor: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  owner = world.owner()
  await world.study({ id: 'S' })
  // Numbers that grow by a digit on the way: their order is not that of their texts.
  await owner.query(`select setval('feed_seq', 99930)`)
  auditor = await world.token('auditor')
  const feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/p1', feed, patient('p1'))
  for (let block = 0; block < 5; block += 1) {
    for (let n = 0; n < 8; n += 1) await world.fhir('PUT', `/Observation/o${n}`, feed, weight(`o${n}`, 'p1', 60 + block))
    await seal()
  }
  await holdSealer()
})
afterAll(() => world.close())

const seal = async (): Promise<void> => world.platform.background?.sealer.catchUp()
async function verify(body: unknown = {}): Promise<AuditVerification> {
  let { json } = await world.send({ method: 'POST', path: '/audit/api/v1/verifications', token: auditor, body })
  while (json['state'] === 'queued' || json['state'] === 'running')
    ({ json } = await world.send({ path: `/jobs/api/v1/${String(json['id'])}`, token: auditor }))
  return (json as unknown as JobView).result as AuditVerification
}
const headFile = (): string => path.join(world.platform.config.dataDir, 'keys', 'audit-head.json')
const places = (found: AuditVerification) => found.findings.map(({ kind, record, block }) => `${kind} ${record ?? ''} ${block ?? ''}`)

/** From here on nothing is sealed, so that what is put back after a tampering is what was there. */
async function holdSealer(): Promise<void> {
  await owner.query(`update lease set owner = 'tests', until = 9e15 where name = 'audit-sealer'`)
  const told = async () => ((await world.send({ path: '/health/ready' })).json['checks'] as { audit: string }).audit
  while ((await told()) !== 'elsewhere') await verify()
}

/** The sealed records and the chain over them, as they are now. */
async function sealedTrail(): Promise<Sealed> {
  const blocks: StoredBlock[] = []
  for await (const block of (await storedTrail(world.platform.repository)).blocks()) blocks.push(block)
  const end = readBlockHead(blocks.at(-1)?.head ?? '')
  const { rows } = await owner.query<Sealed['records'][number]>(
    'select id::text, xid::text, seq::text from audit where (xid, seq) <= ($1::xid8, $2::int8) order by xid, seq',
    [end?.xid, end?.seq],
  )
  return { records: rows, blocks }
}

test('a trail that nobody touched is whole; what came after the last block is told apart', async () => {
  const found = await verify()
  expect(found).toMatchObject({ whole: true, counts: {}, findings: [] })
  expect(found.proven).toBeGreaterThan(12)
  expect(found.records).toBe(found.proven + found.unsealed)
  expect(new Set((await sealedTrail()).records.map(({ seq }) => seq.length)).size).toBe(2)
})

const dice = { a: 3, b: 2, column: 3 }
const named = ({ records, blocks }: Touched, found: AuditVerification): boolean =>
  found.findings.some(({ record, block }) => (record !== null && records.includes(record)) || (block !== null && blocks.includes(block)))

test.each(Object.keys(tamperings) as Dice['kind'][])('on the real tables, found and placed: %s', async (kind) => {
  const sealed = await sealedTrail()
  await owner.query('create table kept_audit as table audit; create table kept_seal as table seal')
  try {
    const touched = await tamperings[kind](owner, sealed, { ...dice, kind })
    const found = await verify()
    expect(found.whole).toBe(false)
    expect(named(touched, found), JSON.stringify([touched, places(found)])).toBe(true)
  } finally {
    await owner.query(`truncate audit, seal; insert into audit select * from kept_audit; insert into seal select * from kept_seal;
      drop table kept_audit, kept_seal`)
  }
  expect((await verify()).whole).toBe(true)
})

test('cut in the database and in the head beside it, the trail is missed by the lake, which keeps what it knew', async () => {
  const lake = openFolderStore(path.join(world.platform.config.storeDir, 'lake'))
  const lost: number[] = []
  const keep = () => keepRoot(world.platform.repository.seals, lake, (block) => lost.push(block))
  await keep()
  expect((await verify()).whole).toBe(true)
  const [{ blocks }, kept] = [await sealedTrail(), await readFile(headFile())]
  await owner.query('create table kept_audit as table audit; create table kept_seal as table seal')
  try {
    const [before, last] = blocks.slice(-2)
    const { xid, seq } = readBlockHead(before!.head)!
    await owner.query('delete from seal where block = $1', [last!.block])
    await owner.query('delete from audit where (xid, seq) > ($1::xid8, $2::int8)', [xid, seq])
    await writeOutsideHead(headFile(), before!)
    expect(await verify()).toMatchObject({ whole: false, counts: { cut: 1 } })
    await keep()
    await keep()
    expect(lost).toEqual([last!.block])
    expect(await verify()).toMatchObject({ whole: false, counts: { cut: 1 } })
  } finally {
    await owner.query(`truncate audit, seal; insert into audit select * from kept_audit; insert into seal select * from kept_seal;
      drop table kept_audit, kept_seal`)
    await writeFile(headFile(), kept)
    await lake.clear()
  }
  expect((await verify()).whole).toBe(true)
})

// A thousand in the long run.
const rounds = process.env['AQUIFER_TEST_LONG'] === '1' ? 1000 : 150
test('random tamperings are all found, each with its place', async () => {
  const sealed = await sealedTrail()
  const verifier = openVerifier(await readFile(path.join(world.platform.config.dataDir, 'keys', publicKeyFile), 'utf8'))
  const head = await readOutsideHead(headFile())
  const heads = head === null ? [] : [head]
  const client = await owner.connect()
  const inside = { query: client.query.bind(client), connect: async () => ({ query: client.query.bind(client), release: () => undefined }) }
  const pool = inside as unknown as Pool
  const seals = openSeals(pool, pool, pool)
  try {
    await client.query('begin')
    const random = fc.record({
      kind: fc.constantFrom(...(Object.keys(tamperings) as Dice['kind'][])),
      a: fc.nat(10_000),
      b: fc.nat(10_000),
      column: fc.nat(columnNames.length - 1),
    })
    await fc.assert(
      fc.asyncProperty(random, async (thrown) => {
        await client.query('savepoint whole')
        const touched = await tamperings[thrown.kind](client, sealed, thrown)
        const found = await verification(await storedTrail({ seals }), { verifier, heads })
        await client.query('rollback to savepoint whole')
        return !found.whole && named(touched, found)
      }),
      { numRuns: rounds },
    )
    expect((await verification(await storedTrail({ seals }), { verifier, heads })).whole).toBe(true)
  } finally {
    await client.query('rollback')
    client.release()
  }
})
