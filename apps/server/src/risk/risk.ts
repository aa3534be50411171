import type { RiskFindings, RiskPreview, RiskPreviewRequest, RiskReport } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { effectOf, measure, regroup, type MeasureOptions, type Population } from '@aquifer/core/risk'
import { cmsCells } from '@aquifer/core/small-cells'
import type { Query } from '../query/index.js'
import type { Repository, Study } from '../repository/index.js'
import { findingsOf, telling } from './findings.js'
import { diagnosesOf, populationOf, quasiIdentifiers, statements } from './population.js'
import { summaryOf } from './summary.js'

export interface RiskParts {
  query: Pick<Query, 'standing' | 'figures'>
  repository: Pick<Repository, 'riskReports'>
  now: () => number
}
export interface RiskDesk {
  /** `full`: small groups as they are; else marks stand for them. */
  report(study: Study, asked: { full: boolean; snapshot: string | null }): Promise<RiskReport | Refusal>
  preview(study: Study, request: RiskPreviewRequest): Promise<RiskPreview | Refusal>
  /** The worst of what was computed last of each study; null before anything was. */
  worst(): { minimum: number; below: number } | null
}

interface Computed {
  mark: string
  snapshot: string
  maskingPolicy: string
  computedAt: string
  population: Population
  findings: RiskFindings
}

const policy = cmsCells
const options: MeasureOptions = { threshold: policy.threshold, sampled: 1 }
const keptMax = 8

export function openRisk(parts: RiskParts): RiskDesk {
  const kept = new Map<string, Promise<Computed | Refusal>>()
  const marks = new Map<string, string>()
  const worst = new Map<string, { minimum: number; below: number }>()

  /** Of the present snapshot: computed once for it and for the people in it. */
  async function computed(study: Study): Promise<Computed | Refusal | null> {
    const standing = await parts.query.standing(study)
    if (standing === null) return null
    const known = kept.get(study.id)
    if (known !== undefined && marks.get(study.id) === standing.mark) return known
    const work = compute(parts, study, standing.mark)
    keep(study.id, standing.mark, work)
    const done = await work
    if (isRefusal(done)) kept.delete(study.id)
    else await noted(study, done)
    return done
  }
  async function noted(study: Study, { snapshot, maskingPolicy, computedAt, findings }: Computed): Promise<void> {
    worst.set(study.id, { minimum: Number(findings.measures.minimum ?? 0), below: findings.measures.risk.above ?? 0 })
    const summary: KeptSummary = { maskingPolicy, computedAt, threshold: policy.threshold, findings: summaryOf(findings, policy) }
    await parts.repository.riskReports.keep(study.sid, snapshot, summary)
  }
  function keep(study: string, mark: string, work: Promise<Computed | Refusal>): void {
    kept.delete(study)
    kept.set(study, work)
    marks.set(study, mark)
    work.catch(() => kept.delete(study))
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - keptMax))) kept.delete(oldest)
  }

  return {
    async report(study, { full, snapshot }) {
      const found = await computed(study)
      if (isRefusal(found)) return found
      if (snapshot !== null && snapshot !== found?.snapshot) return keptReport(parts, study, snapshot)
      const head = { study: study.id, threshold: policy.threshold, detail: full ? ('full' as const) : ('summary' as const) }
      const snapshots = await parts.repository.riskReports.snapshots(study.sid)
      if (found === null) return { ...head, snapshots, snapshot: null, maskingPolicy: study.masking, computedAt: null, findings: null }
      const { maskingPolicy, computedAt } = found
      const findings = full ? found.findings : summaryOf(found.findings, policy)
      return { ...head, snapshots, snapshot: found.snapshot, maskingPolicy, computedAt, findings }
    },
    async preview(study, { generalizations, attributes = quasiIdentifiers }) {
      const unknown = [...attributes, ...generalizations.map(({ attribute }) => attribute)].filter((name) => !isQuasiIdentifier(name))
      if (unknown.length > 0) return refuse('invalid', { detail: `Attributes are ${quasiIdentifiers.join(', ')}.` })
      const found = await computed(study)
      if (found === null) return refuse('unknown', { detail: 'Nothing of this study has been published to the reservoir yet.' })
      if (isRefusal(found)) return found
      const population = telling(regroup(found.population, [...new Set(attributes)]))
      const { measures, loss } = effectOf(population, generalizations, options)
      const { snapshot } = found
      return { study: study.id, snapshot, threshold: policy.threshold, before: measure(population, options), after: measures, loss }
    },
    worst: () => (worst.size === 0 ? null : worstOf([...worst.values()])),
  }
}

type KeptSummary = Pick<RiskReport, 'maskingPolicy' | 'computedAt' | 'threshold' | 'findings'>

/** Of an earlier snapshot, whose rows may be gone: what was kept is a summary, whoever asks. */
async function keptReport({ repository }: RiskParts, study: Study, snapshot: string): Promise<RiskReport | Refusal> {
  const at = isoTime(snapshot)
  const summary = at === null ? null : ((await repository.riskReports.byId(study.sid, at)) as KeptSummary | null)
  if (at === null || summary === null) return refuse('unknown', { detail: 'No risk report of this snapshot is kept.' })
  const snapshots = await repository.riskReports.snapshots(study.sid)
  return { study: study.id, snapshot: at, detail: 'summary', snapshots, ...summary }
}
const isoTime = (text: string): string | null => (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString())

const isQuasiIdentifier = (name: string): boolean => (quasiIdentifiers as readonly string[]).includes(name)
const worstOf = (all: readonly { minimum: number; below: number }[]): { minimum: number; below: number } => ({
  minimum: Math.min(...all.map(({ minimum }) => minimum)),
  below: Math.max(...all.map(({ below }) => below)),
})

async function compute({ query, now }: RiskParts, study: Study, mark: string): Promise<Computed | Refusal> {
  const figures = await query.figures(study, [statements.people, statements.diagnoses], new AbortController().signal)
  if (isRefusal(figures)) return figures
  const [people, diagnoses] = figures.answers
  if (people === null || people === undefined)
    return refuse('statement-limit', { detail: 'The study has more different people than a risk report can go through.' })
  const population = populationOf(people)
  const findings = findingsOf(population, diagnoses ? diagnosesOf(diagnoses) : null, options)
  const { snapshot, maskingPolicy } = figures
  return { mark, snapshot, maskingPolicy, computedAt: new Date(now()).toISOString(), population, findings }
}
