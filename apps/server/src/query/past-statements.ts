import type { Catalogue, QueryBasis, StatementHistory, StatementLineage, StatementStatus } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { StatementRecord, Study } from '../repository/index.js'
import type { Counts } from './counts/counts.js'
import type { Engines } from './engines.js'
import { changedSince, versionsOf } from './definitions.js'
import { noSuchStatement } from './faults.js'
import type { QueryOptions, Sought } from './query-options.js'
import { staleCauses } from './staleness.js'
import { lineageBy, parsed } from './statement-lineage.js'
import { historyRow, statusOf } from './statement-views.js'
import type { Surroundings } from './surroundings.js'

type KeptUntil = (statement: string) => number | null
type Parts = Pick<QueryOptions, 'repository' | 'studyOf' | 'studyNamed' | 'filesOf'>

/** A caller's own statements as the history has them; another's is as unknown as one that never was. */
export class PastStatements {
  readonly #parts: Parts
  readonly #engines: Engines
  readonly #counts: Counts
  readonly #around: Surroundings

  constructor(parts: Parts, engines: Engines, counts: Counts, around: Surroundings) {
    this.#parts = parts
    this.#engines = engines
    this.#counts = counts
    this.#around = around
  }

  async record(id: string, actor: string): Promise<StatementRecord | Refusal> {
    const record = await this.#parts.repository.statements.byId(id)
    return record?.actor === actor ? record : noSuchStatement()
  }

  async placeOf(id: string, actor: string, running?: { actor: string; status: StatementStatus }): Promise<Study | Refusal> {
    if (running?.actor === actor) return (await this.#parts.studyNamed(running.status.study)) ?? noSuchStatement()
    const record = await this.record(id, actor)
    return isRefusal(record) ? record : ((await this.#parts.studyOf(record.sid)) ?? noSuchStatement())
  }

  async status(id: string, actor: string): Promise<StatementStatus | Refusal> {
    const record = await this.record(id, actor)
    if (isRefusal(record)) return record
    const study = await this.#parts.studyOf(record.sid)
    const status = statusOf(record, study?.id ?? '')
    return study === null || status.basis === undefined ? status : { ...status, stale: await this.#stale(study, actor, status.basis) }
  }

  async #stale(study: Study, actor: string, basis: QueryBasis): Promise<NonNullable<StatementStatus['stale']>> {
    const { level = 'rows', cut } = basis
    const [reading, epoch] = await Promise.all([
      this.#counts.reading({ study, actor, level, cut }),
      this.#parts.repository.consents.epoch(study.sid),
    ])
    reading?.release()
    const reads = basis.reads ?? []
    const redefined = reads.length === 0 ? [] : changedSince(reads, versionsOf(await this.#around.definitions(study)))
    return staleCauses(basis, { manifest: reading?.manifest ?? null, epoch, changed: reading?.changed ?? null, redefined })
  }

  /** Where the columns of a statement come from. */
  async lineage(id: string, actor: string, catalogueOf: (study: Study) => Promise<Catalogue>): Promise<StatementLineage | Refusal> {
    const record = await this.record(id, actor)
    if (isRefusal(record)) return record
    const study = await this.#parts.studyOf(record.sid)
    if (study === null) return noSuchStatement()
    const { folder } = await this.#parts.filesOf(study.id)
    const [catalogue, tree] = [await catalogueOf(study), await parsed(this.#engines, study.id, folder, record.sql)]
    const { basis } = statusOf(record, study.id)
    return { statement: id, study: study.id, sql: record.sql, ...(basis === undefined ? {} : { basis }), ...lineageBy(tree, catalogue) }
  }

  async pin(id: string, actor: string, pinned: boolean): Promise<{ pinned: boolean } | Refusal> {
    const record = await this.record(id, actor)
    if (isRefusal(record)) return record
    await this.#parts.repository.statements.pin(id, pinned)
    return { pinned }
  }

  async list(study: Study, actor: string, limit: number, sought: Sought, keptUntil: KeptUntil): Promise<StatementHistory> {
    const records = await this.#parts.repository.statements.list(study.sid, { actor, limit, ...sought })
    return { rows: records.map((record) => historyRow(record, study.id, keptUntil(record.id))) }
  }
}
