import { durationMs } from '@aquifer/core/time'
import { compareCursors, type Cursor, type Keyring, type LakeSegment, type StudyLake } from '../lake/index.js'
import { openRate } from '../monitoring/index.js'
import { modelVersion, type Reservoir, type StudyReservoir } from '../reservoir/index.js'
import { faultPoint, Sleeper, type Clock } from '../storage/index.js'
import { DisplayCount, type DisplayCandidate } from './display-count.js'
import { HeldList, type HeldRow } from './held-list.js'

/** Masks lake rows; the workers behind it take and return bytes. */
export interface MaskingPool {
  /** Name and version of the policy, as it is written beside each row. */
  readonly label: string
  mask(rows: Uint8Array): Promise<MaskedRows>
  close(): Promise<void>
}
export interface MaskedRows {
  byType: ReadonlyMap<string, Uint8Array>
  held: readonly HeldRow[]
  displays: readonly DisplayCandidate[]
}
export interface StudySettings {
  masking: string
  /** `continuous`, or a span such as `24h`. */
  publish: string
  /** Rises with every recorded consent; stamped on what is published. */
  consentEpoch: number
}
export interface RunParts {
  reservoir: Reservoir
  keyring: Keyring
  clock: Clock
  settings: (study: string) => Promise<StudySettings | null>
  openPool: (policy: string, key: Uint8Array) => Promise<MaskingPool>
  /** Told when a study begins to fail; the reason holds no content. */
  onFailure?: (failure: { study: string; reason: string }) => void
}
export interface StudyRunStatus {
  state: 'ok' | 'behind' | 'failed'
  reason: string | null
  lagMs: number
  /** Rows masked since the start, and how many per second over the last minute. */
  rows: number
  rate: number
  held: number
  cursor: Cursor
}

// One commit costs some 25 ms per type whatever it holds (2026-11, 2 cores): so not more than one in this time, unless somebody waits.
const commitMsMin = 1500
const commitBytesMax = 16 * 1024 * 1024
const pieceBytesMax = 1024 * 1024
const restMsMax = 30_000
const backoffMs = { first: 500, last: 30_000 }

/** One study's way from lake to reservoir: the only place where identified rows go in and masked ones come out. */
export class StudyRun {
  readonly study: string
  readonly #lake: StudyLake
  readonly #parts: RunParts
  readonly #sleeper = new Sleeper()
  readonly #waiting = new Set<{ to: Cursor; resolve: () => void }>()
  readonly #unsubscribe: () => void
  readonly #running: Promise<void>
  #stopping = false
  #reason: string | null = null
  readonly #rate: ReturnType<typeof openRate>
  #lastCommitAt = 0
  #reservoir: StudyReservoir | null = null
  #pool: { policy: string; pool: MaskingPool } | null = null
  #held: HeldList | null = null
  #displays: DisplayCount | null = null

  constructor(lake: StudyLake, parts: RunParts) {
    this.study = lake.study
    this.#lake = lake
    this.#parts = parts
    this.#rate = openRate(() => parts.clock.now())
    this.#unsubscribe = lake.onAppend(() => this.#sleeper.wake())
    this.#running = this.#follow()
  }

  status(): StudyRunStatus {
    const cursor = this.#cursor()
    const waiting = this.#lake.manifest().segments.find((segment) => compareCursors(segment.to, cursor) > 0)
    const lagMs = waiting ? Math.max(0, this.#parts.clock.now() - waiting.atMin) : 0
    const state = this.#reason !== null ? 'failed' : waiting ? 'behind' : 'ok'
    const figures = { rows: this.#rate.total(), rate: this.#rate.perSecond() }
    return { state, reason: this.#reason, lagMs, ...figures, held: this.#held?.size ?? 0, cursor }
  }

  held(): HeldRow[] {
    return this.#held?.rows() ?? []
  }

  /** Resolves when all that is in the study's lake now can be queried; publishes at once where the study has a schedule. */
  async catchUp(signal?: AbortSignal): Promise<void> {
    const to = this.#lake.manifest().cursor
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

  async stop(): Promise<void> {
    this.#stopping = true
    this.#unsubscribe()
    this.#sleeper.end()
    await this.#running
    await this.#pool?.pool.close()
  }

  async #follow(): Promise<void> {
    let attempts = 0
    while (!this.#stopping) {
      try {
        const settings = await this.#parts.settings(this.study)
        const worked = settings !== null && (await this.#round(settings))
        attempts = 0
        this.#reason = null
        if (!worked) await this.#sleeper.sleep(restMsMax)
      } catch (error) {
        if (this.#stopping) return
        const reason = error instanceof Error ? `${error.name}${codeOf(error)}` : 'failed'
        if (this.#reason === null) this.#parts.onFailure?.({ study: this.study, reason })
        this.#reason = reason
        await this.#sleeper.pause(Math.min(backoffMs.last, backoffMs.first * 2 ** Math.min(attempts++, 10)))
      }
    }
  }

  async #round(settings: StudySettings): Promise<boolean> {
    const { pool, reservoir } = await this.#open(settings)
    const segments = await this.#segments()
    if (segments.length === 0) {
      if (this.#publishDue(settings, reservoir)) await reservoir.publish()
      this.#settleWaiting()
      return false
    }
    await faultPoint('masking.segments-read')
    const masked = await this.#mask(pool, segments)
    await faultPoint('masking.masked')
    await this.#store(settings, reservoir, segments, masked)
    this.#settleWaiting()
    await this.#lake.settle(this.#cursor())
    return true
  }

  async #open(settings: StudySettings): Promise<{ pool: MaskingPool; reservoir: StudyReservoir }> {
    const { id: keyId, key } = await this.#parts.keyring.studyKey(this.study, 'masking')
    if (this.#pool?.policy !== settings.masking) {
      await this.#pool?.pool.close()
      this.#pool = null
      this.#pool = { policy: settings.masking, pool: await this.#parts.openPool(settings.masking, key) }
    }
    const { pool } = this.#pool
    this.#held ??= await HeldList.open(this.#lake)
    this.#displays ??= await DisplayCount.open(this.#lake)
    this.#reservoir ??= await this.#parts.reservoir.study(this.study)
    const stamp = { maskingPolicy: pool.label, maskingKey: keyId, modelVersion: modelVersion() }
    const from = await this.#reservoir.begin(stamp)
    if (from.xid === '0') {
      await this.#held.clear()
      await this.#displays.clear()
    }
    return { pool, reservoir: this.#reservoir }
  }

  // Rows that come soon after a commit wait for more, so that a busy feed makes few large commits.
  async #segments(): Promise<LakeSegment[]> {
    const segments = await this.#lake.after(this.#cursor(), commitBytesMax)
    const bytes = segments.reduce((sum, segment) => sum + segment.plainBytes, 0)
    const early = commitMsMin - (this.#parts.clock.now() - this.#lastCommitAt)
    if (segments.length === 0 || bytes >= commitBytesMax / 2 || early <= 0 || this.#waiting.size > 0) return segments
    await this.#sleeper.pause(early)
    return this.#stopping ? [] : this.#lake.after(this.#cursor(), commitBytesMax)
  }

  async #mask(pool: MaskingPool, segments: LakeSegment[]): Promise<MaskedRows[]> {
    const pieces: Promise<MaskedRows>[] = []
    for (const segment of segments) {
      for (const piece of piecesOf(await this.#lake.read(segment))) pieces.push(pool.mask(piece))
      // Seen by Promise.all below; until then a failure must not count as nobody's.
      for (const piece of pieces) piece.catch(() => null)
    }
    return Promise.all(pieces)
  }

  async #store(settings: StudySettings, reservoir: StudyReservoir, segments: LakeSegment[], masked: MaskedRows[]): Promise<void> {
    const byType = joined(masked)
    const held = masked.flatMap((rows) => [...rows.held])
    await this.#held!.update(held, byType)
    await this.#displays!.add(masked.flatMap((rows) => [...rows.displays]))
    await faultPoint('masking.noted')
    const displays = this.#displays!.changed()
    const { unfit } = await this.#parts.reservoir.commit(reservoir, {
      cursor: segments.at(-1)!.to,
      feedAt: Math.max(...segments.map((segment) => segment.atMax)),
      consentEpoch: settings.consentEpoch,
      byType,
      dead: held.flatMap(({ type, id, version }) => (id !== null && version > 1 ? [{ type, id, version }] : [])),
      displays,
      visible: settings.publish === 'continuous' && !reservoir.rebuilding ? 'now' : 'later',
    })
    this.#displays!.stored()
    await this.#held!.update(
      unfit.map((row) => ({ ...row, reason: 'does-not-fit-schema' })),
      new Map(),
    )
    this.#lastCommitAt = this.#parts.clock.now()
    this.#rate.add(segments.reduce((sum, segment) => sum + segment.rows, 0))
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
    if (to.xid === '0') return true
    return shown !== null && !this.#reservoir?.rebuilding && compareCursors(to, shown.cursor) <= 0
  }

  #settleWaiting(): void {
    for (const waiter of this.#waiting) {
      if (!this.#shows(waiter.to)) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }
}

// Cut between rows, so that every worker has its share and none holds much at once.
function* piecesOf(rows: Buffer): Generator<Uint8Array> {
  let from = 0
  while (from < rows.length) {
    const cut = from + pieceBytesMax >= rows.length ? -1 : rows.indexOf(0x0a, from + pieceBytesMax)
    const to = cut === -1 ? rows.length : cut + 1
    yield rows.subarray(from, to)
    from = to
  }
}

function joined(masked: MaskedRows[]): Map<string, Uint8Array[]> {
  const byType = new Map<string, Uint8Array[]>()
  for (const { byType: part } of masked) {
    for (const [type, bytes] of part) {
      const list = byType.get(type)
      if (list) list.push(bytes)
      else byType.set(type, [bytes])
    }
  }
  return byType
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? ` ${code}` : error.name === 'WriterError' ? `: ${error.message}` : ''
}
