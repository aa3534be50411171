import type { Repair } from '@aquifer/core/fhir'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { auditRecord } from '../../audit/index.js'
import { mayTouchType } from '../../access/index.js'
import type { Item } from '../item.js'
import { noteRefused } from '../refused.js'
import { noteRepairs } from '../repaired.js'
import type { Scope } from '../scope.js'
import { storeUnits, type Unit, type UnitOutcome } from '../store.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { openTurns } from '../turns.js'
import { conflictOf, followGroup } from '../write.js'
import { conflicts, Conflicted, entriesOf, isAlone } from '../write-queue.js'
import { conditionOf } from './conditional.js'
import { checkElsewhere, itemsElsewhere } from './elsewhere.js'
import type { BundleEntry } from './entries.js'
import { checkWrite, itemFor, onlyPatientOf, planWrites, scopeOfWrites, type PlannedWrite } from './plan.js'
import { inOrder, readsIn, type EntryResult } from './results.js'
import { transaction } from './transaction.js'

const batchPart = 500

/** Each entry on its own, in the transaction’s order, so that one may rest on another that was stored. */
export async function batch(systems: FhirSystems, request: FhirRequest, found: readonly (BundleEntry | Refusal)[]): Promise<EntryResult[]> {
  const results = new Map<number, EntryResult>()
  for (const [place, entry] of found.entries()) if (isRefusal(entry)) results.set(place, { kind: 'refused', refusal: entry })
  const entries = found.filter((entry): entry is BundleEntry => !isRefusal(entry))
  for (const [place, read] of readsIn(entries)) results.set(place, read)
  const planned = planWrites(systems, entries)
  const onlyPatient = onlyPatientOf(planned)
  let ready: ReadyWrite[] = []
  const mended: Repair[] = []
  const storeReady = async (): Promise<void> => {
    mended.push(...ready.flatMap(({ each }) => each.repairs))
    noteRepairs(request.facts, mended)
    for (const part of partsOf(ready)) await storePart(systems, request, part, results)
    ready = []
  }
  const elsewhere = request.elsewhere ? await unitsElsewhere(systems, request, planned, onlyPatient) : null
  const turn = openTurns()
  for (const each of planned) {
    await turn()
    if (conditionOf(each) !== null) {
      // A condition sees what the entries before it stored.
      await storeReady()
      results.set(each.place, await storeConditional(systems, request, each))
      continue
    }
    const unit = elsewhere?.get(each) ?? (await unitOf(systems, request, each, onlyPatient))
    if (isRefusal(unit)) results.set(each.place, { kind: 'refused', refusal: unit })
    else ready.push({ each, unit })
  }
  await storeReady()
  return inOrder(results)
}

async function storeConditional(systems: FhirSystems, request: FhirRequest, { place, fullUrl, act }: PlannedWrite): Promise<EntryResult> {
  const results = await transaction(systems, request, [{ place, fullUrl, act }])
  if (isRefusal(results)) return { kind: 'refused', refusal: results }
  const [result] = results
  if (result === undefined) throw new Error('a transaction of one entry without a result')
  return result
}

interface ReadyWrite {
  each: PlannedWrite
  unit: Unit
}

/** What goes into one transaction; a write that stands alone is a part of its own, so that nothing rests on it if its condition fails. */
function partsOf(ready: readonly ReadyWrite[]): ReadyWrite[][] {
  const parts: ReadyWrite[][] = []
  let open: ReadyWrite[] | null = null
  for (const write of ready) {
    const alone = isAlone(write.unit)
    if (alone || open === null || open.length >= batchPart) parts.push((open = []))
    open.push(write)
    if (alone) open = null
  }
  return parts
}

async function unitOf(systems: FhirSystems, request: FhirRequest, each: PlannedWrite, onlyPatient: string | null): Promise<Unit | Refusal> {
  const refusal = checkWrite(request, each, new Map())
  if (refusal !== null) return refusal
  const scope = await scopeOfWrites(systems, request, [each])
  if (isRefusal(scope)) return scope
  request.facts.sid = scope?.study.sid ?? request.facts.sid
  const item = await itemFor(systems, request, each, scope, onlyPatient)
  if (isRefusal(item)) return item
  return unitWith(request, scope, item)
}

const unitWith = ({ grant }: FhirRequest, scope: Scope | null, item: Item): Unit => ({
  study: scope?.study ?? null,
  site: scope?.site ?? { kind: 'none' },
  grant,
  items: [item],
  auditId: 0n,
})

/** The same of all at once, where a thread has their resources; null: it has them no longer. */
async function unitsElsewhere(
  systems: FhirSystems,
  request: FhirRequest,
  planned: readonly PlannedWrite[],
  onlyPatient: string | null,
): Promise<Map<PlannedWrite, Unit | Refusal> | null> {
  const units = new Map<PlannedWrite, Unit | Refusal>()
  const refused = (each: PlannedWrite, refusal: Refusal | null | undefined) => (refusal ? Boolean(units.set(each, refusal)) : false)
  const allowed = planned.filter((each) => !refused(each, mayTouchType(request.grant, 'write', each.act.type)))
  const checked = await checkElsewhere(request, allowed, { targets: new Map(), untilRefused: false })
  if (checked === null) return null
  const scoped: { each: PlannedWrite; scope: Scope | null }[] = []
  const turn = openTurns()
  for (const [at, each] of allowed.entries()) {
    await turn()
    if (refused(each, checked[at])) continue
    const scope = await scopeOfWrites(systems, request, [each])
    if (isRefusal(scope)) units.set(each, scope)
    else scoped.push({ each, scope })
    if (!isRefusal(scope)) request.facts.sid = scope?.study.sid ?? request.facts.sid
  }
  const items = await itemsElsewhere(systems, request, scoped, onlyPatient)
  if (items === null) return null
  for (const [at, { each, scope }] of scoped.entries()) {
    const item = items[at]
    if (item !== undefined) units.set(each, isRefusal(item) ? item : unitWith(request, scope, item))
  }
  return units
}

async function storePart(
  systems: FhirSystems,
  request: FhirRequest,
  part: readonly ReadyWrite[],
  results: Map<number, EntryResult>,
): Promise<void> {
  const auditId = await systems.repository.nextAuditId()
  const units = part.map(({ unit }) => ({ ...unit, auditId }))
  const outcomes = await storeTogether(systems, request, units, auditId)
  for (const [place, { each, unit }] of part.entries()) {
    const outcome = outcomes[place]
    if (outcome === undefined) continue
    if (isRefusal(outcome)) {
      await noteRefused(systems, unit, outcome, request.facts)
      results.set(each.place, { kind: 'refused', refusal: outcome })
      continue
    }
    const [stored] = outcome.stored
    const conflict =
      (stored === undefined ? null : conflictOf(stored)) ??
      (each.act.act === 'delete' ? null : await followGroup(systems, unit.study, each.act.resource))
    if (stored !== undefined)
      results.set(
        each.place,
        conflict === null
          ? { kind: 'written', type: each.act.type, outcome: stored, repairs: each.repairs }
          : { kind: 'refused', refusal: conflict },
      )
  }
}

async function storeTogether(systems: FhirSystems, request: FhirRequest, units: readonly Unit[], auditId: bigint): Promise<UnitOutcome[]> {
  try {
    const outcomes = await systems.repository.transact(async (tx) => {
      const stored = await storeUnits(tx, units, { now: systems.now(), newId: systems.newId })
      const [unit] = units
      const [outcome] = stored
      if (unit && outcome && isAlone(unit) && conflicts(outcome)) throw new Conflicted(outcome)
      const entries = units.flatMap((each, place) => {
        const done = stored[place]
        return done === undefined || isRefusal(done) ? [] : entriesOf(each, done)
      })
      await tx.audit([auditRecord({ ...request.facts, entries }, auditId, 200)])
      return stored
    })
    request.facts.recorded = true
    systems.feeds.arrived(units, outcomes)
    return outcomes
  } catch (error) {
    if (error instanceof Conflicted) return [error.outcome]
    throw error
  }
}
