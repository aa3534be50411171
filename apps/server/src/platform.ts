import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { uuidV7 } from '@aquifer/core/id'
import { openAuditDesk, openAuditTrail } from './audit/index.js'
import { version, type Config } from './config/index.js'
import { openConsentDesk } from './consent/index.js'
import { openWriteQueue, type FhirSystems } from './fhir/index.js'
import { openHttp, type RoutedSystems } from './http/index.js'
import { openIdentity, type Identity } from './identity/index.js'
import type { ImportSystems } from './import/index.js'
import { openJobDesk, openJobs } from './jobs/index.js'
import { errorName, openLog, openMetrics } from './monitoring/index.js'
import { openFlow, type Flow } from './platform/flow.js'
import { openQueries } from './platform/queries.js'
import { frontStages } from './platform/stages.js'
import { openRepository, type Repository } from './repository/index.js'
import { armFaults, migrate, openPostgres, packageRoot, systemClock, writeAtomically, type Clock } from './storage/index.js'
import { openStudies, type Studies } from './study/index.js'

export { DemoFailed, fillDemo } from './platform/demo.js'
export type { DemoProgress } from './platform/demo.js'
export { isLoopback } from './http/index.js'

/** The whole of Aquifer in one process: what `serve`, `demo` and the tests open. */
export interface Platform {
  readonly url: string
  readonly app: FastifyInstance
  readonly config: Config
  readonly repository: Repository
  readonly identity: Identity
  readonly studies: Studies
  readonly imports: ImportSystems
  /** null where this process does not run the pipeline */
  readonly flow: Flow | null
  /** Takes requests from now on; answers the address. */
  listen(): Promise<string>
  /** Finishes what runs, then closes everything in the reverse order of opening. */
  close(): Promise<void>
}

export async function openPlatform(config: Config, options: { clock?: Clock } = {}): Promise<Platform> {
  const clock = options.clock ?? systemClock
  const now = () => clock.now()
  const newId = () => uuidV7(clock.now(), randomBytes(10))
  if (config.faultPoints !== null) armFaults(config.faultPoints)
  const closing: (() => Promise<unknown> | void)[] = []
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
    const sink = openLog({ dir: path.join(config.dataDir, 'logs'), level: config.logLevel })
    closing.push(() => sink.close())
    const { log } = sink
    const metrics = openMetrics()
    const postgres = await openPostgres({
      dataDir: config.dataDir,
      ...(config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }),
    })
    closing.push(() => postgres.stop())
    await migrate(postgres)
    const repository = openRepository({ postgres, clock })
    closing.push(() => repository.close())
    const identity = await openIdentity({ repository, dataDir: config.dataDir, clock })
    const trail = openAuditTrail(repository)
    const studies = openStudies({ repository, now })
    const queue = openWriteQueue(repository, now)
    closing.push(() => queue.idle())
    const fhir: FhirSystems = { repository, studies, queue, metrics, log, now, newId }
    const jobs = openJobs({ repository, newId, owner: randomUUID() })
    await jobs.endOrphans()
    const imports: ImportSystems = { ...fhir, jobs }
    const flow = runsPipeline(config)
      ? await openFlow({ config, repository, metrics, log, clock, otherStages: frontStages({ repository, studies, metrics, now }) })
      : null
    if (flow !== null) closing.push(() => flow.close())
    const reservoir = flow?.reservoir ?? null
    const queries = config.roles.includes('query') ? openQueries({ config, repository, studies, reservoir, log, now, newId }) : null
    if (queries !== null) closing.push(() => queries.query.close())
    let accepting = true
    const routed: RoutedSystems = {
      identity,
      studies,
      fhir,
      imports,
      metrics,
      consents: openConsentDesk({ repository, now }),
      jobs: openJobDesk(repository),
      audits: openAuditDesk(repository),
      pipeline: flow?.pipeline ?? null,
      queries,
      now,
      startedAt: new Date(now()).toISOString(),
      version,
      workbenchDir: path.resolve(packageRoot, '../desktop/out/renderer'),
      async health() {
        const database = await repository.epoch().then(
          () => 'ok',
          () => 'failed',
        )
        return {
          ready: accepting && database === 'ok',
          checks: { server: accepting ? 'ok' : 'stopping', database, ...flow?.checks(), ...queriesCheck(queries) },
        }
      },
    }
    const app = openHttp({ host: config.host, identity, trail, log, metrics, now, accepting: () => accepting }, routed)
    closing.push(() => app.close())
    const addressFile = path.join(config.dataDir, 'server.json')
    closing.push(async () => {
      accepting = false
      await rm(addressFile, { force: true })
    })
    let url = ''
    return {
      get url() {
        return url
      },
      app,
      config,
      repository,
      identity,
      studies,
      imports,
      flow,
      async listen() {
        url = await app.listen({ host: config.host, port: config.port })
        await writeAtomically(addressFile, `${JSON.stringify({ url, pid: process.pid, startedAt: routed.startedAt })}\n`, { mode: 0o600 })
        log.info({ version, roles: config.roles }, 'ready')
        return url
      },
      close: closeAll,
    }
  } catch (error) {
    await closeAll().catch(() => errorName(error))
    throw error
  }
}

const queriesCheck = (queries: ReturnType<typeof openQueries> | null): Record<string, string> =>
  queries === null ? {} : { query: queries.query.isolation.mode === 'full' ? 'ok' : 'reduced' }

const runsPipeline = (config: Config): boolean => config.roles.includes('replicator') && config.roles.includes('masker')
