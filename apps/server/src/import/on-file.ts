import type { Grant } from '@aquifer/core/access'
import { stateOfType, writeConsentContract, type Consent } from '@aquifer/core/consent'
import type { Resource } from '@aquifer/core/fhir'
import { derivedId } from './derived-id.js'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { itemOf, storeUnits, type Scope, type Unit } from '../fhir/index.js'
import type { PersonState, Tx } from '../repository/index.js'

export interface OnFile {
  scope: Scope
  grant: Grant
  patients: readonly string[]
  /** the study's required types unless said */
  types?: readonly string[]
  /** the first day of the consent, as FHIR writes it */
  from: string
  now: number
  newId: () => string
  auditId: bigint
}
export interface OnFileOutcome {
  recorded: number
  unchanged: number
  refused: { patient: string; reason: 'withdrawn' | 'suspended' }[]
}

/**
 * Records consent collected elsewhere: an active Contract of each type for each person who has none. Never for who has withdrawn or
 * suspended one of the types; what is active already stays as it is.
 */
export async function recordOnFile(tx: Tx, asked: OnFile): Promise<OnFileOutcome | Refusal> {
  const { scope, now } = asked
  const { study } = scope
  const types = asked.types ?? study.required
  const keys = asked.patients.map((patientId) => ({ sid: study.sid, patientId }))
  const states = keys.length === 0 ? [] : await tx.lockPeople(keys, 'exclusive')
  const outcome: OnFileOutcome = { recorded: 0, unchanged: 0, refused: [] }
  const units: Unit[] = []
  for (const state of states) {
    const stopped = stopOf(state, types, now)
    if (stopped !== null) {
      outcome.refused.push({ patient: state.patientId, reason: stopped })
      continue
    }
    const missing = types.filter((type) => stateOfType(consentsOf(state), type, now) !== 'active')
    outcome.unchanged += types.length - missing.length
    for (const type of missing) {
      const item = contractItem(asked, state.patientId, type)
      if (isRefusal(item)) return item
      units.push({ study, site: scope.site, grant: asked.grant, items: [item], auditId: asked.auditId })
      outcome.recorded += 1
    }
  }
  const refused = (await storeUnits(tx, units, { now, newId: asked.newId })).find(isRefusal)
  return refused ?? outcome
}

function contractItem(asked: OnFile, patientId: string, type: string): ReturnType<typeof itemOf> {
  const { study } = asked.scope
  const id = derivedId(study.id, patientId, 'consent on file', type, asked.from)
  const contract = writeConsentContract({ patientId, study: study.id, type, status: 'active', start: asked.from })
  return itemOf(contract as unknown as Resource, { study, id, op: 'update', unchanged: 'skip' })
}

const consentsOf = (state: PersonState): Consent[] =>
  state.consents.map(({ type, status, lo, hi, order }) => ({ type, status: status as Consent['status'], lo, hi, order }))

function stopOf(state: PersonState, types: readonly string[], now: number): 'withdrawn' | 'suspended' | null {
  for (const type of types) {
    const said = stateOfType(consentsOf(state), type, now)
    if (said === 'withdrawn' || said === 'suspended') return said
  }
  return null
}
