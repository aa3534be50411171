// Search truth: for every parameter of DSTU2, queries made from values found in resources, answered by the server and by an oracle that
// shares nothing with it. AQUIFER_TEST_LONG=1 asks all of them, `npm test` a sample.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type World } from '../../platform/test/world.js'
import { evaluator, pointersIn, publishedParameters, type Json, type Parameter } from './test/oracle-parameters.js'
import { composites, pairQueries, pairsIn } from './test/oracle-composites.js'
import { missing, pointsTo, queriesFor, type Query } from './test/oracle-queries.js'
import { madeFor, twofold } from './test/made-resources.js'

const folder = process.env['AQUIFER_TEST_DATA']
const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
const seed = Number(process.env['ORACLE_SEED'] ?? 1)
// One in so many parameters is asked in the sample, another one with each seed.
const sampleOf = 4
const valuesPerParameter = isLong ? Number(process.env['ORACLE_VALUES'] ?? 14) : 1
const queriesPerValue = isLong ? Infinity : 2
const unprovenMax = 40
const base = 'http://localhost:80/fhir-server/api/v1'

let world: World
let feed: string
const stored = new Map<string, Json[]>()

beforeAll(async () => {
  if (!folder) return
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  const all = [...examples(folder), ...syntheticPeople(folder, isLong ? 40 : 2)]
  for (const resources of portions([...all, ...made(folder, all)], 50)) await put(resources)
  for (const type of stored.keys()) stored.set(type, await served(type))
}, 300_000)
afterAll(() => world?.close())

function examples(data: string): Json[] {
  const target = mkdtempSync(join(tmpdir(), 'dstu2-examples-'))
  try {
    execFileSync('tar', ['xzf', join(data, 'hl7-dstu2-examples-json.tar.gz'), '-C', target])
    const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
    const parsed = files.toSorted().map((file) => JSON.parse(readFileSync(join(target, file), 'utf8')) as Json)
    return parsed.filter(
      ({ resourceType, id }) => !['Bundle', 'Parameters', 'OperationOutcome'].includes(String(resourceType)) && typeof id === 'string',
    )
  } finally {
    rmSync(target, { recursive: true })
  }
}

/** For each parameter without a value in these, two resources that have one; and some for composites. */
function made(data: string, others: readonly Json[]): Json[] {
  const lacking = publishedParameters(data).filter((parameter) => {
    const evaluate = evaluator(parameter)
    return evaluate !== null && !others.some((resource) => resource['resourceType'] === parameter.base && evaluate(resource).length > 0)
  })
  const single = lacking.flatMap((parameter) => [0, 1].map((number) => madeFor(parameter, number)).filter((resource) => resource !== null))
  const pairs = composites
    .filter(({ at }) => at !== '')
    .flatMap(({ base: type, at }) => Array.from({ length: 8 }, (_, number) => twofold(type, at, number)))
  return [...single, ...pairs]
}

function syntheticPeople(data: string, count: number): Json[] {
  const lines = gunzipSync(readFileSync(join(data, 'synthea-dstu2.bundles.ndjson.gz')))
    .toString()
    .split('\n', count)
  let n = 0
  return lines.flatMap((line) => {
    const text = line.replaceAll(/"urn:uuid:([0-9a-f-]{36})"/g, (_all, id: string) => `"${typeOfId(line, id)}/${id}"`)
    return (JSON.parse(text) as { entry: { resource: Json }[] }).entry.map(({ resource }) => ({
      ...resource,
      id: resource['id'] ?? `made-${(n += 1)}`,
    }))
  })
}
const typeOfId = (line: string, id: string): string =>
  new RegExp(`"id":"${id}"`).test(line) ? (typesOf(line).get(id) ?? 'Patient') : 'Patient'
const typeCache = new Map<string, Map<string, string>>()
function typesOf(line: string): Map<string, string> {
  let types = typeCache.get(line)
  if (!types) {
    const entries = (JSON.parse(line) as { entry: { resource: Json }[] }).entry
    types = new Map(entries.map(({ resource }) => [String(resource['id']), String(resource['resourceType'])]))
    typeCache.clear()
    typeCache.set(line, types)
  }
  return types
}

function* portions<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}

async function put(resources: readonly Json[]): Promise<void> {
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
  }))
  const sent = await world.fhir('POST', '', feed, { resourceType: 'Bundle', type: 'batch', entry })
  if (sent.status !== 200) throw new Error(sent.text.slice(0, 500))
  for (const resource of resources) stored.set(String(resource['resourceType']), [])
}

/** What the server holds is what both are asked about: it may have refused some of it, or mended it. */
async function served(type: string): Promise<Json[]> {
  const all: Json[] = []
  for (let path: string | null = `/fhir-server/api/v1/${type}?_count=1000`; path !== null;) {
    const sent = await world.send({ path, token: feed })
    for (const { resource } of (sent.json['entry'] ?? []) as { resource: Json }[]) all.push(resource)
    const next = (sent.json['link'] as Json[] | undefined)?.find(({ relation }) => relation === 'next')
    path = next ? String(next['url']).replace(/^http:\/\/[^/]+/, '') : null
  }
  return all
}

/** Repeatable, without a package for it. */
function shuffled<T>(all: readonly T[], start: number): T[] {
  const list = [...all]
  let state = start
  for (let at = list.length - 1; at > 0; at -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    const other = state % (at + 1)
    ;[list[at], list[other]] = [list[other]!, list[at]!]
  }
  return list
}

interface Known {
  id: string
  values: unknown[]
}
type KnownResource = Known & { resource: Json }

async function idsFor(type: string, text: string): Promise<string[] | string> {
  const ids: string[] = []
  for (let path: string | null = `/fhir-server/api/v1/${type}?${text}&_count=1000&_elements=id`; path !== null;) {
    const sent = await world.send({ path, token: feed })
    if (sent.status !== 200) return `${sent.status} ${sent.text.slice(0, 300)}`
    for (const { resource } of (sent.json['entry'] ?? []) as { resource: Json }[]) ids.push(String(resource['id']))
    const next = (sent.json['link'] as Json[]).find(({ relation }) => relation === 'next')
    path = next ? String(next['url']).replace(/^http:\/\/[^/]+/, '') : null
  }
  return ids.toSorted()
}

function queriesOf(parameter: Parameter, known: readonly Known[]): Query[] {
  const values = shuffled(
    [...new Map(known.flatMap((each) => each.values).map((value) => [JSON.stringify(value), value])).values()],
    seed,
  ).slice(0, valuesPerParameter)
  const made = values.flatMap((value, at) => shuffled(queriesFor(parameter, value, base), seed + at).slice(0, queriesPerValue))
  const isPresent = (of: readonly unknown[]): boolean =>
    parameter.type === 'reference' ? of.some((value) => pointersIn(value).every((pointer) => pointsTo(parameter, pointer))) : of.length > 0
  const all = [...made, ...missing(parameter, isPresent)]
  // Two at once: both must hold.
  const [one, other] = shuffled(made, seed + 7)
  if (one && other) all.push({ ...one, text: `${one.text}&${other.text}`, meets: (each) => one.meets(each) && other.meets(each) })
  return [...new Map(all.map((each) => [each.text, each])).values()]
}

interface Counts {
  parameters: number
  hit: number
  queries: number
  hits: number
}
interface Difference {
  size: number
  text: string
}

/** Asks both; returns what differs. */
async function compare(base: string, known: readonly KnownResource[], queries: readonly Query[], counts: Counts): Promise<Difference[]> {
  const differences: Difference[] = []
  let isHit = false
  for (const query of queries) {
    const expected = known
      .filter(({ values }) => query.meets(values))
      .map(({ id }) => id)
      .toSorted()
    const found = await idsFor(base, query.text)
    counts.queries += 1
    if (expected.length > 0) counts.hits += 1
    isHit ||= expected.length > 0 && !query.name.endsWith(':missing')
    if (JSON.stringify(found) !== JSON.stringify(expected)) differences.push(differenceOf(base, query, known, { found, expected }))
  }
  counts.parameters += 1
  if (isHit) counts.hit += 1
  return differences
}

test('the server finds what the specification says, for every parameter', { timeout: 28 * 60_000 }, async () => {
  if (!folder) return console.log('left out, AQUIFER_TEST_DATA is not set: the search oracle')
  const counts: Counts = { parameters: 0, hit: 0, queries: 0, hits: 0 }
  const differences: Difference[] = []
  const unproven: string[] = []
  const parameters = publishedParameters(folder)
  for (const [place, parameter] of parameters.entries()) {
    const evaluate = evaluator(parameter)
    const resources = stored.get(parameter.base) ?? []
    const known =
      evaluate === null ? [] : resources.map((resource) => ({ id: String(resource['id']), resource, values: evaluate(resource) }))
    if (!known.some(({ values }) => values.length > 0)) unproven.push(`${parameter.base}.${parameter.code}`)
    if (evaluate === null || (!isLong && (place + seed) % sampleOf !== 0)) continue
    differences.push(...(await compare(parameter.base, known, queriesOf(parameter, known), counts)))
  }
  for (const composite of composites) {
    const known = (stored.get(composite.base) ?? []).map((resource) => ({
      id: String(resource['id']),
      resource,
      values: pairsIn(composite, resource),
    }))
    const pairs = shuffled(
      known.flatMap(({ values }) => values),
      seed,
    ).slice(0, isLong ? 40 : Number(process.env['ORACLE_PAIRS'] ?? 2))
    const queries = pairs.flatMap((pair) =>
      shuffled(pairQueries(composite, parameters, pair, base), seed).slice(0, isLong ? 40 : Number(process.env['ORACLE_PAIRS'] ?? 2)),
    )
    differences.push(...(await compare(composite.base, known, queries, counts)))
  }
  console.log(JSON.stringify({ ...counts, differences: differences.length, seed, unproven: unproven.length }))
  if (isLong) console.log(`no resource could be made with a value for: ${unproven.join(', ')}`)
  // The smallest of each parameter, so that one fault does not hide another.
  const bySize = differences.toSorted((a, b) => b.size - a.size)
  const smallest = [...new Map(bySize.map((each) => [each.text.split('=')[0], each])).values()].slice(0, 40)
  expect(smallest.map(({ text }) => text)).toEqual([])
  expect(unproven.length).toBeLessThan(unprovenMax)
})

function differenceOf(
  base: string,
  query: Query,
  known: readonly KnownResource[],
  { found, expected }: { found: string[] | string; expected: readonly string[] },
): Difference {
  const head = `${base}?${decodeURIComponent(query.text)}`
  if (typeof found === 'string') return { size: 0, text: `${head}: ${found}` }
  const extra = found.filter((id) => !expected.includes(id))
  const lost = expected.filter((id) => !found.includes(id))
  const [smallest] = known
    .filter(({ id }) => extra.includes(id) || lost.includes(id))
    .map((each) => ({ ...each, size: JSON.stringify(each.resource).length }))
    .toSorted((a, b) => a.size - b.size)
  const what = smallest && extra.includes(smallest.id) ? 'finds' : 'misses'
  return {
    size: smallest?.size ?? 0,
    text: `${head} ${what} ${smallest?.id} with ${JSON.stringify(smallest?.values).slice(0, 400)} (${extra.length} more, ${lost.length} less)`,
  }
}
