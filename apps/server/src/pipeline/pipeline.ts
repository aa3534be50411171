import { setTimeout as sleep } from 'node:timers/promises'
import type { GenerationView, PipelineStatus, WaitRequest, WaitResult } from '@aquifer/core/contract'
import type { HeldResource, LeakAcceptance, StandingLeak } from '../masking/index.js'
import type { PipelineParts } from './parts.js'
import { rowsOf, stagesOf } from './stages.js'

const waitSecondsDefault = 300
// A bulk load that outruns masking makes everybody's writes wait for it: it is slowed from this lag on, but never stopped, since a
// stage that stands still holds up what can be queried and not what can be written.
const pace = { lagMs: 3_500, stepMs: 25, waitMsMax: 400 }

/** Where everything on its way is, and whether it has arrived. Moves no row. */
export class Pipeline {
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** Of one study, or of all together (null). */
  async status(study: string | null): Promise<PipelineStatus> {
    const others = (await this.#parts.otherStages?.(study)) ?? []
    const stages = stagesOf(this.#parts, study, others)
    return {
      ready: stages.every((stage) => stage.state !== 'failed'),
      study,
      snapshot: this.#snapshot(study),
      stages,
      held: this.#statuses(study).reduce((sum, status) => sum + status.held, 0),
    }
  }

  /** Waits until all that was written before the call can be queried; a study with a schedule publishes at once. */
  async wait(request: WaitRequest): Promise<WaitResult> {
    const { clock, replicator, masking } = this.#parts
    const begun = clock.now()
    const signal = AbortSignal.timeout((request.timeoutS ?? waitSecondsDefault) * 1000)
    let done = true
    try {
      await replicator.catchUp(signal)
      await masking.catchUp(request.study === undefined ? undefined : [request.study], signal)
    } catch (error) {
      if (!signal.aborted) throw error
      done = false
    }
    return { done, elapsedMs: clock.now() - begun, snapshot: this.#snapshot(request.study ?? null) }
  }

  /** The newest generation for readers outside; the first, or a fresh one, is made now. Null: nothing can be shown yet. */
  async generation(study: string, { fresh }: { fresh: boolean }): Promise<GenerationView | null> {
    const { reservoir } = this.#parts
    const newest = fresh ? null : await reservoir.newestGeneration(study)
    const generation = newest ?? (await reservoir.publishGeneration(study))
    if (generation === null) return null
    const { at, ...told } = generation
    return { study, ...told, publishedAt: new Date(at).toISOString() }
  }

  /** Lets a bulk load wait until the study's rows are nearly as far as its writes; never long at a time, so that a slow machine still loads. */
  async pace(study: string): Promise<void> {
    for (let waited = 0; waited < pace.waitMsMax && this.#lagMs(study) > pace.lagMs; waited += pace.stepMs) await sleep(pace.stepMs)
  }

  /** What of a study is held back from masking, by pseudonym and reason. */
  held(study: string): HeldResource[] {
    return this.#parts.masking.held(study)
  }

  /** What the leak gate stopped in a study, and nobody has decided on. */
  leaks(study: string): StandingLeak[] {
    return this.#parts.masking.leaks(study)
  }

  acceptLeak(study: string, acceptance: LeakAcceptance, record: () => Promise<void>): Promise<boolean> {
    return this.#parts.masking.acceptLeak(study, acceptance, record)
  }

  /** Figures for the metrics page, each read when it is asked for. */
  gauges(): { name: string; help: string; read: () => number }[] {
    const { replicator, lake, reservoir } = this.#parts
    const stage = (read: (status: ReturnType<typeof replicator.status>) => number) => () => read(replicator.status())
    return [
      { name: 'aquifer_feed_age_ms', help: 'Age of the oldest open writing transaction', read: stage((status) => status.feedAgeMs) },
      { name: 'aquifer_replicator_lag_ms', help: 'Age of the oldest version not in the lake', read: stage((status) => status.lagMs) },
      {
        name: 'aquifer_replicator_failed',
        help: '1 while the feed, or that of a study, is not followed',
        read: stage(({ state, failedStudies }) => (state === 'failed' || Object.keys(failedStudies).length > 0 ? 1 : 0)),
      },
      {
        name: 'aquifer_lake_rows',
        help: 'Versions in the lake',
        read: () => lake.studies().reduce((sum, each) => sum + each.manifest().rows, 0),
      },
      {
        name: 'aquifer_masking_lag_ms',
        help: 'Age of the oldest version not masked',
        read: () => Math.max(0, ...this.#statuses(null).map((each) => each.lagMs)),
      },
      {
        name: 'aquifer_masking_held',
        help: 'Resources held back from masking',
        read: () => this.#statuses(null).reduce((sum, each) => sum + each.held, 0),
      },
      {
        name: 'aquifer_masking_leaks',
        help: 'Findings of the leak gate that keep a study from being published',
        read: () => this.#statuses(null).reduce((sum, each) => sum + each.leaks, 0),
      },
      {
        name: 'aquifer_reservoir_rows',
        help: 'Living masked rows',
        read: () => reservoir.studies().reduce((sum, each) => sum + rowsOf(each.snapshot()), 0),
      },
    ]
  }

  #lagMs(study: string): number {
    const replicator = this.#parts.replicator.status()
    const masking = this.#parts.masking.status(study)
    return replicator.state === 'failed' || masking?.state === 'failed' ? 0 : Math.max(replicator.lagMs, masking?.lagMs ?? 0)
  }

  #statuses(study: string | null) {
    return [...this.#parts.masking.statuses()].filter(([id]) => study === null || id === study).map(([, status]) => status)
  }

  // Of all studies together: the oldest, since everything is at least as new as that.
  #snapshot(study: string | null): string | null {
    const { reservoir } = this.#parts
    if (study !== null) return reservoir.opened(study)?.snapshot()?.snapshot ?? null
    const all = reservoir.studies().flatMap((each) => each.snapshot()?.snapshot ?? [])
    return all.sort()[0] ?? null
  }
}
