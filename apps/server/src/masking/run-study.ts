import { durationMs } from '@aquifer/core/time'
import { compareCursors, type Cursor, type LakeSegment, type StudyLake } from '../lake/index.js'
import { openRate } from '../monitoring/index.js'
import { type MaskedPerson, type ReservoirBatch, type ReservoirStamp, type StudyReservoir } from '../reservoir/index.js'
import { faultPoint, Sleeper } from '../storage/index.js'
import { BetweenBatches } from './between.js'
import type { DecidableDisplay, DisplayRuling, RulingOutcome } from './display-journal.js'
import type { HeldResource, NewlyHeld } from './held-list.js'
import { CurrentMasking } from './current-masking.js'
import { canariesThrough, LeakFound, type GateScope, type LeakAcceptance, type StandingLeak } from './leak-gate.js'
import { StudyNotes } from './notes.js'
import { bytesIn, joined, piecesOf, rowsIn } from './pieces.js'
import type { StudyMasking } from './pool.js'
import { replayedIn, Replays, type Replayed } from './replays.js'
import type { MaskingProgress, RunParts, StudyRunStatus, StudySettings } from './run-parts.js'
import { reasonOf } from './failure.js'
import type { MaskedBatch } from './worker-messages.js'

// One commit costs some 12 ms of CPU per type whatever it holds (2026-11, 2 cores), so commits keep a distance: longer where they take
// long, and none where somebody waits.
const commitDistanceMs = { min: 400, max: 2500 }
const commitTimeShare = 0.6
const commitBytesMax = 16 * 1024 * 1024
// What came in meanwhile is masked ahead only if it is much: a little would be a commit of its own, and all that comes later waits for it.
const aheadBytesMin = 2 * 1024 * 1024
const restMsMax = 30_000
const backoffMs = { first: 500, last: 30_000 }

interface Ahead {
  study: StudyMasking
  after: Cursor
  segments: LakeSegment[]
  masked: Promise<MaskedBatch[]>
}

/** One study's way from lake to reservoir: the only place where identified rows go in and masked ones come out. */
export class StudyRun {
  readonly study: string
  readonly #lake: StudyLake
  readonly #parts: RunParts
  readonly #sleeper = new Sleeper()
  // What may let a study on that the gate has stopped: a decision, another policy or key, a person who leaves; new rows may not.
  readonly #decision = new Sleeper()
  readonly #waiting = new Set<{ to: Cursor; resolve: () => void }>()
  readonly #unsubscribe: () => void
  readonly #running: Promise<void>
  #stopping = false
  #reason: string | null = null
  #alarmed: string | null = null
  readonly #rate: ReturnType<typeof openRate>
  #lastCommitAt = 0
  #commitMs = 0
  #reservoir: StudyReservoir | null = null
  #ahead: Ahead | null = null
  readonly #masking: CurrentMasking
  #told: string | null = null
  // Changes of what the study is masked by, and which of these what is made now has taken in.
  #changes = 0
  #takenIn = 0
  readonly #notes: StudyNotes
  readonly #replays = new Replays()
  readonly #between = new BetweenBatches()

  constructor(lake: StudyLake, parts: RunParts) {
    this.study = lake.study
    this.#lake = lake
    this.#parts = parts
    this.#notes = new StudyNotes(lake, parts)
    this.#rate = openRate(() => parts.clock.now())
    this.#masking = new CurrentMasking(lake.study, parts)
    this.#unsubscribe = lake.onChange(() => this.#sleeper.wake())
    this.#running = this.#follow()
  }

  status(): StudyRunStatus {
    const cursor = this.#cursor()
    const waiting = this.#lake.manifest().segments.find((segment) => compareCursors(segment.to, cursor) > 0)
    const lagMs = waiting ? Math.max(0, this.#parts.clock.now() - waiting.atMin) : 0
    const state = this.#reason !== null ? 'failed' : waiting ? 'behind' : 'ok'
    const figures = { rows: this.#rate.total(), rate: this.#rate.perSecond() }
    return { state, reason: this.#reason, lagMs, ...figures, held: this.#notes.heldCount, leaks: this.leaks().length, cursor }
  }

  held(): HeldResource[] {
    return this.#notes.held()
  }

  heldByReason(): Map<string, number> {
    return this.#notes.heldByReason()
  }

  /** What was held elsewhere, such as in a trial, as far as it may be told. */
  tellable<Row extends NewlyHeld>(rows: readonly Row[]): Row[] {
    return this.#notes.tellable(rows)
  }

  /** Masks everything anew from the lake, beside what is shown. Answers how many versions that are. */
  async release(): Promise<number> {
    await this.#notes.nextRound()
    this.#wakeStopped()
    return this.#lake.manifest().rows
  }

  /** Masks everything anew by the same, beside what is shown until it is done; answers once it is begun, done or not to be begun. */
  replay(id: string, asked: 'begin' | 'abandon'): Promise<Replayed> {
    const answer = this.#replays.ask(id, asked)
    this.#sleeper.wake()
    return answer
  }

  replayed(id: string): Replayed {
    return replayedIn(this.#reservoir, id)
  }

  /** How far the study is with being masked anew, in versions; null when it is not. */
  async rebuilding(): Promise<{ rows: number; of: number } | null> {
    const { rows: of } = this.#lake.manifest()
    if (!this.#madeAnew()) return null
    const left = this.#released() ? of : rowsIn(await this.#lake.after(this.#cursor(), Number.MAX_SAFE_INTEGER))
    return { rows: of - left, of }
  }

  /** The dictionary; null before the study's first row was masked. */
  displays(): DecidableDisplay[] | null {
    return this.#notes.displays()
  }

  async decide(rulings: readonly DisplayRuling[], by: string): Promise<RulingOutcome[]> {
    const outcomes = await this.#notes.decide(rulings, by)
    this.#sleeper.wake()
    return outcomes
  }

  /** Why the study is published no further. */
  leaks(): StandingLeak[] {
    return this.#notes.leaks()
  }

  /** Somebody answers for it that this is no leak; what was stopped goes on. */
  async acceptLeak(acceptance: LeakAcceptance, record: () => Promise<void>): Promise<boolean> {
    const accepted = await this.#notes.acceptLeak(acceptance, record)
    if (accepted) this.#wakeStopped()
    return accepted
  }

  /** A person's rows are gone from the lake, also those that the gate has stopped. */
  async leave(patientKeys: readonly string[]): Promise<void> {
    await this.#notes.leave(patientKeys)
    this.#wakeStopped()
  }

  /** Resolves when all that is in the study's lake now can be queried; publishes at once where the study has a schedule. */
  async catchUp(signal?: AbortSignal): Promise<void> {
    const to = this.#lake.end()
    if (this.#shows(to)) return
    await new Promise<void>((resolve, reject) => {
      const waiter = { to, resolve }
      this.#waiting.add(waiter)
      signal?.addEventListener('abort', () => {
        this.#waiting.delete(waiter)
        reject(signal.reason as Error)
      })
      this.#sleeper.wake()
    })
  }

  /** Something that is masked by was changed: look at once. */
  wake(): void {
    this.#changes++
    this.#wakeStopped()
  }

  /** How many versions of resources are in what is made now, of how many. */
  progress(): MaskingProgress {
    const cursor = this.#cursor()
    const { segments } = this.#lake.manifest()
    const done = rowsIn(segments.filter((segment) => compareCursors(segment.to, cursor) <= 0))
    return { reason: this.#reason, target: this.#masking.stamp(), done, total: rowsIn(segments) }
  }

  /** Takes a person out of held list and dictionary. */
  async forget(person: MaskedPerson): Promise<void> {
    await this.#notes.forget(person)
    // A text that only he bore is in the reservoir until the next commit.
    if (this.#notes.due) await this.catchUp()
  }

  /** The same while the gate has stopped the study; `purge` takes him out of what is shown. */
  forgetStopped<T>(person: MaskedPerson, purge: () => Promise<T>): Promise<T> {
    this.#wakeStopped()
    return this.#between.do(async () => {
      await this.#notes.forget(person)
      const [settings, reservoir] = [await this.#parts.settings(this.study), this.#reservoir]
      // The dictionary of a head that was given up is not that of what is shown.
      const stays = reservoir !== null && !(await reservoir.standBack())
      if (stays && settings !== null && this.#notes.due) await this.#store(settings, reservoir, [], [])
      return purge()
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#unsubscribe()
    this.#sleeper.end()
    this.#decision.end()
    await this.#running
    this.#replays.end(this.#reservoir)
    this.#between.end()
    this.#masking.close()
  }

  #wakeStopped(): void {
    this.#sleeper.wake()
    this.#decision.wake()
  }

  async #follow(): Promise<void> {
    let attempts = 0
    while (!this.#stopping) {
      try {
        if (await this.#between.settle()) {
          this.#ahead = null
          this.#notes.lost()
        }
        const changes = this.#changes
        const settings = await this.#parts.settings(this.study)
        const worked = settings !== null && (await this.#round(settings, changes))
        attempts = 0
        this.#reason = null
        this.#alarmed = null
        if (!worked) await this.#sleeper.sleep(restMsMax)
      } catch (error) {
        if (this.#stopping) return
        this.#reason = reasonOf(error)
        await this.#alarm(this.#reason, error)
        const pauseMs = Math.min(backoffMs.last, backoffMs.first * 2 ** Math.min(attempts++, 10))
        await (error instanceof LeakFound ? this.#decision.sleep(pauseMs) : this.#sleeper.pause(pauseMs))
      }
    }
  }

  async #alarm(reason: string, error: unknown): Promise<void> {
    // Two findings of a kind at a place read the same.
    const alarm = error instanceof LeakFound ? `${reason} ${error.leaks.map(({ id }) => id).join()}` : reason
    if (this.#alarmed === alarm) return
    this.#alarmed = alarm
    this.#parts.onFailure?.({ study: this.study, reason })
    if (error instanceof LeakFound) await this.#parts.onLeak?.({ study: this.study, leaks: this.leaks() }).catch(() => undefined)
  }

  async #round(settings: StudySettings, changes: number): Promise<boolean> {
    const { study, reservoir } = await this.#open(settings)
    // What is on its way counts only if what it follows was committed.
    if (await this.#replays.settle(reservoir)) {
      this.#ahead = null
      this.#notes.lost()
    }
    this.#takenIn = changes
    const ahead = this.#takeAhead(study)
    const { segments, consentEpoch } = ahead === null ? await this.#segments(settings) : { ...ahead, ...settings }
    // A head made anew must not be shown half-way because the process ends.
    if (this.#stopping) return false
    if (segments.length === 0) {
      if (this.#notes.due) await this.#store(settings, reservoir, [], [])
      await this.#notes.settle()
      if (this.#publishDue(settings, reservoir)) await reservoir.publish()
      await this.#tellShown(reservoir)
      this.#settleWaiting()
      return false
    }
    await faultPoint('masking.segments-read')
    const masked = await (ahead?.masked ?? this.#mask(study, segments))
    await faultPoint('masking.masked')
    await this.#maskAhead(study, segments.at(-1)!.to)
    await this.#store({ ...settings, consentEpoch }, reservoir, segments, masked)
    await this.#tellShown(reservoir)
    this.#settleWaiting()
    await this.#lake.settle(this.#cursor())
    return true
  }

  async #open(settings: StudySettings): Promise<{ study: StudyMasking; reservoir: StudyReservoir }> {
    await this.#notes.open()
    const { stamp, study, policy } = await this.#masking.by(settings.masking, this.#notes.round)
    this.#reservoir ??= await this.#parts.reservoir.study(this.study)
    const from = await this.#reservoir.begin(stamp)
    // A replay brings what is known, by the same names: nothing has to be forgotten for it, and nothing is lost if it is given up.
    if (from.xid === '0' && this.#reservoir.head()?.replay === undefined) await this.#notes.begunAnew()
    else if (from.xid === '0') this.#notes.lost()
    this.#notes.stopCanaries(await canariesThrough(policy, stamp.asOfYear), scopeOf(stamp))
    return { study, reservoir: this.#reservoir }
  }

  // The epoch of the round's beginning may be seconds old: what was decided since is in the rows, and would be told to be on its way.
  async #segments({ consentEpoch }: StudySettings): Promise<{ segments: LakeSegment[]; consentEpoch: number }> {
    const segments = await this.#lake.after(this.#cursor(), commitBytesMax)
    if (segments.length === 0) return { segments, consentEpoch }
    const bytes = bytesIn(segments)
    const distance = Math.min(commitDistanceMs.max, Math.max(commitDistanceMs.min, this.#commitMs / commitTimeShare))
    // Not longer than that where the clock was set back.
    const early = Math.min(distance, distance - (this.#parts.clock.now() - this.#lastCommitAt))
    if (bytes < commitBytesMax / 2 && early > 0 && this.#waiting.size === 0) await this.#sleeper.pause(early)
    const settings = await this.#parts.settings(this.study)
    return { segments: await this.#lake.after(this.#cursor(), commitBytesMax), consentEpoch: settings?.consentEpoch ?? consentEpoch }
  }

  async #mask(study: StudyMasking, segments: LakeSegment[]): Promise<MaskedBatch[]> {
    const pieces: Promise<MaskedBatch>[] = []
    for (const segment of segments) {
      for (const piece of piecesOf(await this.#lake.read(segment))) pieces.push(study.mask(piece))
      // Seen by Promise.all below; until then a failure must not count as nobody's.
      for (const piece of pieces) piece.catch(() => null)
    }
    return Promise.all(pieces)
  }

  // The next batch is masked while this one is written; it counts only if what it follows was committed.
  async #maskAhead(study: StudyMasking, after: Cursor): Promise<void> {
    const segments = await this.#lake.after(after, commitBytesMax)
    if (bytesIn(segments) < aheadBytesMin) return
    const masked = this.#mask(study, segments)
    masked.catch(() => null)
    this.#ahead = { study, after, segments, masked }
  }

  #takeAhead(study: StudyMasking): Ahead | null {
    const ahead = this.#ahead
    this.#ahead = null
    return ahead !== null && ahead.study === study && compareCursors(ahead.after, this.#cursor()) === 0 ? ahead : null
  }

  async #store(settings: StudySettings, reservoir: StudyReservoir, segments: LakeSegment[], masked: MaskedBatch[]): Promise<void> {
    const byType = joined(masked)
    await this.#notes.take(masked, byType, scopeOf(this.#masking.stamp()!))
    await faultPoint('masking.noted')
    const batch: ReservoirBatch = {
      cursor: segments.at(-1)?.to ?? this.#cursor(),
      feedAt: Math.max(0, ...segments.map((segment) => segment.atMax)),
      consentEpoch: settings.consentEpoch,
      byType,
      displays: this.#notes.changedDisplays(),
      visible: settings.publish === 'continuous' && !reservoir.rebuilding ? 'now' : 'later',
    }
    const begun = this.#parts.clock.now()
    const { unfit } = await this.#parts.reservoir.commit(reservoir, batch).catch((error: unknown) => {
      this.#notes.lost()
      throw error
    })
    await this.#notes.stored(unfit.map((row) => ({ ...row, reason: 'does-not-fit-schema', detail: null })))
    this.#lastCommitAt = this.#parts.clock.now()
    this.#commitMs = this.#lastCommitAt - begun
    this.#rate.add(rowsIn(segments))
  }

  async #tellShown(reservoir: StudyReservoir): Promise<void> {
    const shown = reservoir.snapshot()
    if (shown === null || !this.#parts.onShown) return
    const { maskingPolicy, maskingKey, modelVersion: model, asOfYear } = shown
    const stamp = { maskingPolicy, maskingKey, modelVersion: model, asOfYear }
    const told = JSON.stringify(stamp)
    if (this.#told === told) return
    await this.#parts.onShown(this.study, stamp)
    this.#told = told
  }

  #publishDue(settings: StudySettings, reservoir: StudyReservoir): boolean {
    const shown = reservoir.snapshot()
    if (reservoir.head() === shown) return false
    if (settings.publish === 'continuous' || shown === null || reservoir.rebuilding || this.#waiting.size > 0) return true
    return this.#parts.clock.now() - Date.parse(shown.snapshot) >= (durationMs(settings.publish) ?? 0)
  }

  #cursor(): Cursor {
    return this.#reservoir?.head()?.cursor ?? { xid: '0', seq: '0' }
  }

  #shows(to: Cursor): boolean {
    const shown = this.#reservoir?.snapshot() ?? null
    if (shown === null) return to.xid === '0'
    return this.#takenIn === this.#changes && !this.#madeAnew() && !this.#notes.due && compareCursors(to, shown.cursor) <= 0
  }

  // Asked for and not begun yet.
  #released(): boolean {
    const head = this.#reservoir?.head()
    return head !== null && head !== undefined && (head.round ?? 0) !== this.#notes.round
  }

  #madeAnew(): boolean {
    return this.#released() || this.#reservoir?.rebuilding === true
  }

  #settleWaiting(): void {
    for (const waiter of this.#waiting) if (this.#shows(waiter.to) && this.#waiting.delete(waiter)) waiter.resolve()
  }
}

const scopeOf = ({ maskingPolicy, maskingKey }: ReservoirStamp): GateScope => ({ policy: maskingPolicy, key: maskingKey })
