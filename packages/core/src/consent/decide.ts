import type { ConsentCause } from '../refusal/index.js'

export const consentStatuses = ['proposed', 'active', 'suspended', 'withdrawn', 'expired', 'entered-in-error'] as const
export type ConsentStatus = (typeof consentStatuses)[number]
export const isConsentStatus = (text: string): text is ConsentStatus => (consentStatuses as readonly string[]).includes(text)

/** One Contract of a person as it counts for a decision; `order` rises with the time it was last written. */
export interface Consent {
  type: string
  status: ConsentStatus
  /** from this instant, included; null: always */
  lo: number | null
  /** to this instant, excluded; null: for ever */
  hi: number | null
  order: number | bigint
  /** version of the form it was given under; nothing: it does not say */
  form?: string | null
}

export type TypeState = 'active' | 'proposed' | 'suspended' | 'withdrawn' | 'expired' | 'not-yet-active' | 'missing'

/**
 * What one consent type of one person says at an instant. A withdrawal or suspension speaks for all Contracts written before
 * it, so a second Contract cannot keep alive what the person took back; a Contract written later consents anew.
 */
export function stateOfType(consents: readonly Consent[], type: string, at: number): TypeState {
  let stop: Consent | null = null
  for (const consent of consents) {
    if (consent.type !== type || (consent.status !== 'withdrawn' && consent.status !== 'suspended')) continue
    if (stop === null || consent.order > stop.order) stop = consent
  }
  let best: TypeState = stop === null ? 'missing' : (stop.status as 'withdrawn' | 'suspended')
  for (const consent of consents) {
    if (consent.type !== type || (stop !== null && consent.order <= stop.order)) continue
    const state = stateOf(consent, at)
    if (state === 'active') return 'active'
    if (best === 'missing' && state !== null) best = state
  }
  return best
}

function stateOf(consent: Consent, at: number): TypeState | null {
  if (consent.status === 'proposed') return 'proposed'
  if (consent.status === 'expired') return 'expired'
  if (consent.status !== 'active') return null
  if (consent.lo !== null && at < consent.lo) return 'not-yet-active'
  if (consent.hi !== null && at >= consent.hi) return 'expired'
  return 'active'
}

export type ConsentDecision = { given: true } | { given: false; missing: string[]; cause: ConsentCause }

// The order in which causes are told when several types are missing: what the person decided comes before what was never asked.
const gravity: readonly TypeState[] = ['withdrawn', 'suspended', 'expired', 'not-yet-active', 'proposed', 'missing']

/** All required types must be active at the instant; a study that requires none takes everyone. */
export function decideConsent(required: readonly string[], consents: readonly Consent[], at: number): ConsentDecision {
  const missing: string[] = []
  let worst: TypeState = 'missing'
  for (const type of required) {
    const state = stateOfType(consents, type, at)
    if (state === 'active') continue
    missing.push(type)
    if (gravity.indexOf(state) < gravity.indexOf(worst)) worst = state
  }
  if (missing.length === 0) return { given: true }
  return { given: false, missing, cause: worst === 'missing' ? 'no-consent' : worst }
}
