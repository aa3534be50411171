import type { StageView } from '@aquifer/core/contract'
import { count, rate, span } from '../../ui/format.js'

export const lagWords = (ms: number): string => (ms < 60_000 ? `${Math.round(ms / 1000)} s` : span(ms))

const units: Partial<Record<StageView['stage'], string>> = {
  repository: 'resources',
  replicator: 'copied in all',
  masking: 'masked',
  reservoir: 'rows',
}

/** What a stage has done, each number with its unit; empty where there is nothing to tell. */
export function doneWords({ stage, rate: perSecond, count: done, detail }: StageView): string {
  const amount =
    stage === 'ingest'
      ? `${done === null || done === 0 ? 'nothing' : count(done)} ${detail ?? ''}`.trim()
      : (detail ?? (done !== null && done > 0 && `${count(done)} ${units[stage] ?? ''}`.trim()))
  return [perSecond !== null && perSecond > 0 && `${rate(perSecond)} / s`, amount].filter(Boolean).join(', ')
}

export function title(all: StageView[]): string {
  if (all.some((stage) => stage.state === 'failed')) return 'A stage has failed'
  return all.some((stage) => stage.state === 'behind') ? 'Data is on its way' : 'Data is fresh'
}

export function freshness(all: StageView[], publish: string): string {
  const lag = all.reduce((most, stage) => Math.max(most, stage.lagMs ?? 0), 0)
  if (publish !== 'continuous') return `published every ${publish}`
  return lag < 1000 ? 'all that was written can be queried' : `what is written now can be queried in about ${lagWords(lag)}`
}
