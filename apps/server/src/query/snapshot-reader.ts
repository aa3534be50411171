import { createHash } from 'node:crypto'
import { statementRowsMax, type Catalogue, type CatalogueColumn, type StatementParameters } from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Repository, Study } from '../repository/index.js'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import { catalogueOf, describedColumns } from './catalogue.js'
import type { ListFile } from './code-list-tables.js'
import type { CohortTable } from './cohort-tables.js'
import type { EngineCompletion } from './engine-complete.js'
import { EngineFault, EngineGone } from './engine-process.js'
import type { Engines } from './engines.js'
import type { Figures } from './figures.js'
import type { StudyFiles } from './file-tables.js'
import { noSuchCut, notPublished, withdrawnMeanwhile } from './faults.js'
import { statementLimits, type StatementLimits } from './limits.js'
import { readStatement, runStatement, type StatementReading } from './run-statement.js'

/** A snapshot held for as long as a statement reads it. */
export interface HeldSnapshot {
  manifest: ReservoirManifest
  folder: string
  release(): void
}
export interface QueryOptions {
  repository: Pick<Repository, 'statements' | 'consents'>
  /** The policy that a snapshot names; null where it cannot be trusted any more. */
  policyOf: (study: Study, label: string) => Promise<Policy | null>
  /** The newest snapshot of a study, or what a data cut keeps; null before anything was published, and where there is no such cut. */
  snapshot: (study: string, cut?: string) => Promise<HeldSnapshot | null> | HeldSnapshot | null
  /** Folder of a study's reservoir: all its engine can see. */
  folderOf: (study: string) => string
  workFolder: string
  /** Where results are kept. */
  resultsFolder: string
  /** How long; ms. */
  keptMs: number
  /** What statements of a role may use. */
  limitsOf?: (role: string | undefined) => StatementLimits
  /** Files of the study that statements read, too. */
  filesOf: (study: string) => Promise<StudyFiles>
  /** patient_key of people whose rows are withheld from now on, whatever the snapshot still holds. */
  withheld?: (study: Study, maskingKey?: string) => Promise<readonly string[]>
  /** Id of a study by its number. */
  studyOf: (sid: number) => Promise<string | null>
  studyNamed: (id: string) => Promise<Study | null>
  /** Flat tables by views of the study's own. */
  ownTables?: (study: Study) => Promise<readonly FlatTable[]>
  /** Code lists as files in the study's folder. */
  codeLists?: (study: Study) => Promise<readonly ListFile[]>
  /** Saved cohorts, each a table of its people. */
  cohorts?: (study: Study) => Promise<readonly CohortTable[]>
  now: () => number
  newId: () => string
  /** Told of failures that are bugs, by kind only. */
  onBug?: (error: unknown) => void
}
export interface FigureOptions {
  /** A data cut to read instead of the newest snapshot. */
  cut?: string | undefined
  further?: (answers: Figures['answers']) => string[]
}
// Whose statements the platform's own are, in the queue of an engine.
const platform = { caller: '', limits: statementLimits, onStart: () => undefined, onProgress: () => undefined }

/** What is asked of snapshots beside statements of callers. */
export class SnapshotReader {
  protected readonly options: QueryOptions
  protected readonly engines: Engines

  constructor(options: QueryOptions, engines: Engines) {
    this.options = options
    this.engines = engines
  }

  /** What figures rest on: the snapshot, and whose rows are left out of it. The same text, the same figures. */
  async standing(study: Study): Promise<{ snapshot: string; maskingPolicy: string; mark: string } | null> {
    const held = await this.options.snapshot(study.id)
    if (held === null) return null
    held.release()
    const { snapshot, maskingPolicy, generation } = held.manifest
    const withheld = createHash('sha256')
      .update([...(await this.withheld(study))].sort().join())
      .digest('hex')
    return { snapshot, maskingPolicy, mark: `${snapshot} ${generation} ${withheld}` }
  }

  /** Statements of the platform itself on one snapshot, through the same gate and engine: nobody's, so in nobody's history. Further ones may rest on answers. */
  async figures(study: Study, statements: readonly string[], { cut, further = () => [] }: FigureOptions = {}): Promise<Figures | Refusal> {
    const held = await this.options.snapshot(study.id, cut)
    if (held === null) return cut === undefined ? notPublished() : noSuchCut()
    try {
      const { manifest, folder } = held
      const withheld = await this.withheld(study, manifest.maskingKey)
      const answers: Figures['answers'] = []
      const { signal } = new AbortController()
      const [own, files] = [await this.own(study), await this.noFiles(study)]
      const limits = { limit: statementRowsMax, format: 'json', signal, ...platform } as const
      const asked = [...statements]
      for (const [at, sql] of asked.entries()) {
        const codeLists = () => this.lists(study)
        const work = { ...limits, own, codeLists, study: manifest.study, sql, manifest, folder, withheld, files }
        const result = await runStatement(this.engines, { ...work })
        if (isRefusal(result)) return result
        answers.push(result.truncated ? null : (JSON.parse(`[${Buffer.concat(result.chunks).toString()}]`) as unknown[][]))
        if (at === statements.length - 1) asked.push(...further(answers))
      }
      if (await this.grew(study, withheld)) return withdrawnMeanwhile()
      return { snapshot: manifest.snapshot, maskingPolicy: manifest.maskingPolicy, consentEpoch: manifest.consentEpoch, answers }
    } finally {
      held.release()
    }
  }

  protected async withheld(study: Study, maskingKey?: string): Promise<readonly string[]> {
    return (await this.options.withheld?.(study, maskingKey)) ?? []
  }

  // What the platform asks for itself rests on the reservoir alone.
  protected async noFiles(study: Study): Promise<StudyFiles> {
    return { ...(await this.options.filesOf(study.id)), files: [] }
  }

  protected async own(study: Study): Promise<readonly FlatTable[]> {
    return (await this.options.ownTables?.(study)) ?? []
  }

  protected readonly lists = async (study: Study): Promise<readonly ListFile[]> => (await this.options.codeLists?.(study)) ?? []

  protected async cohorts(study: Study): Promise<readonly CohortTable[]> {
    return (await this.options.cohorts?.(study)) ?? []
  }

  /** Whether the engine takes a table that is not one of the study yet: why not, or null. Nothing published, nothing asked. */
  async probe(study: Study, table: FlatTable): Promise<Refusal | null> {
    const held = await this.options.snapshot(study.id)
    if (held === null) return null
    try {
      const { manifest, folder } = held
      const sql = `SELECT * FROM "${table.name}" LIMIT 0`
      const { signal } = new AbortController()
      const [limits, files] = [{ limit: 1, format: 'json', signal, ...platform } as const, await this.noFiles(study)]
      const codeLists = (): Promise<[]> => Promise.resolve([])
      const work = { ...limits, codeLists, own: [table], study: manifest.study, sql, manifest, folder, withheld: [], files }
      const result = await runStatement(this.engines, { ...work })
      return isRefusal(result) ? result : null
    } finally {
      held.release()
    }
  }

  /** The engine's own completion; nothing where the engine cannot say. */
  async completions(study: Study, sql: string, tables: readonly string[]): Promise<EngineCompletion[]> {
    try {
      const engine = await this.engines.aside(study.id, (await this.options.filesOf(study.id)).folder)
      return await engine.complete(sql, tables)
    } catch (error) {
      if (error instanceof EngineFault || error instanceof EngineGone) return []
      throw error
    }
  }

  /** What a statement reads: its tables, and what each column of its result names. */
  async read(study: Study, sql: string, parameters: unknown): Promise<StatementReading | Refusal> {
    const held = await this.options.snapshot(study.id)
    if (held === null) return notPublished()
    held.release()
    const { signal } = new AbortController()
    const [own, files] = [await this.own(study), await this.options.filesOf(study.id)]
    const work = { ...platform, study: held.manifest.study, manifest: held.manifest, own, files, signal }
    return readStatement(this.engines, { ...work, sql, parameters: parameters as StatementParameters })
  }

  /** Columns of a flat table as the catalogue tells them. */
  async columns(study: Study, table: FlatTable): Promise<CatalogueColumn[]> {
    const held = await this.options.snapshot(study.id)
    held?.release()
    return describedColumns(table, await this.policyOf(study, held?.manifest ?? null))
  }

  protected async policyOf(study: Study, manifest: ReservoirManifest | null): Promise<Policy | null> {
    return manifest === null ? null : await this.options.policyOf(study, manifest.maskingPolicy)
  }

  /** Whether somebody withdrew since these were all. */
  protected async grew(study: Study, before: readonly string[]): Promise<boolean> {
    const known = new Set(before)
    return (await this.withheld(study)).some((key) => !known.has(key))
  }

  async catalogue(study: Study): Promise<Catalogue> {
    const held = await this.options.snapshot(study.id)
    held?.release()
    const manifest = held?.manifest ?? null
    const [policy, own, { files }] = await Promise.all([this.policyOf(study, manifest), this.own(study), this.options.filesOf(study.id)])
    return catalogueOf(study, { manifest, policy, own, files, cohorts: await this.cohorts(study) })
  }
}
