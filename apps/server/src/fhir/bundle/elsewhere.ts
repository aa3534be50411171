import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Resource } from '@aquifer/core/fhir'
import type { Item } from '../item.js'
import { parseBody } from '../parse.js'
import type { Scope } from '../scope.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { bytesOn, type Seat, type Threads } from '../threads.js'
import { beforeItem, type PlannedWrite } from './plan.js'
import type { BundleJob, CheckedEntry, Outline, ReadyItems } from './reader.js'

const entriesForThread = 20

/** Resources of a Bundle that a thread holds, while their names stand for them here. */
export interface Elsewhere {
  seat: Pick<Seat, 'ask'>
  text: string
  /** all that were to be checked there */
  held: readonly PlannedWrite[]
  leave(): void
}

/** A Bundle from its text: as a whole, or as an outline whose resources a thread holds. */
export async function readBundle(
  threads: Threads | null,
  text: string,
): Promise<{ bundle: Resource | Refusal; elsewhere: Elsewhere | null }> {
  if (threads === null || !holdsMany(text)) return { bundle: await parseBody(text, 'several'), elsewhere: null }
  const seat = threads.seat()
  const job: BundleJob = { kind: 'read', text }
  const read = await seat.ask<Outline>(job)
  if (read !== null && read.bundle !== null && !isRefusal(read.bundle))
    return { bundle: read.bundle, elsewhere: { seat, text, held: [], leave: () => seat.leave() } }
  seat.leave()
  return { bundle: read?.bundle ?? (await parseBody(text, 'several')), elsewhere: null }
}

/** By a word that each resource says once: for fewer, the way there and back costs more than it spares. */
function holdsMany(text: string): boolean {
  let at = 0
  for (let found = 0; found <= entriesForThread; found++) {
    at = text.indexOf('"resourceType"', at) + 1
    if (at === 0) return false
  }
  return true
}

interface HowToCheck {
  targets: ReadonlyMap<string, string>
  /** nothing counts after the first refusal */
  untilRefused: boolean
}

/** What checkWrite tells of each whose right to be written is known; null: the resources are here. */
export async function checkElsewhere(
  request: FhirRequest,
  writes: readonly PlannedWrite[],
  how: HowToCheck,
): Promise<(Refusal | null)[] | null> {
  if (!request.elsewhere) return null
  request.elsewhere.held = writes
  const entries = writes.flatMap(({ place, act }) => (act.act === 'delete' ? [] : [{ place, keepsId: act.act === 'update' }]))
  const job: BundleJob = { kind: 'check', strict: request.strict, ...how, entries }
  const answer = await request.elsewhere.seat.ask<CheckedEntry[]>(job)
  if (answer === null) return bringHere(request)
  const checked = answer.values()
  return writes.map((each) => {
    if (each.act.act === 'delete') return null
    const found = checked.next().value
    if (found === undefined || isRefusal(found)) return found ?? null
    each.repairs = found.repairs
    // What it says of its scope may have been mended.
    each.act.resource['extension'] = found.extension
    return null
  })
}

/** What itemFor tells of each; null: the resources are here, unchecked. */
export async function itemsElsewhere(
  systems: FhirSystems,
  request: FhirRequest,
  writes: readonly { each: PlannedWrite; scope: Scope | null }[],
  onlyPatient: string | null,
): Promise<(Item | Refusal)[] | null> {
  if (!request.elsewhere) return null
  const ready: Awaited<ReturnType<typeof beforeItem>>[] = []
  for (const { each, scope } of writes) ready.push(await beforeItem(systems, request, each, scope, onlyPatient))
  const entries = ready.flatMap((found, at) => {
    const place = writes[at]?.each.place
    return isRefusal(found) || 'patients' in found || place === undefined ? [] : [{ place, options: found.options }]
  })
  const job: BundleJob = { kind: 'items', entries }
  const answer = await request.elsewhere.seat.ask<ReadyItems>(job)
  if (answer === null) return bringHere(request)
  bytesOn(answer.items, answer)
  const items = answer.items.values()
  return ready.map((found) => {
    if (isRefusal(found) || 'patients' in found) return found
    const item = items.next().value
    if (item === undefined) throw new Error('a thread made fewer items than it was asked for')
    return item
  })
}

/** The thread is gone: puts the resources themselves in the place of their names. */
async function bringHere(request: FhirRequest): Promise<null> {
  const { text = '', held = [] } = request.elsewhere ?? {}
  const bundle = await parseBody(text, 'several')
  if (isRefusal(bundle)) throw new Error('a Bundle that was read cannot be read again')
  const entries = bundle['entry'] as { resource: Resource }[]
  for (const each of held) {
    const entry = entries[each.place]
    if (each.act.act !== 'delete' && entry !== undefined) each.act.resource = entry.resource
    each.repairs = []
  }
  request.elsewhere = null
  return null
}
