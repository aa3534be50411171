import type { ImportReport } from '@aquifer/core/contract'
import { CommandFailed, WrongUsage } from '../failure.js'
import type { BenchFlags } from './command.js'
import { inLanes, mustBe, openConnections } from './drive.js'
import { percentiles, rounded } from './machine.js'
import { asTransaction, copyOf, firstUnits, readPeople, type People, type Unit } from './people.js'
import { whereTimeGoes } from './profile.js'
import { openAsker, sampleOf, searchWhile } from './search.js'
import { onServer, type BenchServer } from './server.js'
import { fillTo, importUnits, openStudy, queryable, storedIn, study } from './stored.js'

type Json = Record<string, unknown>
type Part = (run: Run) => Promise<Json>

interface Run {
  server: BenchServer
  people: People
  units: readonly Unit[]
  suffix: string
  isPiped: boolean
}

const transactionLanes = 4
const putLanes = 64
const warmUpResources = 5_000

const parts: Readonly<Record<string, Part>> = { bulk: bulkPart, transactions: transactionPart, single: singlePart }
export const ingestParts = Object.keys(parts)

/** Writes by each way over HTTP into a fresh server of its own process; with `--stored` once more on top of so many resources. */
export async function ingestBench(flags: BenchFlags): Promise<Json> {
  const chosen = flags.only === undefined ? ingestParts : [flags.only]
  for (const name of chosen) if (!(name in parts)) throw new WrongUsage(`--only takes one of ${ingestParts.join(', ')}.`)
  const people = await readPeople(flags)
  const units = firstUnits(people.units, flags.resources === undefined ? Infinity : Number(flags.resources))
  const figures = await onServer(flags, async (server) => {
    const isPiped = await openStudy(server.client, flags.masking)
    const round = async (name: string, units: readonly Unit[]): Promise<Record<string, Json>> => {
      const figures: Record<string, Json> = {}
      for (const part of chosen) {
        const suffix = `${name}${part.slice(0, 1)}`
        figures[part] = (await parts[part]?.({ server, people, units, suffix, isPiped })) ?? {}
        process.stderr.write(`${name === 'w' ? 'warm-up, ' : ''}${part}: ${String(figures[part]?.['resourcesPerSecond'])} resources/s\n`)
      }
      return figures
    }
    // A program that has just started is compiled as it runs, which is no part of what a resource costs.
    await round('w', firstUnits(units, warmUpResources))
    const first = await round('a', units)
    const filled = flags.stored === undefined ? null : await fillTo(server, people, Number(flags.stored), isPiped)
    const later = filled === null ? null : await round('z', units)
    return {
      data: { source: people.source, resources: people.resources, units: people.units.length, used: count(units) },
      serverReadyMs: server.readyMs,
      roles: flags.roles ?? 'all',
      ...first,
      ...(later === null ? {} : { filled, atStored: later, costRatio: ratios(first, later) }),
      ...(flags.searchDuring === true ? { searchDuring: await searchDuring(server, units, isPiped) } : {}),
      storedAtEnd: await storedIn(server, people),
      database: await server.database(),
    }
  })
  return flags.profile === undefined ? figures : { ...figures, ...(await whereTimeGoes(flags.profile)) }
}

const count = (units: readonly Unit[]): number => units.reduce((sum, unit) => sum + unit.length, 0)

/** Measures what `work` does: its time, the CPU and the memory it takes, and, where there are stages behind, the CPU until they have caught up. */
async function measured(run: Run, work: () => Promise<{ resources: number; figures: Json }>): Promise<Json> {
  const { server } = run
  const storedBefore = await storedIn(server, run.people)
  const before = await server.usage()
  const ownBefore = process.cpuUsage()
  const memory = server.watchMemory()
  const started = performance.now()
  const { resources, figures } = await work()
  const seconds = (performance.now() - started) / 1000
  const after = await server.usage()
  const own = process.cpuUsage(ownBefore)
  const caughtUpMs = run.isPiped ? await queryable(server.client) : null
  const end = await server.usage()
  const each = (ms: number): number => rounded(ms / resources, 4)
  const cpu = (until: typeof after): Json | null =>
    before === null || until === null
      ? null
      : {
          server: each(until.serverCpuMs - before.serverCpuMs),
          database: each(until.databaseCpuMs - before.databaseCpuMs),
          together: each(until.serverCpuMs + until.databaseCpuMs - before.serverCpuMs - before.databaseCpuMs),
        }
  return {
    storedBefore,
    resources,
    seconds: rounded(seconds, 2),
    resourcesPerSecond: Math.round(resources / seconds),
    cpuMsPerResource: cpu(after),
    ...(caughtUpMs === null ? {} : { cpuMsPerResourceUntilQueryable: cpu(end), queryableAfterMs: Math.round(caughtUpMs) }),
    loadCpuMsPerResource: each((own.user + own.system) / 1000),
    ...memory.end(),
    ...figures,
  }
}

function bulkPart(run: Run): Promise<Json> {
  const units = copyOf(run.units, run.suffix)
  return measured(run, async () => {
    const report = await importUnits(run.server.client, units)
    return { resources: report.read, figures: { lines: units.length, refused: report.refused } }
  })
}

async function transactionPart(run: Run): Promise<Json> {
  const units = copyOf(run.units, run.suffix).map(eachOnce)
  const bodies = units.map((unit) => ({ body: Buffer.from(asTransaction(unit)), resources: unit.length }))
  const connections = await openConnections(run.server.client, study, transactionLanes)
  try {
    return await measured(run, async () => {
      const took = await inLanes(bodies, transactionLanes, async ({ body, resources }) => {
        const answer = mustBe(await connections.send({ method: 'POST', path: '', body }), 200)
        const { entry } = JSON.parse(answer.body) as { entry: unknown[] }
        if (entry.length !== resources) throw new CommandFailed('A transaction was not answered as a whole.')
      })
      return { resources: count(units), figures: { connections: transactionLanes, bundles: bodies.length, ...percentiles(took) } }
    })
  } finally {
    connections.close()
  }
}

/** A transaction names each resource once; some generators write the houses of a person's visits again and again. */
const eachOnce = (unit: Unit): Unit => [...new Map(unit.map((sent) => [`${sent.type}/${sent.id}`, sent])).values()]

/** Observations one by one; the people and visits they tell of are there before. */
async function singlePart(run: Run): Promise<Json> {
  const units = copyOf(run.units, run.suffix)
  const around = units.map((unit) => unit.filter(({ type }) => type !== 'Observation'))
  await importUnits(
    run.server.client,
    around.filter((unit) => unit.length > 0),
  )
  if (run.isPiped) await queryable(run.server.client)
  // Round robin over the people, as devices of many send at once.
  const observations = taken(units.map((unit) => unit.filter(({ type }) => type === 'Observation')))
  const puts = observations.map(({ id, text }) => ({ path: `Observation/${id}`, body: Buffer.from(text) }))
  const connections = await openConnections(run.server.client, study, putLanes)
  try {
    return await measured(run, async () => {
      const took = await inLanes(puts, putLanes, async (put) => {
        mustBe(await connections.send({ method: 'PUT', ...put }), 201)
      })
      return { resources: puts.length, figures: { connections: putLanes, ...percentiles(took) } }
    })
  } finally {
    connections.close()
  }
}

function taken(units: readonly Unit[]): Unit {
  const out: Unit = []
  const longest = Math.max(0, ...units.map((unit) => unit.length))
  for (let place = 0; place < longest; place += 1) for (const unit of units) out.push(...unit.slice(place, place + 1))
  return out
}

/** A search for a person's values by code, asked again and again while the people are imported once more. */
async function searchDuring(server: BenchServer, units: readonly Unit[], isPiped: boolean): Promise<Json> {
  const asker = await openAsker(server.client)
  try {
    const sample = await sampleOf(asker)
    const importing = importUnits(server.client, copyOf(units, 'd'))
    const took = await searchWhile(asker, sample, importing)
    const report: ImportReport = await importing
    if (isPiped) await queryable(server.client)
    return { kind: 'patient + code', ...percentiles(took), resourcesPerSecond: Math.round(report.read / (report.elapsedMs / 1000)) }
  } finally {
    asker.close()
  }
}

function ratios(first: Record<string, Json>, later: Record<string, Json>): Json {
  const cost = (figures: Json | undefined): number => (figures?.['cpuMsPerResource'] as { together?: number } | null)?.together ?? NaN
  return Object.fromEntries(Object.keys(first).map((part) => [part, rounded(cost(later[part]) / cost(first[part]), 3)]))
}
