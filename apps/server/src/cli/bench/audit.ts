import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { AuditVerification, JobView } from '@aquifer/core/contract'
import { readConfig } from '../../config/index.js'
import { openPlatform, type Platform } from '../../platform.js'
import { openClient, type Client } from '../client.js'
import { CommandFailed } from '../failure.js'
import type { BenchFlags } from './command.js'

const batch = 500
const rounds = 3

/** Records of reads and writes as requests leave them, sealed by the server's own sealer, then verified through its API. */
export async function auditBench(flags: BenchFlags): Promise<Record<string, unknown>> {
  const records = Number(flags.records)
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'aquifer-bench-'))
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data: dataDir, port: '0', roles: 'api,scheduler' })
  if ('faults' in config) throw new CommandFailed(config.faults.join('; '))
  const platform = await openPlatform(config)
  try {
    await platform.listen()
    const client = await openClient({ dataDir })
    const writing = await timed(() => write(platform, records))
    const sealing = await timed(async () => platform.background?.sealer.catchUp())
    const verifications: AuditVerification[] = []
    for (let round = 0; round < rounds; round += 1) verifications.push(await verify(client))
    const last = verifications.at(-1)
    return {
      data: { source: 'generated: reads, searches and writes of one to five resources', records: last?.records, blocks: last?.blocks },
      whole: verifications.every(({ whole }) => whole),
      writtenPerSecond: Math.round(records / writing),
      sealedAfterS: Math.round(sealing * 10) / 10,
      verifiedPerSecond: verifications.map(({ recordsPerSecond }) => recordsPerSecond),
    }
  } finally {
    await platform.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

async function write({ repository }: Platform, records: number): Promise<void> {
  for (let from = 0; from < records; from += batch) {
    const made = Array.from({ length: Math.min(batch, records - from) }, (_, at) => recordOf(repository, from + at))
    await repository.audits.record(await Promise.all(made))
  }
}

async function recordOf(
  repository: Platform['repository'],
  n: number,
): Promise<Parameters<Platform['repository']['audits']['record']>[0][number]> {
  const touched = Array.from({ length: 1 + (n % 5) }, (_, at) => ({
    op: 'read',
    type: 'Observation',
    rid: BigInt(n * 5 + at),
    version: 1 + (n % 3),
  }))
  return {
    id: await repository.nextAuditId(),
    at: Date.now(),
    request: `0190b5a0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    actor: `investigator-${n % 40}`,
    role: 'investigator',
    action: n % 3 === 0 ? 'search' : 'read',
    sid: 1 + (n % 3),
    outcome: n % 50 === 0 ? 'refused' : 'done',
    detail: { route: 'GET /fhir-server/api/v1/:type/:id', status: 200 },
    entries: touched,
    source: `10.0.${n % 200}.${n % 250}`,
  }
}

async function verify(client: Client): Promise<AuditVerification> {
  const need = { role: 'operator' } as const
  let job = await client.json<JobView>({ method: 'POST', path: '/audit/api/v1/verifications', json: {}, need })
  while (job.state === 'queued' || job.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 100))
    job = await client.json<JobView>({ path: `/jobs/api/v1/${job.id}`, need })
  }
  if (job.state !== 'done') throw new CommandFailed('The verification did not end.')
  return job.result as AuditVerification
}
