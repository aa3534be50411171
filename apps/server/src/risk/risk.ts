import type { RiskPreview, RiskPreviewRequest, RiskReport } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../repository/index.js'
import { ComputedRisks, options, policy, type ComputedParts, type KeptSummary } from './computed.js'
import { quasiIdentifiers } from './population.js'
import { summaryOf } from './summary.js'
import { inThread } from './thread.js'

export interface RiskParts extends ComputedParts {
  /** Studies whose publications this process follows; null: reports are made when asked for only. */
  followed: (() => Promise<Study[]>) | null
  onBug: (error: unknown) => void
}
export interface RiskDesk {
  /** `full`: small groups as they are; else marks stand for them. */
  report(study: Study, asked: { full: boolean; snapshot: string | null }): Promise<RiskReport | Refusal>
  preview(study: Study, request: RiskPreviewRequest): Promise<RiskPreview | Refusal>
  /** The worst of what was found last of each study; null before anything was. */
  worst(): { minimum: number; below: number } | null
  close(): void
}

// A continuous study publishes every few seconds; its risk does not change as fast.
const followMs = 900_000

export function openRisk(parts: RiskParts): RiskDesk {
  const risks = new ComputedRisks(parts)
  const { followed } = parts
  const timer = followed === null ? null : setInterval(() => void follow(risks, followed).catch(parts.onBug), followMs).unref()
  return {
    async report(study, { full, snapshot }) {
      const found = await risks.of(study)
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
      const names = [...attributes, ...generalizations.map(({ attribute }) => attribute)]
      if (!names.every((name) => (quasiIdentifiers as readonly string[]).includes(name)))
        return refuse('invalid', { detail: `Attributes are ${quasiIdentifiers.join(', ')}.` })
      const found = await risks.of(study)
      if (found === null) return refuse('unknown', { detail: 'Nothing of this study has been published to the reservoir yet.' })
      if (isRefusal(found)) return found
      const { population, snapshot } = found
      const asked = { kind: 'preview', population, attributes: [...new Set(attributes)], generalizations, options } as const
      return { study: study.id, snapshot, threshold: policy.threshold, ...(await inThread(asked)) }
    },
    worst: () => risks.worst(),
    close() {
      if (timer !== null) clearInterval(timer)
      risks.close()
    },
  }
}

/** One study after the other, each only if something else was published. */
async function follow(risks: ComputedRisks, followed: () => Promise<Study[]>): Promise<void> {
  for (const study of await followed()) await risks.of(study)
}

/** Of an earlier snapshot, whose rows may be gone: what was kept is a summary, whoever asks. */
async function keptReport({ repository }: RiskParts, study: Study, snapshot: string): Promise<RiskReport | Refusal> {
  const at = Number.isNaN(Date.parse(snapshot)) ? null : new Date(snapshot).toISOString()
  const summary = at === null ? null : ((await repository.riskReports.byId(study.sid, at)) as KeptSummary | null)
  if (at === null || summary === null) return refuse('unknown', { detail: 'No risk report of this snapshot is kept.' })
  const snapshots = await repository.riskReports.snapshots(study.sid)
  return { study: study.id, snapshot: at, detail: 'summary', snapshots, ...summary }
}
