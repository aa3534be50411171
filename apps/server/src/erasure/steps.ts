import type { StoreEffect, WithdrawalAct } from '@aquifer/core/consent'
import type { StudyPerson } from '../repository/index.js'
import type { Study } from '../study/index.js'

export interface StepContext {
  study: Study
  person: StudyPerson
  act: WithdrawalAct
  /** when it was decided, ms: what began later saw nothing of the person */
  at: number
}
export interface StepOutcome {
  counts: Record<string, number>
  /** SHA-256 over the hashes of what was removed */
  hash?: string
  note?: string
}

/** One store's part in a withdrawal. `act` may be begun again after a kill: it does what is left. */
export interface StoreStep {
  store: string
  effect(act: WithdrawalAct): StoreEffect
  /** Whether what `act` does cannot be taken back. */
  irreversible(act: WithdrawalAct): boolean
  preview(context: StepContext): Promise<{ counts: Record<string, number>; expectedMs: number }>
  /** `left`: it was not finished because the process ends, and is begun again by whoever takes the withdrawal up. */
  act(context: StepContext, stopping: () => boolean): Promise<StepOutcome | 'left'>
  /** Whether nothing that had to go is there any more. */
  verify(context: StepContext): Promise<boolean>
}
