import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { uuidV7 } from '@aquifer/core/id'
import { openAccess, type Access } from './access/index.js'
import { exportStream, openAuditDesk, openAuditTrail, openSignatureHand, openSignatures, type AuditTrail } from './audit/index.js'
import type { WithdrawalDesk } from './erasure/index.js'
import { openBulkExport } from './bulk-export/index.js'
import { version, type Config } from './config/index.js'
import { openConsentDesk } from './consent/index.js'
import { indexEntriesOf, openFeeds, openPageTokens, openWriteQueue, type ConsentClock, type Feeds, type FhirSystems } from './fhir/index.js'
import { openHttp, type Health, type RoutedSystems } from './http/index.js'
import { openIdentity, type Identity } from './identity/index.js'
import type { ImportSystems } from './import/index.js'
import { openJobDesk, openJobs } from './jobs/index.js'
import { errorName, openLog, openMetrics, type Log, type Metrics } from './monitoring/index.js'
import type { Term } from './platform/background-leases.js'
import { openBehind } from './platform/behind.js'
import { openLater } from './platform/saved-queries.js'
import type { Flow } from './platform/flow.js'
import type { Queries } from './platform/queries.js'
import { exportDir, openBackground, type Background } from './platform/background.js'
import { openGovernance, openLedgerKey } from './platform/governance.js'
import { openPolicies, progressOf } from './platform/privacy.js'
import { openDataQuality } from './platform/quality.js'
import { codeKeyOf, deliveryRun, linkTo, openCarriers, openRegistrations, reminding } from './platform/registrations.js'
import { watchedStreams } from './platform/streams.js'
import { readTls } from './platform/tls.js'
import { openRepository, type Repository } from './repository/index.js'
import {
  armFaults,
  CannotStart,
  idBytes,
  makeFolder,
  migrate,
  openPostgres,
  openSigner,
  packageRoot,
  silenceMaxMs,
  systemClock,
  writeAtomically,
  type Clock,
  type Postgres,
} from './storage/index.js'
import { openStudies, type Studies } from './study/index.js'

export { DemoFailed, fillDemo } from './platform/demo.js'
export type { DemoProgress, DemoSignIn } from './platform/demo.js'
export { measureGovernance } from './platform/governance-cost.js'
export { openBackgroundLeases, type BackgroundLeases } from './platform/background-leases.js'
export { restore, type RestoreReport } from './platform/restore.js'
export { restoreFromLake, type FromLakeReport } from './platform/from-lake.js'
export { takeBackup } from './backup/index.js'
export { bucketStores } from './platform/objects.js'
export type { Round, Took } from './platform/governance-cost.js'
export { verifyFile } from './audit/index.js'
export { isLoopback } from './http/index.js'

/** The whole of Aquifer in one process: what `serve`, `demo` and the tests open. */
export interface Platform {
  readonly url: string
  readonly app: FastifyInstance
  readonly config: Config
  readonly postgres: Postgres
  readonly repository: Repository
  readonly identity: Identity
  readonly access: Access
  readonly studies: Studies
  readonly imports: ImportSystems
  readonly withdrawals: WithdrawalDesk
  readonly consentClock: ConsentClock
  readonly feeds: Feeds
  /** null where this process does not run the pipeline */
  readonly flow: Flow | null
  /** null where this process does no background work */
  readonly background: Background | null
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

export interface PlatformOptions {
  /** what this process may do beside others on the same database; without, there are none */
  term?: Pick<Term, 'waiting' | 'mayWrite'>
  /** What tests have otherwise than the world. */
  clock?: Clock
  importSilenceMs?: number
  segmentsRecentMax?: number
}

export async function openPlatform(config: Config, options: PlatformOptions = {}): Promise<Platform> {
  if (config.faultPoints !== null) armFaults(config.faultPoints)
  const closing = openClosing()
  try {
    const systems = await openSystems(config, options, closing)
    return openEdge(config, systems, closing)
  } catch (error) {
    await closing.all().catch(() => errorName(error))
    throw error
  }
}

/** The systems in flow order: what is stored, who asks, what may enter, the stages behind, statements on the end of it. */
async function openSystems(config: Config, options: PlatformOptions, closing: Closing) {
  const { clock = systemClock, importSilenceMs = silenceMaxMs, term, ...more } = options
  const ofLake = { ...more, ...(term === undefined ? {} : { mayWrite: term.mayWrite }) }
  const waiting = term?.waiting ?? []
  const now = () => clock.now()
  const newId = () => uuidV7(clock.now(), idBytes(10))
  const tls = config.tls === null ? null : await readTls(config.tls)
  await claimFolder(config.dataDir, { is: 'the data folder', remedy: 'choose another by --data or AQUIFER_DATA' })
  if (config.storeDir !== config.dataDir)
    await claimFolder(config.storeDir, { is: 'the folder of lake and reservoir', remedy: 'choose another by AQUIFER_STORE' })
  const sink = openLog({ dir: path.join(config.dataDir, 'logs'), level: config.logLevel })
  closing.add(() => sink.close())
  const { log } = sink
  const metrics = openMetrics()
  if (waiting.length > 0) log.info({ roles: waiting }, 'another process does this work; it is taken over when that one ends')
  metrics.gauge('aquifer_roles_waiting', 'Roles of this process whose work another process does', () => waiting.length)
  const { postgres, signer, repository } = await openStore(config, { clock, log, closing })
  const studies = openStudies({ repository, now })
  const hand = openSignatureHand({ signer, now, newId })
  const policies = openPolicies({ repository, studies, hand, signer, metrics, now, newId })
  const access = await openAccess({ repository, studies: () => studies.list(), now, newId, hand })
  metrics.gauge('aquifer_break_glass_open', 'Emergencies that no privacy officer has reviewed', () => access.breakGlass.unreviewed())
  const address = { url: config.publicUrl ?? `${tls === null ? 'http' : 'https'}://${config.host}:${config.port}` }
  const identity = await openIdentity({
    repository,
    dataDir: config.dataDir,
    clock,
    grantFor: access.grantFor,
    idleMs: config.sessionIdleMs,
    address: () => address.url,
    outside: config.outsideIssuer,
  })
  const feeds = openFeeds({ repository, studies, metrics, log, now, ticks: config.roles.includes('scheduler') })
  closing.add(() => feeds.close())
  const queue = openWriteQueue(repository, { now, newId, feeds })
  closing.add(() => queue.idle())
  metrics.gauge('aquifer_writes_waiting', 'Writes and Bundles that are not answered yet', () => queue.waiting)
  const pages = openPageTokens(identity.keyFor('pages of a search'))
  const threads = await threadsFor(config, { metrics, log, closing })
  const fhir: FhirSystems = { repository, studies, queue, pages, feeds, threads, metrics, log, now, newId }
  const owner = randomUUID()
  const jobs = openJobs({ repository, newId, owner })
  await jobs.endOrphans()
  const carriers = openCarriers(config, now)
  const letters = { repository, carriers, key: codeKeyOf(identity), linkOf: linkTo(() => address.url), now }
  const remind = reminding(carriers.length > 0, jobs.queue)
  const bulkExport = openBulkExport({
    fhir,
    dir: path.join(config.dataDir, 'files', 'bulk-export'),
    policy: () => access.policies.current(),
    sweeps: config.roles.includes('scheduler'),
  })
  closing.add(() => bulkExport.close())
  const deliver = deliveryRun(letters)
  const quality = openDataQuality({ config, repository, jobs, metrics, log, now, closing })
  const runs = { deliver, bulkExport: bulkExport.run, quality: quality.run }
  const background = config.roles.includes('scheduler')
    ? openBackground({ config, repository, signer, clock, log, metrics, owner, remind, ...runs })
    : null
  if (background !== null) closing.add(() => background.close())
  const systems = { repository, signer, studies, metrics, log, now, newId }
  const later = openLater({ repository, access, carriers, base: () => address.url, newId })
  const behind = await openBehind({ config, ...systems, policies, hand, clock, owner, later, closing, ...ofLake })
  const { files, flow, queries } = behind
  const imports: ImportSystems = { ...fhir, jobs, pace: async (study) => flow?.pace(study), silenceMaxMs: importSilenceMs }
  const streams = watchedStreams({ repository, log, now, closing })
  const governance = await openGovernance({ config, ...systems, policies, jobs, bulkExport, files, flow, queries, streams })
  closing.add(() => governance.close())
  const stores = { postgres, repository, signer, hand, policies, studies, jobs, imports, bulkExport, quality }
  const front = { tls, fhir, feeds, access, identity, address }
  return { ...stores, ...front, ...behind, background, governance, streams, letters, metrics, log, now, waiting }
}

/** Null, and nothing of it loaded, where no threads are asked for. */
async function threadsFor({ workers }: Config, { metrics, log, closing }: { metrics: Metrics; log: Log; closing: Closing }) {
  if (workers === 0) return null
  const { openThreads } = await import('./platform/threads.js')
  const threads = openThreads(workers, log)
  closing.add(() => threads.close())
  metrics.gauge('aquifer_worker_questions_waiting', 'What worker threads were asked and have not answered yet', () => threads.waiting)
  return threads
}

/** The database with its schema as it is now, and the repository over it. */
async function openStore(config: Config, { clock, log, closing }: { clock: Clock; log: Log; closing: Closing }) {
  const database = config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }
  const postgres = await openPostgres({ dataDir: config.dataDir, ...database })
  closing.add(() => postgres.stop())
  await migrate(postgres)
  const signer = await openSigner(path.join(config.dataDir, 'keys'))
  const ledgerKey = await openLedgerKey(config.dataDir)
  const repository = openRepository({ postgres, clock, mark: (text) => signer.seal(text), ledgerKey })
  closing.add(() => repository.close())
  await indexAnew(repository, log)
  return { postgres, signer, repository }
}

/** After an upgrade that searches by other keys. */
async function indexAnew(repository: Repository, log: Log): Promise<void> {
  const count = await repository.reindex(indexEntriesOf, ({ done, total }) => log.info({ done, total }, 'indexing anew for search'))
  if (count > 0) log.info({ count }, 'indexed anew for search')
}

async function claimFolder(folder: string, told: { is: string; remedy: string }): Promise<void> {
  try {
    await makeFolder(folder)
    await access(folder, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CannotStart(`${folder} cannot be ${told.is} (${code ?? 'unknown'}): ${told.remedy}.`)
  }
}

type Systems = Awaited<ReturnType<typeof openSystems>>

/** What has addresses. */
function routedSystems(config: Config, systems: Systems, trail: AuditTrail, accepting: () => boolean): RoutedSystems {
  const { fhir, feeds, bulkExport, repository, signer, hand, access, identity, studies, imports, flow, background, queries, metrics, now } =
    systems
  const { desks } = systems.governance
  const jobs = openJobDesk(repository, systems.jobs.queue, () => {
    background?.worker.wake()
    flow?.wakeJobs()
  })
  const delivers = systems.letters.carriers.length > 0
  const registrations = openRegistrations({ ...systems, ...systems.letters, withdrawals: desks.withdrawals, jobs, delivers })
  return {
    identity,
    access,
    studies,
    policies: systems.policies,
    keys: systems.keys,
    maskingProgress: (study) => progressOf(systems.flow, study),
    fhir,
    feeds,
    bulkExport,
    files: systems.files,
    quality: systems.quality,
    imports,
    metrics,
    queries,
    risk: queries?.risk ?? null,
    views: queries?.views ?? null,
    codeLists: queries?.codeLists ?? null,
    cohorts: queries?.cohorts ?? null,
    now,
    startedAt: new Date(now()).toISOString(),
    version,
    ...desks,
    consents: openConsentDesk({ repository, now }),
    ...registrations,
    jobs,
    audits: openAuditDesk(repository, signer),
    trail,
    auditFile: (id, format) => exportStream(exportDir(config), id, format),
    signatures: openSignatures({ repository, hand }),
    pipeline: flow?.pipeline ?? null,
    cuts: flow?.cuts ?? null,
    held: flow?.held ?? null,
    displays: flow?.displays ?? null,
    workbenchDir: path.resolve(packageRoot, '../desktop/out/renderer'),
    health: () => healthOf(systems, accepting()),
  }
}

/** The HTTP edge over the systems, and the platform as a whole. */
function openEdge(config: Config, systems: Systems, closing: Closing): Platform {
  const { repository, identity, studies, imports, flow, background, metrics, log, now } = systems
  const { newId } = systems.fhir
  let accepting = true
  const trail = openAuditTrail(repository)
  const routed = routedSystems(config, systems, trail, () => accepting)
  const app = openHttp(
    {
      host: config.host,
      publicUrl: config.publicUrl,
      tls: systems.tls,
      identity,
      policy: () => systems.access.policies.current(),
      trail,
      log,
      metrics,
      now,
      newId,
      streams: systems.streams,
      accepting: () => accepting,
    },
    routed,
  )
  closing.add(() => app.close())
  const addressFile = openAddressFile(config.dataDir)
  closing.add(async () => {
    accepting = false
    await addressFile.remove()
  })
  let url = ''
  return {
    app,
    config,
    postgres: systems.postgres,
    repository,
    identity,
    access: systems.access,
    studies,
    imports,
    withdrawals: systems.governance.desks.withdrawals,
    consentClock: systems.governance.consentClock,
    feeds: systems.feeds,
    flow,
    background,
    get url() {
      return url
    },
    async listen() {
      url = await app.listen({ host: config.host, port: config.port })
      if (config.publicUrl === null) systems.address.url = url
      // By it commands on this machine know the server, whatever name its certificate is for.
      const certificate = systems.tls === null ? {} : { certificate: systems.tls.certificate }
      await addressFile.write({ url, pid: process.pid, startedAt: routed.startedAt, ...certificate })
      log.info({ version, roles: config.roles }, 'ready')
      return url
    },
    close: () => closing.all(),
  }
}

/** Of several servers on one folder the file is that of the last one that wrote it. */
function openAddressFile(dataDir: string) {
  const file = path.join(dataDir, 'server.json')
  let written: string | null = null
  return {
    async write(told: Record<string, unknown>) {
      written = `${JSON.stringify(told)}\n`
      await writeAtomically(file, written, { mode: 0o600 })
    },
    async remove() {
      const there = await readFile(file, 'utf8').catch(() => null)
      if (written === null || there === written) await rm(file, { force: true })
    },
  }
}

async function healthOf({ repository, access, flow, background, queries, waiting }: Systems, accepting: boolean): Promise<Health> {
  const database = await repository.epoch().then(
    () => 'ok',
    () => 'failed',
  )
  const server = accepting ? 'ok' : 'stopping'
  return {
    ready: accepting && database === 'ok',
    checks: {
      server,
      database,
      rolePolicy: policyCheck(access),
      ...flow?.checks(),
      ...background?.checks(),
      ...queriesCheck(queries),
      ...(waiting.length === 0 ? {} : { roles: `another process does the work of ${waiting.join(', ')}` }),
    },
  }
}

const queriesCheck = (queries: Queries | null): Record<string, string> =>
  queries === null ? {} : { query: queries.query.isolation.mode === 'full' ? 'ok' : 'reduced' }

/** A policy that was signed before the program learned new rights gives them to nobody, which looks like a fault to whoever meets it. */
function policyCheck({ policies }: Access): string {
  const unnamed = policies.unnamed().length
  return unnamed === 0 ? 'ok' : `${unnamed} ${unnamed === 1 ? 'right is' : 'rights are'} given to no role`
}
