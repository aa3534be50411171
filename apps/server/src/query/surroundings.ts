import { createHash } from 'node:crypto'
import type { Study } from '../repository/index.js'
import type { FlatTable } from '../view/index.js'
import type { ListFile } from './code-list-tables.js'
import type { CohortTable } from './cohort-tables.js'
import type { Definitions } from './definitions.js'
import type { StudyFiles } from './file-tables.js'
import type { QueryOptions } from './query-options.js'
import type { StatementWork } from './run-statement.js'

/** What a statement of a study meets besides the snapshot. */
export class Surroundings {
  readonly #options: Pick<QueryOptions, 'withheld' | 'ownTables' | 'codeLists' | 'cohorts' | 'filesOf'>

  constructor(options: QueryOptions) {
    this.#options = options
  }

  async all(study: Study, maskingKey: string): Promise<Pick<StatementWork, 'withheld' | 'own' | 'cohorts' | 'files' | 'codeLists'>> {
    const [withheld, own, cohorts, files] = await Promise.all([
      this.withheld(study, maskingKey),
      this.own(study),
      this.cohorts(study),
      this.#options.filesOf(study.id),
    ])
    return { withheld, own, cohorts, files, codeLists: () => this.lists(study) }
  }

  async withheld(study: Study, maskingKey?: string): Promise<readonly string[]> {
    const told = await this.told(study, maskingKey)
    if (told === null) throw new Error('the key of these pseudonyms is gone')
    return told
  }

  /** null: under which pseudonyms they are nobody can tell any more. */
  async told(study: Study | null, maskingKey?: string): Promise<readonly string[] | null> {
    if (study === null) return null
    return this.#options.withheld === undefined ? [] : this.#options.withheld(study, maskingKey)
  }

  // What the platform asks for itself rests on the reservoir alone.
  async noFiles(study: Study): Promise<StudyFiles> {
    return { ...(await this.#options.filesOf(study.id)), files: [] }
  }

  async own(study: Study): Promise<readonly FlatTable[]> {
    return (await this.#options.ownTables?.(study)) ?? []
  }

  async lists(study: Study): Promise<readonly ListFile[]> {
    return (await this.#options.codeLists?.(study)) ?? []
  }

  async cohorts(study: Study): Promise<readonly CohortTable[]> {
    return (await this.#options.cohorts?.(study)) ?? []
  }

  /** What changes under its name, as it is now. */
  async definitions(study: Study): Promise<Definitions> {
    const [own, cohorts, { files }, lists] = await Promise.all([
      this.own(study),
      this.cohorts(study),
      this.#options.filesOf(study.id),
      this.lists(study),
    ])
    return { own, cohorts, files, lists }
  }

  /** Whether somebody withdrew since these were all. */
  async grew(study: Study, before: readonly string[]): Promise<boolean> {
    const known = new Set(before)
    return (await this.withheld(study)).some((key) => !known.has(key))
  }
}

export const markOf = (withheld: readonly string[]): string =>
  createHash('sha256')
    .update([...withheld].sort().join())
    .digest('hex')
