import { statementRowsMax } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../repository/index.js'
import type { FlatTable } from '../view/index.js'
import type { Engines } from './engines.js'
import { notPublished, withdrawnMeanwhile } from './faults.js'
import type { QueryOptions } from './query.js'
import { runStatement } from './run-statement.js'
import type { Surroundings } from './surroundings.js'

/** What the platform's own statements found, all of one snapshot. */
export interface Figures {
  snapshot: string
  maskingPolicy: string
  /** Rows of each statement; null for one that has more than were asked for. */
  answers: (unknown[][] | null)[]
}

/** Statements that the platform asks for itself. */
export class PlatformStatements {
  readonly #options: Pick<QueryOptions, 'snapshot'>
  readonly #engines: Engines
  readonly #around: Surroundings

  constructor(options: Pick<QueryOptions, 'snapshot'>, engines: Engines, around: Surroundings) {
    this.#options = options
    this.#engines = engines
    this.#around = around
  }

  async figures(study: Study, statements: readonly string[]): Promise<Figures | Refusal> {
    const held = await this.#options.snapshot(study.id)
    if (held === null) return notPublished()
    try {
      const { manifest, folder } = held
      const withheld = await this.#around.withheld(study)
      const answers: Figures['answers'] = []
      const { signal } = new AbortController()
      const [own, files] = [await this.#around.own(study), await this.#around.noFiles(study)]
      const limits = { limit: statementRowsMax, format: 'json', signal } as const
      for (const sql of statements) {
        const codeLists = () => this.#around.lists(study)
        const work = { ...limits, own, codeLists, study: manifest.study, sql, manifest, folder, withheld, files }
        const result = await runStatement(this.#engines, { ...work, onStart: () => undefined, onProgress: () => undefined })
        if (isRefusal(result)) return result
        answers.push(result.truncated ? null : (JSON.parse(`[${Buffer.concat(result.chunks).toString()}]`) as unknown[][]))
      }
      if (await this.#around.grew(study, withheld)) return withdrawnMeanwhile()
      return { snapshot: manifest.snapshot, maskingPolicy: manifest.maskingPolicy, answers }
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
      const [limits, files] = [{ limit: 1, format: 'json', signal } as const, await this.#around.noFiles(study)]
      const codeLists = (): Promise<[]> => Promise.resolve([])
      const work = { ...limits, codeLists, own: [table], study: manifest.study, sql, manifest, folder, withheld: [], files }
      const result = await runStatement(this.#engines, { ...work, onStart: () => undefined, onProgress: () => undefined })
      return isRefusal(result) ? result : null
    } finally {
      held.release()
    }
  }
}
