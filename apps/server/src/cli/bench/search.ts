import type { Client } from '../client.js'
import { CommandFailed } from '../failure.js'
import type { BenchFlags } from './command.js'
import { mustBe, openConnections } from './drive.js'
import { percentiles, rounded } from './machine.js'
import { copyOf, readPeople } from './people.js'
import { onServer } from './server.js'
import { fillTo, importUnits, openStudy, queryable, storedIn, study } from './stored.js'

type Json = Record<string, unknown>

/** A kind of search, asked of ever other values that the data holds. */
interface Kind {
  name: string
  path: (sample: Sample, round: number) => string
}

/** What searches ask for, read from the loaded data. */
export interface Sample {
  patients: { id: string; family: string; given: string; identifier: string }[]
  codes: string[]
}

const at = <T>(list: readonly T[], round: number): T => {
  const one = list[(round * 7919) % list.length]
  if (one === undefined) throw new CommandFailed('The loaded data has nobody and nothing to search for.')
  return one
}
const person = (sample: Sample, round: number): Sample['patients'][number] => at(sample.patients, round)
const code = (sample: Sample, round: number): string => encodeURIComponent(at(sample.codes, round))
const month = (round: number): string => `${2005 + (round % 12)}-${String(1 + (round % 12)).padStart(2, '0')}`

const kinds: readonly Kind[] = [
  { name: 'patient + code', path: (s, n) => `Observation?patient=${person(s, n).id}&code=${code(s, n)}` },
  { name: 'patient + code, by date', path: (s, n) => `Observation?patient=${person(s, n).id}&code=${code(s, n)}&_sort=-date` },
  { name: 'date range', path: (_, n) => `Observation?date=ge${month(n)}-01&date=lt${month(n)}-08` },
  { name: 'patient + date range', path: (s, n) => `Observation?patient=${person(s, n).id}&date=ge${2005 + (n % 12)}` },
  { name: 'identifier', path: (s, n) => `Patient?identifier=${encodeURIComponent(person(s, n).identifier)}` },
  { name: 'name', path: (s, n) => `Patient?name=${encodeURIComponent(person(s, n).family.slice(0, 5))}` },
  { name: '_include', path: (s, n) => `Condition?patient=${person(s, n).id}&_include=Condition:patient&_include=Condition:encounter` },
  { name: '_revinclude', path: (s, n) => `Patient?_id=${person(s, n).id}&_revinclude=Condition:patient` },
  {
    name: 'chained, one person',
    path: (s, n) => `Observation?patient.identifier=${encodeURIComponent(person(s, n).identifier)}&code=${code(s, n)}`,
  },
  { name: 'chained, half of them', path: (s, n) => `Observation?patient.gender=${n % 2 === 0 ? 'female' : 'male'}&code=${code(s, n)}` },
  { name: 'quantity + code', path: (s, n) => `Observation?value-quantity=gt${100 + (n % 50)}&code=${code(s, n)}` },
  { name: 'code, newest first', path: (s, n) => `Observation?code=${code(s, n)}&_sort=-_lastUpdated` },
]

const warmUps = 20
const rounds = 200
// A kind that answers slowly is asked less often; how often is told as n.
const kindMsMax = 15_000

/** Searches over HTTP, one after the other on one connection, as one client asks; with `--stored` once more among so many resources. */
export async function searchBench(flags: BenchFlags): Promise<Json> {
  const people = await readPeople(flags)
  return onServer(flags, async (server) => {
    const isPiped = await openStudy(server.client, flags.masking)
    const found = await storedIn(server, people)
    if (found === 0) await importUnits(server.client, copyOf(people.units, 's'))
    if (isPiped) await queryable(server.client)
    const first = { stored: await storedIn(server, people), searches: await allKinds(server.client) }
    const filled = flags.stored === undefined ? null : await fillTo(server, people, Number(flags.stored), isPiped)
    return {
      data: { source: people.source, resources: people.resources },
      roles: flags.roles ?? 'all',
      ...first,
      ...(filled === null ? {} : { filled, atStored: await allKinds(server.client) }),
      database: await server.database(),
    }
  })
}

async function allKinds(client: Client): Promise<Json> {
  const asker = await openAsker(client)
  try {
    const sample = await sampleOf(asker)
    const searches: Json = {}
    for (const kind of kinds) searches[kind.name] = await oneKind(asker, sample, kind)
    return searches
  } finally {
    asker.close()
  }
}

async function oneKind(asker: Asker, sample: Sample, kind: Kind): Promise<Json> {
  const warmUntil = performance.now() + kindMsMax / 3
  for (let round = 0; round < warmUps && performance.now() < warmUntil; round += 1) await asker.ask(kind.path(sample, rounds + round))
  const took: number[] = []
  let found = 0
  const until = performance.now() + kindMsMax
  for (let round = 0; round < rounds && performance.now() < until; round += 1) {
    const started = performance.now()
    const bundle = await asker.ask(kind.path(sample, round))
    took.push(performance.now() - started)
    found += Number(JSON.parse(bundle).total)
  }
  const figures = percentiles(took)
  process.stderr.write(`${kind.name}: p50 ${figures.p50Ms} ms, p95 ${figures.p95Ms} ms\n`)
  return { ...figures, meanTotal: rounded(found / took.length, 1) }
}

/** Asks for values of a person by code until the work has ended; how long each answer took. */
export async function searchWhile(asker: Asker, sample: Sample, work: Promise<unknown>): Promise<number[]> {
  const [kind] = kinds
  const state = { ended: false }
  const end = (): void => {
    state.ended = true
  }
  work.then(end, end)
  const took: number[] = []
  for (let round = 0; kind !== undefined && !state.ended; round += 1) {
    const started = performance.now()
    await asker.ask(kind.path(sample, round))
    took.push(performance.now() - started)
  }
  return took
}

export interface Asker {
  ask(search: string): Promise<string>
  close(): void
}

export async function openAsker(client: Client): Promise<Asker> {
  const connections = await openConnections(client, study, 1)
  return { ask: async (path) => mustBe(await connections.send({ method: 'GET', path }), 200).body, close: () => connections.close() }
}

export async function sampleOf(asker: Asker): Promise<Sample> {
  const resourcesOf = async (search: string): Promise<Json[]> => {
    const { entry = [] } = JSON.parse(await asker.ask(search)) as { entry?: { resource: Json }[] }
    return entry.map(({ resource }) => resource)
  }
  const people = (await resourcesOf('Patient?_count=500')) as unknown as PatientShape[]
  const coded = (await resourcesOf('Observation?_count=500')) as unknown as ObservationShape[]
  const codings = coded.flatMap(({ code: { coding = [] } }) => coding.slice(0, 1))
  return {
    patients: people.map(({ id, name, identifier }) => ({
      id,
      family: name?.[0]?.family?.[0] ?? 'A',
      given: name?.[0]?.given?.[0] ?? 'A',
      identifier: identifier?.[0]?.value ?? id,
    })),
    codes: [...new Set(codings.map(({ system, code: each }) => `${system ?? ''}|${each}`))],
  }
}

interface PatientShape {
  id: string
  name?: { family?: string[]; given?: string[] }[]
  identifier?: { value?: string }[]
}
interface ObservationShape {
  code: { coding?: { system?: string; code: string }[] }
}
