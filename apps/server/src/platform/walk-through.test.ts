// The walk of a real file through every stage: refused without consent, loaded with consent on file, masked, queried, loaded again.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportReport, StatementRows } from '@aquifer/core/contract'
import { generateBundles } from '@aquifer/core/generate'
import { openPlatformWorld, type Json, type World } from './test/world.js'

const real = `${process.env['AQUIFER_TEST_DATA'] ?? ''}/synthea-dstu2.bundles.ndjson.gz`
const study = 'SYN'
// Every twelfth person in `npm test`, all of them in the long run.
const step = process.env['AQUIFER_TEST_LONG'] === '1' ? 1 : 12
let world: World
let lines: string[]
let sent: Json[]
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,query' })
  await world.study({ id: study, name: 'Synthea', sites: ['A'], required: ['share-data'] })
  if (!existsSync(real)) console.log('AQUIFER_TEST_DATA is not set: the walk-through uses generated people')
  lines = existsSync(real)
    ? gunzipSync(readFileSync(real))
        .toString('utf8')
        .trim()
        .split('\n')
        .filter((_, at) => at % step === 0)
    : [...generateBundles({ patients: 40, seed: 'walk', asOf: '2026-11-01' })].map((bundle) => JSON.stringify(bundle))
  sent = lines.flatMap((line) => (JSON.parse(line) as { entry: { resource: Json }[] }).entry.map(({ resource }) => resource))
})
afterAll(() => world.close())

async function load(body: string, query = '', role: 'integrator' | 'study-manager' = 'integrator'): Promise<ImportReport> {
  const path = `/fhir-server/api/v1/$import?studyid=${study}&siteid=A${query}`
  const headers = { 'content-type': 'application/x-ndjson' }
  const answer = await world.send({
    method: 'POST',
    path,
    body: gzipSync(body, { level: 1 }),
    token: await world.token(role, [study]),
    headers,
  })
  return answer.json as unknown as ImportReport
}
async function rows(sql: string): Promise<unknown[][]> {
  const token = await world.token('analyst', [study])
  const answer = await world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token,
    body: { study, sql },
    headers: { accept: 'application/json' },
  })
  return (answer.json as unknown as StatementRows).rows ?? Promise.reject(new Error(answer.text))
}
function tally(names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const name of names) found[name] = (found[name] ?? 0) + 1
  return found
}
const ofType = (type: string): Json[] => sent.filter(({ resourceType }) => resourceType === type)

test('without consent every person is refused, by line, and nothing of them is stored', async () => {
  const part = lines.slice(0, 30)
  const report = await load(part.join('\n'))
  const people = part.flatMap((line, at) => (line.includes('"resourceType":"Patient"') ? [at + 1] : []))
  expect(report.refusals.map(({ reason, lines: told }) => [reason, told])).toEqual([['no-consent', people]])
  expect((await world.fhir('GET', '/Patient?_summary=count', await world.token('integrator', [study]))).json['total']).toBe(0)
})
test('with consent on file all of it is loaded, and SQL gives the counts of the file, by type and by code', async () => {
  const report = await load(lines.join('\n'), '&consentOnFile=paper%20forms', 'study-manager')
  expect([report.stored + report.unchanged, report.refused]).toEqual([sent.length, 0])
  const waited = await world.send({
    method: 'POST',
    path: '/pipeline/api/v1/wait',
    token: await world.token('operator'),
    body: { timeoutS: 300 },
  })
  expect(waited.json['done']).toBe(true)
  // Practitioners belong to no study: those that its resources name flow into it.
  const { Practitioner: _shared, ...types } = tally(sent.map(({ resourceType }) => String(resourceType)))
  const counted: Record<string, number> = {}
  for (const type of Object.keys(types)) counted[type] = Number((await rows(`select count(*) from "${type}"`))[0]?.[0])
  expect(counted).toEqual(types)
  const codes = tally(ofType('Observation').map(({ code }) => String((code as { coding: { code: string }[] }).coding[0]?.code)))
  const byCode = await rows('select code, count(*) from observations where panel_id is null group by 1')
  expect(Object.fromEntries(byCode.map(([code, n]) => [code, Number(n)]))).toEqual(codes)
  const genders = await rows('select gender, count(*) from patients group by 1')
  expect(Object.fromEntries(genders.map(([gender, n]) => [gender, Number(n)]))).toEqual(
    tally(ofType('Patient').map(({ gender }) => String(gender))),
  )
}, 300_000)
test('a second import stores nothing, here or behind', async () => {
  const part = lines.slice(0, 30)
  const resources = part.reduce((sum, line) => sum + (JSON.parse(line) as { entry: unknown[] }).entry.length, 0)
  const report = await load(part.join('\n'))
  expect([report.stored, report.unchanged, report.refused]).toEqual([0, resources, 0])
})
test('what analysts see holds no name, and the stages agree on what they hold', async () => {
  const names = ofType('Patient').flatMap(({ name }) => (name as { family?: string[] }[]).flatMap(({ family }) => family ?? []))
  const patients = JSON.stringify(await rows('select * from "Patient"'))
  expect(names.filter((name) => name.length > 3 && patients.includes(`"${name}"`))).toEqual([])
  const status = await world.send({ path: `/pipeline/api/v1/status?study=${study}`, token: await world.token('operator') })
  const stages = Object.fromEntries(
    (status.json['stages'] as { stage: string; count: number; state: string }[]).map((stage) => [stage.stage, stage]),
  )
  const shared = ofType('Practitioner').length === 0 ? 0 : Number((await rows('select count(*) from "Practitioner"'))[0]?.[0])
  expect([status.json['held'], stages['reservoir']?.count]).toEqual([0, Number(stages['repository']?.count) + shared])
})
