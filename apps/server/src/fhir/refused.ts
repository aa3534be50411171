import type { Refusal } from '@aquifer/core/refusal'
import type { RequestFacts } from '../audit/index.js'
import type { RefusedWrite } from '../repository/index.js'
import type { FhirSystems } from './systems.js'
import type { Unit } from './store.js'

/** As much of a unit as a refusal tells. */
export interface RefusedUnit extends Pick<Unit, 'study' | 'site'> {
  items: readonly { type: string; patients: readonly string[] }[]
}

/** Refusals a study manager acts on; a malformed body or a missing right is the client’s own matter. */
const causeOf = (refusal: Refusal): { cause: string; missing: string[] } | null => {
  switch (refusal.refusal) {
    case 'no-consent':
      return { cause: refusal.cause, missing: refusal.missing }
    case 'not-enrolled':
    case 'study-not-open':
    case 'no-person':
      return { cause: refusal.refusal, missing: [] }
    default:
      return null
  }
}

/**
 * What the list of refused writes shows: one row per refused resource, and for a unit of several one row for its person, counted.
 * Never the payload.
 */
export function refusedWrites(unit: RefusedUnit, refusal: Refusal, facts: RequestFacts): RefusedWrite[] {
  const told = causeOf(refusal)
  const [first] = unit.items
  if (told === null || unit.study === null || first === undefined) return []
  const site = unit.site.kind === 'site' ? unit.site.site.site : null
  const patientId = unit.items.find((item) => item.patients.length > 0)?.patients[0] ?? ''
  const type = unit.items.every((item) => item.type === first.type) ? first.type : 'Bundle'
  return [{ sid: unit.study.sid, at: facts.at, site, patientId, type, ...told, client: facts.actor, count: unit.items.length }]
}

export async function noteRefused(systems: FhirSystems, unit: RefusedUnit, refusal: Refusal, facts: RequestFacts): Promise<void> {
  const rows = refusedWrites(unit, refusal, facts)
  if (rows.length === 0) return
  const told = causeOf(refusal)
  systems.metrics.refusedWrites.inc({ cause: told?.cause ?? 'other' }, unit.items.length)
  await systems.repository.refusals.record(rows)
}
