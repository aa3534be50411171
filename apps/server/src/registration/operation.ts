import { createHmac } from 'node:crypto'
import { canonicalJson } from '@aquifer/core/consent'
import type { Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Access } from '../access/index.js'
import { auditRecord } from '../audit/index.js'
import type { WithdrawalDesk } from '../erasure/index.js'
import {
  checkResource,
  conflictOf,
  entriesOf,
  itemOf,
  noteRefused,
  parseAtOnce,
  storeUnits,
  type FhirRequest,
  type FhirSystems,
  type Item,
  type Scope,
  type Unit,
} from '../fhir/index.js'
import type { Tx } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'
import type { People } from './people.js'

export interface RegistrationParts {
  fhir: FhirSystems
  access: Access
  withdrawals: WithdrawalDesk
  people: People
  /** of codes, and of the hashes by which requests are told apart */
  key: Uint8Array
}

/** Leaves a transaction without storing anything; carries why. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly unit: Unit | null = null,
  ) {
    super(refusal.refusal)
  }
}
export function orRefuse<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Refused(value)
  return value
}

/** What one operation did within its transaction. */
export interface Performed<Answer> {
  answer: Answer
  sid: number | null
  /** whose registration it is: with an erasure the kept answer goes, too */
  patient: string | null
  /** for the audit record: surrogate ids and counts */
  detail?: Record<string, string | number | boolean | null>
}

/** An operation in its one transaction. */
export interface Step {
  tx: Tx
  auditId: bigint
  /** The caller's answer of the audit record grows with what is stored. */
  store(unit: Omit<Unit, 'auditId'>): Promise<void>
}

/**
 * Once by correlation id: the same request sent again gets the first answer, another one under the same id is refused, and those that
 * come meanwhile wait for the row. Everything the work does is one transaction with its audit record.
 */
export async function perform<Answer extends object>(
  parts: RegistrationParts,
  request: FhirRequest,
  asked: { operation: string; body: unknown; status: number },
  work: (step: Step) => Promise<Performed<Answer>>,
): Promise<Answer | Refusal> {
  const { facts } = request
  const { repository, now } = parts.fhir
  const key = { actor: `${facts.role} ${facts.actor}`, correlation: facts.correlationId }
  const { operation, status } = asked
  const hash = createHmac('sha256', parts.key)
    .update(canonicalJson([operation, request.asked.studies, request.asked.sites, asked.body]))
    .digest()
  const auditId = await repository.nextAuditId()
  try {
    const done = await repository.transact(async (tx) => {
      const before = await tx.registration.begin({ ...key, operation, request: hash, at: now() })
      if (before !== null) {
        if (before.operation === operation && before.request.equals(hash)) return { answer: before.answer as Answer, repeated: true }
        throw new Refused(refuse('conflict', { detail: 'Another request was sent under this X-Correlation-Id.' }))
      }
      const entries: ReturnType<typeof entriesOf> = []
      const performed = await work({
        tx,
        auditId,
        store: async (unit) => void entries.push(...(await storeIn(tx, { ...unit, auditId }, { now: now(), newId: parts.fhir.newId }))),
      })
      await faultPoint('registration.performed')
      const { answer, sid, patient } = performed
      await tx.registration.settle(key, { sid, patient, status, answer })
      const detail = { ...facts.detail, operation, ...performed.detail }
      await tx.audit([auditRecord({ ...facts, sid, detail, entries: [...facts.entries, ...entries] }, auditId, status)])
      await faultPoint('registration.settled')
      return { answer, repeated: false }
    })
    parts.access.relationships.changed()
    if (done.repeated) facts.detail['repeated'] = true
    else facts.recorded = true
    return done.answer
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.unit !== null) await noteRefused(parts.fhir, error.unit, error.refusal, facts)
    return error.refusal
  }
}

async function storeIn(tx: Tx, unit: Unit, making: Parameters<typeof storeUnits>[2]): Promise<ReturnType<typeof entriesOf>> {
  const [outcome] = await storeUnits(tx, [unit], making)
  if (outcome === undefined) throw new Error('a unit without an outcome')
  if (isRefusal(outcome)) throw new Refused(outcome, unit)
  const conflict = outcome.stored.map(conflictOf).find((each) => each !== null)
  if (conflict) throw new Refused(conflict)
  await faultPoint('registration.stored')
  return entriesOf(unit, outcome)
}

/** A resource of the request, held to its type and validated like any other. */
export function resourceIn(request: FhirRequest, sent: Record<string, unknown>, type: string): Resource | Refusal {
  const resource = parseAtOnce(JSON.stringify(sent))
  if (isRefusal(resource)) return resource
  if (resource.resourceType !== type) return refuse('invalid', { detail: `A ${type} is expected here.` })
  const checked = checkResource(resource, request.strict)
  return isRefusal(checked) ? checked : resource
}

export function itemFor(resource: Resource, options: { scope: Scope; id: string; op: 'create' | 'update' }): Item {
  const { scope, id, op } = options
  return orRefuse(itemOf(resource, { study: scope.study, id, op, unchanged: 'version' }))
}
