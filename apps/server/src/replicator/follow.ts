import { compareCursors, feedStart, type Cursor, type Lake } from '../lake/index.js'
import type { ChangeRow, Changes, FeedState } from '../repository/index.js'
import { openRate } from '../monitoring/index.js'
import { faultPoint, Sleeper, type Clock } from '../storage/index.js'
import { byStudy, storeRows } from './batch.js'
import { EpochError, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { backoff, StudyFailures } from './failures.js'

/** The part of the repository that the replicator knows. */
interface ChangeSource {
  changes(after: Cursor, limit: number, options: { maxBytes: number }): Promise<Changes>
  feedState(): Promise<FeedState>
  onWrite(listener: () => void): () => void
  epoch(): Promise<string>
}

export interface ReplicatorStatus {
  state: 'ok' | 'behind' | 'failed'
  /** Why nothing moves, without any content. */
  reason: string | null
  cursor: Cursor
  /** The place up to which every study is stored. */
  stored: Cursor
  caughtUp: boolean
  /** Age of the oldest row that was read and is not in the lake yet. */
  lagMs: number
  /** Age of the oldest open writing transaction, which holds the feed back. */
  feedAgeMs: number
  /** Rows stored since the start, and how many per second over the last minute. */
  rows: number
  rate: number
  /** Studies that cannot be written now, with the reason. */
  failedStudies: Record<string, string>
}

export interface ReplicatorOptions {
  source: ChangeSource
  lake: Lake
  clock: Clock
  /** Told when the feed (study null) or a study begins to fail; the reason holds no content. */
  onFailure?: (failure: { study: string | null; reason: string }) => void
}

const rowsPerRead = 4000
const bytesPerRead = 4 * 1024 * 1024
const batchBytesMax = 8 * 1024 * 1024
const batchMsMax = 500
// How long a first row waits for others before its batch is written: fewer, larger segments on a quiet feed.
const gatherMs = 100
const pollMs = 1000
// Where nothing was for a lake, reading it again costs less than writing down that it was read.
const checkpointMs = 30_000

export class Replicator {
  readonly #options: ReplicatorOptions
  readonly #failures = new StudyFailures()
  readonly #sleeper = new Sleeper()
  readonly #waiting = new Set<{ mark: Cursor; resolve: () => void }>()
  readonly #unsubscribe: () => void
  readonly #running: Promise<void>
  #epoch: string | null = null
  #cursor: Cursor = feedStart
  #caughtUp = false
  #stopping = false
  #reason: string | null = null
  #oldestPendingAt: number | null = null
  #feedAgeMs = 0
  #checkpointAt = 0
  readonly #rate: ReturnType<typeof openRate>

  constructor(options: ReplicatorOptions) {
    this.#options = options
    this.#rate = openRate(() => options.clock.now())
    this.#unsubscribe = options.source.onWrite(() => this.#sleeper.wake())
    this.#running = this.#follow()
  }

  status(): ReplicatorStatus {
    const now = this.#options.clock.now()
    const oldest = Math.min(this.#oldestPendingAt ?? now, this.#failures.oldest() ?? now)
    return {
      state: this.#reason !== null ? 'failed' : this.#caughtUp && !this.#failures.any ? 'ok' : 'behind',
      reason: this.#reason,
      cursor: this.#cursor,
      stored: this.#failures.safe(this.#cursor),
      caughtUp: this.#caughtUp,
      lagMs: now - oldest,
      feedAgeMs: this.#feedAgeMs,
      rows: this.#rate.total(),
      rate: this.#rate.perSecond(),
      failedStudies: this.#failures.reasons(),
    }
  }

  /** Resolves when every row that was committed before the call is in its study's lake. */
  async catchUp(signal?: AbortSignal): Promise<void> {
    const { mark } = await this.#options.source.feedState()
    if (this.#passed(mark)) return
    await new Promise<void>((resolve, reject) => {
      const waiter = { mark, resolve }
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
  }

  async #follow(): Promise<void> {
    let attempts = 0
    while (!this.#stopping) {
      try {
        await this.#pass(this.#epoch ?? (await this.#begin()))
        attempts = 0
        this.#reason = null
        if (this.#caughtUp) await this.#rest()
      } catch (error) {
        if (this.#reason === null) this.#options.onFailure?.({ study: null, reason: reasonOf(error) })
        this.#reason = reasonOf(error)
        if (error instanceof EpochError) return
        await this.#sleeper.pause(backoff(++attempts))
      }
    }
  }

  async #begin(): Promise<string> {
    const { source, lake } = this.#options
    const epoch = await source.epoch()
    this.#cursor = await readCheckpoint(lake, epoch)
    await writeCheckpoint(lake, epoch, this.#cursor)
    return (this.#epoch = epoch)
  }

  async #rest(): Promise<void> {
    this.#feedAgeMs = (await this.#options.source.feedState()).oldestWriteMs
    if (this.#waiting.size > 0) return this.#sleeper.pause(gatherMs / 10)
    const woken = await this.#sleeper.sleep(pollMs)
    if (woken && this.#waiting.size === 0) await this.#sleeper.pause(gatherMs)
  }

  async #pass(epoch: string): Promise<void> {
    const { lake, clock } = this.#options
    const from = this.#failures.rewind(this.#cursor, clock)
    const { rows, to } = await this.#readBatch(from)
    if (rows.length > 0) {
      await faultPoint('replicator.batch-read')
      await this.#store(epoch, rows, from)
      await faultPoint('replicator.batch-stored')
    }
    this.#cursor = to
    this.#oldestPendingAt = null
    if (rows.length > 0 || (compareCursors(from, to) !== 0 && clock.now() - this.#checkpointAt > checkpointMs)) {
      await writeCheckpoint(lake, epoch, this.#failures.safe(to))
      this.#checkpointAt = clock.now()
      await faultPoint('replicator.checkpoint-written')
    }
    for (const waiter of this.#waiting) {
      if (!this.#passed(waiter.mark)) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  async #readBatch(from: Cursor): Promise<{ rows: ChangeRow[]; to: Cursor }> {
    const { source, clock } = this.#options
    const rows: ChangeRow[] = []
    const begun = clock.now()
    let bytes = 0
    let to = from
    do {
      const read = await source.changes(to, rowsPerRead, { maxBytes: bytesPerRead })
      for (const row of read.rows) bytes += row.content?.length ?? 0
      rows.push(...read.rows)
      to = read.cursor
      this.#caughtUp = read.caughtUp
      this.#oldestPendingAt ??= read.rows[0]?.at ?? null
    } while (!this.#caughtUp && !this.#stopping && bytes < batchBytesMax && clock.now() - begun < batchMsMax)
    return { rows, to }
  }

  async #store(epoch: string, rows: ChangeRow[], from: Cursor): Promise<void> {
    const groups = byStudy(rows, this.#failures.studies())
    const results = await Promise.allSettled(groups.map((group) => storeRows(this.#options.lake, epoch, group)))
    results.forEach((result, index) => {
      const study = groups[index]!.study
      if (result.status === 'fulfilled') {
        this.#rate.add(result.value)
        this.#failures.stored(study)
        return
      }
      const reason = reasonOf(result.reason)
      if (this.#failures.failed(study, { from, oldest: groups[index]!.rows[0]!.at }, reason, this.#options.clock))
        this.#options.onFailure?.({ study, reason })
    })
  }

  #passed(mark: Cursor): boolean {
    return !this.#failures.any && compareCursors(mark, this.#cursor) <= 0
  }
}

// Codes and our own words only: a database's or a file system's message can hold a path or a value.
function reasonOf(error: unknown): string {
  if (error instanceof EpochError) return error.message
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') return `failed with ${code}`
  return error instanceof Error ? error.name : 'failed'
}
