import { maskerVersion, policyLabel, type Policy } from '@aquifer/core/masking'
import { modelVersion, type ReservoirStamp } from '../reservoir/index.js'
import type { StudyMasking } from './pool.js'
import type { RunParts } from './run-parts.js'

interface Masking {
  stamp: ReservoirStamp
  policy: Policy
  study: StudyMasking
}

class UnknownPolicy extends Error {
  override readonly name = 'no masking policy that can be trusted'
}

/** By what a study is masked now: policy, key, model and year, made anew when one of them is another. */
export class CurrentMasking {
  readonly #study: string
  readonly #parts: RunParts
  #made = ''
  #masking: Masking | null = null

  constructor(study: string, parts: RunParts) {
    this.#study = study
    this.#parts = parts
  }

  stamp(): ReservoirStamp | null {
    return this.#masking?.stamp ?? null
  }

  // Ages are counted to a year: after New Year everything is masked anew, as it is under another policy, key or model.
  async by(name: string, round: number): Promise<Masking> {
    const { id: maskingKey, key } = await this.#parts.keyring.studyKey(this.#study, 'masking')
    const asOfYear = new Date(this.#parts.clock.now()).getUTCFullYear()
    const policy = await this.#parts.policyOf(this.#study, name)
    if (!policy) throw new UnknownPolicy()
    const stamp = {
      maskingPolicy: policyLabel(policy),
      maskingKey,
      modelVersion: `${modelVersion()}-${maskerVersion}`,
      asOfYear,
      ...(round === 0 ? {} : { round }),
    }
    const made = JSON.stringify(stamp)
    if (this.#masking !== null && this.#made === made) return this.#masking
    this.close()
    this.#made = made
    this.#masking = { stamp, policy, study: this.#parts.pool.forStudy({ policy, key, asOfYear }) }
    return this.#masking
  }

  close(): void {
    this.#masking?.study.close()
  }
}
