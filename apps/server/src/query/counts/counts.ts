import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Catalogue, ChangedPeople } from '@aquifer/core/contract'
import type { ReservoirManifest } from '../../reservoir/index.js'
import type { Study } from '../../repository/index.js'
import type { Found } from '../basis.js'
import type { Engines } from '../engines.js'
import type { Asked, QueryOptions } from '../query-options.js'
import type { StatementWork } from '../run-statement.js'
import { markOf, type Surroundings } from '../surroundings.js'
import { bytesOf } from './bytes.js'
import { catalogueOfCounts, toldCount } from './count-catalogue.js'
import { CutOver, cutOverMs, type Standing } from './cut-over.js'
import { CountDesk, type CountsTold } from './desk.js'
import { heldBack } from './inquiry.js'
import { keepTold } from './keep-told.js'
import { keyOf, questionOf } from './question.js'
import { StandingNumbers } from './standing-numbers.js'

type Parts = Pick<QueryOptions, 'snapshot' | 'repository' | 'seal' | 'now'>
type From = Pick<Asked, 'study' | 'actor' | 'cut' | 'level'>

/** What a statement reads. `standing`: of counts. */
interface Reading {
  manifest: ReservoirManifest
  folder: string
  changed: ChangedPeople | null
  standing: Standing | null
  release(): void
}

/** The level “counts only” of statements: what it reads, and what it tells. */
export class Counts {
  readonly #parts: Parts
  readonly #around: Surroundings
  readonly #engines: Engines
  readonly #desk: CountDesk
  readonly #cutOver: CutOver
  readonly #numbers: StandingNumbers

  constructor(parts: Parts, engines: Engines, around: Surroundings) {
    const { repository, seal, now } = parts
    this.#parts = parts
    this.#around = around
    this.#engines = engines
    this.#desk = new CountDesk({ engines, statements: repository.statements, seal, now })
    this.#cutOver = new CutOver(now)
    this.#numbers = new StandingNumbers(now)
  }

  inTurn<Result>({ study, actor }: Asked, work: () => Promise<Result>): Promise<Result> {
    return this.#desk.inTurn(study, actor, work)
  }

  /** The snapshot to read, of either level. `changed` is null for masked rows. */
  async reading({ study, actor, cut, level }: From): Promise<Reading | null> {
    const standing = level === 'counts' ? await this.standing(study, actor) : null
    if (level === 'counts' && standing === null) return null
    const changed = standing?.changed ?? null
    // That of counts is held by the standing.
    if (standing !== null && cut === undefined) return { ...pick(standing), changed, standing, release: () => undefined }
    const held = await this.#parts.snapshot(study.id, cut)
    return held === null ? null : { ...pick(held), changed, standing, release: () => held.release() }
  }

  /** What figures of a caller rest on. */
  standing(study: Study, actor: string): Promise<Standing | null> {
    const withheld = (maskingKey?: string): Promise<readonly string[]> => this.#around.withheld(study, maskingKey)
    return this.#cutOver.standing({ study: study.id, actor }, withheld, () => this.#parts.snapshot(study.id))
  }

  async run({ study, actor, format, about, cut }: Asked, standing: Standing, { keepAs, ...work }: StatementWork): Promise<Found | Refusal> {
    const { snapshot, generation } = work.manifest
    const question = await questionOf(work, about ?? null)
    const asked = { study, actor, work, question, mark: `${snapshot} ${generation} ${markOf(work.withheld)}` }
    const again = standing.told(toldKey(cut, keyOf(question))) as CountsTold | null
    const whole =
      again ??
      (standing.rests
        ? await heldBack(this.#engines, question.about, work, resting(standing, this.#parts.now()))
        : await this.#desk.run(asked))
    if (isRefusal(whole)) return whole
    const told = { ...whole, ...upTo(whole, work.limit) }
    // What is measured names people: of a result that is kept only what is told is written.
    const columns = keepAs === undefined ? told.columns : await keepTold(this.#engines, work, { told, path: keepAs })
    if (isRefusal(columns)) return columns
    const { rows, people, suppressed, figures } = told
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
      told: whole,
    }
  }

  /** An answer has left: until the next cut-over it is the answer. */
  hasTold({ cut }: Pick<Asked, 'cut'>, standing: Standing, { told }: Found): void {
    if (told !== undefined) standing.tell(toldKey(cut, keyOf(told.question)), told, told.rows.length * told.columns.length)
  }

  catalogue(study: Study, catalogue: Catalogue): Catalogue {
    return catalogueOfCounts(catalogue, { hash: this.#desk.hashOf(study), numbers: this.#numbers })
  }

  /** A count of people by code, for who gets counts only; null: few or none. */
  people(study: Study, count: number | string, code: string): number | null {
    const cell = `code ${code}`
    const round = (): number | null =>
      typeof count === 'string' ? null : toldCount(count, { study: study.id, cell, hash: this.#desk.hashOf(study) }) || null
    return this.#numbers.of(study.id, cell, round)
  }

  /** What is told beside counts and held against nothing: the same until the next cut-over. */
  alone<Value>(study: Study, cell: string, value: Value): Value {
    return this.#numbers.of(study.id, `alone ${cell}`, () => value)
  }

  drop(study: string, patientKey?: string): void {
    this.#cutOver.drop(study, patientKey)
  }

  close(): void {
    this.#cutOver.close()
  }
}

const pick = ({ manifest, folder }: Pick<Reading, 'manifest' | 'folder'>): Pick<Reading, 'manifest' | 'folder'> => ({ manifest, folder })
const toldKey = (cut: string | undefined, question: string): string => `${cut ?? ''} ${question}`
const upTo = ({ rows, suppressed }: CountsTold, limit: number): Pick<CountsTold, 'rows' | 'suppressed'> => ({
  rows: rows.slice(0, limit),
  suppressed: suppressed.filter(([row]) => row < limit),
})

function resting({ at }: Standing, now: number): Refusal {
  const until = at + cutOverMs
  return refuse('not-ready', {
    detail: `People left the study’s data since ${clock(at)} UTC, too few to be told of, and a new figure beside yours would tell of them. What you were told since then is told again; new questions are answered from ${clock(until)} UTC on, with all changes together.`,
    retryAfterS: Math.max(1, Math.ceil((until - now) / 1000)),
  })
}
const clock = (at: number): string => new Date(at).toISOString().slice(11, 16)
