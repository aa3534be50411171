import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ImportReport, PipelineStatus } from '@aquifer/core/contract'
import { generateBundles } from '@aquifer/core/generate'
import { resultOf, type Client } from '../client.js'
import type { BenchFlags } from './command.js'
import { percentiles } from './machine.js'
import { onServer } from './server.js'
import { study } from './stored.js'

const statements = [
  'select code, code_text, count(*) n from observations group by 1, 2 order by 3 desc',
  'select gender, birth_year // 10 * 10 as decade, count(*) from patients group by 1, 2 order by 1, 2',
  "select p.gender, avg(o.value_number) from observations o join patients p using (patient_key) where o.code = '8480-6' group by 1",
  'select * from conditions limit 1000',
]
const statementRounds = 10

export function queryBench(flags: BenchFlags): Promise<Record<string, unknown>> {
  return onLoadedServer(flags, async (client) => {
    const times: Record<string, unknown> = {}
    for (const sql of statements) {
      const took: number[] = []
      for (let round = 0; round < statementRounds; round += 1) took.push(await timed(() => runStatement(client, sql)))
      times[sql] = percentiles(took)
    }
    return { statements: times }
  })
}

async function runStatement(client: Client, sql: string): Promise<void> {
  const reply = await client.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    headers: { accept: 'application/vnd.apache.arrow.stream' },
    json: { study, sql, purpose: 'bench' },
    need: { role: 'analyst', studies: [study] },
  })
  if (reply.status >= 400) resultOf(reply)
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function onLoadedServer(
  flags: BenchFlags,
  measure: (client: Client) => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  return onServer(flags, async ({ client, readyMs }) => {
    const load = await loadInto(client, flags)
    return { data: load.data, serverReadyMs: readyMs, load: load.figures, ...(await measure(client)) }
  })
}

/** Import of the whole file into a fresh server, with validation, consent, audit and the whole pipeline on. */
export async function loadInto(
  client: Client,
  flags: BenchFlags,
): Promise<{ data: Record<string, unknown>; figures: Record<string, unknown> }> {
  await client.json({
    method: 'POST',
    path: '/study/api/v1/studies',
    json: { id: study, name: 'Bench', sites: ['A'], required: ['share-data'], masking: flags.masking, publish: 'continuous' },
    need: { role: 'administrator' },
  })
  const lags: number[] = []
  const sampling = setInterval(() => void sample(client, lags).catch(() => undefined), 500)
  try {
    const report = await client.json<ImportReport>({
      method: 'POST',
      path: '/fhir-server/api/v1/$import',
      query: { studyid: study, siteid: 'A', consentOnFile: 'bench' },
      headers: { 'content-type': 'application/x-ndjson' },
      body: flags.data === undefined ? generated(Number(flags.patients)) : createReadStream(flags.data),
      need: { role: 'study-manager', studies: [study] },
    })
    const queryable = await timed(() =>
      client.json({ method: 'POST', path: '/pipeline/api/v1/wait', json: { study, timeoutS: 600 }, need: { role: 'operator' } }),
    )
    return {
      data: { source: flags.data ?? `generated, ${flags.patients} people`, resources: report.read, refused: report.refused },
      figures: {
        seconds: Math.round(report.elapsedMs) / 1000,
        resourcesPerSecond: Math.round(report.read / (report.elapsedMs / 1000)),
        queryableAfterImportMs: Math.round(queryable),
        lagDuringImport: percentiles(lags),
      },
    }
  } finally {
    clearInterval(sampling)
  }
}

async function sample(client: Client, lags: number[]): Promise<void> {
  const status = await client.json<PipelineStatus>({ path: '/pipeline/api/v1/status', query: { study }, need: { role: 'operator' } })
  const worst = Math.max(...status.stages.map((stage) => stage.lagMs ?? 0))
  lags.push(worst)
}

function generated(patients: number): Readable {
  return Readable.from(
    (function* () {
      for (const bundle of generateBundles({ patients, seed: 'bench' })) yield `${JSON.stringify(bundle)}\n`
    })(),
  )
}
