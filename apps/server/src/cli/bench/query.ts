import path from 'node:path'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { tableFromIPC } from 'apache-arrow'
import { arrowStreamType, type Catalogue, type StatementStatus } from '@aquifer/core/contract'
import { rawViews } from '../../query/index.js'
import { openDuckDb } from '../../storage/index.js'
import type { Client } from '../client.js'
import { CommandFailed, WrongUsage } from '../failure.js'
import { analystQueries, deafStatement, filteredScan, longStatement, wideRows } from './analyst-queries.js'
import type { BenchFlags } from './command.js'
import { percentiles, rounded } from './machine.js'
import { copyOf, readPeople } from './people.js'
import { onServer } from './server.js'
import { fillTo, importUnits, openStudy, queryable, storedIn, study } from './stored.js'

const rounds = 5
const analysts = 20
const askedByEach = 10
/** Between two questions an analyst reads the answer. */
const thinkMs = 4_000
const rowsAtClient = 1_000_000
/** A statement runs so long before it is stopped. */
const runningMs = 1_000
// As the server gives a statement.
const rawThreads = 2

type Json = Record<string, unknown>
type DuckDb = Awaited<ReturnType<typeof openDuckDb>>
interface Answered {
  firstMs: number
  allMs: number
  body: Buffer
}

const parts: Readonly<Record<string, (asker: Asker, raw: DuckDb) => Promise<Json>>> = {
  queries: async (asker, raw) => ({ queries: await sideBySide(asker, raw), filteredScan: await repeated(() => asker.ask(filteredScan)) }),
  rows: async (asker, raw) => ({ rowsAtClient: await atClient(asker, raw) }),
  analysts: async (asker) => ({ analysts: await atOnce(asker) }),
  cancel: async (asker) => ({
    cancel: { heard: await untilStopped(asker, longStatement), deaf: await untilStopped(asker, deafStatement) },
  }),
}
export const queryParts = Object.keys(parts)

/** Statements of analysts over HTTP and Arrow beside an engine of our own on the same files, in turns; then many analysts at once. */
export async function queryBench(flags: BenchFlags): Promise<Json> {
  const chosen = flags.only?.split(',') ?? queryParts
  for (const name of chosen)
    if (!(name in parts)) throw new WrongUsage(`--only takes parts with commas between them: ${queryParts.join(', ')}.`)
  const people = await readPeople(flags)
  return onServer(flags, async (server) => {
    const { client } = server
    const isPiped = await openStudy(client, flags.masking)
    if ((await storedIn(server, people)) === 0) await importUnits(client, copyOf(people.units, 's'))
    if (flags.stored !== undefined) await fillTo(server, people, Number(flags.stored), isPiped)
    if (!isPiped) throw new CommandFailed('Nothing can be queried here: the pipeline does not run.')
    await queryable(client)
    const { resources, people: masked } = await client.json<Catalogue>({ path: '/query/api/v1/catalogue', query: { study }, need })
    const asker = await openStatements(client)
    const raw = await openRaw(path.join(server.dataDir, 'reservoir', study))
    try {
      const figures: Json = {}
      for (const name of chosen) {
        const found = await parts[name]?.(asker, raw)
        process.stderr.write(`${JSON.stringify(found)}\n`)
        Object.assign(figures, found)
      }
      return { data: { source: people.source, maskedResources: resources, people: masked }, rounds, ...figures }
    } finally {
      asker.close()
      raw.close()
    }
  })
}

const need = { role: 'analyst', studies: [study] } as const

async function openRaw(folder: string): Promise<DuckDb> {
  const raw = await openDuckDb({ threads: rawThreads, memoryLimitMb: 2_048 })
  await raw.connection.run(`SET TimeZone = 'UTC'`)
  for (const sql of await rawViews(folder, study)) await raw.connection.run(sql)
  return raw
}

/** All rows as the engine gives them, and nothing made of them. */
async function rawMs({ connection }: DuckDb, sql: string): Promise<number> {
  const started = performance.now()
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk());
  return performance.now() - started
}

async function sideBySide(asker: Asker, raw: DuckDb): Promise<Json> {
  const each: Json = {}
  const sums = { ours: 0, raw: 0 }
  for (const { name, sql } of analystQueries) {
    const [ours, theirs]: [number[], number[]] = [[], []]
    await asker.ask(sql)
    await rawMs(raw, sql)
    for (let round = 0; round < rounds; round += 1) {
      ours.push((await asker.ask(sql)).allMs)
      theirs.push(await rawMs(raw, sql))
    }
    const [oursMs, rawP50] = [percentiles(ours).p50Ms, percentiles(theirs).p50Ms]
    sums.ours += oursMs
    sums.raw += rawP50
    each[name] = { oursP50Ms: oursMs, rawP50Ms: rawP50, ratio: rounded(oursMs / rawP50, 2) }
    process.stderr.write(`${name}: ${oursMs} ms, raw ${rawP50} ms\n`)
  }
  return { each, oursMs: rounded(sums.ours, 1), rawMs: rounded(sums.raw, 1), ratio: rounded(sums.ours / sums.raw, 3) }
}

async function repeated(work: () => Promise<Answered>): Promise<Json> {
  const answers: Answered[] = []
  for (let round = 0; round < rounds * 2; round += 1) answers.push(await work())
  return { firstByte: percentiles(answers.map(({ firstMs }) => firstMs)), all: percentiles(answers.map(({ allMs }) => allMs)) }
}

async function atClient(asker: Asker, raw: DuckDb): Promise<Json> {
  const [took, engineAlone]: [number[], number[]] = [[], []]
  let shape = { rows: 0, columns: 0, bytes: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now()
    const { body } = await asker.ask(wideRows, rowsAtClient)
    const table = tableFromIPC(body)
    took.push(performance.now() - started)
    shape = { rows: table.numRows, columns: table.numCols, bytes: body.byteLength }
    engineAlone.push(await rawMs(raw, `SELECT * FROM (${wideRows}) LIMIT ${rowsAtClient}`))
  }
  return { ...shape, ...percentiles(took), rawP50Ms: percentiles(engineAlone).p50Ms }
}

/** From the word to stop until nothing runs any more, and how long the next statement then takes. */
async function untilStopped(asker: Asker, sql: string): Promise<Json> {
  const [stopped, next]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    const { id } = await asker.json<StatementStatus>('POST', '', { study, sql, purpose: 'bench', limit: 1 })
    while ((await asker.json<StatementStatus>('GET', `/${id}`)).state !== 'running') await sleep(5)
    await sleep(runningMs)
    const started = performance.now()
    await asker.json('DELETE', `/${id}`)
    while ((await asker.json<StatementStatus>('GET', `/${id}`)).state === 'running');
    stopped.push(performance.now() - started)
    next.push((await asker.ask('SELECT 1')).allMs)
  }
  return { stopped: percentiles(stopped), next: percentiles(next) }
}

/** One analyst, then twenty: each asks another question after a while, so that they meet as people do. */
async function atOnce(asker: Asker): Promise<Json> {
  const day = async (offset: number): Promise<number[]> => {
    const took: number[] = []
    for (let round = 0; round < askedByEach; round += 1) {
      await sleep(((offset * 7919 + round * 104_729) % 1_000) * (thinkMs / 500))
      const query = analystQueries[(offset * 7 + round * 5) % analystQueries.length]
      if (query !== undefined) took.push((await asker.ask(query.sql)).allMs)
    }
    return took
  }
  const one = percentiles(await day(0))
  const many = percentiles((await Promise.all(Array.from({ length: analysts }, (_, offset) => day(offset)))).flat())
  return { thinkMs, one, [`of${analysts}`]: many, ratioP95: rounded(many.p95Ms / one.p95Ms, 2) }
}

interface Asker {
  ask(sql: string, limit?: number): Promise<Answered>
  /** A word about a statement that runs by itself. */
  json<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: Json): Promise<T>
  close(): void
}

/** Connections that stay open, with one token for all that is measured. */
async function openStatements(client: Client): Promise<Asker> {
  const { access_token: token } = await client.token({ ...need, ttlS: 3_600 })
  const agent = new Agent({ keepAlive: true, maxSockets: analysts })
  const { hostname, port } = new URL(client.url)
  const authorization = `Bearer ${token}`
  const send = (method: string, place: string, more: Record<string, string>, body?: Json): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const started = performance.now()
      const headers = { authorization, ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
      const target = { agent, hostname, port, method, path: `/query/api/v1/statements${place}`, headers }
      const sent = request(target, (answer) => {
        let firstMs = 0
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => {
          if (parts.length === 0) firstMs = performance.now() - started
          parts.push(part)
        })
        answer.on('error', reject)
        answer.on('end', () => {
          if ((answer.statusCode ?? 0) >= 300)
            return reject(new CommandFailed(`A statement of the measurement was answered ${answer.statusCode}.`))
          return resolve({ firstMs, allMs: performance.now() - started, body: Buffer.concat(parts) })
        })
      })
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  return {
    ask: (sql, limit = 100_000) => send('POST', '', { accept: arrowStreamType }, { study, sql, purpose: 'bench', limit }),
    async json<T>(method: string, place: string, body?: Json) {
      const { body: said } = await send(method, place, { accept: 'application/json', prefer: 'respond-async' }, body)
      return JSON.parse(said.toString()) as T
    },
    close: () => agent.destroy(),
  }
}
