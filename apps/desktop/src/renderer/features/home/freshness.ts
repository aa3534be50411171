import type { StageView } from '@aquifer/core/contract'
import { span } from '../../ui/format.js'

export const lagWords = (ms: number): string => (ms < 60_000 ? `${Math.round(ms / 1000)} s` : span(ms))

export function title(all: StageView[]): string {
  if (all.some((stage) => stage.state === 'failed')) return 'A stage has failed'
  return all.some((stage) => stage.state === 'behind') ? 'Data is on its way' : 'Data is fresh'
}

export function freshness(all: StageView[], publish: string): string {
  const lag = all.reduce((most, stage) => Math.max(most, stage.lagMs ?? 0), 0)
  if (publish !== 'continuous') return `published every ${publish}`
  return lag < 1000 ? 'all that was written can be queried' : `what is written now can be queried in about ${lagWords(lag)}`
}
