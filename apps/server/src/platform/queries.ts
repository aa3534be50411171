import path from 'node:path'
import type { Config } from '../config/index.js'
import type { FileDesk } from '../files/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import type { MaskingPolicyDesk } from '../privacy/index.js'
import {
  countListBy,
  openCodeListDesk,
  openNotebooks,
  openViewDesk,
  Query,
  type CodeListDesk,
  type CodeLists,
  type HeldSnapshot,
  type NotebookDesk,
  type OwnViews,
  type ViewDesk,
} from '../query/index.js'
import type { Repository, Study } from '../repository/index.js'
import { cutFolder, readCut, readReservoirManifest, type Reservoir } from '../reservoir/index.js'
import { openRisk, type RiskDesk } from '../risk/index.js'
import type { Signer } from '../storage/index.js'
import type { Studies } from '../study/index.js'

export interface QueryParts {
  config: Config
  repository: Repository
  studies: Studies
  policies: Pick<MaskingPolicyDesk, 'labelled'>
  files: Pick<FileDesk, 'tables' | 'tableFolder'>
  signer: Signer
  /** null where another process writes the reservoir; its files are read all the same */
  reservoir: Reservoir | null
  /** null where this process has no keys to tell */
  patientKeys: ((study: string, ids: readonly string[], maskingKey?: string) => Promise<string[]>) | null
  log: Log
  ownViews: OwnViews
  codeLists: CodeLists
  now: () => number
  newId: () => string
}

export interface Queries {
  query: Query
  notebooks: NotebookDesk
  risk: RiskDesk
  views: ViewDesk
  codeLists: CodeListDesk
}
/** Statements and notebooks over the reservoir's snapshots. */
export function openQueries(parts: QueryParts): Queries {
  const { config, repository, studies, files, reservoir, patientKeys, ownViews, log, now, newId } = parts
  const folderOf = (study: string): string => path.join(config.storeDir, 'reservoir', study)
  async function snapshot(study: string, cut?: string): Promise<HeldSnapshot | null> {
    const folder = folderOf(study)
    if (cut !== undefined) {
      const found = await readCut(folder, cut, parts.signer)
      if (found?.genuine !== true || found.cut.retired !== null) return null
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
  async function withheld(study: Study, maskingKey?: string): Promise<readonly string[]> {
    if (patientKeys === null) return []
    const gone = new Set(await repository.erasure.withheldIds(study.sid))
    if (study.kind !== 'regulated' && study.required.length > 0) {
      for (const { patientId, types } of await repository.consents.withdrawn(study.sid))
        if (types.some((type) => study.required.includes(type))) gone.add(patientId)
    }
    return patientKeys(study.id, [...gone], maskingKey)
  }
  const query = new Query({
    repository,
    policyOf: parts.policies.labelled,
    snapshot,
    folderOf,
    workFolder: path.join(config.dataDir, 'query'),
    filesOf: async (id) => {
      const study = await studies.byId(id)
      return { files: study === null ? [] : await files.tables(study), folder: files.tableFolder(id) }
    },
    withheld,
    studyOf: (sid) => studies.bySid(sid),
    ownTables: ({ sid }) => ownViews.tables(sid),
    codeLists: (study) => parts.codeLists.files(study),
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
  return { query, notebooks: openNotebooks(repository, newId), risk, views, codeLists }
}

/** What stands in the reports of this process: the worst of all studies. */
export function riskGauges(metrics: Metrics, risk: RiskDesk): void {
  metrics.gauge(
    'aquifer_risk_class_min',
    'Smallest class of people who look alike in a published study, as last computed',
    () => risk.worst()?.minimum ?? Number.NaN,
  )
  metrics.gauge(
    'aquifer_risk_below_share',
    'Greatest share of a published study’s people in classes below 11, as last computed',
    () => risk.worst()?.below ?? Number.NaN,
  )
}
