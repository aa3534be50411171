import { stageNames, type StageName, type StageView } from '@aquifer/core/contract'
import type { PipelineParts } from './parts.js'

// Work that waits for its batch is on time; longer than this it is behind.
const lagMsAllowed = 10_000

/** All stages in the order of the flow; those of other systems stand where they belong. */
export function stagesOf(parts: PipelineParts, study: string | null, others: StageView[]): StageView[] {
  const known = new Map<StageName, StageView>()
  for (const stage of [...others, replicator(parts, study), lake(parts, study), masking(parts, study), reservoir(parts, study)]) {
    known.set(stage.stage, stage)
  }
  return stageNames.flatMap((name) => known.get(name) ?? [])
}

function replicator(parts: PipelineParts, study: string | null): StageView {
  const status = parts.replicator.status()
  const failedStudies = Object.entries(status.failedStudies).filter(([id]) => study === null || id === study)
  const reason = status.reason ?? failedStudies.map(([id, why]) => `${id}: ${why}`).join('; ')
  return {
    stage: 'replicator',
    zone: 'identified',
    state: reason !== '' ? 'failed' : stateOf(status.lagMs, status.rows),
    lagMs: status.lagMs,
    rate: status.rate,
    count: status.rows,
    detail: reason === '' ? null : reason,
  }
}

function lake(parts: PipelineParts, study: string | null): StageView {
  const manifests = parts.lake
    .studies()
    .map((each) => each.manifest())
    .filter((manifest) => study === null || manifest.study === study)
  const rows = manifests.reduce((sum, manifest) => sum + manifest.rows, 0)
  const { rate } = parts.replicator.status()
  const bytes = manifests.reduce((sum, manifest) => sum + manifest.bytes, 0)
  const detail = rows === 0 ? null : `${sizeWords(bytes)}, encrypted`
  return { stage: 'lake', zone: 'identified', state: stateOf(0, rows), lagMs: 0, rate, count: rows, detail }
}

function masking(parts: PipelineParts, study: string | null): StageView {
  const statuses = [...parts.masking.statuses()].filter(([id]) => study === null || id === study)
  const failed = statuses.filter(([, status]) => status.state === 'failed')
  const lagMs = Math.max(0, ...statuses.map(([, status]) => status.lagMs))
  const rows = statuses.reduce((sum, [, status]) => sum + status.rows, 0)
  const held = statuses.reduce((sum, [, status]) => sum + status.held, 0)
  const rate = statuses.reduce((sum, [, status]) => sum + status.rate, 0)
  const detail =
    failed.length > 0 ? failed.map(([id, status]) => `${id}: ${status.reason}`).join('; ') : held > 0 ? `${held} held back` : null
  const state = failed.length > 0 ? 'failed' : stateOf(lagMs, statuses.length)
  return { stage: 'masking', zone: 'masked', state, lagMs, rate, count: rows, detail }
}

// The reservoir is as far as masking has brought it; what it may not show yet is on its study's schedule, not behind.
function reservoir(parts: PipelineParts, study: string | null): StageView {
  const studies = parts.reservoir.studies().filter((each) => study === null || each.study === study)
  const rows = studies.reduce((sum, each) => sum + rowsOf(each.snapshot()), 0)
  const scheduled = studies.filter((each) => each.head() !== each.snapshot()).length
  const masked = masking(parts, study)
  return {
    stage: 'reservoir',
    zone: 'masked',
    state: stateOf(masked.lagMs ?? 0, rows),
    lagMs: masked.lagMs,
    rate: masked.rate,
    count: rows,
    detail: scheduled > 0 ? `${scheduled} with rows that wait to be published` : null,
  }
}

const mebi = 1024 * 1024
const sizeWords = (bytes: number): string => (bytes < mebi ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / mebi).toFixed(1)} MB`)

const stateOf = (lagMs: number, count: number): StageView['state'] => (lagMs > lagMsAllowed ? 'behind' : count === 0 ? 'idle' : 'ok')

export const rowsOf = (manifest: { types: Record<string, { rows: number }> } | null): number =>
  Object.values(manifest?.types ?? {}).reduce((sum, type) => sum + type.rows, 0)
