import path from 'node:path'
import { cmsCells } from '@aquifer/core/small-cells'
import type { Config } from '../config/index.js'
import type { FileDesk } from '../files/index.js'
import { KeyMissing } from '../lake/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import type { MaskingPolicyDesk } from '../privacy/index.js'
import {
  countListBy,
  openCodeListDesk,
  openCohortDesk,
  openCohorts,
  openDownloads,
  openSavedQueries,
  openNotebooks,
  openProfiles,
  openViewDesk,
  Query,
  statementLimits,
  type CodeListDesk,
  type CodeLists,
  type CohortDesk,
  type DownloadDesk,
  type SavedQueryDesk,
  type HeldSnapshot,
  type NotebookDesk,
  type ProfileDesk,
  type OwnViews,
  type ViewDesk,
} from '../query/index.js'
import type { Repository, Study } from '../repository/index.js'
import { cutFolder, readCut, readReservoirManifest, type Reservoir } from '../reservoir/index.js'
import { openRisk, type RiskDesk } from '../risk/index.js'
import type { Signer } from '../storage/index.js'
import type { Studies } from '../study/index.js'
import type { PersonKeys } from './person-keys.js'
import type { Later } from './saved-queries.js'

export interface QueryParts {
  config: Config
  repository: Repository
  studies: Studies
  policies: Pick<MaskingPolicyDesk, 'labelled'>
  files: Pick<FileDesk, 'tables' | 'tableFolder'>
  signer: Signer
  /** null where another process writes the reservoir; its files are read all the same */
  reservoir: Reservoir | null
  patientKeys: PersonKeys['patientKeys']
  log: Log
  ownViews: OwnViews
  codeLists: CodeLists
  owner: string
  later: Later
  now: () => number
  newId: () => string
}

export interface Queries {
  query: Query
  notebooks: NotebookDesk
  downloads: DownloadDesk
  profiles: ProfileDesk
  savedQueries: SavedQueryDesk
  risk: RiskDesk
  views: ViewDesk
  codeLists: CodeListDesk
  cohorts: CohortDesk
}
/** Statements and notebooks over the reservoir's snapshots. */
export function openQueries(parts: QueryParts): Queries {
  const { config, repository, studies, files, reservoir, patientKeys, ownViews, log, now, newId } = parts
  const folderOf = (study: string): string => path.join(config.storeDir, 'reservoir', study)
  // Where the key of its pseudonyms is gone nobody can tell whose rows are to be left out.
  async function isTold(study: string, { maskingKey }: { maskingKey: string }): Promise<boolean> {
    return (await patientKeys(study, [], maskingKey).catch(goneKey)) !== null
  }
  async function snapshot(study: string, cut?: string): Promise<HeldSnapshot | null> {
    const folder = folderOf(study)
    if (cut !== undefined) {
      const found = await readCut(folder, cut, parts.signer)
      if (found?.genuine !== true || found.cut.retired !== null || !(await isTold(study, found.cut.manifest))) return null
      return { manifest: found.cut.manifest, folder: cutFolder(folder, cut), release: () => undefined }
    }
    if (reservoir !== null) {
      const pin = reservoir.opened(study)?.pin() ?? null
      return pin === null ? null : { manifest: pin.manifest, folder, release: () => pin.release() }
    }
    // Files of a snapshot stay for a while after the next one came, so nothing needs to be held here.
    const manifest = await readReservoirManifest(folder)
    return manifest === null ? null : { manifest, folder, release: () => undefined }
  }
  // Whoever withdrew a consent that the study requires is in no answer from now on, long before any file is written anew. A regulated
  // trial keeps what was collected before a withdrawal.
  async function withheld(study: Study, maskingKey?: string): Promise<readonly string[] | null> {
    const gone = new Set(await repository.erasure.withheldIds(study.sid))
    if (study.kind !== 'regulated' && study.required.length > 0) {
      for (const { patientId, types } of await repository.consents.withdrawn(study.sid))
        if (types.some((type) => study.required.includes(type))) gone.add(patientId)
    }
    return patientKeys(study.id, [...gone], maskingKey).catch(goneKey)
  }
  const cohortTables = openCohorts(repository, now)
  const query = new Query({
    repository,
    policyOf: parts.policies.labelled,
    snapshot,
    folderOf,
    workFolder: path.join(config.dataDir, 'query'),
    resultsFolder: path.join(config.dataDir, 'results'),
    keptMs: config.resultDays * dayMs,
    limitsOf: (role) => ({ ...statementLimits, ...config.queryLimits[role ?? ''] }),
    studyNamed: (id) => studies.byId(id),
    filesOf: async (id) => {
      const study = await studies.byId(id)
      return { files: study === null ? [] : await files.tables(study), folder: files.tableFolder(id) }
    },
    withheld,
    studyOf: (sid) => studies.bySid(sid),
    ownTables: ({ sid }) => ownViews.tables(sid),
    codeLists: (study) => parts.codeLists.files(study),
    cohorts: (study) => cohortTables.tables(study),
    seal: (text) => parts.signer.seal(text),
    now,
    newId,
    onBug: (error) => log.error({ err: errorName(error) }, 'a statement met an error of the server'),
  })
  const followed = config.roles.includes('scheduler') ? () => studies.list() : null
  const risk = openRisk({
    query,
    repository,
    now,
    followed,
    onBug: (error) => log.error({ err: errorName(error) }, 'risk cannot be followed'),
  })
  const views = openViewDesk({
    repository,
    own: ownViews,
    probe: (study, table) => query.probe(study, table),
    columns: (study, table) => query.columns(study, table),
    now,
    newId,
  })
  const codeLists = openCodeListDesk({ repository, lists: parts.codeLists, count: countListBy(query), now })
  const cohorts = openCohortDesk({ repository, tables: cohortTables, now })
  const notebooks = openNotebooks(repository, newId)
  const profiles = openProfiles(query, notebooks, now)
  return { query, notebooks, profiles, ...openBeside(parts, query), risk, views, codeLists, cohorts }
}

/** What jobs of this process make of statements: files to take away, and runs of saved queries. */
function openBeside(parts: QueryParts, query: Query): Pick<Queries, 'downloads' | 'savedQueries'> {
  const { config, repository, studies, owner, later, log, now, newId } = parts
  const shared = {
    query,
    repository,
    studyOf: (sid: number) => studies.bySid(sid),
    owner,
    now,
    newId,
    onFailure: (failure: { kind: string; reason: string }) => log.error(failure, 'a job met an error'),
  }
  const dir = path.join(config.dataDir, 'files', 'downloads')
  return {
    downloads: openDownloads({ ...shared, dir, keptMs: config.resultDays * dayMs }),
    savedQueries: openSavedQueries({ ...shared, ...later }),
  }
}

function goneKey(error: unknown): null {
  if (error instanceof KeyMissing) return null
  throw error
}

const dayMs = 86_400_000

export function queryGauges(metrics: Metrics, query: Query): void {
  metrics.gauge('aquifer_statements_running', 'Statements that run or wait', () => query.running())
  metrics.gauge('aquifer_statements_waiting', 'Statements that wait for an engine', () => query.waiting)
  metrics.gauge('aquifer_results_kept_bytes', 'Bytes of results that are kept', () => Math.ceil(query.keptBytes() / mebibyte) * mebibyte)
}

// Of one small result they would say how many rows it has.
const mebibyte = 1024 * 1024

/** What stands in the reports of this process: the worst of all studies. Nobody has to say who he is to read it: no number of few people. */
export function riskGauges(metrics: Metrics, risk: RiskDesk): void {
  metrics.gauge(
    'aquifer_risk_class_min',
    'Smallest class of people who look alike in a published study, as last computed; 0: one of fewer than 11',
    () => telling(risk.worst()?.minimum ?? Number.NaN),
  )
  metrics.gauge(
    'aquifer_risk_below_share',
    'Greatest share of a published study’s people in classes below 11, as last computed, in tenths upwards',
    () => Math.ceil((risk.worst()?.below ?? Number.NaN) * 10) / 10,
  )
}

const telling = (people: number): number => (people < cmsCells.threshold ? 0 : people)
