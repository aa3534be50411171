import { sinceMs, Sleeper, type Clock } from '../storage/index.js'
import { compact, filesMax, planCompaction } from './compact.js'
import { publishGeneration, readPublished } from './generation.js'
import type { FlatTables } from './generation-tables.js'
import type { OutputForm, PartitionLevel } from './jobs.js'
import { leavingOf, type Leaving } from './leaving.js'
import type { MaskedPerson, ReservoirManifest } from './manifest.js'
import { comparePublished, type PublishedLooked } from './published-check.js'
import type { StudyReservoir } from './study-reservoir.js'
import type { WriterProcess } from './writer-process.js'

/** How a study is published for readers outside. */
export interface Publishing {
  partition: PartitionLevel
  output: OutputForm
  /** How long generations before the newest are kept (ms); 0: the last few, however old. */
  keepMs: number
}
export interface UpkeepOptions {
  writer: WriterProcess
  clock: Clock
  flatTables: FlatTables
  rowsAtOnce: number
  publishing: (study: string) => Promise<Publishing>
  onFailure?: (failure: { study: string; reason: string }) => void
}

// A generation is made when a study has been quiet for a while, and at the latest after this long while it is not.
const quietMs = 5_000
const generationMsMax = 45_000
// A generation may take this share of the time: one that takes long is made less often.
const generationShare = 0.25
const roundMs = 1_000

interface Progress {
  published: string | null
  /** Of the tables that were published. */
  mark: string
  /** By what it was made. */
  form: string
  snapshot: string | null
  changedAt: number
  quietSince: number
  tookMs: number
  madeAt: number
}

/** Compaction and generations: rewrites files within the reservoir, and never sees anything else. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #reservoirs = new Map<string, StudyReservoir>()
  readonly #progress = new Map<string, Progress>()
  readonly #sleeper = new Sleeper()
  readonly #running: Promise<void>
  readonly #room = new Set<() => void>()
  readonly #failed = new Map<string, { attempts: number; at: number }>()
  readonly #untended = new Map<string, number>()
  #stopping = false
  #generationTurn: Promise<unknown> = Promise.resolve()

  constructor(options: UpkeepOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  add(reservoir: StudyReservoir): void {
    this.#reservoirs.set(reservoir.study, reservoir)
  }

  committed(): void {
    this.#sleeper.wake()
  }

  /** Resolves when no type of the study has too many files to take another batch. */
  async room(reservoir: StudyReservoir): Promise<void> {
    while (!this.#stopping && this.#crowded(reservoir)) {
      this.#sleeper.wake()
      await new Promise<void>((resolve) => this.#room.add(resolve))
    }
  }

  /** Makes a generation of the present snapshot now, unless there is one. */
  generation(reservoir: StudyReservoir, writer = this.#options.writer, leaving?: Leaving): Promise<void> {
    const next = this.#generationTurn.then(() => this.#generation(reservoir, writer, leaving))
    this.#generationTurn = next.catch(() => null)
    return next
  }

  /** What the files hold of somebody who is about to be taken out of them. */
  async leaving(reservoir: StudyReservoir, writer: WriterProcess, person: MaskedPerson): Promise<Leaving> {
    const { partition } = await this.#options.publishing(reservoir.study)
    return leavingOf(reservoir, writer, levelsOf(partition), person)
  }

  /** What readers outside have, compared with the snapshot. */
  async published(reservoir: StudyReservoir, shown: ReservoirManifest): Promise<PublishedLooked | null> {
    const { writer, rowsAtOnce } = this.#options
    return comparePublished({ reservoir, writer, rowsAtOnce, flatTables: await this.#options.flatTables(reservoir.study) }, shown)
  }

  /** Leaves a study alone while somebody else rewrites its files. */
  async untended<T>({ study }: StudyReservoir, work: () => Promise<T>): Promise<T> {
    this.#untended.set(study, (this.#untended.get(study) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const others = (this.#untended.get(study) ?? 1) - 1
      if (others > 0) this.#untended.set(study, others)
      else this.#untended.delete(study)
      this.#sleeper.wake()
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#sleeper.end()
    this.#makeRoom()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      for (const reservoir of this.#reservoirs.values()) {
        if (this.#stopping) return
        if (!this.#givesWay(reservoir)) await this.#tendOrPutOff(reservoir)
      }
      this.#makeRoom()
      await this.#sleeper.pause(roundMs)
    }
  }

  // A study whose upkeep fails keeps the others waiting only for a moment, and is tried again less and less often.
  async #tendOrPutOff(reservoir: StudyReservoir): Promise<void> {
    const { study } = reservoir
    const failed = this.#failed.get(study)
    if (failed && sinceMs(this.#options.clock, failed.at) < Math.min(60_000, 1000 * 2 ** failed.attempts)) return
    try {
      await this.#tend(reservoir)
      this.#failed.delete(study)
    } catch (error) {
      if (this.#stopping) return
      const attempts = (failed?.attempts ?? 0) + 1
      this.#failed.set(study, { attempts, at: this.#options.clock.now() })
      if (attempts === 1)
        this.#options.onFailure?.({ study, reason: error instanceof Error ? `${error.name}: ${error.message}` : 'failed' })
    }
  }

  async #tend(reservoir: StudyReservoir): Promise<void> {
    const head = reservoir.head()
    if (!head) return
    for (let plan = planCompaction(head); plan && !this.#givesWay(reservoir); plan = planCompaction(reservoir.head()!)) {
      await compact(reservoir, this.#options.writer, plan, head.feedAt)
      this.#makeRoom()
    }
    if (!this.#givesWay(reservoir) && (await this.#generationDue(reservoir))) await this.generation(reservoir)
    await reservoir.collectGarbage()
  }

  #givesWay({ study }: StudyReservoir): boolean {
    return this.#stopping || this.#untended.has(study)
  }

  async #generation(reservoir: StudyReservoir, writer: WriterProcess, leaving?: Leaving): Promise<void> {
    const pin = reservoir.pin()
    if (!pin) return
    try {
      const progress = await this.#progressOf(reservoir)
      const { publishing, rowsAtOnce, onFailure } = this.#options
      const tables = await this.#options.flatTables(reservoir.study)
      const { partition, output, keepMs } = await publishing(reservoir.study)
      const form = formOf({ levels: levelsOf(partition), output })
      if (progress.published === pin.manifest.snapshot && progress.mark === tables.mark && progress.form === form) return
      const now = this.#options.clock.now()
      // What it takes is no matter of the clock: one that jumps would put off the next one for days.
      const begun = performance.now()
      const onLeftOut = (table: string): void =>
        onFailure?.({ study: reservoir.study, reason: `the study’s own table ${table} cannot be made` })
      const how = { levels: levelsOf(partition), output, keepMs, now, rowsAtOnce, leaving, onLeftOut }
      await publishGeneration({ reservoir, writer, flatTables: tables, ...how }, pin.manifest)
      progress.published = pin.manifest.snapshot
      progress.mark = tables.mark
      progress.form = form
      progress.madeAt = this.#options.clock.now()
      progress.tookMs = performance.now() - begun
    } finally {
      pin.release()
    }
  }

  async #progressOf(reservoir: StudyReservoir): Promise<Progress> {
    const known = this.#progress.get(reservoir.study)
    if (known) return known
    const now = this.#options.clock.now()
    const state = await readPublished(reservoir.dir)
    const made = {
      published: state?.snapshot ?? null,
      mark: state?.mark ?? '',
      form: state === null ? '' : formOf(state),
      snapshot: null,
      changedAt: now,
      quietSince: now,
      tookMs: 0,
      madeAt: 0,
    }
    this.#progress.set(reservoir.study, made)
    return made
  }

  async #generationDue(reservoir: StudyReservoir): Promise<boolean> {
    const snapshot = reservoir.snapshot()?.snapshot ?? null
    const now = this.#options.clock.now()
    const progress = await this.#progressOf(reservoir)
    const { mark } = await this.#options.flatTables(reservoir.study)
    if (snapshot === null || (snapshot === progress.published && mark === progress.mark)) {
      progress.changedAt = now
      return false
    }
    if (snapshot !== progress.snapshot) {
      progress.snapshot = snapshot
      progress.quietSince = now
    }
    const since = (at: number): number => sinceMs(this.#options.clock, at)
    if (since(progress.madeAt) < progress.tookMs / generationShare) return false
    return since(progress.quietSince) >= quietMs || since(progress.changedAt) >= generationMsMax
  }

  #crowded(reservoir: StudyReservoir): boolean {
    return Object.values(reservoir.head()?.types ?? {}).some((type) => type.files.length >= filesMax)
  }

  #makeRoom(): void {
    for (const resolve of this.#room) resolve()
    this.#room.clear()
  }
}

const formOf = ({ levels, output = 'parquet' }: { levels: PartitionLevel[]; output?: OutputForm }): string =>
  `${levels.join('/')} ${output}`

const levelsOf = (level: PartitionLevel): PartitionLevel[] =>
  level === 'year' ? ['year'] : level === 'month' ? ['year', 'month'] : ['year', 'month', 'day']
