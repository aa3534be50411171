import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { uuidV7 } from '@aquifer/core/id'
import { openAuditDesk, openAuditTrail } from './audit/index.js'
import { version, type Config } from './config/index.js'
import { openConsentDesk } from './consent/index.js'
import { openWriteQueue, type ConsentClock, type FhirSystems } from './fhir/index.js'
import { openHttp, type Health, type RoutedSystems } from './http/index.js'
import { openIdentity, type Identity } from './identity/index.js'
import type { ImportSystems } from './import/index.js'
import { openJobDesk, openJobs } from './jobs/index.js'
import { errorName, openLog, openMetrics } from './monitoring/index.js'
import { openFlow, type Flow } from './platform/flow.js'
import { openGovernance, openLedgerKey } from './platform/governance.js'
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
  readonly consentClock: ConsentClock
  /** null where this process does not run the pipeline */
  readonly flow: Flow | null
  /** Takes requests from now on; answers the address. */
  listen(): Promise<string>
  /** Finishes what runs, then closes everything in the reverse order of opening. */
  close(): Promise<void>
}

/** What was opened, to be closed in the reverse order. */
interface Closing {
  add(close: () => Promise<unknown> | void): void
  all(): Promise<void>
}
function openClosing(): Closing {
  const opened: (() => Promise<unknown> | void)[] = []
  return {
    add: (close) => void opened.push(close),
    async all() {
      for (const close of opened.splice(0).reverse()) await close()
    },
  }
}

export async function openPlatform(config: Config, options: { clock?: Clock } = {}): Promise<Platform> {
  if (config.faultPoints !== null) armFaults(config.faultPoints)
  const closing = openClosing()
  try {
    const systems = await openSystems(config, options.clock ?? systemClock, closing)
    return openEdge(config, systems, closing)
  } catch (error) {
    await closing.all().catch(() => errorName(error))
    throw error
  }
}

/** The systems in flow order: what is stored, who asks, what may enter, the stages behind, statements on the end of it. */
async function openSystems(config: Config, clock: Clock, closing: Closing) {
  const now = () => clock.now()
  const newId = () => uuidV7(clock.now(), randomBytes(10))
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const sink = openLog({ dir: path.join(config.dataDir, 'logs'), level: config.logLevel })
  closing.add(() => sink.close())
  const { log } = sink
  const metrics = openMetrics()
  const database = config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }
  const postgres = await openPostgres({ dataDir: config.dataDir, ...database })
  closing.add(() => postgres.stop())
  await migrate(postgres)
  const repository = openRepository({ postgres, clock, ledgerKey: await openLedgerKey(config.dataDir) })
  closing.add(() => repository.close())
  const identity = await openIdentity({ repository, dataDir: config.dataDir, clock })
  const studies = openStudies({ repository, now })
  const queue = openWriteQueue(repository, now)
  closing.add(() => queue.idle())
  const fhir: FhirSystems = { repository, studies, queue, metrics, log, now, newId }
  const jobs = openJobs({ repository, newId, owner: randomUUID() })
  await jobs.endOrphans()
  const otherStages = frontStages({ repository, studies, metrics, now })
  const flow = runsPipeline(config) ? await openFlow({ config, repository, metrics, log, clock, otherStages }) : null
  if (flow !== null) closing.add(() => flow.close())
  const imports: ImportSystems = { ...fhir, jobs, pace: async (study) => flow?.pace(study) }
  const masked = { reservoir: flow?.reservoir ?? null, patientKeys: flow?.patientKeys ?? null }
  const queries = config.roles.includes('query') ? openQueries({ config, repository, studies, ...masked, log, now, newId }) : null
  if (queries !== null) closing.add(() => queries.query.close())
  const query = queries?.query ?? null
  const governance = await openGovernance({ config, repository, studies, jobs, flow, query, log, now, newId })
  closing.add(() => governance.close())
  return { fhir, repository, identity, studies, imports, flow, queries, governance, metrics, log, now }
}

type Systems = Awaited<ReturnType<typeof openSystems>>

/** The HTTP edge over the systems, and the platform as a whole. */
function openEdge(config: Config, systems: Systems, closing: Closing): Platform {
  const { repository, identity, studies, imports, flow, queries, metrics, log, now } = systems
  let accepting = true
  const startedAt = new Date(now()).toISOString()
  const routed: RoutedSystems = {
    identity,
    studies,
    fhir: systems.fhir,
    imports,
    metrics,
    queries,
    now,
    startedAt,
    version,
    ...systems.governance.desks,
    consents: openConsentDesk({ repository, now }),
    jobs: openJobDesk(repository),
    audits: openAuditDesk(repository),
    pipeline: flow?.pipeline ?? null,
    workbenchDir: path.resolve(packageRoot, '../desktop/out/renderer'),
    health: () => healthOf(systems, accepting),
  }
  const trail = openAuditTrail(repository)
  const app = openHttp({ host: config.host, identity, trail, log, metrics, now, accepting: () => accepting }, routed)
  closing.add(() => app.close())
  const addressFile = path.join(config.dataDir, 'server.json')
  closing.add(async () => {
    accepting = false
    await rm(addressFile, { force: true })
  })
  let url = ''
  return {
    app,
    config,
    repository,
    identity,
    studies,
    imports,
    consentClock: systems.governance.consentClock,
    flow,
    get url() {
      return url
    },
    async listen() {
      url = await app.listen({ host: config.host, port: config.port })
      await writeAtomically(addressFile, `${JSON.stringify({ url, pid: process.pid, startedAt })}\n`, { mode: 0o600 })
      log.info({ version, roles: config.roles }, 'ready')
      return url
    },
    close: () => closing.all(),
  }
}

async function healthOf({ repository, flow, queries }: Systems, accepting: boolean): Promise<Health> {
  const database = await repository.epoch().then(
    () => 'ok',
    () => 'failed',
  )
  const server = accepting ? 'ok' : 'stopping'
  return { ready: accepting && database === 'ok', checks: { server, database, ...flow?.checks(), ...queriesCheck(queries) } }
}

const queriesCheck = (queries: ReturnType<typeof openQueries> | null): Record<string, string> =>
  queries === null ? {} : { query: queries.query.isolation.mode === 'full' ? 'ok' : 'reduced' }

const runsPipeline = (config: Config): boolean => config.roles.includes('replicator') && config.roles.includes('masker')
