import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Catalogue,
  type CatalogueColumn,
  type QueryBasis,
  type StatementHistory,
  type StatementLineage,
  type StatementStatus,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { StatementRecord, Study } from '../repository/index.js'
import type { FlatTable } from '../view/index.js'
import { basisOf, type Found } from './basis.js'
import { Catalogues } from './catalogues.js'
import { Counts } from './counts/counts.js'
import type { Question } from './counts/question.js'
import type { EngineCompletion } from './engine-complete.js'
import { readsOf } from './definitions.js'
import { Engines } from './engines.js'
import { cancelled, noSuchCut, notPublished, withdrawnMeanwhile } from './faults.js'
import type { Figures } from './figures.js'
import { isolation, type Isolation } from './isolation.js'
import { KeptResults, type KeptResult } from './kept-results.js'
import { statementLimits } from './limits.js'
import { PastStatements } from './past-statements.js'
import { PlatformStatements, type FigureOptions } from './platform-statements.js'
import type { Asked, QueryOptions, Sought, StatementAnswer } from './query-options.js'
import { Results } from './results.js'
import { runStatement, type StatementReading, type StatementWork } from './run-statement.js'
import { answerOf, problemOf } from './statement-views.js'
import { Surroundings } from './surroundings.js'

type Read = Found & { basis: QueryBasis; withheld: readonly string[]; maskingKey: string }
interface Running {
  status: StatementStatus
  actor: string
  since: number
  controller: AbortController
  place: () => number | null
  question?: Question | undefined
}

/** Statements on masked reservoirs. */
export class Query {
  readonly #options: QueryOptions
  readonly #engines: Engines
  readonly #running = new Map<string, Running>()
  readonly #kept: KeptResults
  readonly #sweeping: NodeJS.Timeout
  readonly #around: Surroundings
  readonly #counts: Counts
  readonly #platform: PlatformStatements
  readonly #catalogues: Catalogues
  readonly past: PastStatements
  readonly results: Results
  /** Numbers beside statements, as who gets counts only may see them. */
  readonly told: Pick<Counts, 'people' | 'alone'>
  readonly isolation: Isolation

  constructor(options: QueryOptions) {
    this.#options = options
    this.isolation = isolation()
    // What a server that was killed left behind.
    rmSync(options.workFolder, { recursive: true, force: true })
    const kept = (this.#kept = new KeptResults(options.resultsFolder, options.now))
    const resultsOf = (study: string): string => kept.folderOf(study)
    const { folderOf: reservoirOf, workFolder } = options
    this.#engines = new Engines({ reservoirOf, resultsOf, workFolder, isolated: this.isolation.mode === 'full' })
    this.#around = new Surroundings(options)
    this.#counts = new Counts(options, this.#engines, this.#around)
    this.told = this.#counts
    this.#platform = new PlatformStatements(options, this.#engines, this.#around)
    this.#catalogues = new Catalogues(options, this.#around, this.#counts)
    this.past = new PastStatements(options, this.#engines, this.#counts, this.#around)
    this.results = new Results(this.#engines, kept, async (study) => (await options.filesOf(study)).folder)
    this.#sweeping = setInterval(() => this.sweep(), sweepMs).unref()
  }

  /** Runs a statement and answers with its rows. */
  async run(asked: Asked): Promise<StatementAnswer | Refusal> {
    const running = this.#begin(asked)
    const result = await this.#run(running, asked)
    return isRefusal(result) ? result : answerOf(asked.format, running.status.id, result)
  }

  /** Begins a statement whose rows are kept. */
  start(asked: Asked): StatementStatus {
    const running = this.#begin(asked)
    this.#run(running, asked, true).catch((error: unknown) => this.#options.onBug?.(error))
    return running.status
  }

  /** Runs a statement, and keeps its rows. */
  async keep(asked: Asked): Promise<KeptResult | Refusal> {
    const running = this.#begin(asked)
    const result = await this.#run(running, asked, true)
    return isRefusal(result) ? result : this.kept(running.status.id, asked.actor)
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
    const running: Running = { status, actor: asked.actor, since: at, controller, place: () => null }
    this.#running.set(status.id, running)
    return running
  }

  #run(running: Running, asked: Asked, isKept = false): Promise<Read | Refusal> {
    if (asked.level !== 'counts') return this.#runNow(running, asked, isKept)
    return this.#counts.inTurn(asked, () => this.#runNow(running, asked, isKept))
  }

  async #runNow(running: Running, asked: Asked, isKept: boolean): Promise<Read | Refusal> {
    const { status } = running
    try {
      // It is written down while it begins; nothing is answered before both are done.
      const [, result] = await Promise.all([this.#record(running, asked), this.#read(running, asked, isKept)])
      if (isRefusal(result)) this.#refused(status, result)
      else this.#done(status, result.basis)
      running.question = isRefusal(result) ? undefined : result.question
      status.elapsedMs = this.#options.now() - running.since
      await this.#record(running, asked)
      return result
    } catch (error) {
      status.state = 'failed'
      running.controller.abort()
      throw error
    } finally {
      this.#running.delete(status.id)
    }
  }

  async #read(running: Running, asked: Asked, isKept: boolean): Promise<Read | Refusal> {
    const { study, sql, format, cut, parameters = {} } = asked
    const limits = asked.limits ?? this.#options.limitsOf?.(asked.role) ?? statementLimits
    const keepAs = join(this.#kept.folderOf(study.id), `${running.status.id}.part`)
    const reading = await this.#counts.reading(asked)
    if (reading === null) return cut === undefined ? notPublished() : noSuchCut()
    const { manifest, folder, changed, standing } = reading
    try {
      const around = await this.#around.all(study, manifest.maskingKey)
      // Who comes back does so at the cut-over, too.
      const withheld = [...new Set([...(standing?.left ?? []), ...around.withheld])]
      const work: StatementWork = {
        ...around,
        withheld,
        study: manifest.study,
        sql,
        parameters,
        limits,
        limit: Math.min(asked.limit, limits.rows),
        format,
        manifest,
        folder,
        ...(isKept ? { keepAs } : {}),
        caller: asked.actor,
        signal: running.controller.signal,
        onQueue: (place) => (running.place = place),
        onStart: () => (running.status.state = 'running'),
        onProgress: (progress) => (running.status.progress = progress),
      }
      const result = standing === null ? await runStatement(this.#engines, work) : await this.#counts.run(asked, standing, work)
      if (isRefusal(result)) return result
      // A withdrawal that came while it ran must not be answered with that person's rows.
      const [grew, epoch] = await Promise.all([this.#around.grew(study, withheld), this.#options.repository.consents.epoch(study.sid)])
      const isStopped = running.controller.signal.aborted
      if (isStopped || grew) {
        rmSync(keepAs, { force: true })
        return isStopped ? cancelled() : withdrawnMeanwhile()
      }
      if (standing !== null) this.#counts.hasTold(asked, standing, result)
      const reads = await readsOf(sql, around)
      const basis = basisOf({ manifest, result, changed, cut, epoch, elapsedMs: this.#options.now() - running.since, reads })
      const read = { ...result, basis, withheld, maskingKey: manifest.maskingKey }
      if (isKept) await this.#keep(running, read, { format, written: keepAs })
      return read
    } finally {
      reading.release()
    }
  }

  async #keep({ status, actor }: Running, read: Read, { format, written }: { format: Asked['format']; written: string }): Promise<void> {
    const { basis, columns, withheld: without, maskingKey, suppressed, figures } = read
    const until = this.#options.now() + this.#options.keptMs
    const of = { id: status.id, study: status.study, owner: actor, level: basis.level ?? ('rows' as const), until, maskingKey, without }
    await this.#kept.keep(
      { ...of, basis, columns, format, ...(suppressed === undefined ? {} : { suppressed, figures: figures ?? [] }) },
      written,
    )
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

  async #record({ status, actor, since, question }: Running, asked: Asked): Promise<void> {
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
      parameters: asked.parameters ?? {},
      cut: asked.cut ?? null,
      question: question ?? null,
    })
  }

  /** The caller's own statement, running or past; another's is as unknown as one that never was. */
  async status(id: string, actor: string): Promise<StatementStatus | Refusal> {
    const running = this.#running.get(id)
    if (running?.actor === actor) return this.#now(running)
    const status = await this.past.status(id, actor)
    const kept = isRefusal(status) ? null : this.#kept.get(status.study, id)
    return kept === null ? status : { ...(status as StatementStatus), keptUntil: new Date(kept.until).toISOString() }
  }

  #now({ status, since, place }: Running): StatementStatus {
    const at = place()
    return { ...status, elapsedMs: this.#options.now() - since, ...(at === null ? {} : { queuePlace: at }) }
  }

  /** The study of a caller's own statement, also while it waits or runs. */
  placeOf(id: string, actor: string): Promise<Study | Refusal> {
    return this.past.placeOf(id, actor, this.#running.get(id))
  }

  /** What was asked, as the history has it. */
  record(id: string, actor: string): Promise<StatementRecord | Refusal> {
    return this.past.record(id, actor)
  }

  /** Where the columns of a caller's own statement come from. */
  lineage(id: string, actor: string): Promise<StatementLineage | Refusal> {
    return this.past.lineage(id, actor, (study) => this.catalogue(study))
  }

  /** A result that is kept, if nobody in it withdrew since. */
  async kept(id: string, actor: string): Promise<KeptResult | Refusal> {
    const status = await this.status(id, actor)
    if (isRefusal(status)) return status
    if (status.state === 'queued' || status.state === 'running')
      return refuse('not-ready', { detail: 'The statement still runs.', retryAfterS: 1 })
    const kept = this.#kept.get(status.study, id)
    if (kept !== null && (await this.isCurrent(kept))) return kept
    if (kept !== null) this.#kept.drop(kept)
    return refuse('result-gone', { detail: 'The rows are not kept any more: run the statement again.' })
  }

  /** Whether everybody who is withheld by now was left out when rows were read. */
  async isCurrent(of: Pick<KeptResult, 'id' | 'study' | 'without' | 'maskingKey'>): Promise<boolean> {
    const withheld = await this.#around.told(await this.#options.studyNamed(of.study), of.maskingKey)
    return withheld !== null && this.#kept.isWithout(of, withheld)
  }

  isWithout(of: Pick<KeptResult, 'id' | 'without'>, patientKey: string): boolean {
    return this.#kept.isWithout(of, [patientKey])
  }

  /** Takes away results whose time is over, or in which somebody withdrew. */
  sweep(): void {
    this.#kept.sweep()
    const drop = async (): Promise<void> => {
      for (const kept of this.#kept.all()) if (!(await this.isCurrent(kept))) this.#kept.drop(kept)
    }
    drop().catch((error: unknown) => this.#options.onBug?.(error))
  }

  /** Kept results of a study that hold a person's rows, or might. */
  keptWith(study: string, patientKey: string): number {
    return this.#kept.all(study).filter((kept) => !this.#kept.isWithout(kept, [patientKey])).length
  }

  /** Of all results that are kept. */
  keptBytes(): number {
    return this.#kept.all().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async cancel(id: string, actor: string): Promise<StatementStatus | Refusal> {
    const running = this.#running.get(id)
    if (running?.actor !== actor) return this.status(id, actor)
    running.controller.abort()
    return { ...this.#now(running), state: 'cancelled' }
  }

  history(study: Study, actor: string, limit: number, sought: Sought = {}): Promise<StatementHistory> {
    return this.past.list(study, actor, limit, sought, (id) => this.#kept.get(study.id, id)?.until ?? null)
  }

  /** What figures rest on: the snapshot, and whose rows are left out of it. The same text, the same figures. */
  standing(study: Study): Promise<{ snapshot: string; maskingPolicy: string; mark: string } | null> {
    return this.#catalogues.standing(study)
  }

  /** Statements of the platform itself on one snapshot, through the same gate and engine: nobody's, so in nobody's history. Further ones may rest on answers. */
  figures(study: Study, statements: readonly string[], options: FigureOptions = {}): Promise<Figures | Refusal> {
    return this.#platform.figures(study, statements, options)
  }

  /** Whether the engine takes a table that is not one of the study yet: why not, or null. Nothing published, nothing asked. */
  probe(study: Study, table: FlatTable): Promise<Refusal | null> {
    return this.#platform.probe(study, table)
  }

  /** The engine's own completion; nothing where the engine cannot say. */
  completions(study: Study, sql: string, tables: readonly string[]): Promise<EngineCompletion[]> {
    return this.#platform.completions(study, sql, tables)
  }

  /** What a statement reads: its tables. */
  read(study: Study, sql: string, parameters: unknown): Promise<StatementReading | Refusal> {
    return this.#platform.read(study, sql, parameters)
  }

  /** Columns of a flat table as the catalogue tells them. */
  columns(study: Study, table: FlatTable): Promise<CatalogueColumn[]> {
    return this.#catalogues.columns(study, table)
  }

  /** Whether days in a snapshot with this policy are another calendar's. */
  movesDates(study: Study, label: string): Promise<boolean> {
    return this.#catalogues.movesDates(study, label)
  }

  /** With rows, or as the counts of a caller rest on it. */
  catalogue(study: Study, countsOf?: string): Promise<Catalogue> {
    return countsOf === undefined ? this.#catalogues.ofRows(study) : this.#catalogues.ofCounts(study, countsOf)
  }

  /** Somebody withdrew: what began before that time (ms) is stopped, and results are gone but for those that were read without that person. */
  peopleWithdrew(
    study: string,
    { begunBefore = Infinity, patientKey }: { begunBefore?: number; patientKey?: string | undefined } = {},
  ): void {
    for (const { status, controller } of this.#running.values())
      if (status.study === study && Date.parse(status.submittedAt) < begunBefore) controller.abort()
    this.#kept.forget(study, patientKey)
    this.#counts.drop(study, patientKey)
  }

  /** Statements that run or wait, of one study or of all. */
  running(study?: string): number {
    return [...this.#running.values()].filter(({ status }) => study === undefined || status.study === study).length
  }

  /** Statements that wait for an engine. */
  get waiting(): number {
    return this.#engines.waiting
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
    clearInterval(this.#sweeping)
    for (const { controller } of this.#running.values()) controller.abort()
    this.#counts.close()
    await this.#engines.close()
  }
}

const sweepMs = 60_000
