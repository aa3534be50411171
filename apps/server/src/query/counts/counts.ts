import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Catalogue, ChangedPeople } from '@aquifer/core/contract'
import type { Study } from '../../repository/index.js'
import type { Found } from '../basis.js'
import type { Engines } from '../engines.js'
import type { Asked, HeldSnapshot, QueryOptions } from '../query-options.js'
import type { StatementWork } from '../run-statement.js'
import { markOf, type Surroundings } from '../surroundings.js'
import { bytesOf } from './bytes.js'
import { catalogueOfCounts, toldCount } from './count-catalogue.js'
import { CutOver } from './cut-over.js'
import { CountDesk } from './desk.js'
import { keepTold } from './keep-told.js'

type Parts = Pick<QueryOptions, 'snapshot' | 'repository' | 'seal' | 'now'>

/** The level “counts only” of statements: what it reads, and what it tells. */
export class Counts {
  readonly #parts: Parts
  readonly #around: Surroundings
  readonly #engines: Engines
  readonly #desk: CountDesk
  readonly #cutOver: CutOver

  constructor(parts: Parts, engines: Engines, around: Surroundings) {
    const { repository, seal, now } = parts
    this.#parts = parts
    this.#around = around
    this.#engines = engines
    this.#desk = new CountDesk({ engines, statements: repository.statements, seal, now })
    this.#cutOver = new CutOver(now)
  }

  inTurn<Result>({ study, actor }: Asked, work: () => Promise<Result>): Promise<Result> {
    return this.#desk.inTurn(study, actor, work)
  }

  /** The snapshot to read, of either level; that of counts is held for others, too, and stays. `changed` is null for masked rows. */
  async standing({
    study,
    cut,
    level,
  }: Pick<Asked, 'study' | 'cut' | 'level'>): Promise<{ held: HeldSnapshot; changed: ChangedPeople | null } | null> {
    if (this.holds({ level, cut })) return this.standingOf(study)
    const held = await this.#parts.snapshot(study.id, cut)
    return held === null ? null : { held, changed: level === 'counts' ? '0' : null }
  }

  /** Whether the snapshot of such a statement is held for others, too. */
  holds({ level, cut }: Pick<Asked, 'level' | 'cut'>): boolean {
    return level === 'counts' && cut === undefined
  }

  /** The snapshot that figures of the study rest on. */
  async standingOf(study: Study): Promise<{ held: HeldSnapshot; changed: ChangedPeople } | null> {
    return this.#cutOver.standing(study.id, await this.#around.withheld(study), () => this.#parts.snapshot(study.id))
  }

  async run({ study, actor, format, about }: Asked, { keepAs, ...work }: StatementWork): Promise<Found | Refusal> {
    const { snapshot, generation } = work.manifest
    const told = await this.#desk.run({
      study,
      actor,
      work,
      about: about ?? null,
      mark: `${snapshot} ${generation} ${markOf(work.withheld)}`,
    })
    if (isRefusal(told)) return told
    const { rows, people, suppressed, figures, question } = told
    // What is measured names people: of a result that is kept only what is told is written.
    const columns = keepAs === undefined ? told.columns : await keepTold(this.#engines, work, { told, path: keepAs })
    if (isRefusal(columns)) return columns
    return {
      columns,
      chunks: bytesOf(told, format),
      rows: rows.length,
      totalRows: null,
      truncated: false,
      people,
      suppressed,
      figures,
      question,
    }
  }

  catalogue(study: Study, catalogue: Catalogue): Catalogue {
    return catalogueOfCounts(catalogue, this.#desk.hashOf(study))
  }

  /** A count of people by code, already without small ones, for who gets counts only. */
  told(study: Study, count: number | string, code: string): number | string {
    if (typeof count === 'string') return count
    return toldCount(count, { study: study.id, cell: `code ${code}`, hash: this.#desk.hashOf(study) }) ?? count
  }

  drop(study: string): void {
    this.#cutOver.drop(study)
  }

  close(): void {
    this.#cutOver.close()
  }
}
