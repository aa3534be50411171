import type { Lake, StudyLake } from '../lake/index.js'
import type { MaskedPerson, ReservoirManifest, StudyReservoir } from '../reservoir/index.js'
import type { HeldResource } from './held-list.js'
import type { LeakAcceptance, StandingLeak } from './leak-gate.js'
import type { MaskingProgress, RunParts, StudyRunStatus } from './run-parts.js'
import { remake, type Remade, type Watch } from './remake.js'
import { StudyRun } from './run-study.js'

/** The stage between lake and reservoir: one run per study, none of which waits for another. */
export class MaskingRun {
  readonly #lake: Lake
  readonly #parts: RunParts
  readonly #runs = new Map<string, StudyRun>()
  readonly #unsubscribe: () => void

  constructor(lake: Lake, parts: RunParts) {
    this.#lake = lake
    this.#parts = parts
    for (const study of lake.studies()) this.#follow(study)
    this.#unsubscribe = lake.onStudy((study) => this.#follow(study))
  }

  status(study: string): StudyRunStatus | null {
    return this.#runs.get(study)?.status() ?? null
  }

  statuses(): Map<string, StudyRunStatus> {
    return new Map([...this.#runs].map(([study, run]) => [study, run.status()]))
  }

  /** What a study is masked by was changed. */
  wake(study: string): void {
    this.#runs.get(study)?.wake()
  }

  progress(study: string): MaskingProgress | null {
    return this.#runs.get(study)?.progress() ?? null
  }

  /** One study's way; null for a study of which nothing was stored yet. */
  run(study: string): StudyRun | null {
    return this.#runs.get(study) ?? null
  }

  /** How many resources of all studies are held back, by reason. */
  heldByReason(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const run of this.#runs.values()) for (const [reason, count] of run.heldByReason()) counts[reason] = (counts[reason] ?? 0) + count
    return counts
  }

  /** What of a study is held back from masking now, by pseudonym and reason. */
  held(study: string): HeldResource[] {
    return this.#runs.get(study)?.held() ?? []
  }

  /** What the leak gate stopped in a study, and nobody has decided on. */
  leaks(study: string): StandingLeak[] {
    return this.#runs.get(study)?.leaks() ?? []
  }

  /** false: no such leak stands. */
  async acceptLeak(study: string, acceptance: LeakAcceptance, record: () => Promise<void>): Promise<boolean> {
    return (await this.#runs.get(study)?.acceptLeak(acceptance, record)) ?? false
  }

  /** A person's rows are gone from the lake: what the gate stopped for his sake may go on. */
  async leave(study: string, patientKeys: readonly string[]): Promise<void> {
    await this.#runs.get(study)?.leave(patientKeys)
  }

  /** Takes a person out of what is remembered beside the rows; all of his rows have passed. */
  async forget(study: string, person: MaskedPerson): Promise<void> {
    await this.#runs.get(study)?.forget(person)
  }

  /** Masks anew what a snapshot was made of, where nobody sees it. */
  async remake(into: { shown: ReservoirManifest; made: StudyReservoir }, watch: Watch): Promise<Remade> {
    return remake(this.#parts, await this.#lake.study(into.shown.study), into, watch)
  }

  /** The same while the gate has stopped the study; `purge` takes the person out of what is shown. */
  async forgetStopped<T>(study: string, person: MaskedPerson, purge: () => Promise<T>): Promise<T> {
    return (await this.#runs.get(study)?.forgetStopped(person, purge)) ?? purge()
  }

  /** Resolves when all that is in the lake now can be queried. */
  async catchUp(studies?: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = studies ?? this.#lake.studies().map((study) => study.study)
    await Promise.all(wanted.flatMap((study) => this.#runs.get(study)?.catchUp(signal) ?? []))
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    await Promise.all([...this.#runs.values()].map((run) => run.stop()))
  }

  #follow(study: StudyLake): void {
    if (!this.#runs.has(study.study)) this.#runs.set(study.study, new StudyRun(study, this.#parts))
  }
}
