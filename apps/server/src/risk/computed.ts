import type { RiskFindings, RiskReport } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { MeasureOptions, Population } from '@aquifer/core/risk'
import { cmsCells } from '@aquifer/core/small-cells'
import type { Query } from '../query/index.js'
import type { Repository, Study } from '../repository/index.js'
import { diagnosesOf, populationOf, statements } from './population.js'
import { summaryOf } from './summary.js'
import { inThread } from './thread.js'

/** What was found of a snapshot and the people who may be seen in it. */
export interface Computed {
  snapshot: string
  maskingPolicy: string
  computedAt: string
  population: Population
  findings: RiskFindings
}
export type KeptSummary = Pick<RiskReport, 'maskingPolicy' | 'computedAt' | 'threshold' | 'findings'>
export interface ComputedParts {
  query: Pick<Query, 'standing' | 'figures'>
  repository: Pick<Repository, 'riskReports' | 'onWithdrawal'>
  now: () => number
}
interface Entry {
  mark: string
  work: Promise<Computed | Refusal>
}
interface Worst {
  minimum: number
  below: number
}

export const policy = cmsCells
export const options: MeasureOptions = { threshold: policy.threshold, sampled: 1 }
const keptMax = 8

/** The findings of each study's present snapshot: worked out once for it, and gone from memory when somebody withdraws. */
export class ComputedRisks {
  readonly #parts: ComputedParts
  readonly #kept = new Map<number, Entry>()
  readonly #worst = new Map<number, Worst>()
  readonly close: () => void

  constructor(parts: ComputedParts) {
    this.#parts = parts
    this.close = parts.repository.onWithdrawal(async (sid) => void this.#kept.delete(sid))
  }

  /** null before anything was published. */
  async of(study: Study): Promise<Computed | Refusal | null> {
    const standing = await this.#parts.query.standing(study)
    if (standing === null) return null
    const known = this.#kept.get(study.sid)
    if (known?.mark === standing.mark) return known.work
    const entry = { mark: standing.mark, work: this.#compute(study) }
    this.#kept.delete(study.sid)
    this.#kept.set(study.sid, entry)
    for (const oldest of [...this.#kept.keys()].slice(0, Math.max(0, this.#kept.size - keptMax))) this.#kept.delete(oldest)
    void this.#forgetUnlessFound(study.sid, entry)
    return entry.work
  }

  async #forgetUnlessFound(sid: number, entry: Entry): Promise<void> {
    const done = await entry.work.catch(() => null)
    if ((done === null || isRefusal(done)) && this.#kept.get(sid) === entry) this.#kept.delete(sid)
  }

  /** The worst of what was found last of each study. */
  worst(): Worst | null {
    const all = [...this.#worst.values()]
    if (all.length === 0) return null
    return { minimum: Math.min(...all.map(({ minimum }) => minimum)), below: Math.max(...all.map(({ below }) => below)) }
  }

  async #compute(study: Study): Promise<Computed | Refusal> {
    const { query, repository, now } = this.#parts
    const figures = await query.figures(study, [statements.people, statements.diagnoses])
    if (isRefusal(figures)) return figures
    const [people, diagnoses] = figures.answers
    if (people === null || people === undefined)
      return refuse('statement-limit', { detail: 'The study has more different people than a risk report can go through.' })
    const population = populationOf(people)
    const sensitive = diagnoses ? diagnosesOf(diagnoses) : null
    const findings = await inThread({ kind: 'findings', population, diagnoses: sensitive, options })
    const { snapshot, maskingPolicy } = figures
    const computedAt = new Date(now()).toISOString()
    const { minimum, risk } = findings.measures
    this.#worst.set(study.sid, { minimum: Number(minimum ?? 0), below: risk.above ?? 0 })
    const summary: KeptSummary = { maskingPolicy, computedAt, threshold: policy.threshold, findings: summaryOf(findings, policy) }
    await repository.riskReports.keep(study.sid, snapshot, summary)
    return { snapshot, maskingPolicy, computedAt, population, findings }
  }
}
