import type { MaskingPolicyList, MaskingPolicyVersion } from '@aquifer/core/contract'
import type { PolicyNamed } from '../../../api/masking-queries.js'

export const isWaiting = ({ state }: Pick<MaskingPolicyVersion, 'state'>): boolean => state === 'proposed' || state === 'in-review'

/** Who proposed a version may sign it, but nobody twice. */
export const waitsForSigning = (version: Pick<MaskingPolicyVersion, 'state' | 'signatures'>, user: string): boolean =>
  isWaiting(version) && !version.signatures.some(({ signer }) => signer === user)

export type Shown = 'all' | 'waiting' | 'active' | 'past'
export const isShown = (version: MaskingPolicyVersion, shown: Shown): boolean => {
  if (shown === 'all') return true
  if (shown === 'waiting') return isWaiting(version)
  return shown === 'active' ? version.state === 'active' : version.state === 'retired' || version.state === 'rejected'
}

// A choice is one word in a list; a policy is named by what it is: stored, or built in.
const storedMark = 'stored '
export const keyOf = (named: PolicyNamed): string => ('id' in named ? `${storedMark}${named.id}` : 'name' in named ? named.name : '')
export const namedBy = (key: string): PolicyNamed => (key.startsWith(storedMark) ? { id: key.slice(storedMark.length) } : { name: key })

export interface PolicyChoice {
  id: string
  label: string
}

/** Stored versions of the study, newest first, then what is built in; which is in force is said. */
export function policyChoices(list: MaskingPolicyList): PolicyChoice[] {
  const inForce = inForceOf(list)
  const current = inForce === null ? null : keyOf(inForce)
  const stored = list.versions.map(({ id, label, state }) => ({ id: keyOf({ id }), label, state }))
  const builtIn = list.builtIn.map(({ name, label }) => ({ id: name, label, state: 'built-in' }))
  return [...stored, ...builtIn].map(({ id, label, state }) => ({
    id,
    label: id === current ? `${label}, active` : `${label}, ${state === 'built-in' ? 'built in' : state.replace('-', ' ')}`,
  }))
}

/** What to try on what is held: what waits for signatures, else something that is not in force, which would hold it again. */
export function tryFirst(list: MaskingPolicyList): string {
  const waiting = list.versions.find(isWaiting)
  if (waiting !== undefined) return keyOf({ id: waiting.id })
  const inForce = inForceOf(list)
  const current = inForce === null ? null : keyOf(inForce)
  const choices = policyChoices(list)
  return (choices.find(({ id }) => id !== current) ?? choices[0])?.id ?? ''
}

/** What masks the study now; null where that cannot be trusted. */
export function inForceOf({ inForce: [inForce], builtIn }: MaskingPolicyList): PolicyNamed | null {
  if (inForce === undefined || inForce.label === null) return null
  if (inForce.id !== null) return { id: inForce.id }
  const known = builtIn.find(({ label }) => label === inForce.label)
  return known === undefined ? null : { name: known.name }
}
