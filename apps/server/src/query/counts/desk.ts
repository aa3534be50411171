import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { countsOnly, type KeyedHash, type ToldPeople } from '@aquifer/core/small-cells'
import type { ResultColumn, SuppressedCell } from '@aquifer/core/contract'
import type { Repository, Study } from '../../repository/index.js'
import type { Engines } from '../engines.js'
import type { StatementWork } from '../run-statement.js'
import { inquire } from './inquiry.js'
import { Numbers } from './measure.js'
import { keyOf, workOf, type Question } from './question.js'

// Statements of callers who get counts only: what is told is held against all that the same caller was told before.

export interface CountsParts {
  engines: Engines
  statements: Pick<Repository['statements'], 'list'>
  /** A keyed hash that only this server can make. */
  seal: (text: string) => Buffer
  now: () => number
}
export interface CountsAsked {
  study: Study
  actor: string
  work: StatementWork
  question: Question
  /** What figures rest on: the same text, the same figures. */
  mark: string
}
export interface CountsTold {
  columns: ResultColumn[]
  rows: unknown[][]
  suppressed: SuppressedCell[]
  people: number | null
  /** Columns whose cells can be hidden: all but labels. */
  figures: number[]
  /** What later answers are held against. */
  question: Question
}

/** By caller and statement. */
type Told = Map<string, ToldPeople | null>
interface Known {
  numbers: Numbers
  told: Told
}

/** Different statements that an answer is held against, and how long one counts. */
const questionsMax = 200
const rememberedMs = 90 * 86_400_000
const recordsMax = 2_000
const marksMax = 3

export class CountDesk {
  readonly #parts: CountsParts
  /** By study; pseudonyms and numbers only, and no more than were told. */
  readonly #studies = new Map<number, Map<string, Known>>()
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(parts: CountsParts) {
    this.#parts = parts
  }

  /** One after the other for each caller: two at once would not know of each other. */
  async inTurn<Result>(study: Study, actor: string, work: () => Promise<Result>): Promise<Result> {
    const key = `${study.sid} ${actor}`
    const before = this.#turns.get(key) ?? Promise.resolve()
    const turn = before.then(work, work)
    const settled = turn.catch(() => undefined)
    this.#turns.set(key, settled)
    try {
      return await turn
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key)
    }
  }

  hashOf(study: Study): KeyedHash {
    return (message) => this.#parts.seal(`counts ${study.id} ${message}`).toString('latin1')
  }

  async run(asked: CountsAsked): Promise<CountsTold | Refusal> {
    const { study, actor, work, question } = asked
    const known = this.#known(study, asked.mark)
    const questions = await this.#questions(study, actor)
    const first = questions.findIndex((each) => keyOf(each) === keyOf(question))
    if (first < 0 && questions.length >= questionsMax) return tooManyQuestions()
    const found = await inquire(this.#parts.engines, question, work, known.numbers)
    if (isRefusal(found)) return found
    // What was asked before is answered as it was then, so only what had been told by that time counts.
    const before: ToldPeople[] = []
    for (const earlier of first < 0 ? questions : questions.slice(0, first)) {
      const told = await this.#toldBefore(asked, earlier, known, before)
      if (isRefusal(told)) return told
      if (told !== null) before.push(told)
    }
    const shown = found.protect(before)
    if (shown.spent) return tellsOfFew()
    known.told.set(`${actor} ${keyOf(question)}`, shown.told)
    const by = { policy: countsOnly, study: study.id, hash: this.hashOf(study), nameOf: known.numbers.nameOf.bind(known.numbers) }
    return { columns: found.columns, figures: found.figures, ...shown.tell(by, Infinity), question }
  }

  /** Whom an earlier answer was of, as far as they are still there. */
  async #toldBefore(
    { actor, work }: CountsAsked,
    question: Question,
    known: Known,
    before: readonly ToldPeople[],
  ): Promise<ToldPeople | null | Refusal> {
    const key = `${actor} ${keyOf(question)}`
    const remembered = known.told.get(key)
    if (remembered !== undefined) return remembered
    const found = await inquire(this.#parts.engines, question, workOf(question, work), known.numbers)
    // A table that is there no more tells nothing more; a caller who hangs up or an engine that ends must not make the ledger shorter.
    if (isRefusal(found) && found.refusal !== 'statement-invalid') return found
    const told = isRefusal(found) ? null : found.protect(before).told
    known.told.set(key, told)
    return told
  }

  /** Callers' figures can rest on different snapshots, few at a time. */
  #known(study: Study, mark: string): Known {
    const marks = this.#studies.get(study.sid) ?? new Map<string, Known>()
    this.#studies.set(study.sid, marks)
    const known = marks.get(mark) ?? { numbers: new Numbers(), told: new Map() }
    marks.delete(mark)
    marks.set(mark, known)
    for (const oldest of marks.keys()) if (marks.size > marksMax) marks.delete(oldest)
    return known
  }

  /** The ledger: what the caller asked and was answered, in the order in which it first was. */
  async #questions(study: Study, actor: string): Promise<Question[]> {
    const records = await this.#parts.statements.list(study.sid, { actor, limit: recordsMax })
    const since = this.#parts.now() - rememberedMs
    const counted = records.filter(({ state, basis, at }) => state === 'done' && at >= since && isCounts(basis))
    const asked = counted.toReversed().map(({ sql, question }): Question => (question as Question | null) ?? { sql, ...plain })
    return [...new Map(asked.map((each) => [keyOf(each), each])).values()]
  }
}

// Of those that were answered before questions were kept.
const plain: Omit<Question, 'sql'> = { parameters: {}, about: null, own: [], cohorts: [], lists: null }
const isCounts = (basis: unknown): boolean => (basis as { level?: string } | null)?.level === 'counts'

const tellsOfFew = (): Refusal =>
  refuse('statement-invalid', {
    detail:
      'With what you were told before, the answer would tell of fewer than 11 people: its groups differ from earlier ones by a few. Ask for groups that are the same as before, or differ by many.',
  })
const tooManyQuestions = (): Refusal =>
  refuse('statement-limit', {
    detail: `You were told ${questionsMax} different answers on this study within 90 days, as many as one is held against. Ask one of them again, or ask for masked rows.`,
  })
