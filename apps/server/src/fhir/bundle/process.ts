import type { Repair, Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../../access/index.js'
import { auditRecord } from '../../audit/index.js'
import type { WriteOutcome } from '../../repository/index.js'
import type { Item } from '../item.js'
import { noteRefused } from '../refused.js'
import { noteRepairs } from '../repaired.js'
import type { Scope } from '../scope.js'
import { storeUnits, type Unit, type UnitOutcome } from '../store.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { conflictOf, followGroup } from '../write.js'
import { conflicts, Conflicted, entriesOf, isAlone } from '../write-queue.js'
import { conditionalTargets, oneMatch, type Asking, type Condition } from './conditional.js'
import { entriesIn, type BundleEntry } from './entries.js'
import { checkWrite, itemFor, onlyPatientOf, planWrites, referencesWithin, scopeOfWrites, type PlannedWrite } from './plan.js'

/** What became of one entry, in the Bundle’s order. */
export type EntryResult =
  | { kind: 'written'; type: string; outcome: WriteOutcome; repairs: readonly Repair[] }
  | { kind: 'existing'; type: string; id: string }
  | { kind: 'read'; url: string }
  | { kind: 'refused'; refusal: Refusal }

export async function processBundle(
  systems: FhirSystems,
  request: FhirRequest,
  bundle: Resource,
): Promise<{ type: 'transaction' | 'batch'; results: EntryResult[] } | Refusal> {
  const type = bundle['type']
  if (type !== 'transaction' && type !== 'batch')
    return refuse('invalid', { detail: 'Bundle.type is transaction or batch here; collections go to $import.' })
  request.facts.act = type
  const entries = entriesIn(bundle)
  if (isRefusal(entries)) return entries
  const results = type === 'transaction' ? await transaction(systems, request, entries) : await batch(systems, request, entries)
  return isRefusal(results) ? results : { type, results }
}

const readsIn = (entries: readonly BundleEntry[]): Map<number, EntryResult> =>
  new Map(entries.flatMap(({ place, act }) => (act.act === 'read' ? [[place, { kind: 'read', url: act.url }] as const] : [])))
const inOrder = (results: ReadonlyMap<number, EntryResult>): EntryResult[] =>
  [...results].sort(([a], [b]) => a - b).map(([, result]) => result)

/** All entries or none. */
async function transaction(
  systems: FhirSystems,
  request: FhirRequest,
  found: readonly (BundleEntry | Refusal)[],
): Promise<EntryResult[] | Refusal> {
  const wrong = found.find(isRefusal)
  if (wrong !== undefined) return wrong
  const entries = found.filter((entry): entry is BundleEntry => !isRefusal(entry))
  const planned = planWrites(systems, entries)
  const twice = sameTarget(planned)
  if (twice !== null) return twice
  // Rights before anything is looked up: what a condition meets is for those who may write what rests on it.
  for (const each of planned) {
    const forbidden = mayTouchType(request.grant, 'write', each.act.type)
    if (forbidden !== null) return forbidden
  }
  const scope = planned.length === 0 ? null : await scopeOfWrites(systems, request, planned)
  if (isRefusal(scope)) return scope
  request.facts.sid = scope?.study.sid ?? null
  if (scope !== null) request.facts.detail['studyVersion'] = scope.study.version
  const results = readsIn(entries)
  const asking: Asking = { grant: request.grant, study: scope?.study ?? null }
  const existing = await existingOf(systems, asking, planned)
  if (isRefusal(existing)) return existing
  const targets = referencesWithin(planned)
  const unresolved = await conditionalTargets(systems.repository, asking, planned, targets)
  if (unresolved !== null) return unresolved
  for (const { place, act } of planned)
    if (existing.has(place)) results.set(place, { kind: 'existing', type: act.type, id: existing.get(place) ?? '' })
  const writes = planned.filter(({ place }) => !existing.has(place))
  for (const each of writes) {
    const refusal = checkWrite(request, each, targets)
    if (refusal !== null) return refusal
  }
  noteRepairs(
    request.facts,
    writes.flatMap((each) => each.repairs),
  )
  const stored = await storeAll(systems, request, scope, writes, onlyPatientOf(planned))
  if (isRefusal(stored)) return stored
  for (const { act } of writes) {
    const refusal = act.act === 'delete' ? null : await followGroup(systems, scope?.study ?? null, act.resource)
    if (refusal !== null) return refusal
  }
  for (const [at, each] of writes.entries()) {
    const outcome = stored[at]
    if (outcome !== undefined) results.set(each.place, { kind: 'written', type: each.act.type, outcome, repairs: each.repairs })
  }
  return inOrder(results)
}

function sameTarget(planned: readonly PlannedWrite[]): Refusal | null {
  const seen = new Set<string>()
  for (const { act, id, place } of planned) {
    const key = `${act.type}/${id}`
    if (seen.has(key)) return refuse('invalid', { detail: `Bundle.entry[${place}]: a transaction names each resource once.` })
    seen.add(key)
  }
  return null
}

const conditionOf = ({ act }: PlannedWrite): Condition | null =>
  act.act === 'create' && act.ifNoneExist !== null ? { type: act.type, query: act.ifNoneExist.replace(/^[^?]*\?/, '') } : null

/** Conditional creates that are met already; their entries store nothing, and references lead to what is there. */
async function existingOf(systems: FhirSystems, asking: Asking, planned: readonly PlannedWrite[]): Promise<Map<number, string> | Refusal> {
  const existing = new Map<number, string>()
  for (const each of planned) {
    const condition = conditionOf(each)
    if (condition === null) continue
    const id = await oneMatch(systems.repository, asking, condition)
    if (isRefusal(id)) return id
    if (id === null) continue
    existing.set(each.place, id)
    each.id = id
  }
  return existing
}

async function storeAll(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  writes: readonly PlannedWrite[],
  onlyPatient: string | null,
): Promise<WriteOutcome[] | Refusal> {
  if (writes.length === 0) return []
  const items: Item[] = []
  for (const each of writes) {
    const item = await itemFor(systems, request, each, scope, onlyPatient)
    if (isRefusal(item)) return item
    items.push(item)
  }
  const unit: Unit = {
    study: scope?.study ?? null,
    site: scope?.site ?? { kind: 'none' },
    grant: request.grant,
    items,
    auditId: await systems.repository.nextAuditId(),
  }
  const conditions = writes.map(conditionOf).filter((condition) => condition !== null)
  const outcome = await allOrNothing(systems, request, unit, conditions)
  if (isRefusal(outcome)) {
    await noteRefused(systems, unit, outcome, request.facts)
    return outcome
  }
  request.facts.recorded = true
  for (const each of outcome.stored) systems.metrics.written.inc({ outcome: each.outcome })
  return outcome.stored
}

/** Leaves a transaction without storing anything; carries why. */
class RolledBack extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.refusal)
  }
}

async function allOrNothing(
  systems: FhirSystems,
  request: FhirRequest,
  unit: Unit,
  conditions: readonly Condition[],
): Promise<UnitOutcome> {
  try {
    return await systems.repository.transact(async (tx) => {
      for (const condition of conditions) {
        await tx.lockName(`${unit.study?.sid ?? 0}/${condition.type}?${condition.query}`)
        // Looked at again under the lock: somebody may have made it since.
        const raced = await oneMatch(tx, unit, condition)
        if (raced !== null)
          throw new RolledBack(
            isRefusal(raced) ? raced : refuse('conflict', { detail: 'Somebody made the resource of a condition meanwhile; send again.' }),
          )
      }
      const [outcome] = await storeUnits(tx, [unit], { now: systems.now(), newId: systems.newId })
      if (outcome === undefined) throw new Error('a unit without an outcome')
      if (isRefusal(outcome)) throw new RolledBack(outcome)
      const conflict = outcome.stored.map(conflictOf).find((each) => each !== null)
      if (conflict) throw new RolledBack(conflict)
      await tx.audit([auditRecord({ ...request.facts, entries: entriesOf(unit, outcome) }, unit.auditId, 200)])
      return outcome
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.refusal
    throw error
  }
}

const batchPart = 500

/** Each entry on its own, in the transaction’s order, so that one may rest on another that was stored. */
async function batch(systems: FhirSystems, request: FhirRequest, found: readonly (BundleEntry | Refusal)[]): Promise<EntryResult[]> {
  const results = new Map<number, EntryResult>()
  for (const [place, entry] of found.entries()) if (isRefusal(entry)) results.set(place, { kind: 'refused', refusal: entry })
  const entries = found.filter((entry): entry is BundleEntry => !isRefusal(entry))
  for (const [place, read] of readsIn(entries)) results.set(place, read)
  const planned = planWrites(systems, entries)
  const onlyPatient = onlyPatientOf(planned)
  const ready: ReadyWrite[] = []
  for (const each of planned) {
    const unit = await unitOf(systems, request, each, onlyPatient)
    if (isRefusal(unit)) results.set(each.place, { kind: 'refused', refusal: unit })
    else ready.push({ each, unit })
  }
  noteRepairs(
    request.facts,
    ready.flatMap(({ each }) => each.repairs),
  )
  for (const part of partsOf(ready)) await storePart(systems, request, part, results)
  return inOrder(results)
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
  if (each.act.act === 'create' && each.act.ifNoneExist !== null)
    return refuse('not-supported', {
      detail: `Bundle.entry[${each.place}]: conditional create is supported alone and in a transaction, not in a batch.`,
    })
  const refusal = checkWrite(request, each, new Map())
  if (refusal !== null) return refusal
  const scope = await scopeOfWrites(systems, request, [each])
  if (isRefusal(scope)) return scope
  request.facts.sid = scope?.study.sid ?? request.facts.sid
  const item = await itemFor(systems, request, each, scope, onlyPatient)
  if (isRefusal(item)) return item
  return { study: scope?.study ?? null, site: scope?.site ?? { kind: 'none' }, grant: request.grant, items: [item], auditId: 0n }
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
    return outcomes
  } catch (error) {
    if (error instanceof Conflicted) return [error.outcome]
    throw error
  }
}
