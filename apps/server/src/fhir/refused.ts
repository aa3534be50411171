import type { Refusal } from '@aquifer/core/refusal'
import type { RequestFacts } from '../audit/index.js'
import type { RefusedWrite } from '../repository/index.js'
import type { FhirSystems } from './systems.js'
import type { Unit } from './store.js'

/** As much of a unit as a refusal tells. */
type RefusedUnit = Pick<Unit, 'study' | 'site'> & { items: readonly { type: string; patients: readonly string[] }[] }

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

/** One row per person and type for the list of refused writes: what, whose and why, never the payload. */
export function refusedWrites(unit: RefusedUnit, refusal: Refusal, facts: RequestFacts): RefusedWrite[] {
  const told = causeOf(refusal)
  if (told === null || unit.study === null) return []
  const { sid } = unit.study
  const site = unit.site.kind === 'site' ? unit.site.site.site : null
  const rows = new Map<string, RefusedWrite & { count: number }>()
  for (const item of unit.items) {
    const patientId = item.patients[0] ?? ''
    const key = `${patientId}|${item.type}`
    const row = rows.get(key) ?? { sid, at: facts.at, site, patientId, type: item.type, ...told, client: facts.actor, count: 0 }
    row.count += 1
    rows.set(key, row)
  }
  return [...rows.values()]
}

export async function noteRefused(systems: FhirSystems, unit: RefusedUnit, refusal: Refusal, facts: RequestFacts): Promise<void> {
  const rows = refusedWrites(unit, refusal, facts)
  if (rows.length === 0) return
  const told = causeOf(refusal)
  systems.metrics.refusedWrites.inc({ cause: told?.cause ?? 'other' }, unit.items.length)
  await systems.repository.refusals.record(rows)
}
