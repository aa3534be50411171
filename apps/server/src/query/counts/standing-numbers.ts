import { cutOverMs } from './cut-over.js'

/**
 * Numbers that stand alone and are held against nothing: of the catalogue, by code, bands of governance. Each is told the same until all of a
 * study are told anew, or who looks before and after somebody leaves would see of which codes that one was.
 */
export class StandingNumbers {
  readonly #studies = new Map<string, { at: number; told: Map<string, unknown> }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  of<Value>(study: string, cell: string, value: () => Value): Value {
    const known = this.#studies.get(study)
    const isOver = known === undefined || this.#now() - known.at >= cutOverMs
    const { told } = isOver ? this.#begin(study) : known
    if (!told.has(cell)) told.set(cell, value())
    return told.get(cell) as Value
  }

  #begin(study: string): { at: number; told: Map<string, unknown> } {
    const begun = { at: this.#now(), told: new Map<string, unknown>() }
    this.#studies.set(study, begun)
    return begun
  }
}
