import { setImmediate as turn } from 'node:timers/promises'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import type { Repository } from '../repository/index.js'
import type { Feeds } from './feeds.js'
import { storeUnits, type Unit, type UnitOutcome } from './store.js'
import type { StartedByContract } from './withdrawn.js'

// 2026-11, 2 cores, 64 clients: one transaction at a time, and what came meanwhile in the next, takes 15 % less CPU per write than two
// beside each other, whose groups are half as large.
const unitsPerTransactionMax = 64
// What waits holds its body in memory. At 18,800 writes/s this is a quarter of a second of work; beyond it a client is better off
// hearing so than waiting unheard.
const waitingMaxDefault = 4_000
const bundlesMaxDefault = 64
const retryAfterS = 1

const busyNow = (): Refusal => refuse('not-ready', { detail: 'More writes are waiting than can be kept; send again shortly.', retryAfterS })

/** What a unit's outcome means to its request: the status of its answer. */
export type StatusOf = (outcome: UnitOutcome) => number

interface Waiting {
  unit: Unit
  facts: RequestFacts
  statusOf: StatusOf
  settle: (outcome: UnitOutcome) => void
  fail: (error: unknown) => void
}

export interface WriteQueue {
  /** Single writes that arrive together share a transaction; settles after commit. */
  submit(unit: Unit, facts: RequestFacts, statusOf: StatusOf): Promise<UnitOutcome>
  /** Lets a Bundle in, which stands outside the queue; call the result at its end. */
  enter(): (() => void) | Refusal
  /** writes and Bundles that are not answered yet */
  readonly waiting: number
  idle(): Promise<void>
}

export function openWriteQueue(
  repository: Repository,
  parts: { now: () => number; newId: () => string; feeds: Pick<Feeds, 'arrived'> },
  { waitingMax = waitingMaxDefault, bundlesMax = bundlesMaxDefault }: { waitingMax?: number; bundlesMax?: number } = {},
): WriteQueue {
  const { now, newId, feeds } = parts
  const waiting: Waiting[] = []
  let busy = false
  let bundles = 0
  let whenIdle: (() => void)[] = []

  async function commit(group: readonly Waiting[]): Promise<void> {
    const units = group.map((each) => each.unit)
    const outcomes = await repository.transact(async (tx) => {
      const stored = await storeUnits(tx, units, { now: now(), newId })
      const done = group.flatMap(({ unit, facts, statusOf }, place) => {
        const outcome = stored[place]
        return outcome === undefined || isRefusal(outcome)
          ? []
          : [auditRecord({ ...facts, entries: entriesOf(unit, outcome) }, unit.auditId, statusOf(outcome))]
      })
      const [only] = stored
      if (group[0] && only && isAlone(group[0].unit) && conflicts(only)) throw new Conflicted(only)
      if (done.length > 0) await tx.audit(done)
      return stored
    })
    feeds.arrived(units, outcomes)
    for (const [place, { facts, settle }] of group.entries()) {
      const outcome = outcomes[place]
      if (outcome === undefined) continue
      // A refusal stored nothing here, so its record goes with those of reads.
      if (!isRefusal(outcome)) facts.recorded = true
      settle(outcome)
    }
  }
  async function work(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      // What has arrived with it, and is read in this turn of the event loop, goes along.
      await turn()
      const group = waiting.splice(0, sharing(waiting))
      if (group.length === 0) break
      try {
        await commit(group)
      } catch (error) {
        if (error instanceof Conflicted) group[0]?.settle(error.outcome)
        else if (group.length === 1) group[0]?.fail(error)
        // One of them made the whole transaction fail: each on its own tells which.
        else for (const each of group) await commit([each]).catch((reason: unknown) => each.fail(reason))
      }
    }
    busy = false
    for (const tell of whenIdle) tell()
    whenIdle = []
  }
  return {
    submit(unit, facts, statusOf) {
      if (waiting.length >= waitingMax) return Promise.resolve(busyNow())
      return new Promise<UnitOutcome>((settle, fail) => {
        waiting.push({ unit, facts, statusOf, settle, fail })
        if (!busy) void work()
      })
    },
    enter() {
      if (bundles >= bundlesMax) return busyNow()
      bundles += 1
      return () => {
        bundles -= 1
      }
    },
    get waiting() {
      return waiting.length + bundles
    },
    idle: () => (!busy && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  }
}

export function entriesOf(unit: Unit, { stored, withdrawals = [] }: Exclude<UnitOutcome, Refusal>): RequestFacts['entries'] {
  return stored.map((outcome, place) => ({
    op: unit.items[place]?.op ?? 'write',
    type: unit.items[place]?.type,
    rid: outcome.rid,
    version: outcome.version,
    outcome: outcome.outcome,
    ...startedBy(withdrawals.find(({ contract }) => contract === outcome.rid)),
  }))
}
const startedBy = (started: StartedByContract | undefined): object =>
  started === undefined ? {} : { withdrawal: started.withdrawal, withdrawalAct: started.act }

/**
 * People and consents that are written under a condition stand alone: whether the condition held is known only after the write, and
 * nothing may rest on an enrolment or a consent that did not come to be.
 */
export const isAlone = (unit: Unit): boolean =>
  unit.items.some((item) => item.expect !== undefined && (item.consent !== undefined || item.type === 'Patient'))

function sharing(waiting: readonly Waiting[]): number {
  const alone = waiting.findIndex((each) => isAlone(each.unit))
  if (alone === 0) return 1
  return Math.min(unitsPerTransactionMax, alone < 0 ? waiting.length : alone)
}

export const conflicts = (outcome: UnitOutcome): boolean =>
  !isRefusal(outcome) &&
  outcome.stored.some((each) => each.outcome === 'version-conflict' || each.outcome === 'already-exists' || each.outcome === 'not-found')

/** Leaves a transaction without storing anything; carries what the request is told. */
export class Conflicted extends Error {
  constructor(readonly outcome: UnitOutcome) {
    super('conflict')
  }
}
