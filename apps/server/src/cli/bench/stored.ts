import type { ImportReport } from '@aquifer/core/contract'
import { resultOf, type Client } from '../client.js'
import { CommandFailed } from '../failure.js'
import { mustBe, openConnections } from './drive.js'
import { asNdjson, copyOf, firstUnits, type People, type Unit } from './people.js'
import type { BenchServer } from './server.js'

export const study = 'BENCH'

export interface Filled {
  stored: number
  seconds: number
  resourcesPerSecond: number
}

/**
 * A study into which people enter as data names them, so that all gates are passed and nothing has to be prepared; true where stages
 * behind the repository run in this server.
 */
export async function openStudy(client: Client, masking: string): Promise<boolean> {
  const opened = await client.send({
    method: 'POST',
    path: '/study/api/v1/studies',
    json: { id: study, name: 'Bench', sites: ['A'], required: [], enrolment: 'open', masking, publish: 'continuous' },
    need: { role: 'administrator' },
  })
  // In a folder that was measured in before it is there already.
  if (opened.status !== 409) resultOf(opened)
  const status = await client.send({ path: '/pipeline/api/v1/status', query: { study }, need: { role: 'operator' } })
  return status.status === 200
}

export const importUnits = (client: Client, units: readonly Unit[]): Promise<ImportReport> =>
  client.json<ImportReport>({
    method: 'POST',
    path: '/fhir-server/api/v1/$import',
    query: { studyid: study, siteid: 'A' },
    headers: { 'content-type': 'application/x-ndjson' },
    body: asNdjson(units),
    need: { role: 'integrator', studies: [study] },
  })

/** Waits for the stages behind; how long that took. */
export async function queryable(client: Client): Promise<number> {
  const started = performance.now()
  await client.json({ method: 'POST', path: '/pipeline/api/v1/wait', json: { study, timeoutS: 600 }, need: { role: 'operator' } })
  return performance.now() - started
}

/** How many resources of the types in the data are stored, as a search counts them. */
export async function storedIn({ client }: BenchServer, { units }: People): Promise<number> {
  const connections = await openConnections(client, study, 1)
  try {
    let sum = 0
    for (const type of new Set(units.flatMap((unit) => unit.map((sent) => sent.type)))) {
      const { body } = mustBe(await connections.send({ method: 'GET', path: `${type}?_summary=count` }), 200)
      sum += (JSON.parse(body) as { total: number }).total
    }
    return sum
  } finally {
    connections.close()
  }
}

/** Imports the people again and again, each time as others, until so many resources are stored. */
export async function fillTo(server: BenchServer, people: People, wanted: number, isPiped: boolean): Promise<Filled> {
  if (!Number.isSafeInteger(wanted)) throw new CommandFailed('--stored takes a number of resources.')
  const started = performance.now()
  const before = await storedIn(server, people)
  let stored = before
  for (let copy = 0; stored < wanted; copy += 1) {
    const report = await importUnits(server.client, copyOf(firstUnits(people.units, wanted - stored), `f${copy}`))
    if (report.stored === 0) throw new CommandFailed('The data cannot be stored once more.')
    stored += report.stored
    process.stderr.write(`${stored} stored, ${Math.round(report.read / (report.elapsedMs / 1000))}/s\n`)
  }
  if (isPiped) await queryable(server.client)
  const seconds = Math.round((performance.now() - started) / 1000)
  return { stored, seconds, resourcesPerSecond: Math.round((stored - before) / seconds) }
}
