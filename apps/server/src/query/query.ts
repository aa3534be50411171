import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import {
  arrowStreamType,
  basisHeader,
  statementHeader,
  statementRowsMax,
  type Catalogue,
  type CatalogueColumn,
  type QueryBasis,
  type StatementHistory,
  type StatementStatus,
} from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, Study } from '../repository/index.js'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import { catalogueOf, describedColumns } from './catalogue.js'
import type { ListFile } from './code-list-tables.js'
import { Engines } from './engines.js'
import type { StudyFiles } from './file-tables.js'
import { noSuchCut, noSuchStatement, notPublished, withdrawnMeanwhile } from './faults.js'
import { isolation, type Isolation } from './isolation.js'
import { KeptResults, type KeptResult } from './kept-results.js'
import { runStatement, type StatementResult } from './run-statement.js'
import { historyRow, problemOf, statusOf } from './statement-views.js'

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
  /** Files of the study that statements read, too. */
  filesOf: (study: string) => Promise<StudyFiles>
  /** patient_key of people whose rows are withheld from now on, whatever the snapshot still holds. */
  withheld?: (study: Study, maskingKey?: string) => Promise<readonly string[]>
  /** Id of a study by its number. */
  studyOf: (sid: number) => Promise<string | null>
  /** Flat tables by views of the study's own. */
  ownTables?: (study: Study) => Promise<readonly FlatTable[]>
  /** Code lists as files in the study's folder. */
  codeLists?: (study: Study) => Promise<readonly ListFile[]>
  now: () => number
  newId: () => string
  /** Told of failures that are bugs, by kind only. */
  onBug?: (error: unknown) => void
}
/** What the platform's own statements found, all of one snapshot. */
export interface Figures {
  snapshot: string
  maskingPolicy: string
  /** Rows of each statement; null for one that has more than were asked for. */
  answers: (unknown[][] | null)[]
}
export interface Asked {
  study: Study
  actor: string
  sql: string
  purpose: string
  limit: number
  format: 'arrow' | 'json'
  /** A data cut to read instead of the newest snapshot. */
  cut?: string | undefined
  signal?: AbortSignal
}

type Further = (found: Figures['answers']) => string[]
type Read = StatementResult & { basis: QueryBasis; withheld: readonly string[] }
interface Running {
  status: StatementStatus
  actor: string
  since: number
  controller: AbortController
}

/** Statements on masked reservoirs. */
export class Query {
  readonly #options: QueryOptions
  readonly #engines: Engines
  readonly #running = new Map<string, Running>()
  readonly #kept: KeptResults
  readonly isolation: Isolation

  constructor(options: QueryOptions) {
    this.#options = options
    this.isolation = isolation()
    // What a server that was killed left behind.
    rmSync(options.workFolder, { recursive: true, force: true })
    this.#engines = new Engines({ reservoirOf: options.folderOf, workFolder: options.workFolder, isolated: this.isolation.mode === 'full' })
    this.#kept = new KeptResults(options.now)
  }

  /** Runs a statement and answers with its rows. */
  async run(asked: Asked): Promise<KeptResult | Refusal> {
    return this.#run(this.#begin(asked), asked)
  }

  /** Begins a statement; its rows are fetched by result(). */
  start(asked: Asked): StatementStatus {
    const running = this.#begin(asked)
    const { id } = running.status
    this.#run(running, asked).then(
      (result) => isRefusal(result) || this.#kept.keep(id, result),
      (error: unknown) => this.#options.onBug?.(error),
    )
    return running.status
  }

  #begin(asked: Asked): Running {
    const at = this.#options.now()
    const controller = new AbortController()
    asked.signal?.addEventListener('abort', () => controller.abort(), { once: true })
    if (asked.signal?.aborted) controller.abort()
    const status: StatementStatus = {
      id: this.#options.newId(),
      study: asked.study.id,
      state: 'queued',
      progress: null,
      elapsedMs: 0,
      submittedAt: new Date(at).toISOString(),
    }
    const running = { status, actor: asked.actor, since: at, controller }
    this.#running.set(status.id, running)
    return running
  }

  async #run(running: Running, asked: Asked): Promise<KeptResult | Refusal> {
    const { status } = running
    try {
      await this.#record(running, asked)
      const result = await this.#read(running, asked)
      const basis = isRefusal(result) ? null : result.basis
      if (isRefusal(result)) this.#refused(status, result)
      else this.#done(status, result.basis)
      status.elapsedMs = this.#options.now() - running.since
      await this.#record(running, asked)
      return isRefusal(result) || basis === null ? (result as Refusal) : this.#answer(asked, status.id, result)
    } catch (error) {
      status.state = 'failed'
      throw error
    } finally {
      this.#running.delete(status.id)
    }
  }

  async #read(running: Running, asked: Asked): Promise<Read | Refusal> {
    const { study, sql, limit, format, cut } = asked
    const held = await this.#options.snapshot(study.id, cut)
    if (held === null) return cut === undefined ? notPublished() : noSuchCut()
    try {
      const { manifest, folder } = held
      const withheld = await this.#withheld(study, manifest.maskingKey)
      const result = await runStatement(this.#engines, {
        own: await this.#own(study),
        codeLists: () => this.#lists(study),
        study: manifest.study,
        sql,
        limit,
        format,
        manifest,
        folder,
        withheld,
        files: await this.#options.filesOf(study.id),
        signal: running.controller.signal,
        onStart: () => (running.status.state = 'running'),
        onProgress: (progress) => (running.status.progress = progress),
      })
      if (isRefusal(result)) return result
      // A withdrawal that came while it ran must not be answered with that person's rows.
      if (running.controller.signal.aborted) return refuse('statement-cancelled', { detail: 'The statement was stopped; no row was kept.' })
      if (await this.#grew(study, withheld)) return withdrawnMeanwhile()
      const epoch = await this.#options.repository.consents.epoch(study.sid)
      const basis: QueryBasis = {
        rows: result.rows,
        totalRows: result.totalRows,
        truncated: result.truncated,
        people: result.people,
        snapshot: manifest.snapshot,
        maskingPolicy: manifest.maskingPolicy,
        consentEpoch: manifest.consentEpoch,
        ...(cut === undefined ? {} : { cut }),
        consentState: cut !== undefined ? 'frozen' : manifest.consentEpoch >= epoch ? 'current' : 'updating',
        elapsedMs: this.#options.now() - running.since,
      }
      return { ...result, basis, withheld }
    } finally {
      held.release()
    }
  }

  /** What figures rest on: the snapshot, and whose rows are left out of it. The same text, the same figures. */
  async standing(study: Study): Promise<{ snapshot: string; maskingPolicy: string; mark: string } | null> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return null
    held.release()
    const { snapshot, maskingPolicy, generation } = held.manifest
    const withheld = createHash('sha256')
      .update([...(await this.#withheld(study))].sort().join())
      .digest('hex')
    return { snapshot, maskingPolicy, mark: `${snapshot} ${generation} ${withheld}` }
  }

  /** Statements of the platform itself on one snapshot, through the same gate and engine: nobody's, so in nobody's history. Further ones may rest on answers. */
  async figures(study: Study, statements: readonly string[], more: Further = () => []): Promise<Figures | Refusal> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return notPublished()
    try {
      const { manifest, folder } = held
      const withheld = await this.#withheld(study)
      const answers: Figures['answers'] = []
      const { signal } = new AbortController()
      const [own, files] = [await this.#own(study), await this.#noFiles(study)]
      const limits = { limit: statementRowsMax, format: 'json', signal } as const
      const asked = [...statements]
      for (const [at, sql] of asked.entries()) {
        const codeLists = () => this.#lists(study)
        const work = { ...limits, own, codeLists, study: manifest.study, sql, manifest, folder, withheld, files }
        const result = await runStatement(this.#engines, { ...work, onStart: () => undefined, onProgress: () => undefined })
        if (isRefusal(result)) return result
        answers.push(result.truncated ? null : (JSON.parse(`[${Buffer.concat(result.chunks).toString()}]`) as unknown[][]))
        if (at === statements.length - 1) asked.push(...more(answers))
      }
      if (await this.#grew(study, withheld)) return withdrawnMeanwhile()
      return { snapshot: manifest.snapshot, maskingPolicy: manifest.maskingPolicy, answers }
    } finally {
      held.release()
    }
  }

  async #withheld(study: Study, maskingKey?: string): Promise<readonly string[]> {
    return (await this.#options.withheld?.(study, maskingKey)) ?? []
  }

  // What the platform asks for itself rests on the reservoir alone.
  async #noFiles(study: Study): Promise<StudyFiles> {
    return { ...(await this.#options.filesOf(study.id)), files: [] }
  }

  async #own(study: Study): Promise<readonly FlatTable[]> {
    return (await this.#options.ownTables?.(study)) ?? []
  }

  readonly #lists = async (study: Study): Promise<readonly ListFile[]> => (await this.#options.codeLists?.(study)) ?? []

  /** Whether the engine takes a table that is not one of the study yet: why not, or null. Nothing published, nothing asked. */
  async probe(study: Study, table: FlatTable): Promise<Refusal | null> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return null
    try {
      const { manifest, folder } = held
      const sql = `SELECT * FROM "${table.name}" LIMIT 0`
      const { signal } = new AbortController()
      const [limits, files] = [{ limit: 1, format: 'json', signal } as const, await this.#noFiles(study)]
      const codeLists = (): Promise<[]> => Promise.resolve([])
      const work = { ...limits, codeLists, own: [table], study: manifest.study, sql, manifest, folder, withheld: [], files }
      const result = await runStatement(this.#engines, { ...work, onStart: () => undefined, onProgress: () => undefined })
      return isRefusal(result) ? result : null
    } finally {
      held.release()
    }
  }

  /** Columns of a flat table as the catalogue tells them. */
  async columns(study: Study, table: FlatTable): Promise<CatalogueColumn[]> {
    const held = await this.#options.snapshot(study.id)
    held?.release()
    return describedColumns(table, await this.#policyOf(study, held?.manifest ?? null))
  }

  async #policyOf(study: Study, manifest: ReservoirManifest | null): Promise<Policy | null> {
    return manifest === null ? null : await this.#options.policyOf(study, manifest.maskingPolicy)
  }

  /** Whether somebody withdrew since these were all. */
  async #grew(study: Study, before: readonly string[]): Promise<boolean> {
    const known = new Set(before)
    return (await this.#withheld(study)).some((key) => !known.has(key))
  }

  #refused(status: StatementStatus, refusal: Refusal): void {
    status.state = refusal.refusal === 'statement-cancelled' ? 'cancelled' : 'failed'
    status.problem = problemOf(refusal)
  }

  #done(status: StatementStatus, basis: QueryBasis): void {
    status.state = 'done'
    status.progress = 1
    status.basis = basis
  }

  #answer(asked: Asked, id: string, result: Read): KeptResult {
    const { basis, columns, chunks, withheld } = result
    const headers = { [statementHeader]: id, [basisHeader]: JSON.stringify(basis) }
    const of = { study: asked.study, owner: asked.actor, headers, withheld }
    if (asked.format === 'arrow') return { ...of, type: arrowStreamType, bytes: Buffer.concat(chunks) }
    const head = JSON.stringify({ statement: id, basis, columns })
    const bytes = Buffer.concat([Buffer.from(`${head.slice(0, -1)},"rows":[`), ...chunks, Buffer.from(']}')])
    return { ...of, type: 'application/json; charset=utf-8', bytes }
  }

  async #record({ status, actor, since }: Running, asked: Asked): Promise<void> {
    const { id, state, basis, problem } = status
    const ended = state !== 'queued' && state !== 'running'
    await this.#options.repository.statements.record({
      id,
      sid: asked.study.sid,
      actor,
      purpose: asked.purpose,
      sql: asked.sql,
      state,
      at: since,
      elapsedMs: ended ? status.elapsedMs : null,
      basis: basis ?? null,
      problem: problem ?? null,
    })
  }

  /** The caller's own statement, running or past; another's is as unknown as one that never was. */
  async status(id: string, actor: string): Promise<StatementStatus | Refusal> {
    const running = this.#running.get(id)
    if (running?.actor === actor) return { ...running.status, elapsedMs: this.#options.now() - running.since }
    const record = await this.#options.repository.statements.byId(id)
    if (record?.actor !== actor) return noSuchStatement()
    return statusOf(record, (await this.#options.studyOf(record.sid)) ?? '')
  }

  async result(id: string, actor: string): Promise<KeptResult | Refusal> {
    const kept = this.#kept.get(id)
    if (kept?.owner === actor) {
      if (!(await this.#grew(kept.study, kept.withheld))) return kept
      this.#kept.forget(kept.study.id)
    }
    const status = await this.status(id, actor)
    if (isRefusal(status)) return status
    if (status.state === 'queued' || status.state === 'running')
      return refuse('not-ready', { detail: 'The statement still runs.', retryAfterS: 1 })
    return refuse('result-gone', { detail: 'The rows are not kept any more: run the statement again.' })
  }

  async cancel(id: string, actor: string): Promise<StatementStatus | Refusal> {
    const running = this.#running.get(id)
    if (running?.actor !== actor) return this.status(id, actor)
    running.controller.abort()
    return { ...running.status, state: 'cancelled', elapsedMs: this.#options.now() - running.since }
  }

  async history(study: Study, actor: string, limit: number): Promise<StatementHistory> {
    const records = await this.#options.repository.statements.list(study.sid, { actor, limit })
    return { rows: records.map((record) => historyRow(record, study.id)) }
  }

  async catalogue(study: Study): Promise<Catalogue> {
    const held = await this.#options.snapshot(study.id)
    held?.release()
    const manifest = held?.manifest ?? null
    const [policy, own, { files }] = await Promise.all([this.#policyOf(study, manifest), this.#own(study), this.#options.filesOf(study.id)])
    return catalogueOf(study, { manifest, policy, own, files })
  }

  /** Somebody withdrew: what began before that time (ms) is stopped, and results are gone but for those that were read without that person. */
  peopleWithdrew(
    study: string,
    { begunBefore = Infinity, patientKey }: { begunBefore?: number; patientKey?: string | undefined } = {},
  ): void {
    for (const { status, controller } of this.#running.values())
      if (status.study === study && Date.parse(status.submittedAt) < begunBefore) controller.abort()
    this.#kept.forget(study, patientKey)
  }

  /** Statements that run or wait, of one study or of all. */
  running(study?: string): number {
    return [...this.#running.values()].filter(({ status }) => study === undefined || status.study === study).length
  }

  /** The newest statement of a caller that has not ended. */
  newest(actor: string): StatementStatus | undefined {
    return [...this.#running.values()].findLast((running) => running.actor === actor)?.status
  }

  /** Ends a study's engine, as a crash would; the next statement starts another. */
  async endEngine(study: string): Promise<void> {
    await this.#engines.end(study)
  }

  async close(): Promise<void> {
    for (const { controller } of this.#running.values()) controller.abort()
    await this.#engines.close()
  }
}
