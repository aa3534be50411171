import type { DisplayDecisionsRequest, DisplayDecisionsResult, DisplayList, DisplayListState, DisplayView } from '@aquifer/core/contract'
import type { DecidableDisplay } from './display-journal.js'
import { displayPeopleMin } from './displays.js'
import type { MaskingRun } from './run.js'

const pageRows = 100

/** The dictionaries of displays, as privacy officers see them and decide about them. */
export class DisplayDesk {
  readonly #masking: MaskingRun

  constructor(masking: MaskingRun) {
    this.#masking = masking
  }

  /** One page of the texts in a state; page 0 has all. */
  list(study: string, state: DisplayListState, page: number): DisplayList {
    const all = (this.#masking.run(study)?.displays() ?? []).map(viewOf).filter((view) => view.state === state)
    const from = page === 0 ? 0 : (page - 1) * pageRows
    const to = page === 0 ? all.length : from + pageRows
    return { study, state, total: all.length, displays: all.slice(from, to), next: to < all.length ? page + 1 : null }
  }

  /** null where nothing of the study was ever masked. */
  async decide({ study, decisions }: DisplayDecisionsRequest, by: string): Promise<DisplayDecisionsResult | null> {
    const run = this.#masking.run(study)
    if (run === null) return null
    const rulings = decisions.map(({ confirm, ...ruling }) => ({ ...ruling, confirmed: confirm === true }))
    const outcomes = await run.decide(rulings, by)
    return { study, recorded: outcomes.filter((outcome) => outcome === 'recorded').length, outcomes }
  }
}

function viewOf({ system, code, text, people, enters, namesSomebody, shown, decided }: DecidableDisplay): DisplayView {
  const state = decided === null ? (enters ? 'approved' : 'pending') : decided.decision === 'approve' ? 'approved' : 'rejected'
  return {
    system,
    code,
    text,
    state,
    people: people < displayPeopleMin ? '<11' : people,
    waits: enters ? null : namesSomebody ? 'names-somebody' : 'too-few-people',
    shown,
    decided: decided === null ? null : { by: decided.by, at: new Date(decided.at).toISOString(), reason: decided.reason },
  }
}
