// Statistics beside lifelines, statsmodels, NumPy and pandas: random data by seed, and people of the Synthea file where it is at hand.
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  adherence,
  describe,
  differenceOfMeans,
  differenceOfShares,
  incidenceRate,
  kaplanMeier,
  logRank,
  missingPatterns,
  type FollowUp,
} from '@aquifer/core/statistics'
import { pythonWith, run } from '../test/python.js'

const packages = ['lifelines==0.30.3', 'statsmodels==0.15.0']
const reference = path.join(fileURLToPath(new URL('.', import.meta.url)), 'reference.py')
const seed = Number(process.env['STATISTICS_SEED'] ?? 1)

let folder: string
let python: string | null = null
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-statistics-'))
  python = await pythonWith(packages, { cwd: folder, what: 'statistics beside lifelines and statsmodels' })
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

interface Case {
  of: string
  with: unknown[]
  ours: unknown
}

/** Asks Python once for all, and compares number by number: to 9 digits, and to 1e-11 beside zero. */
async function compare(cases: Case[]): Promise<void> {
  if (python === null) return
  const file = path.join(folder, 'cases.json')
  await writeFile(file, JSON.stringify(cases.map(({ of, with: given }) => ({ of, with: given }))))
  const { code, output } = await run(path.join(python, 'python'), ['-W', 'ignore', reference, file], { cwd: folder })
  expect([code, code === 0 ? '' : output.slice(-2000)]).toEqual([0, ''])
  const theirs = JSON.parse(output) as unknown[]
  for (const [at, { of, ours }] of cases.entries()) expectEqual(ours, theirs[at], `${of} ${at}`)
}

function expectEqual(ours: unknown, theirs: unknown, place: string): void {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    const near = Math.abs(ours - theirs) <= 1e-9 * Math.abs(theirs) + 1e-11
    expect([place, near ? theirs : ours]).toEqual([place, theirs])
  } else if (Array.isArray(ours) && Array.isArray(theirs)) {
    expect([place, ours.length]).toEqual([place, theirs.length])
    for (const [at, each] of ours.entries()) expectEqual(each, theirs[at], `${place}.${at}`)
  } else if (ours !== null && typeof ours === 'object' && theirs !== null && typeof theirs === 'object') {
    expect([place, Object.keys(ours).sort()]).toEqual([place, Object.keys(theirs).sort()])
    for (const [name, each] of Object.entries(ours)) expectEqual(each, (theirs as Record<string, unknown>)[name], `${place}.${name}`)
  } else expect([place, ours]).toEqual([place, theirs])
}

function survivalCase(groups: FollowUp[][], level = 0.95): Case {
  const test = logRank(groups)
  return {
    of: 'survival',
    with: [groups, level],
    ours: {
      groups: groups.map((group) => {
        const { steps, median } = kaplanMeier(group, level)
        // lifelines tells a band of 0 to 0 where nobody is left; R and we tell none.
        const last = steps.at(-1)!
        const end = last.survival === 0 ? last.time : null
        return {
          steps: steps
            .filter(({ events }) => events > 0)
            .map(({ time, survival, low, high, atRisk, events }) => [
              time,
              survival,
              survival === 0 ? 0 : low,
              survival === 0 ? 0 : high,
              atRisk,
              events,
            ]),
          median: [median.value, median.low ?? end, median.high ?? end],
        }
      }),
      logRank: [test?.statistic ?? null, test?.p ?? null],
    },
  }
}

const sample = <T>(of: fc.Arbitrary<T>, count: number): T[] => fc.sample(of, { numRuns: count, seed })
const person = fc.record({ time: fc.integer({ min: 1, max: 120 }), event: fc.boolean() })
const group = fc.array(person, { minLength: 12, maxLength: 150, size: 'max' })
const number = fc.double({ min: -1000, max: 1000, noNaN: true })
const list = fc.array(number, { minLength: 3, maxLength: 200, size: 'max' })

test('survival of random groups', async () => {
  // Where survival is a half for a while, lifelines' digits decide which end it takes, R takes the middle, and we the beginning.
  const isHalf = (each: FollowUp[]): boolean => kaplanMeier(each, 0.95).steps.some(({ survival }) => Math.abs(survival - 0.5) < 1e-9)
  const groups = sample(
    fc.array(
      group.filter((each) => !isHalf(each)),
      { minLength: 2, maxLength: 5 },
    ),
    60,
  )
  await compare([...groups.map((each) => survivalCase(each)), ...groups.slice(0, 10).map((each) => survivalCase(each, 0.9))])
})

test('figures, differences, rates, patterns and days covered of random data', async () => {
  const { n: counts } = {
    n: fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 })), { minLength: 2, maxLength: 8 }),
  }
  const cell = fc.option(fc.integer({ min: 0, max: 9 }))
  const supply = fc.record({ start: fc.integer({ min: 0, max: 300 }), days: fc.integer({ min: 1, max: 60 }) })
  await compare([
    ...sample(list, 60).map((values): Case => {
      const { mean, sd, q1, median, q3 } = describe(values)
      return { of: 'numbers', with: [values], ours: [mean, sd, q1, median, q3] }
    }),
    ...sample(fc.tuple(list, list), 60).map(([a, b]): Case => ({ of: 'differenceOfMeans', with: [a, b], ours: differenceOfMeans(a, b) })),
    ...sample(counts, 60).map((pairs): Case => {
      const [a, b] = [pairs.map(([each]) => each), pairs.map(([, each]) => each)]
      return { of: 'differenceOfShares', with: [a, b], ours: differenceOfShares(a, b) }
    }),
    ...sample(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(0.9, 0.95, 0.99)), 200).map(
      ([events, time, level]): Case => {
        const { rate, low, high } = incidenceRate(events, time, { per: 1000, level })!
        return { of: 'rate', with: [events, time, 1000, level], ours: [rate, low, high] }
      },
    ),
    ...sample(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 80, size: 'max' }), 40).map((rows): Case => {
      const found = missingPatterns(['a', 'b', 'c'], rows)
      return {
        of: 'patterns',
        with: [['a', 'b', 'c'], rows],
        ours: Object.fromEntries(found.map(({ missing, people }) => [missing.join(','), people])),
      }
    }),
    ...sample(fc.tuple(fc.array(supply, { minLength: 1, maxLength: 12 }), fc.option(fc.integer({ min: 0, max: 200 }))), 100).map(
      ([supplies, from]): Case => {
        const found = adherence(supplies, { from, until: 364 })!
        return { of: 'daysCovered', with: [supplies, from, 364], ours: found.pdc }
      },
    ),
  ])
})

interface Resource {
  resourceType: string
  gender?: string
  birthDate?: string
  deceasedDateTime?: string
  code?: { coding?: { code?: string }[] }
  onsetDateTime?: string
  period?: { start?: string }
}
const hypertension = '38341003'
const days = (from: string, to: string): number => Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** Days from the first diagnosis of hypertension to death or the last encounter, by sex, with the age at the diagnosis. */
async function syntheaCohort(file: string): Promise<{ sex: string; age: number; followUp: FollowUp }[]> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) })
  const cohort: { sex: string; age: number; followUp: FollowUp }[] = []
  for await (const line of lines) {
    const resources = (JSON.parse(line) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource)
    const patient = resources.find(({ resourceType }) => resourceType === 'Patient')
    const onset = resources
      .filter(({ resourceType, code }) => resourceType === 'Condition' && code?.coding?.[0]?.code === hypertension)
      .flatMap(({ onsetDateTime }) => onsetDateTime ?? [])
      .sort()[0]
    const seen = resources.flatMap(({ resourceType, period }) => (resourceType === 'Encounter' ? (period?.start ?? []) : [])).sort()
    if (patient?.birthDate === undefined || onset === undefined) continue
    const end = patient.deceasedDateTime ?? seen.at(-1) ?? onset
    const followUp = { time: Math.max(1, days(onset, end)), event: patient.deceasedDateTime !== undefined }
    cohort.push({ sex: patient.gender ?? '', age: days(patient.birthDate, onset) / 365.25, followUp })
  }
  return cohort
}

test('hypertension in the Synthea file: survival by sex, age by sex, deaths per person-time', async () => {
  const data = process.env['AQUIFER_TEST_DATA']
  if (data === undefined) return console.log('left out, AQUIFER_TEST_DATA is not set: statistics of the Synthea people')
  const cohort = await syntheaCohort(path.join(data, 'synthea-dstu2.bundles.ndjson.gz'))
  const of = (sex: string) => cohort.filter((each) => each.sex === sex)
  const [women, men] = [of('female'), of('male')]
  expect([women.length > 50, men.length > 50]).toEqual([true, true])
  const groups = [women, men].map((each) => each.map(({ followUp }) => followUp))
  const ages = [women, men].map((each) => each.map(({ age }) => age)) as [number[], number[]]
  const { mean, sd, q1, median, q3 } = describe(ages[0])
  const time = groups.flat().reduce((total, each) => total + each.time, 0)
  const deaths = groups.flat().filter(({ event }) => event).length
  const { rate, low, high } = incidenceRate(deaths, time, { per: 365_250, level: 0.95 })!
  await compare([
    survivalCase(groups),
    { of: 'numbers', with: [ages[0]], ours: [mean, sd, q1, median, q3] },
    { of: 'differenceOfMeans', with: ages, ours: differenceOfMeans(...ages) },
    { of: 'rate', with: [deaths, time, 365_250, 0.95], ours: [rate, low, high] },
  ])
  console.log(
    `${women.length} women and ${men.length} men with hypertension, ${deaths} deaths: every figure as lifelines and statsmodels have it`,
  )
})
