import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateBundles } from '@aquifer/core/generate'
import type { ImportReport } from '@aquifer/core/contract'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld()
})
afterAll(() => world.close())

interface Import {
  status: number
  report: ImportReport
}
async function load(
  study: string,
  body: string | Buffer,
  query = '',
  role: 'integrator' | 'study-manager' = 'integrator',
): Promise<Import> {
  const path = `/fhir-server/api/v1/$import?studyid=${study}${query}`
  const sent = await world.send({
    method: 'POST',
    path,
    body,
    token: await world.token(role, [study]),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  return { status: sent.status, report: sent.json as unknown as ImportReport }
}
const lines = (documents: readonly unknown[]): string => documents.map((document) => `${JSON.stringify(document)}\n`).join('')
const counts = async (study: string): Promise<Record<string, number>> => {
  const { sid } = (await world.platform.studies.byId(study)) ?? { sid: -1 }
  return world.platform.repository.counts(sid)
}
const tally = (names: readonly string[]): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const name of names) found[name] = (found[name] ?? 0) + 1
  return found
}
const resourcesIn = (bundles: readonly unknown[]): Json[] =>
  bundles.flatMap((bundle) => (bundle as { entry: { resource: Json }[] }).entry.map(({ resource }) => resource))

test('generated people come in whole, and a second time nothing is stored', async () => {
  await world.study({ id: 'GEN', sites: ['A'], required: ['share-data'] })
  const bundles = [...generateBundles({ patients: 12, seed: 'import', study: { id: 'GEN', consents: ['share-data'] }, asOf: '2026-11-01' })]
  const first = await load('GEN', lines(bundles))
  expect(first.report.stored + first.report.refused + first.report.unchanged).toBe(first.report.read)
  const stored = await counts('GEN')
  // Practitioners belong to no study, so a study's counts leave them out.
  const practitioners = first.report.byType['Practitioner'] ?? 0
  expect(Object.values(stored).reduce((sum, n) => sum + n, 0)).toBe(first.report.stored - practitioners)
  const again = await load('GEN', lines(bundles))
  expect([again.report.stored, again.report.unchanged]).toEqual([0, first.report.stored])
  expect(await counts('GEN')).toEqual(stored)
})
test('without consent nothing of a person is stored, and the report names each line', async () => {
  await world.study({ id: 'NONE', sites: ['A'], required: ['share-data'] })
  const bundles = [...generateBundles({ patients: 5, seed: 'none', asOf: '2026-11-01' })]
  const { status, report } = await load('NONE', gzipSync(lines(bundles)))
  const people = bundles
    .map((bundle, at) => [at + 1, resourcesIn([bundle]).some(({ resourceType }) => resourceType === 'Patient')] as const)
    .filter(([, has]) => has)
    .map(([line]) => line)
  expect([status, report.refusals.map(({ reason, lines: at }) => [reason, at])]).toEqual([200, [['no-consent', people]]])
  expect(Object.keys(await counts('NONE')).filter((type) => ['Patient', 'Observation', 'Encounter'].includes(type))).toEqual([])
  const job = await world.send({ path: '/jobs/api/v1?kind=import&limit=1', token: await world.token('operator') })
  expect((job.json['jobs'] as Json[])[0]).toMatchObject({
    kind: 'import',
    study: 'NONE',
    state: 'done',
    result: { refused: report.refused },
  })
})
test('consent on file is recorded for each person first, by those who may, and never for who has withdrawn', async () => {
  await world.study({ id: 'FILE', sites: ['A'], required: ['share-data'] })
  const unit = (id: string) => ({ ...bundleOf('transaction', patient(id), weight(`w-${id}`, id)), type: 'collection' })
  const feed = await world.token('integrator', ['FILE'])
  await world.fhir('POST', '', feed, bundleOf('transaction', contract('k', 'gone', 'FILE'), patient('gone')))
  await world.fhir('PUT', '/Contract/k', feed, contract('k', 'gone', 'FILE', 'withdrawn'))
  expect((await load('FILE', lines([unit('new')]), '&consentOnFile=paper')).status).toBe(403)
  const { report } = await load('FILE', lines([unit('new'), unit('gone')]), '&consentOnFile=paper', 'study-manager')
  expect([report.stored, report.refused, report.consentsRecorded]).toEqual([2, 2, 1])
  expect(report.refusals[0]).toMatchObject({ reason: 'no-consent', lines: [2] })
  const later = await world.fhir('PUT', '/Observation/later', feed, weight('later', 'new'))
  expect(later.status).toBe(201)
})
test('consent on file is not recorded for who withdraws in the same file', async () => {
  await world.study({ id: 'STOP', sites: ['A'], required: ['share-data'] })
  const unit = bundleOf('transaction', patient('stop'), weight('w-stop', 'stop'), contract('k-stop', 'stop', 'STOP', 'withdrawn'))
  const { report } = await load('STOP', lines([unit]), '&consentOnFile=paper', 'study-manager')
  expect([report.stored, report.refused, report.consentsRecorded]).toEqual([0, 3, 0])
  expect(await counts('STOP')).not.toHaveProperty('Contract')
})
test('what a resource says of its study and site has to agree with the import, and its site is where it goes', async () => {
  await world.study({ id: 'HERE', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'THERE' })
  const saying = (resource: Json, url: string, valueString: string): Json => ({ ...resource, extension: [{ url, valueString }] })
  const elsewhere = bundleOf('transaction', patient('e1'), weight('we1', 'e1'), contract('ke1', 'e1', 'THERE'))
  const atB = bundleOf('transaction', saying(patient('e2'), 'urn:aquifer:site-id', 'B'), contract('ke2', 'e2', 'HERE'), weight('we2', 'e2'))
  const said = { url: 'urn:aquifer:study-id', valueCode: 'THERE' }
  const inHere = { 'x-aquifer-study': 'HERE' }
  const asCode = { ...contract('ke4', 'e2', 'HERE'), extension: [said] }
  expect((await world.fhir('PUT', '/Contract/ke4', await world.token('integrator', ['HERE']), asCode, inHere)).status).toBe(400)
  const atNone = saying(weight('we3', 'e2'), 'urn:aquifer:site-id', 'Z')
  const { report } = await load('HERE', lines([elsewhere, atB, atNone]))
  expect(report.refusals.map(({ reason, lines: at }) => [reason, at])).toEqual([
    ['scope-disagreement', [1]],
    ['bad-parameter', [3]],
  ])
  expect(report.stored).toBe(3)
  const ofB = await world.token('integrator', ['HERE'], { sites: ['B'] })
  expect((await world.fhir('GET', '/Observation/we2', ofB)).status).toBe(200)
})
test('lines of single resources may come in any order of person, consent and data', async () => {
  await world.study({ id: 'LINES', required: ['share-data'] })
  const { report } = await load('LINES', lines([weight('o1', 'l1'), contract('c1', 'l1', 'LINES'), patient('l1'), weight('o2', 'nobody')]))
  expect([report.stored, report.refused]).toEqual([3, 1])
})
test('lines may come long before their person and consent; what nobody enters is refused once, with its line', async () => {
  await world.study({ id: 'EARLY', required: ['share-data'] })
  const early = Array.from({ length: 3_100 }, (_, at) => weight(`early-${at}`, 'later'))
  const file = lines([weight('never', 'nobody'), ...early, patient('later'), contract('ke', 'later', 'EARLY')])
  const { report } = await load('EARLY', file)
  expect([report.read, report.stored, report.refused]).toEqual([3_103, 3_102, 1])
  expect(report.refusals.map(({ reason, lines: at }) => [reason, at])).toEqual([['no-consent', [1]]])
  const again = (await load('EARLY', file)).report
  expect([again.stored, again.unchanged, again.refused]).toEqual([0, 3_102, 1])
})
test('a damaged line is told and does not hinder the others; one document is one unit', async () => {
  await world.study({ id: 'BAD' })
  const { report } = await load(
    'BAD',
    `${JSON.stringify(patient('b1'))}\n{"resourceType":"Patient",\n${JSON.stringify({ ...patient('b2'), nonsense: true })}\n`,
  )
  expect([report.stored, report.refusals.map(({ lines: at }) => at)]).toEqual([1, [[2], [3]]])
  const whole = await load(
    'BAD',
    JSON.stringify({ ...bundleOf('transaction', patient('b3'), weight('wb', 'b3')), type: 'collection' }, null, 2),
  )
  expect(whole.report.stored).toBe(2)
})

test('counts by type and by code are those of the file, and a second import stores nothing', async () => {
  await world.study({ id: 'SYN', sites: ['A'], required: ['share-data'] })
  const bundles = [...generateBundles({ patients: 60, seed: 'size', asOf: '2026-11-01' })]
  const text = lines(bundles)
  const sent = resourcesIn(bundles)
  const first = await load('SYN', gzipSync(text, { level: 1 }), '&consentOnFile=paper%20forms', 'study-manager')
  expect([first.report.stored, first.report.refused]).toEqual([sent.length, 0])
  const people = sent.filter(({ resourceType }) => resourceType === 'Patient').length
  const { Practitioner: _shared, ...types } = tally(sent.map(({ resourceType }) => String(resourceType)))
  expect(await counts('SYN')).toEqual({ ...types, Contract: people })
  const codes = tally(
    sent
      .filter(({ resourceType }) => resourceType === 'Observation')
      .map(({ code }) => String((code as { coding: { code: string }[] }).coding[0]?.code)),
  )
  const feed = await world.token('integrator', ['SYN'])
  for (const [code, n] of Object.entries(codes)) {
    const found = await world.fhir('GET', `/Observation?code=http://loinc.org|${code}&_summary=count`, feed)
    expect([code, found.json['total']]).toEqual([code, n])
  }
  const part = bundles.slice(0, 30)
  const second = await load('SYN', lines(part))
  expect([second.report.stored, second.report.unchanged, second.report.refused]).toEqual([0, resourcesIn(part).length, 0])
})
test('a dry run passes all gates over batches, stores nothing, and tells what to mend by cause and element', async () => {
  await world.study({ id: 'DRY', sites: ['A'], required: ['share-data'] })
  const many = Array.from({ length: 4_000 }, (_, n) => weight(`d${n}`, 'dp'))
  const wrong = [
    { ...weight('w1', 'dp'), status: 'nonsense' },
    { ...weight('w2', 'dp'), status: 'nonsense' },
    { ...weight('w3', 'dp'), performer: { reference: 'Practitioner/x' } },
    weight('w4', 'nobody'),
  ]
  const file = lines([contract('dc', 'dp', 'DRY'), patient('dp'), ...many, ...wrong])
  const dry = await load('DRY', file, '&dryRun=true')
  expect([dry.status, dry.report.dryRun, dry.report.stored, dry.report.refused]).toEqual([200, true, 4_003, 3])
  expect(dry.report.findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'refused', cause: 'invalid', path: 'Observation.status', count: 2, lines: [4003, 4004] }),
      expect.objectContaining({ kind: 'repaired', cause: 'wrap-single-in-list', path: 'Observation.performer', lines: [4005] }),
      expect.objectContaining({ kind: 'refused', cause: 'no-consent', path: '', count: 1, lines: [4006] }),
    ]),
  )
  expect(await counts('DRY')).toEqual({})
  const { sid } = (await world.platform.studies.byId('DRY')) ?? { sid: -1 }
  expect(await world.platform.repository.refusals.list(sid, { limit: 10 })).toEqual([])
  const real = await load('DRY', file)
  expect([real.report.dryRun, real.report.stored, real.report.refused]).toEqual([false, 4_003, 3])
})
test('an import that broke off goes on after the last acknowledged line, under the same numbers', async () => {
  await world.study({ id: 'GO', sites: ['A'], enrolment: 'open' })
  const file = lines([patient('gp'), weight('g1', 'gp'), weight('g2', 'gp'), '{', weight('g3', 'gp')])
  const rest = await load('GO', file, '&after=2')
  expect([rest.report.read, rest.report.stored, rest.report.refusals[0]?.lines]).toEqual([3, 2, [4]])
  expect((await load('GO', file, '&after=x')).status).toBe(400)
  const jobs = await world.platform.repository.jobs.list({ kind: 'import', limit: 1 })
  expect(jobs[0]?.progress).toMatchObject({ acknowledged: 5 })
})
