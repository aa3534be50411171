// Search truth: for every parameter of DSTU2, queries made from values found in resources, answered by the server and by an oracle that
// shares nothing with it; asked again after updates, deletions, a restart and a rebuilt index. AQUIFER_TEST_LONG=1 asks all, `npm test` a sample.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type World } from '../../platform/test/world.js'
import { openAsker, served, type Asker, type Difference } from './test/oracle-asking.js'
import { publishedParameters, type Json } from './test/oracle-parameters.js'
import {
  compositeQuestions,
  hasValues,
  joinedQuestions,
  openTruth,
  questionsOf,
  type Extent,
  type Question,
} from './test/oracle-questions.js'
import { openRandom } from './test/oracle-random.js'
import { resourcesFor } from './test/oracle-resources.js'

const folder = process.env['AQUIFER_TEST_DATA']
const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
const seed = Number(process.env['ORACLE_SEED'] ?? 1)
// One in so many parameters is asked in the sample, another one with each seed.
const sampleOf = 4
const extent: Extent = isLong ? { values: 14, perValue: Infinity, pairs: 40 } : { values: 1, perValue: 2, pairs: 2 }
// ORACLE_JOINED: fewer of those that join several parameters, beside other suites.
const fewer = process.env['ORACLE_JOINED']
const joined = isLong ? Number(fewer ?? 60_000) : 150
const askedAgain = isLong ? 4_000 : 75
const people = isLong ? 40 : 2
// One resource in so many is changed, and one deleted.
const changedEach = 9
const unprovenMax = 40
const askedMin = isLong ? (fewer === undefined ? 100_000 : 40_000) : 500
const base = 'http://localhost:80/fhir-server/api/v1'

let world: World
let feed: string
let asker: Asker
const corpus = new Map<string, Json[]>()

beforeAll(async () => {
  if (!folder) return
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  await world.platform.listen()
  asker = openAsker(world, feed)
  const resources = resourcesFor(folder, people)
  await write(resources.map((resource) => ({ resource, request: { method: 'PUT', url: urlOf(resource) } })))
  for (const { resourceType } of resources) corpus.set(String(resourceType), [])
  await look()
}, 300_000)
afterAll(() => world?.close())

const urlOf = ({ resourceType, id }: Json): string => `${String(resourceType)}/${String(id)}`

async function write(entries: readonly Json[]): Promise<void> {
  for (let from = 0; from < entries.length; from += 50) {
    const entry = entries.slice(from, from + 50)
    const sent = await world.fhir('POST', '', feed, { resourceType: 'Bundle', type: 'batch', entry })
    if (sent.status !== 200) throw new Error(sent.text.slice(0, 500))
  }
}

/** What the server holds is what both are asked about: it may have refused some of it, or mended it. */
async function look(): Promise<void> {
  for (const type of corpus.keys()) corpus.set(type, await served(world, feed, type))
}

const all = (): Json[] => [...corpus.values()].flat()

/** Gives resources what another of their type says; answers how many are another than before. */
async function update(): Promise<number> {
  const before = new Map(all().map((resource) => [urlOf(resource), JSON.stringify(resource)]))
  const changed = [...corpus.values()].flatMap((resources) =>
    resources.flatMap((resource, place) => {
      const other = resources[(place + 1) % resources.length]!
      const { meta: _, ...content } = { ...other, id: resource['id'] } as Json
      return place % changedEach === 0 && resources.length > 1 ? [content] : []
    }),
  )
  await write(changed.map((resource) => ({ resource, request: { method: 'PUT', url: urlOf(resource) } })))
  await look()
  return all().filter((resource) => before.get(urlOf(resource)) !== JSON.stringify(resource)).length
}

/** Deletes some of each type; answers how many are gone. */
async function remove(): Promise<number> {
  const before = all().length
  const gone = [...corpus.values()].flatMap((resources) => resources.filter((_, place) => place % changedEach === 1))
  await write(gone.map((resource) => ({ request: { method: 'DELETE', url: urlOf(resource) } })))
  await look()
  return before - all().length
}

/** Another process on the same folder, which listens anew. */
async function restart(): Promise<void> {
  await world.restart()
  await world.platform.listen()
}

/** An index that holds nothing, as of an older version: the next start makes it anew. */
async function rebuild(): Promise<void> {
  const owner = world.owner()
  await owner.query(`update current set toks = '{}', dlo = null, dhi = null, present = 0, hcode = null`)
  await owner.query(`truncate str, qty, dat`)
  await owner.query(`update search_index set keys = 0`)
  await restart()
}

/** The smallest of each parameter, so that one fault does not hide another. */
function told(differences: readonly Difference[]): string[] {
  const bySize = differences.toSorted((a, b) => b.size - a.size)
  return [...new Map(bySize.map((each) => [each.text.split('=')[0], each.text])).values()].slice(0, 40)
}

function questions(data: string): { all: Question[]; unproven: string[] } {
  const parameters = publishedParameters(data)
  const sample = parameters.filter((_, place) => isLong || (place + seed) % sampleOf === 0)
  const unproven = parameters.filter((parameter) => !hasValues(parameter, corpus)).map(({ base: type, code }) => `${type}.${code}`)
  const singles = [
    ...sample.flatMap((parameter) => questionsOf(parameter, corpus, seed, extent, base) ?? []),
    ...compositeQuestions(parameters, corpus, seed, extent, base),
  ]
  return { all: [...singles, ...joinedQuestions(singles, corpus, openTruth(corpus), joined, seed)], unproven }
}

test('the server finds what the specification says, for every parameter', { timeout: 28 * 60_000 }, async () => {
  if (!folder) return console.log('left out, AQUIFER_TEST_DATA is not set: the search oracle')
  const asked = questions(folder)
  const random = openRandom(seed)
  const differences = await asker.compare(random.shuffled(asked.all), openTruth(corpus), corpus)
  const again = async (what: string): Promise<void> => {
    const some = random.shuffled(asked.all).slice(0, askedAgain)
    const found = await asker.compare(some, openTruth(corpus), corpus)
    differences.push(...found.map((each) => ({ ...each, text: `${each.text}, after ${what}` })))
  }
  const updated = await update()
  await again('updates')
  const deleted = await remove()
  await again('deletions')
  await restart()
  await again('a restart')
  await rebuild()
  await again('the index was made anew')
  console.log(JSON.stringify({ ...asker.counts, differences: differences.length, updated, deleted, seed, unproven: asked.unproven.length }))
  if (isLong) console.log(`no resource could be made with a value for: ${asked.unproven.join(', ')}`)
  expect(told(differences)).toEqual([])
  expect(asked.unproven.length).toBeLessThan(unprovenMax)
  expect([updated, deleted].every((count) => count > (isLong ? 500 : 50))).toBe(true)
  expect(asker.counts.asked).toBeGreaterThanOrEqual(askedMin)
})
