import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ImportReport, PipelineStatus } from '@aquifer/core/contract'
import { generateBundles } from '@aquifer/core/generate'
import type { Client } from '../client.js'
import type { BenchFlags } from './command.js'
import { percentiles } from './machine.js'
import { study } from './stored.js'

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
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
