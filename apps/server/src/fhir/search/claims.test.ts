// Conformance: what it claims of search is taken, and nothing else.
import { execFileSync } from 'node:child_process'
import { resourceTypes } from '@aquifer/core/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Sent, type World } from '../../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
})
afterAll(() => world.close())
// Every fifth question in `npm test`, all of them in the long run.
const step = process.env['AQUIFER_TEST_LONG'] === '1' ? 1 : 5
const some = <Each>(all: readonly Each[]): Each[] => all.filter((_, at) => at % step === 0)
const ask = (path: string): Promise<Sent> => world.fhir('GET', path, feed)

// A value that each type of parameter takes.
const sample: Record<string, string> = {
  token: 'x',
  string: 'x',
  reference: 'x',
  date: '2026',
  number: '1',
  quantity: '1',
  uri: 'http://example.org/x',
}
function valueFor(type: string, name: string, kind: string): string {
  if (name === 'near') return '1:1'
  if (name === 'near-distance') return '1&near=1:1'
  if (kind !== 'composite') return sample[kind]!
  const second: Record<string, string> = {
    'event-status-date': '2026',
    'item-status-date': '2026',
    'code-value-date': '2026',
    'code-value-quantity': '1',
    'component-code-value-quantity': '1',
  }
  return `x$${second[name] ?? 'x'}`
}

interface Claim {
  type: string
  searchParam: { name: string; type: string; modifier?: string[]; target?: string[]; chain?: string[] }[]
  searchInclude: string[]
  searchRevInclude: string[]
}
let claims: Claim[]
beforeAll(async () => {
  const { json } = await ask('/metadata')
  claims = (json['rest'] as { resource: Claim[] }[])[0]!.resource
})
const refusedOf = async (queries: readonly string[]): Promise<string[]> => {
  const refused: string[] = []
  for (const query of queries) {
    const { status, text } = await ask(`/${query}${query.includes('?') ? '&' : '?'}_count=0`)
    if (status !== 200) refused.push(`${query} ${status} ${text.slice(0, 200)}`)
  }
  return refused
}

test('every parameter that DSTU2 publishes is taken, but for named queries, of which there are none', async () => {
  const folder = process.env['AQUIFER_TEST_DATA']
  const published = folder
    ? publishedIn(folder)
    : claims.flatMap(({ type, searchParam }) => searchParam.map((each) => ({ base: type, code: each.name, type: each.type })))
  const unknown = published.filter(({ code }) => code === '_query')
  const refused = new Set<string>()
  for (const { base, code, type } of [...some(published), ...unknown]) {
    const on = base === 'Resource' ? 'Patient' : base
    const { status } = await ask(`/${on}?${code}=${valueFor(on, code, type)}&_count=0`)
    if (status !== 200) refused.add(`${base}.${code}`)
  }
  expect([...refused]).toEqual(folder ? ['Resource._query'] : [])
  if (folder) expect(published.length).toBe(877)
})
test('every modifier, chain and include of Conformance is taken', async () => {
  const modified = (type: string, name: string, kind: string, modifier: string): string => {
    if (modifier === 'missing') return `${type}?${name}:missing=true`
    if (modifier === 'type')
      return `${type}?${name}:${claims.find((claim) => claim.type === type)!.searchParam.find((each) => each.name === name)!.target![0]!}=x`
    if (modifier === 'in' || modifier === 'not-in') return `${type}?${name}:${modifier}=http://hl7.org/fhir/ValueSet/administrative-gender`
    if (kind === 'token' && (modifier === 'above' || modifier === 'below'))
      return `${type}?${name}:${modifier}=http://hl7.org/fhir/v3/ActCode|AMB`
    return `${type}?${name}:${modifier}=${valueFor(type, name, kind)}`
  }
  const queries = claims
    .filter(({ type }) => ['Observation', 'Location', 'ValueSet', 'Encounter'].includes(type))
    .flatMap(({ type, searchParam, searchInclude, searchRevInclude }) => [
      ...searchParam.flatMap((each) => (each.modifier ?? []).map((modifier) => modified(type, each.name, each.type, modifier))),
      ...searchParam.filter(({ chain }) => chain).map(({ name }) => `${type}?${name}._id=x`),
      ...searchInclude.map((include) => `${type}?_include=${include}`),
      ...searchRevInclude.map((include) => `${type}?_revinclude=${include}`),
    ])
  expect(queries.length).toBeGreaterThan(200)
  expect(await refusedOf(some(queries))).toEqual([])
})
test('nothing that is not claimed is taken', async () => {
  const all = ['missing', 'exact', 'contains', 'text', 'not', 'above', 'below', 'in', 'not-in']
  const { searchParam } = claims.find(({ type }) => type === 'Patient')!
  for (const { name, type, modifier = [] } of searchParam)
    for (const other of all.filter((each) => !modifier.includes(each)))
      expect([name, other, (await ask(`/Patient?${name}:${other}=${valueFor('Patient', name, type)}`)).status]).toEqual([name, other, 400])
  expect(claims.map(({ type }) => type)).toEqual(resourceTypes.filter((type) => type !== 'Parameters'))
})

interface Published {
  base: string
  code: string
  type: string
}
/** The 877 of search-parameters.json (one is there twice). */
function publishedIn(folder: string): Published[] {
  const text = execFileSync('tar', ['xzOf', `${folder}/hl7-dstu2-definitions.tar.gz`, 'definitions/search-parameters.json'], {
    maxBuffer: 1 << 28,
  }).toString()
  const entries = (JSON.parse(text) as { entry: { resource: Published }[] }).entry.map(({ resource }) => resource)
  return [...new Map(entries.map((each) => [`${each.base}.${each.code}`, each])).values()]
}
