import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RiskFindings } from '@aquifer/core/contract'
import { generateBundles } from '@aquifer/core/generate'
import { compilePolicy, createMasker, safeHarbor } from '@aquifer/core/masking'
import { isRefusal } from '@aquifer/core/refusal'
import { diversityOf, measure, regroup } from '@aquifer/core/risk'
import { openQueryWorld, publish, type MaskedResource, type World } from '../query/test/world.js'
import { openRisk } from './index.js'

// The published table of 1,014 synthetic people, from what masking left of them: mean risk, uniques and classes as measured on the source
// by another program, but for the birth years that Safe Harbor takes from those over 89.

type Json = Record<string, unknown>
const real = `${process.env['AQUIFER_TEST_DATA'] ?? ''}/synthea-dstu2.bundles.ndjson.gz`
const isReal = existsSync(real)
const asOfYear = 2017
let world: World
let source: Json[]
let findings: RiskFindings

beforeAll(async () => {
  if (!isReal) console.log('AQUIFER_TEST_DATA is not set: the risk of generated people is measured')
  const bundles = isReal
    ? gunzipSync(readFileSync(real))
        .toString('utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { entry: { resource: Json }[] })
    : [...generateBundles({ patients: 60, seed: 'risk', asOf: '2026-11-01' })].map(
        (each) => each as unknown as { entry: { resource: Json }[] },
      )
  source = bundles.flatMap(({ entry }) => entry.map(({ resource }) => resource))
  world = await openQueryWorld()
  await publish(world.reservoir, 'SYN', maskedOf(source), 2)
  const study = { ...world.study, id: 'SYN' }
  // The two people whom the world is made with.
  world.withheld.push('pk1', 'pk2')
  const parts = { query: world.query, repository: world.repository, now: () => 0, followed: null, onBug: () => undefined }
  const risk = openRisk(parts)
  const report = await risk.report(study, { full: true, snapshot: null })
  risk.close()
  if (isRefusal(report)) throw new Error(report.detail)
  findings = report.findings!
}, 120_000)
afterAll(() => world.close())

function maskedOf(resources: readonly Json[]): MaskedResource[] {
  const hmac = (message: string): string => createHmac('sha256', 'k').update(message).digest('binary')
  const masker = createMasker(compilePolicy(safeHarbor, 'rows'), { hmac, asOfYear, displays: null })
  return resources
    .filter(({ resourceType }) => resourceType === 'Patient' || resourceType === 'Condition')
    .map((resource, at) => {
      const { resource: masked } = masker.mask({ id: `made-${at}`, ...resource })
      if (masked === null) throw new Error('held')
      const row = masked as unknown as MaskedResource & { patient?: { reference: string } }
      const of = row.resourceType === 'Patient' ? row.id : (row.patient?.reference ?? '').split('/').at(-1)
      return { ...row, patient_key: of ?? null }
    })
}

/** The source, person by person, and how many have the same key. */
function classesOf(keyOf: (patient: Json) => unknown[]): { people: number; classes: number; unique: number; below: number } {
  const sizes = new Map<string, number>()
  const people = source.filter(({ resourceType }) => resourceType === 'Patient')
  for (const each of people) sizes.set(JSON.stringify(keyOf(each)), (sizes.get(JSON.stringify(keyOf(each))) ?? 0) + 1)
  const sum = (of: number[]): number => of.reduce((total, size) => total + size, 0)
  return {
    people: people.length,
    classes: sizes.size,
    unique: [...sizes.values()].filter((size) => size === 1).length,
    below: sum([...sizes.values()].filter((size) => size < 11)),
  }
}
const year = (patient: Json): number => Number(String(patient['birthDate']).slice(0, 4))
const zip3 = (patient: Json): string => (patient['address'] as { postalCode?: string }[])[0]?.postalCode?.slice(0, 3) ?? ''

/** Safe Harbor leaves no birth year of anybody over 89. */
const maskedYear = (patient: Json): number | null => {
  const last = typeof patient['deceasedDateTime'] === 'string' ? Number(patient['deceasedDateTime'].slice(0, 4)) : asOfYear
  return last - year(patient) > 89 ? null : year(patient)
}
const decade = (of: number | null): number | null => (of === null ? null : Math.floor(of / 10))
const figuresOf = ({ measures: { people, classes, unique, below } }: RiskFindings['sets'][number]): unknown => ({
  people,
  classes,
  unique,
  below,
})

test('sex, birth year and zip3, and wider ones: as counted person by person on the source', () => {
  const [years, decades, , , few] = findings.sets
  expect(figuresOf(years!)).toEqual(classesOf((each) => [each['gender'], maskedYear(each), zip3(each)]))
  expect(figuresOf(decades!)).toEqual(classesOf((each) => [each['gender'], decade(maskedYear(each)), zip3(each)]))
  expect(figuresOf(few!)).toEqual(classesOf((each) => [each['gender'], decade(maskedYear(each))]))
})

test.runIf(isReal)('the published figures of the 1,014, but for the five people over 89 whose birth year is gone', () => {
  // Published of the source: 854 classes, 710 unique; 315 and 87 by decades.
  expect(classesOf((each) => [each['gender'], year(each), zip3(each)])).toEqual({ people: 1014, classes: 854, unique: 710, below: 1014 })
  expect(classesOf((each) => [each['gender'], decade(year(each)), zip3(each)])).toEqual({
    people: 1014,
    classes: 315,
    unique: 87,
    below: 979,
  })
  expect(source.filter((each) => each['resourceType'] === 'Patient' && maskedYear(each) === null)).toHaveLength(5)
  expect(figuresOf(findings.sets[0]!)).toEqual({ people: 1014, classes: 853, unique: 708, below: 1014 })
  expect(findings.sensitive).toMatchObject({ values: 117, rare: 47 })
  expect(findings.path.at(-1)?.measures).toMatchObject({ below: 0 })
})

test.runIf(isReal)('l and t of race within sex and thirty years of birth, as pycanon 1.3.6 has them', () => {
  const raceOf = (patient: Json): string => {
    const extensions = patient['extension'] as { url: string; valueCodeableConcept?: { coding: { code: string }[] } }[]
    return extensions.find(({ url }) => url.includes('us-core-race'))?.valueCodeableConcept?.coding[0]?.code ?? ''
  }
  const patients = source.filter(({ resourceType }) => resourceType === 'Patient')
  const rows = patients.map((each) => [String(each['gender']), String(Math.floor(year(each) / 30) * 30), raceOf(each)])
  const all = { attributes: ['gender', 'era', 'race'], classes: rows.map((values) => ({ values, people: 1 })) }
  const classes = regroup(all, ['gender', 'era'])
  const races = regroup(all, ['gender', 'era', 'race']).classes.map(({ values, people }) => ({
    values: values.slice(0, 2),
    sensitive: values[2] ?? '',
    people,
  }))
  expect(measure(classes, { threshold: 11, sampled: 1 }).minimum).toBe(54)
  const { distinct, entropy, closeness } = diversityOf(classes, races)
  // It rounds the entropy l down.
  expect([distinct, Math.floor(entropy!)]).toEqual([4, 1])
  expect(closeness).toBeCloseTo(0.07385492000876617, 12)
})
