import type { Policy } from '@aquifer/core/masking'
import type { Cursor, Keyring } from '../lake/index.js'
import type { Reservoir, ReservoirStamp } from '../reservoir/index.js'
import type { StandingLeak } from './leak-gate.js'
import type { NotesParts } from './notes.js'
import type { MaskingPool } from './pool.js'

export interface StudySettings {
  masking: string
  /** `continuous`, or a span such as `24h`. */
  publish: string
  /** Rises with every recorded consent; stamped on what is published. */
  consentEpoch: number
}
export interface RunParts extends NotesParts {
  reservoir: Reservoir
  keyring: Keyring
  settings: (study: string) => Promise<StudySettings | null>
  pool: MaskingPool
  /** What the study is masked by now; null: nothing that can be trusted, and then nothing is masked. */
  policyOf: (study: string, name: string) => Promise<Policy | null>
  /** Told of what is shown when it was made by another policy, key or model than before; again after a start. */
  onShown?: (study: string, stamp: ReservoirStamp) => Promise<void>
  /** Told when a study begins to fail; the reason holds no content. */
  onFailure?: (failure: { study: string; reason: string }) => void
  /** Told when the leak gate stops a study. */
  onLeak?: (found: { study: string; leaks: readonly StandingLeak[] }) => Promise<void>
}
export interface StudyRunStatus {
  state: 'ok' | 'behind' | 'failed'
  reason: string | null
  lagMs: number
  /** Rows masked since the start, and how many per second over the last minute. */
  rows: number
  rate: number
  held: number
  /** What the leak gate stopped and nobody has decided on. */
  leaks: number
  cursor: Cursor
}

export interface MaskingProgress {
  reason: string | null
  target: ReservoirStamp | null
  done: number
  total: number
}
