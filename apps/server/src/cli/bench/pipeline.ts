import type { ImportReport, StatementRows } from '@aquifer/core/contract'
import { resultOf, type Client } from '../client.js'
import { CommandFailed } from '../failure.js'
import type { BenchFlags } from './command.js'
import { mustBe, openConnections } from './drive.js'
import { loadInto, timed } from './load.js'
import { percentiles, rounded } from './machine.js'
import { asNdjson, asTransaction, copyOf, firstUnits, readPeople, type People, type Unit } from './people.js'
import { onServer, type BenchServer } from './server.js'
import { queryable, study } from './stored.js'

// A study that everybody enters as data names him, so that what arrives can be anybody's.
const arriving = 'ARRIVING'
const ticksPerSecond = 10
// Weights that no one has: each tells which request it came with.
const firstMarker = 100_000
const lostAfterMs = 60_000
const connectionsOpen = 8

/** Everything behind the repository: load, arrival at a steady rate, masking anew from the lake, and a person who leaves. */
export function pipelineBench(flags: BenchFlags): Promise<Record<string, unknown>> {
  return onServer(flags, async (server) => {
    const { client, readyMs } = server
    const load = await loadedOrFound(client, flags)
    process.stderr.write('loaded\n')
    const people = await readPeople(flags)
    const stored = flags.stored === undefined ? {} : { filled: await fill(client, people, Number(flags.stored)) }
    const settled = server.watchMemory()
    const arrival = await arrivalsAt(client, people, { rate: Number(flags.rate ?? 1000), seconds: Number(flags.seconds ?? 30) })
    process.stderr.write('arrived\n')
    const backfill = await maskedAnew(server)
    process.stderr.write('masked anew\n')
    const withdrawal = await leaving(client)
    const figures = { load: load.figures, ...stored, arrival, backfill, withdrawal, memory: settled.end() }
    return { data: load.data, serverReadyMs: readyMs, ...figures }
  })
}

/** A folder that was measured in before, and filled, holds its people already. */
async function loadedOrFound(client: Client, flags: BenchFlags): Promise<Awaited<ReturnType<typeof loadInto>>> {
  const found = await client.send({ path: `/study/api/v1/studies/${study}`, need: { role: 'administrator' } })
  if (found.status !== 200) return loadInto(client, flags)
  await queryable(client)
  return { data: { source: 'found in the folder' }, figures: {} }
}

async function fill(client: Client, people: People, wanted: number): Promise<Record<string, number>> {
  if (!Number.isSafeInteger(wanted)) throw new CommandFailed('--stored takes a number of resources.')
  const started = performance.now()
  let stored = people.resources
  for (let copy = 0; stored < wanted; copy += 1) {
    const report = await client.json<ImportReport>({
      method: 'POST',
      path: '/fhir-server/api/v1/$import',
      query: { studyid: study, siteid: 'A', consentOnFile: 'bench' },
      headers: { 'content-type': 'application/x-ndjson' },
      body: asNdjson(copyOf(firstUnits(people.units, wanted - stored), `f${copy}`)),
      need: { role: 'study-manager', studies: [study] },
    })
    if (report.stored === 0) throw new CommandFailed('The data cannot be stored once more.')
    stored += report.stored
    process.stderr.write(`${stored} stored\n`)
  }
  await queryable(client)
  return { stored, seconds: rounded((performance.now() - started) / 1000, 1) }
}

/** How long after its answer what was written can be queried, at so many resources a second. */
async function arrivalsAt(
  client: Client,
  people: People,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Record<string, unknown>> {
  const opened = await client.send({
    method: 'POST',
    path: '/study/api/v1/studies',
    json: { id: arriving, name: 'Arriving', sites: ['A'], required: [], enrolment: 'open', publish: 'continuous' },
    need: { role: 'administrator' },
  })
  if (opened.status !== 409) resultOf(opened)
  const connections = await openConnections(client, arriving, connectionsOpen)
  const answered = new Map<number, number>()
  const [seen, requests]: [Map<number, number>, Promise<void>[]] = [new Map(), []]
  const groups = groupsOf(people, Math.max(1, Math.round(rate / ticksPerSecond)))
  const begun = performance.now()
  const ticks = seconds * ticksPerSecond
  const watching = watch(client, seen, () => requests.length === ticks && seen.size >= answered.size && answered.size === ticks)
  for (let tick = 0; tick < ticks; tick += 1) {
    await until(begun + (tick * 1000) / ticksPerSecond)
    const body = asTransaction(groups.next(firstMarker + tick))
    const sent = connections.send({ method: 'POST', path: '', body }).then((answer) => {
      mustBe(answer, 200)
      return void answered.set(firstMarker + tick, performance.now())
    })
    sent.catch(() => undefined)
    requests.push(sent)
  }
  await Promise.all(requests)
  const took = performance.now() - begun
  await watching
  connections.close()
  const lags = [...answered].map(([marker, at]) => Math.max(0, (seen.get(marker) ?? Number.POSITIVE_INFINITY) - at))
  const achieved = rounded((ticks * groups.size) / (took / 1000), 0)
  return { wanted: rate, achievedPerSecond: achieved, seconds, queryableAfterAnswer: percentiles(lags) }
}

const until = (at: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())))

/** Resources of ever other people, so many at a time, the first of them a marker. */
function groupsOf(people: People, size: number): { size: number; next(marker: number): Unit } {
  let [copy, waiting]: [number, Unit] = [0, []]
  return {
    size,
    next(value) {
      while (waiting.length < size - 1) waiting = waiting.concat(copyOf(people.units, `a${(copy += 1)}`).flat())
      const group = waiting.slice(0, size - 1)
      waiting = waiting.slice(size - 1)
      return [markerOf(value), ...group]
    },
  }
}

function markerOf(value: number): Unit[number] {
  const id = `marker-${value}`
  const code = { coding: [{ system: 'http://loinc.org', code: '29463-7' }] }
  const valueQuantity = { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' }
  const of = { status: 'final', code, subject: { reference: 'Patient/marked' }, effectiveDateTime: '2020-01-02', valueQuantity }
  return { type: 'Observation', id, text: JSON.stringify({ resourceType: 'Observation', id, ...of }) }
}

/** Asks again and again, as an analyst would, and notes when each marker was in an answer. */
async function watch(client: Client, seen: Map<number, number>, isAll: () => boolean): Promise<void> {
  const sql = `select value_number from observations where code = '29463-7' and value_number >= ${firstMarker}`
  for (let changedAt = performance.now(); !isAll() && performance.now() - changedAt < lostAfterMs; await until(performance.now() + 100)) {
    const reply = await client.send({
      method: 'POST',
      path: '/query/api/v1/statements',
      headers: { accept: 'application/json' },
      json: { study: arriving, sql, purpose: 'bench', limit: 100_000 },
      need: { role: 'analyst', studies: [arriving] },
    })
    if (reply.status !== 200) continue
    const at = performance.now()
    for (const [value] of (JSON.parse(reply.body.toString('utf8')) as StatementRows).rows)
      if (!seen.has(Number(value))) seen.set(Number(value), (changedAt = at))
  }
}

/** All of the study from lake to reservoir under another key, then its files and flat tables for readers outside. */
async function maskedAnew(server: BenchServer): Promise<Record<string, unknown>> {
  const { client } = server
  // Else the files of what has just arrived would be written meanwhile.
  await published(client, arriving)
  const before = await server.usage()
  const began = performance.now()
  await client.json({
    method: 'POST',
    path: '/masking/api/v1/keys/rotate',
    json: { study, reason: 'measuring a back-fill' },
    need: { role: 'privacy-officer', studies: [study] },
  })
  await queryable(client)
  const queryableMs = performance.now() - began
  const after = await server.usage()
  const tablesMs = await timed(() => published(client, study))
  const cpu = before === null || after === null ? {} : { cpuSeconds: rounded((after.serverCpuMs - before.serverCpuMs) / 1000, 1) }
  return { queryableMs: Math.round(queryableMs), ...cpu, tablesPublishedMs: Math.round(tablesMs) }
}

const published = (client: Client, id: string): Promise<unknown> =>
  client.json({ method: 'POST', path: '/pipeline/api/v1/generations', json: { study: id }, need: { role: 'operator', studies: [id] } })

/** From the request of an erasure to its answer, and until every store has proven that nothing is left. */
async function leaving(client: Client): Promise<Record<string, unknown>> {
  const connections = await openConnections(client, study, 1)
  const { body } = mustBe(await connections.send({ method: 'GET', path: 'Patient?_count=1' }), 200)
  connections.close()
  const patient = (JSON.parse(body) as { entry: { resource: { id: string } }[] }).entry[0]?.resource.id
  const path = `/consent/api/v1/studies/${study}/withdrawals`
  const need = { role: 'study-manager', studies: [study] } as const
  const json = { patient, act: 'erase', reason: 'measured', evidence: 'bench' }
  const began = performance.now()
  const { id } = await client.json<{ id: string }>({ method: 'POST', path, json, need })
  const answeredMs = performance.now() - began
  for (;;) {
    const { state } = await client.json<{ state: string }>({ path: `${path}/${id}`, need })
    if (state === 'done') return { answeredMs: Math.round(answeredMs), goneMs: Math.round(performance.now() - began) }
    if (state === 'failed') throw new CommandFailed('The withdrawal failed.')
    await until(performance.now() + 200)
  }
}
