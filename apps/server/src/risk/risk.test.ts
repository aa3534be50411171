import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RiskReport } from '@aquifer/core/contract'
import { bundleOf, contract, openPlatformWorld, patient, type Json, type World } from '../platform/test/world.js'

// GET /masking/api/v1/risk and its preview, through the whole platform: written by FHIR, masked, published, counted.

let world: World
const tokens: Record<string, string> = {}
const roles = ['integrator', 'study-manager', 'privacy-officer', 'auditor', 'analyst', 'operator'] as const
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,scheduler,query' })
  await world.study({ id: 'REG', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'EMPTY', sites: ['A'] })
  for (const role of roles) tokens[role] = await world.token(role, role === 'operator' ? undefined : ['REG', 'EMPTY'])
  // 24 women and men born in 1970, a woman of 1971, and a widower.
  for (let at = 0; at < 26; at++) {
    const more = {
      gender: at % 2 === 0 ? 'female' : 'male',
      birthDate: at === 24 ? '1971-05-06' : '1970-02-03',
      ...(at === 25 ? { maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/marital-status', code: 'W' }] } } : {}),
    }
    const person = `p${at}`
    const sick = condition(`k${at}`, person, at === 25 ? '363346000' : '38341003')
    const sent = bundleOf('transaction', contract(`c${at}`, person, 'REG'), patient(person, more), sick)
    expect((await world.fhir('POST', '', tokens['integrator']!, sent, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  }
  await settled()
}, 120_000)
afterAll(async () => world.close())

const condition = (id: string, person: string, code: string): Json => ({
  resourceType: 'Condition',
  id,
  patient: { reference: `Patient/${person}` },
  code: { coding: [{ system: 'http://snomed.info/sct', code }] },
  verificationStatus: 'confirmed',
})
async function settled(): Promise<void> {
  const waited = await world.send({ method: 'POST', path: '/pipeline/api/v1/wait', token: tokens['operator']!, body: { timeoutS: 60 } })
  expect(waited.json).toMatchObject({ done: true })
}
const asked = (role: (typeof roles)[number], query = 'study=REG') =>
  world.send({ path: `/masking/api/v1/risk?${query}`, token: tokens[role]! })
const report = async (role: (typeof roles)[number]): Promise<RiskReport> => (await asked(role)).json as unknown as RiskReport

test('the study manager and the privacy officer see small groups, and who is easiest to find', async () => {
  for (const role of ['study-manager', 'privacy-officer'] as const) {
    const { detail, threshold, maskingPolicy, findings } = await report(role)
    expect({ detail, threshold, maskingPolicy }).toEqual({ detail: 'full', threshold: 11, maskingPolicy: 'safe-harbor v1' })
    expect(findings).toMatchObject({
      attributes: ['gender', 'birth_year', 'marital_status'],
      measures: { people: 26, classes: 4, minimum: 1, unique: 2, below: 2, risk: { highest: 1 } },
      sensitive: { values: 2, rare: 1, distinct: 1, shared: { classes: 4, people: 26 } },
    })
    expect(findings?.measures.risk.mean).toBeCloseTo(4 / 26)
    expect(findings?.combinations.worst.slice(0, 2)).toEqual([
      { attributes: ['birth_year'], unique: 1, minimal: 1 },
      { attributes: ['marital_status'], unique: 1, minimal: 1 },
    ])
    expect(findings?.combinations.patterns).toContainEqual({ values: [{ attribute: 'birth_year', value: '1971' }], people: 1 })
    expect(findings?.sets.at(-1)).toMatchObject({ attributes: ['gender', 'birth_year'], measures: { classes: 2, minimum: 13, below: 0 } })
    expect(findings?.path.at(-1)?.measures).toMatchObject({ below: 0 })
  }
})

test('an auditor sees marks for small numbers and nobody’s values; analysts see nothing', async () => {
  const { detail, findings } = await report('auditor')
  expect(detail).toBe('summary')
  expect(findings).toMatchObject({
    measures: { people: 26, minimum: '<11', unique: '<11', below: '<11', risk: { highest: null, above: null, journalist: null } },
    sensitive: { rare: '<11', distinct: '<11' },
    combinations: { patterns: null },
  })
  expect(JSON.stringify(findings)).not.toMatch(/1971|363346000|"people":1[,}]/)
  expect((await asked('analyst')).status).toBe(403)
})

test('a preview tells what generalizing would change; its words are checked', async () => {
  const preview = (body: Json, role: (typeof roles)[number] = 'privacy-officer') =>
    world.send({ method: 'POST', path: '/masking/api/v1/risk/preview', token: tokens[role]!, body })
  const decade = [{ attribute: 'birth_year', to: 'decade' }]
  const seen = await preview({ study: 'REG', attributes: ['gender', 'birth_year'], generalizations: decade })
  expect(seen.json).toMatchObject({ before: { classes: 3, below: 1 }, after: { classes: 2, below: 0, minimum: 13 } })
  expect(seen.json['loss']).toBeGreaterThan(0)
  expect((await preview({ study: 'REG', generalizations: [{ attribute: 'name', to: 'drop' }] })).status).toBe(400)
  expect((await preview({ study: 'REG', generalizations: [{ attribute: 'zip3', to: 'nothing' }] })).status).toBe(400)
  expect((await preview({ study: 'EMPTY', generalizations: decade })).status).toBe(404)
  expect((await preview({ study: 'REG', generalizations: decade }, 'auditor')).status).toBe(403)
})

test('before anything is published there is a report without findings; no study, no report', async () => {
  expect((await asked('auditor', 'study=EMPTY')).json).toMatchObject({ snapshot: null, findings: null })
  expect([(await asked('auditor', 'study=NONE')).status, (await asked('auditor', '')).status]).toEqual([404, 400])
})

test('of an earlier snapshot the summary is kept, without small numbers and values', async () => {
  const { snapshot } = await report('privacy-officer')
  const late = bundleOf('transaction', contract('c90', 'p90', 'REG'), patient('p90'))
  expect((await world.fhir('POST', '', tokens['integrator']!, late, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  await settled()
  const newer = await report('privacy-officer')
  expect(newer.findings?.measures.people).toBe(27)
  expect(newer.snapshots).toEqual([newer.snapshot, snapshot])
  const kept = (await asked('privacy-officer', `study=REG&snapshot=${snapshot}`)).json as unknown as RiskReport
  expect(kept).toMatchObject({ snapshot, detail: 'summary', findings: { measures: { people: 26, unique: '<11' } } })
  expect(JSON.stringify(kept)).not.toMatch(/"1971"/)
  for (const none of ['2001-01-01T00:00:00.000Z', 'nothing'])
    expect((await asked('privacy-officer', `study=REG&snapshot=${none}`)).status).toBe(404)
})

test('metrics tell the worst of the studies, and no number of few people', async () => {
  await report('auditor')
  const { text } = await world.send({ path: '/metrics' })
  expect(text).toMatch(/^aquifer_risk_class_min 0$/m)
  expect(text).toMatch(/^aquifer_risk_below_share 0\.1$/m)
})

test('who asked stands in the trail', async () => {
  await asked('auditor')
  const trail = await world.send({ path: '/audit/api/v1/records?study=REG&action=risk', token: tokens['auditor']! })
  expect((trail.json['records'] as Json[])[0]).toMatchObject({ action: 'risk', outcome: 'done' })
})

test('who withdrew is in no figure of the next report', async () => {
  const gone = contract('c24', 'p24', 'REG', 'withdrawn')
  expect((await world.fhir('PUT', '/Contract/c24', tokens['study-manager']!, gone, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  const { findings } = await report('privacy-officer')
  expect(findings?.measures).toMatchObject({ people: 26, unique: 1 })
  expect(JSON.stringify(findings)).not.toContain('1971')
})
