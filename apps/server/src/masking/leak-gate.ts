import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { canaryPaths, canarySearch, createLeakGate, type GateState, type Leak, type Policy } from '@aquifer/core/masking'
import type { Journal, StudyLake } from '../lake/index.js'
import { hmacOf, randomMaskingKey } from './keys.js'
import type { MaskedBatch } from './worker-messages.js'

/** What is being made: what somebody answered for under one policy or key, nobody has answered for under another. */
export interface GateScope {
  policy: string
  key: string
}
/** Who said that a finding is none, and why. */
export interface LeakAcceptance {
  /** The finding: this word at this place under this policy and key, and no other. */
  id: string
  by: string
  at: number
  reason: string
}
/** A leak that keeps a study from being published further. */
export interface StandingLeak extends Leak {
  since: number
}
type Entry = { passed: GateState } | { state: GateState; accepted: LeakAcceptance[] } | { accepted: LeakAcceptance }

const journalName = 'leak-gate'
const entriesMax = 400
const canariesAtOnce = 50
const searched = new WeakMap<Policy, Promise<string[]>>()

/** Paths of the PHI table on which a canary comes through this policy though it does not keep them; sought once for each policy. */
export function canariesThrough(policy: Policy, asOfYear: number): Promise<string[]> {
  const known = searched.get(policy) ?? searchAll(policy, asOfYear)
  searched.set(policy, known)
  return known
}

async function searchAll(policy: Policy, asOfYear: number): Promise<string[]> {
  const search = canarySearch(policy, { hmac: hmacOf(randomMaskingKey()), asOfYear })
  const through: string[] = []
  for (let at = 0; at < canaryPaths.length; at += canariesAtOnce) {
    through.push(...search(canaryPaths.slice(at, at + canariesAtOnce)))
    await turn()
  }
  return through
}

/** Rows that hold something of a person are not published: the study stays at its last good snapshot until somebody has decided. */
export class LeakFound extends Error {
  override readonly name = 'LeakFound'
  constructor(readonly leaks: readonly Leak[]) {
    const [first] = leaks
    super(first ? `${first.kind} at ${first.place}${leaks.length > 1 ? ` and ${leaks.length - 1} more` : ''}` : 'a leak')
  }
}

/** A study's gate, kept across restarts. Its terms cannot be read without the study's key; the journal is encrypted besides. */
export class StudyGate {
  readonly #journal: Journal
  readonly #accepted = new Map<string, LeakAcceptance>()
  #gate = createLeakGate()
  #standing: StandingLeak[]

  constructor(journal: Journal, standing: StandingLeak[]) {
    this.#journal = journal
    this.#standing = standing
    for (const entry of journal.take().map((bytes) => JSON.parse(bytes.toString()) as Entry)) {
      if ('passed' in entry) this.#gate.restore(entry.passed)
      else if ('state' in entry) this.#gate.restore(entry.state)
      for (const acceptance of 'accepted' in entry ? [entry.accepted].flat() : []) this.#accepted.set(acceptance.id, acceptance)
    }
  }

  static async open(lake: StudyLake, standing: StandingLeak[] = []): Promise<StudyGate> {
    return new StudyGate(await lake.journal(journalName), standing)
  }

  standing(): StandingLeak[] {
    return this.#standing
  }

  /** Stops the study where its policy lets canaries through. */
  stopCanaries(paths: readonly string[], scope: GateScope, now: number): void {
    const open = this.#open(
      paths.map((path) => ({ id: `canary ${path}`, kind: 'canary', place: path, late: false })),
      scope,
    )
    if (open.length > 0) this.#stop(open, now)
  }

  /** Lets batches through and writes down what is new in them; throws where they hold a leak nobody has accepted. */
  async pass(masked: readonly MaskedBatch[], scope: GateScope, now: number): Promise<void> {
    // The dictionary alone: what stands stays so.
    if (masked.length === 0) return
    const batches = masked.map(({ gate }) => gate)
    const open = this.#open(this.#gate.check(batches), scope)
    if (open.length > 0) this.#stop(open, now)
    this.#standing = []
    const passed = this.#gate.pass(batches)
    if (passed.people.length === 0 && passed.passed.length === 0) return
    if (this.#journal.length < entriesMax) await this.#journal.append(bytesOf({ passed }))
    else await this.#rewrite()
  }

  /** false: no such leak stands. On record before anything is let through: what breaks off in between leaves the study stopped. */
  async accept(acceptance: LeakAcceptance, record: () => Promise<void>): Promise<boolean> {
    if (!this.#standing.some(({ id }) => id === acceptance.id)) return false
    await record()
    await this.#journal.append(bytesOf({ accepted: acceptance }))
    this.#accepted.set(acceptance.id, acceptance)
    this.#standing = this.#standing.filter(({ id }) => id !== acceptance.id)
    return true
  }

  async forget(patient: string): Promise<void> {
    this.#gate.forget(patient)
    if (this.#journal.length > 0) await this.#rewrite()
  }

  /** Everything is masked anew. What was accepted under this policy and key stays so. */
  async clear(): Promise<void> {
    this.#gate = createLeakGate()
    if (this.#journal.length > 0) await this.#rewrite()
  }

  #open(leaks: readonly Leak[], scope: GateScope): Leak[] {
    return leaks.map((leak) => ({ ...leak, id: findingOf(leak, scope) })).filter(({ id }) => !this.#accepted.has(id))
  }

  #stop(open: readonly Leak[], now: number): never {
    const since = new Map(this.#standing.map((leak) => [leak.id, leak.since]))
    this.#standing = open.map((leak) => ({ ...leak, since: since.get(leak.id) ?? now }))
    throw new LeakFound(open)
  }

  #rewrite(): Promise<void> {
    return this.#journal.replace([bytesOf({ state: this.#gate.state(), accepted: [...this.#accepted.values()] })])
  }
}

const findingOf = ({ id, kind }: Leak, { policy, key }: GateScope): string =>
  createHash('sha256')
    .update(JSON.stringify([policy, key, kind, id]))
    .digest('hex')
    .slice(0, 32)

const bytesOf = (entry: Entry): Buffer => Buffer.from(JSON.stringify(entry))
