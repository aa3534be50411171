import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../../access/index.js'
import { auditRecord } from '../../audit/index.js'
import type { Tx, WriteOutcome } from '../../repository/index.js'
import type { Item } from '../item.js'
import { noteRefused } from '../refused.js'
import { noteRepairs } from '../repaired.js'
import type { Scope } from '../scope.js'
import { storeUnits, type Unit } from '../store.js'
import { openTurns } from '../turns.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { conflictOf, followGroup } from '../write.js'
import { entriesOf } from '../write-queue.js'
import { conditionalTargets, conditionOf, lockOf, meetConditions, oneMatch, type Asking } from './conditional.js'
import { checkElsewhere, itemsElsewhere } from './elsewhere.js'
import type { BundleEntry } from './entries.js'
import { oneAtATime } from './one-at-a-time.js'
import { checkWrite, itemFor, onlyPatientOf, planWrites, referencesWithin, scopeOfWrites, type PlannedWrite } from './plan.js'
import { inOrder, readsIn, type EntryResult } from './results.js'

const attemptsMax = 8

/** Leaves a transaction without storing anything; carries why. `raced`: what a condition met was changed meanwhile. */
class RolledBack extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly raced = false,
  ) {
    super(refusal.refusal)
  }
}
const raced = (): RolledBack =>
  new RolledBack(refuse('conflict', { detail: 'What meets the condition is changed all the time; send again.' }), true)

/** All entries or none. */
export async function transaction(
  systems: FhirSystems,
  request: FhirRequest,
  found: readonly (BundleEntry | Refusal)[],
): Promise<EntryResult[] | Refusal> {
  const wrong = found.find(isRefusal)
  if (wrong !== undefined) return wrong
  const entries = found.filter((entry): entry is BundleEntry => !isRefusal(entry))
  const planned = planWrites(systems, entries)
  // Rights before anything is looked up: what a condition meets is for those who may write what rests on it.
  for (const each of planned) {
    const forbidden = mayTouchType(request.grant, 'write', each.act.type)
    if (forbidden !== null) return forbidden
  }
  const scope = planned.length === 0 ? null : await scopeOfWrites(systems, request, planned)
  if (isRefusal(scope)) return scope
  request.facts.sid = scope?.study.sid ?? null
  if (scope !== null) request.facts.detail['studyVersion'] = scope.study.version
  const locks = planned.map(conditionOf).flatMap((each) => (each === null ? [] : [lockOf(scope?.study ?? null, each)]))
  // In one order everywhere, so that nobody waits for who waits for him.
  const written = await oneAtATime(systems.repository, [...new Set(locks)].toSorted(), () => writePlanned(systems, request, scope, planned))
  return isRefusal(written) ? written : inOrder(new Map([...readsIn(entries), ...written]))
}

/** Conditions are looked up before, and again under their locks: whoever came between has to be met by them, too. */
async function writePlanned(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  planned: readonly PlannedWrite[],
): Promise<Map<number, EntryResult> | Refusal> {
  const asking: Asking = { grant: request.grant, study: scope?.study ?? null, now: systems.now() }
  // References written in an earlier attempt lead to ids that stand for something else in this one.
  const earlier = new Map<PlannedWrite, Set<string>>(planned.map((each) => [each, new Set([each.id])]))
  for (let attempt = 1; ; attempt += 1) {
    const unmet = await meetConditions(systems.repository, asking, planned)
    const refusal = unmet ?? sameTarget(planned)
    if (refusal !== null) return refusal
    const targets = referencesWithin(planned)
    for (const [{ act, id }, names] of earlier) {
      for (const name of names.add(id)) if (name !== id) targets.set(`${act.type}/${name}`, `${act.type}/${id}`)
    }
    const unresolved = await conditionalTargets(systems.repository, asking, planned, targets)
    if (unresolved !== null) return unresolved
    const written = await attemptOnce(systems, request, scope, { planned, targets })
    if (!(written instanceof RolledBack)) return written
    if (!written.raced || attempt >= attemptsMax) return written.refusal
  }
}

async function attemptOnce(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  { planned, targets }: { planned: readonly PlannedWrite[]; targets: ReadonlyMap<string, string> },
): Promise<Map<number, EntryResult> | Refusal | RolledBack> {
  const results = new Map<number, EntryResult>()
  const writes: PlannedWrite[] = []
  for (const each of planned) {
    const { act, place, met } = each
    if (act.act === 'create' && met !== undefined) results.set(place, { kind: 'existing', type: act.type, ...met })
    else if (act.act === 'delete' && act.id === null && met === undefined) results.set(place, { kind: 'nothing', type: act.type })
    else writes.push(each)
  }
  const checked = await checkElsewhere(request, writes, { targets, untilRefused: true })
  const refusal = checked === null ? await checkHere(request, writes, targets) : (checked.find(isRefusal) ?? null)
  if (refusal !== null) return refusal
  const stored = await storeAll(systems, request, scope, { planned, writes, targets })
  if (isRefusal(stored) || stored instanceof RolledBack) return stored
  for (const { act, id } of writes) {
    if (act.act === 'delete') continue
    const refusal = await followGroup(systems, scope?.study ?? null, { ...act.resource, id })
    if (refusal !== null) return refusal
  }
  for (const [at, each] of writes.entries()) {
    const outcome = stored[at]
    if (outcome !== undefined) results.set(each.place, { kind: 'written', type: each.act.type, outcome, repairs: each.repairs })
  }
  return results
}

interface Attempt {
  planned: readonly PlannedWrite[]
  /** those of them that write */
  writes: readonly PlannedWrite[]
  targets: ReadonlyMap<string, string>
}

async function checkHere(
  request: FhirRequest,
  writes: readonly PlannedWrite[],
  targets: ReadonlyMap<string, string>,
): Promise<Refusal | null> {
  const turn = openTurns()
  for (const each of writes) {
    await turn()
    const refusal = checkWrite(request, each, targets)
    if (refusal !== null) return refusal
  }
  return null
}

async function itemsOf(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  { planned, writes, targets }: Attempt,
): Promise<Item[] | Refusal> {
  const onlyPatient = onlyPatientOf(planned)
  if (request.elsewhere) {
    const scoped = writes.map((each) => ({ each, scope }))
    const items = await itemsElsewhere(systems, request, scoped, onlyPatient)
    if (items !== null) return items.find(isRefusal) ?? items.filter((item): item is Item => !isRefusal(item))
    const refusal = await checkHere(request, writes, targets)
    if (refusal !== null) return refusal
  }
  const items: Item[] = []
  const turn = openTurns()
  for (const each of writes) {
    await turn()
    const item = await itemFor(systems, request, each, scope, onlyPatient)
    if (isRefusal(item)) return item
    items.push(item)
  }
  return items
}

function sameTarget(planned: readonly PlannedWrite[]): Refusal | null {
  const seen = new Set<string>()
  for (const each of planned) {
    const { act, id, place, met } = each
    // A conditional create that is met writes nothing, and a conditional delete that is not deletes nothing.
    if (act.act === 'create' && met !== undefined) continue
    const condition = met === undefined ? conditionOf(each) : null
    const key = condition === null ? `${act.type}/${id}` : lockOf(null, condition)
    if (seen.has(key)) return refuse('invalid', { detail: `Bundle.entry[${place}]: a transaction names each resource once.` })
    seen.add(key)
  }
  return null
}

async function storeAll(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  { planned, writes, targets }: Attempt,
): Promise<WriteOutcome[] | Refusal | RolledBack> {
  if (writes.length === 0) return []
  noteRepairs(
    request.facts,
    writes.flatMap((each) => each.repairs),
  )
  const items = await itemsOf(systems, request, scope, { planned, writes, targets })
  if (isRefusal(items)) return items
  const unit: Unit = {
    study: scope?.study ?? null,
    site: scope?.site ?? { kind: 'none' },
    grant: request.grant,
    items,
    auditId: await systems.repository.nextAuditId(),
  }
  const stored = await allOrNothing(systems, request, unit, { planned, writes })
  if (stored instanceof RolledBack) {
    if (!stored.raced) await noteRefused(systems, unit, stored.refusal, request.facts)
    return stored
  }
  request.facts.recorded = true
  systems.feeds.arrived([unit], [{ stored }])
  for (const each of stored) systems.metrics.written.inc({ outcome: each.outcome })
  return stored
}

async function allOrNothing(
  systems: FhirSystems,
  request: FhirRequest,
  unit: Unit,
  { planned, writes }: { planned: readonly PlannedWrite[]; writes: readonly PlannedWrite[] },
): Promise<WriteOutcome[] | RolledBack> {
  try {
    return await systems.repository.transact(async (tx) => {
      await holdConditions(tx, { ...unit, now: systems.now() }, planned)
      const [outcome] = await storeUnits(tx, [unit], { now: systems.now(), newId: systems.newId })
      if (outcome === undefined) throw new Error('a unit without an outcome')
      if (isRefusal(outcome)) throw new RolledBack(outcome)
      for (const [at, stored] of outcome.stored.entries()) {
        const conflict = conflictOf(stored)
        if (conflict === null) continue
        const each = writes[at]
        // The version was that of a condition, not one the caller named.
        throw each?.met !== undefined && each.act.act !== 'create' && each.act.version === undefined ? raced() : new RolledBack(conflict)
      }
      await tx.audit([auditRecord({ ...request.facts, entries: entriesOf(unit, outcome) }, unit.auditId, 200)])
      return outcome.stored
    })
  } catch (error) {
    if (error instanceof RolledBack) return error
    throw error
  }
}

/** Until commit nobody else writes under these conditions; and nobody did since they were looked up. */
async function holdConditions(tx: Tx, asking: Asking, planned: readonly PlannedWrite[]): Promise<void> {
  const named = planned.flatMap((each) => {
    const condition = conditionOf(each)
    return condition === null ? [] : [{ each, condition, lock: lockOf(asking.study, condition) }]
  })
  named.sort((a, b) => (a.lock < b.lock ? -1 : a.lock > b.lock ? 1 : 0))
  for (const { each, condition, lock } of named) {
    await tx.lockName(lock)
    const now = await oneMatch(tx, asking, condition)
    if (isRefusal(now)) throw new RolledBack(now)
    if (now?.id !== each.met?.id || (each.act.act !== 'create' && now?.version !== each.met?.version)) throw raced()
  }
}
