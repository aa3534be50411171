import type { QueryLevel } from '@aquifer/core/contract'
import type { Study } from '../repository/index.js'
import { keptBytesMax, keptMs } from './limits.js'

export interface KeptResult {
  study: Study
  /** Who was left out when the rows were read. */
  withheld: readonly string[]
  owner: string
  level: QueryLevel
  type: string
  bytes: Buffer
  headers: Record<string, string>
}

/** Results that wait to be fetched: in memory only, for a while, the oldest giving way when there are too many. */
export class KeptResults {
  readonly #results = new Map<string, { result: KeptResult; at: number }>()
  readonly #now: () => number
  #bytes = 0

  constructor(now: () => number) {
    this.#now = now
  }

  keep(id: string, result: KeptResult): void {
    this.#results.set(id, { result, at: this.#now() })
    this.#bytes += result.bytes.byteLength
    for (const [oldest, { at }] of this.#results) {
      if (this.#bytes <= keptBytesMax && this.#now() - at < keptMs) break
      this.#drop(oldest)
    }
  }

  get(id: string): KeptResult | null {
    const kept = this.#results.get(id)
    if (!kept) return null
    if (this.#now() - kept.at < keptMs) return kept.result
    this.#drop(id)
    return null
  }

  /** Nobody sees a study's old results again, but for those that were read without that person. */
  forget(study: string, patientKey?: string): void {
    for (const [id, { result }] of this.#results) {
      const without = patientKey !== undefined && result.withheld.includes(patientKey)
      if (result.study.id === study && !without) this.#drop(id)
    }
  }

  #drop(id: string): void {
    this.#bytes -= this.#results.get(id)?.result.bytes.byteLength ?? 0
    this.#results.delete(id)
  }
}
