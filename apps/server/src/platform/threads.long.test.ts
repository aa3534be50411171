import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateBundles } from '@aquifer/core/generate'
import type { Seat } from '../fhir/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from './test/world.js'

// The same to a server without worker threads and to one with two.
let worlds: World[]
beforeAll(async () => {
  worlds = [await openPlatformWorld(), await openPlatformWorld({ settings: { AQUIFER_WORKERS: '2' } })]
  for (const world of worlds) {
    world.clock.at = Date.parse('2026-11-20T10:00:00Z')
    await world.study({ id: 'SAME', sites: ['A'], required: ['share-data'] })
    await world.study({ id: 'OTHER' })
  }
})
afterAll(async () => {
  for (const world of worlds) await world.close()
})

const seats = { taken: 0, doomed: '' }
/** Counts what is asked of threads; one that is asked a doomed question ends before it answers. */
function watchThreads(): void {
  const threads = worlds[1]!.platform.imports.threads!
  const seat = threads.seat.bind(threads)
  threads.seat = (): Seat => {
    seats.taken += 1
    const real = seat()
    return {
      leave: () => real.leave(),
      ask: async <Answer>(job: { kind: string }) => {
        if (job.kind === seats.doomed) await real.ask({ kind: 'unknown' })
        return real.ask<Answer>(job)
      },
    }
  }
}
beforeAll(watchThreads)

async function both(body: unknown, headers: Record<string, string> = {}): Promise<Sent> {
  const [without, withThreads] = [await sendTo(worlds[0]!, body, headers), await sendTo(worlds[1]!, body, headers)]
  expect([withThreads.status, told(withThreads)]).toEqual([without.status, told(without)])
  return without
}
async function sendTo(world: World, body: unknown, headers: Record<string, string>): Promise<Sent> {
  return world.fhir('POST', '', await world.token('integrator', ['SAME']), body, headers)
}
// Ids that a server gives are its own.
const told = ({ text }: Sent): string => text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}/g, 'ID')

async function stored(world: World): Promise<unknown[]> {
  const rows = await world.owner().query<Record<string, unknown>>(
    `select c.sid, c.type, case when c.id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7' then 'ID' else c.id end id, c.version, c.deleted, c.dlo, c.dhi,
            c.hcode, c.present, v.op, case when c.id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7' then null else encode(v.hash, 'hex') end hash,
            case when c.id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7' then null else c.toks end toks,
            (select count(*) from str where str.rid = c.rid) strs, (select count(*) from qty where qty.rid = c.rid) qtys
     from current c join version v on v.rid = c.rid and v.version = c.version`,
  )
  return rows.rows.map((row) => JSON.stringify(row)).toSorted()
}
async function expectSameStored(): Promise<void> {
  const [without, withThreads] = [await stored(worlds[0]!), await stored(worlds[1]!)]
  expect(without.length).toBeGreaterThan(0)
  expect(withThreads).toEqual(without)
}

const weights = (person: string, count: number): Json[] =>
  Array.from({ length: count }, (_, at) => weight(`${person}-w${at}`, person, 60 + at / 10))
const person = (id: string): Json[] => [patient(id), contract(`k-${id}`, id, 'SAME')]
const entries = (bundle: Json): Json[] => bundle['entry'] as Json[]

/** A person with thirty readings, all that a Bundle may hold beside: creates, links within, what is mended, digits, reads. */
function rich(type: 'transaction' | 'batch', id: string): Json {
  const bundle = bundleOf(type, ...person(id), ...weights(id, 30))
  const mended = { ...weight('', id), id: undefined, status: 'Final', comments: '' }
  entries(bundle).push(
    {
      fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
      resource: { resourceType: 'Encounter', id: 7, status: 'finished', patient: { reference: `Patient/${id}` } },
      request: { method: 'POST', url: 'Encounter' },
    },
    {
      resource: { ...mended, encounter: { reference: 'urn:uuid:11111111-1111-4111-8111-111111111111' } },
      request: { method: 'POST', url: 'Observation' },
    },
    { request: { method: 'GET', url: `Patient/${id}` } },
  )
  if (type === 'batch') entries(bundle).push({ request: { method: 'DELETE', url: `Observation/${id}-never` } })
  return bundle
}

test('a large transaction or batch is answered and stored the same by threads', async () => {
  const digits = (bundle: Json) =>
    JSON.stringify(bundle).replace('"value":60.1', '"value":60.100').replace('"value":60.2', '"value":6.02e1')
  const before = seats.taken
  expect((await both(digits(rich('transaction', 'a')))).status).toBe(200)
  expect((await both(digits(rich('batch', 'b')))).status).toBe(200)
  expect(seats.taken).toBe(before + 2)
  await both(bundleOf('batch', patient('small')))
  expect(seats.taken).toBe(before + 2)
  await expectSameStored()
})

test('what is wrong is told in the same words, by the same entry', async () => {
  const spoilt = (type: 'transaction' | 'batch', id: string, ...changes: ((all: Json[]) => void)[]) => {
    const bundle = rich(type, id)
    for (const change of changes) change(entries(bundle))
    return bundle
  }
  const resourceAt = (all: Json[], at: number): Json => all[at]!['resource'] as Json
  const bad = (all: Json[]) => void Object.assign(resourceAt(all, 9), { nonsense: 1 })
  const elsewhere = (all: Json[]) =>
    void Object.assign(resourceAt(all, 12), { extension: [{ url: 'urn:aquifer:study-id', valueString: 'OTHER' }] })
  const nobody = (all: Json[]) => void delete resourceAt(all, 14)['subject']
  const otherPerson = (all: Json[]) => void Object.assign(resourceAt(all, 15), { subject: { reference: 'Patient/unknown' } })
  const otherId = (all: Json[]) => void Object.assign(resourceAt(all, 16), { id: 'another' })
  const site = (all: Json[]) => void Object.assign(resourceAt(all, 0), { extension: [{ url: 'urn:aquifer:site-id', valueString: 'B' }] })
  const noRequest = (all: Json[]) => void delete all[17]!['request']
  const all = [bad, elsewhere, nobody, otherPerson, otherId, site, noRequest]
  for (const [at, change] of all.entries()) await both(spoilt('transaction', `t${at}`, change))
  for (const type of ['transaction', 'batch'] as const) await both(spoilt(type, `all-${type}`, ...all))
  for (const type of ['transaction', 'batch'] as const) await both(rich(type, `s-${type}`), { prefer: 'handling=strict' })
  const text = JSON.stringify(rich('transaction', 'cut'))
  for (const body of [
    text.slice(0, -3),
    text.replace('"transaction"', '"collection"'),
    text.replace('"Bundle"', '"List"'),
    text.replace('"id":7', '"id":7,"id":8'),
  ])
    expect((await both(body)).status).toBe(400)
  await expectSameStored()
})

test('a Group, a condition and a conditional reference are met as without threads', async () => {
  const group = {
    resourceType: 'Group',
    id: 'SAME',
    type: 'person',
    actual: true,
    extension: [{ url: 'urn:aquifer:study-status', valueCode: 'nonsense' }],
  }
  await both(bundleOf('transaction', ...person('c'), ...weights('c', 30), group))
  const conditional = bundleOf('transaction', ...person('d'), ...weights('d', 30))
  entries(conditional).push({ resource: patient('x'), request: { method: 'POST', url: 'Patient', ifNoneExist: '_id=a' } })
  await both(conditional)
  const reference = bundleOf('transaction', ...person('e'), ...weights('e', 30), {
    ...weight('e-more', 'e'),
    subject: { reference: 'Patient?_id=a' },
  })
  await both(reference)
  await expectSameStored()
})

test.each(['read', 'check', 'items'])('a thread that ends when asked to %s changes nothing', async (kind) => {
  seats.doomed = kind
  for (const type of ['transaction', 'batch'] as const) {
    const bundle = rich(type, `gone-${kind}-${type}`)
    if (type === 'batch') Object.assign(entries(bundle)[9]!['resource'] as Json, { nonsense: 1 })
    expect((await both(bundle)).status).toBe(200)
  }
  seats.doomed = ''
  await expectSameStored()
})

async function importBoth(body: string, query = ''): Promise<unknown> {
  const reports: Json[] = []
  for (const world of worlds) {
    const token = await world.token('study-manager', ['SAME'])
    const headers = { 'content-type': 'application/x-ndjson' }
    const { json } = await world.send({ method: 'POST', path: `/fhir-server/api/v1/$import?studyid=SAME${query}`, token, headers, body })
    reports.push({ ...json, elapsedMs: 0 })
  }
  expect(reports[1]).toEqual(reports[0])
  return reports[0]
}

test.each(['', 'lines'])('an import reports and stores the same by threads, also when they end (%s)', async (doomed) => {
  seats.doomed = doomed
  const bundles = [...generateBundles({ patients: 8, seed: `threads${doomed}`, asOf: '2026-11-01' })]
  const singles = Array.from({ length: 250 }, (_, at) => ({
    ...weight(`${doomed}i${at}`, 'a'),
    ...(at % 50 === 7 ? { nonsense: at } : {}),
  }))
  const lines = [...bundles, ...singles].map((each) => JSON.stringify(each))
  lines.splice(3, 0, '{"resourceType":"Patient",', '', '<Patient xmlns="http://hl7.org/fhir"><id value="xml"/></Patient>')
  const report = await importBoth(`${lines.join('\n')}\n`, '&consentOnFile=paper')
  expect(report).toMatchObject({ refused: 6 })
  expect(await importBoth(`${lines.join('\n')}\n`, '&consentOnFile=paper')).toMatchObject({ stored: 0, refused: 6 })
  seats.doomed = ''
  await expectSameStored()
})
