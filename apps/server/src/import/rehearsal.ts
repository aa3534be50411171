import type { Batch } from './batches.js'
import type { Prepared } from './prepare.js'

// A dry run takes every batch back, so that the next one would not see who entered: their own resources and consents are put before it
// again. Of more people than this only what comes in one batch is judged together.
const peopleMax = 20_000

export interface Rehearsal {
  /** What people of this batch had sent of themselves in earlier ones. */
  before(batch: Batch): Pick<Prepared, 'items' | 'site'>[]
  entered(prepared: Prepared): void
}

/** Leaves a transaction without storing anything; carries what would have been. */
export class DryRun extends Error {
  constructor(readonly decided: unknown) {
    super('dry run')
  }
}

export function openRehearsal(): Rehearsal {
  const known = new Map<string, Pick<Prepared, 'items' | 'site'>[]>()
  return {
    before: (batch) => [...new Set([...batch.people].flatMap((id) => known.get(id) ?? []))],
    entered({ items, site }) {
      const own = items.filter((item) => item.type === 'Patient' || item.consent !== undefined)
      const people = new Set(own.flatMap((item) => [...item.patients, ...(item.consent ? [item.consent.patientId] : [])]))
      const kept = { items: own, site }
      for (const id of people) {
        const earlier = known.get(id)
        if (earlier !== undefined) earlier.push(kept)
        else if (known.size < peopleMax) known.set(id, [kept])
      }
    },
  }
}
