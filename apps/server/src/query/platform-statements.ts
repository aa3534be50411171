import { statementRowsMax, type StatementParameters } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../repository/index.js'
import type { FlatTable } from '../view/index.js'
import type { EngineCompletion } from './engine-complete.js'
import { EngineFault, EngineGone } from './engine-process.js'
import type { Engines } from './engines.js'
import { noSuchCut, notPublished, withdrawnMeanwhile } from './faults.js'
import type { Figures } from './figures.js'
import { statementLimits } from './limits.js'
import type { QueryOptions } from './query-options.js'
import { readStatement, runStatement, type StatementReading } from './run-statement.js'
import type { Surroundings } from './surroundings.js'

export interface FigureOptions {
  /** A data cut to read instead of the newest snapshot. */
  cut?: string | undefined
  further?: (answers: Figures['answers']) => string[]
}
// Whose statements the platform's own are, in the queue of an engine.
const platform = { caller: '', limits: statementLimits, onStart: () => undefined, onProgress: () => undefined }

/** Statements that the platform asks for itself. */
export class PlatformStatements {
  readonly #options: Pick<QueryOptions, 'snapshot' | 'filesOf'>
  readonly #engines: Engines
  readonly #around: Surroundings

  constructor(options: Pick<QueryOptions, 'snapshot' | 'filesOf'>, engines: Engines, around: Surroundings) {
    this.#options = options
    this.#engines = engines
    this.#around = around
  }

  async figures(study: Study, statements: readonly string[], { cut, further = () => [] }: FigureOptions = {}): Promise<Figures | Refusal> {
    const held = await this.#options.snapshot(study.id, cut)
    if (held === null) return cut === undefined ? notPublished() : noSuchCut()
    try {
      const { manifest, folder } = held
      const withheld = await this.#around.withheld(study, manifest.maskingKey)
      const answers: Figures['answers'] = []
      const { signal } = new AbortController()
      const [own, files] = [await this.#around.own(study), await this.#around.noFiles(study)]
      const limits = { limit: statementRowsMax, format: 'json', signal, ...platform } as const
      const asked = [...statements]
      for (const [at, sql] of asked.entries()) {
        const codeLists = () => this.#around.lists(study)
        const work = { ...limits, own, codeLists, study: manifest.study, sql, manifest, folder, withheld, files }
        const result = await runStatement(this.#engines, work)
        if (isRefusal(result)) return result
        answers.push(result.truncated ? null : (JSON.parse(`[${Buffer.concat(result.chunks).toString()}]`) as unknown[][]))
        if (at === statements.length - 1) asked.push(...further(answers))
      }
      if (await this.#around.grew(study, withheld)) return withdrawnMeanwhile()
      return { snapshot: manifest.snapshot, maskingPolicy: manifest.maskingPolicy, consentEpoch: manifest.consentEpoch, answers }
    } finally {
      held.release()
    }
  }

  async probe(study: Study, table: FlatTable): Promise<Refusal | null> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return null
    try {
      const { manifest, folder } = held
      const sql = `SELECT * FROM "${table.name}" LIMIT 0`
      const { signal } = new AbortController()
      const [limits, files] = [{ limit: 1, format: 'json', signal, ...platform } as const, await this.#around.noFiles(study)]
      const codeLists = (): Promise<[]> => Promise.resolve([])
      const work = { ...limits, codeLists, own: [table], study: manifest.study, sql, manifest, folder, withheld: [], files }
      const result = await runStatement(this.#engines, work)
      return isRefusal(result) ? result : null
    } finally {
      held.release()
    }
  }

  async completions(study: Study, sql: string, tables: readonly string[]): Promise<EngineCompletion[]> {
    try {
      const engine = await this.#engines.aside(study.id, (await this.#options.filesOf(study.id)).folder)
      return await engine.complete(sql, tables)
    } catch (error) {
      if (error instanceof EngineFault || error instanceof EngineGone) return []
      throw error
    }
  }

  async read(study: Study, sql: string, parameters: unknown): Promise<StatementReading | Refusal> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return notPublished()
    held.release()
    const { signal } = new AbortController()
    const [own, files] = [await this.#around.own(study), await this.#options.filesOf(study.id)]
    const cohorts = await this.#around.cohorts(study)
    const work = { ...platform, study: held.manifest.study, manifest: held.manifest, own, files, cohorts, signal }
    return readStatement(this.#engines, { ...work, sql, parameters: parameters as StatementParameters })
  }
}
