import type { Jobs } from '../jobs/index.js'
import { errorName, type Log } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'
import { Sleeper, type Signer } from '../storage/index.js'
import type { Studies } from '../study/index.js'
import type { OutsideLedger } from './outside-ledger.js'
import { runWithdrawal } from './run.js'
import type { StoreStep } from './steps.js'

export interface ErasureParts {
  repository: Repository
  studies: Studies
  jobs: Jobs
  signer: Signer
  ledger: OutsideLedger
  log: Log
  now: () => number
}

/** The registry of steps, and the worker that carries withdrawals through them. */
export interface Erasure {
  /** Steps run in the order of their registration: the store that others ask about the person comes last. */
  registerStep(step: StoreStep): void
  steps(): readonly StoreStep[]
  /** Takes up withdrawals from now on where all stores are within reach, those that another process left first. */
  begin(isReached: () => boolean): void
  wake(): void
  close(): Promise<void>
}

const restMs = 5_000

export function openErasure(parts: ErasureParts): Erasure {
  const steps: StoreStep[] = []
  const sleeper = new Sleeper()
  let stopping = false
  let running: Promise<void> = Promise.resolve()
  async function work(isReached: () => boolean): Promise<void> {
    while (!stopping) {
      try {
        const job = isReached() ? await parts.jobs.take('withdrawal') : null
        if (job === null) await sleeper.sleep(restMs)
        else await runWithdrawal({ ...parts, steps, stopping: () => stopping }, job)
      } catch (error) {
        if (stopping) return
        parts.log.error({ err: errorName(error) }, 'withdrawals cannot be worked on')
        await sleeper.pause(restMs)
      }
    }
  }
  return {
    registerStep: (step) => void steps.push(step),
    steps: () => steps,
    begin(isReached) {
      running = work(isReached)
    },
    wake: () => sleeper.wake(),
    async close() {
      stopping = true
      sleeper.end()
      await running
    },
  }
}
