import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { faultPoint, type Clock, type ObjectStore, type Signer } from '../storage/index.js'
import { compact } from './compact.js'
import { Cuts } from './cuts.js'
import { newestGeneration, readPublished, removeOlderGenerations, type Generation } from './generation.js'
import type { FlatTables } from './generation-tables.js'
import type { CompareResult } from './jobs.js'
import { emptyType, headFile, manifestFile, type MaskedPerson, type ReservoirManifest, type ReservoirType } from './manifest.js'
import type { PublishedLooked } from './published-check.js'
import { openShownFiles, type ShownFiles } from './shown-files.js'
import { StudyObjects } from './study-objects.js'
import { openStudyReservoir, type Committed, type ReservoirBatch, type StudyReservoir } from './study-reservoir.js'
import { together } from './together.js'
import { Upkeep, type Publishing } from './upkeep.js'
import { WriterProcess } from './writer-process.js'

export interface ReservoirOptions {
  dir: string
  /** A bucket whose copy at hand the folder is; null: there is none. */
  objects?: ObjectStore | null
  clock: Clock
  /** What cuts are sealed with. */
  signer: Signer
  publishing?: (study: string) => Promise<Publishing>
  flatTables?: FlatTables
  threads?: number
  memoryLimitMb?: number
  /** A generation is made with about so many rows of a type in memory at once. */
  rowsAtOnce?: number
  /** Throws where another process may write here by now. */
  mayWrite?: () => void
  /** Told when compaction or a generation fails; it is tried again. */
  onFailure?: (failure: { study: string; reason: string }) => void
}

// The engine counts what it reserves: about 1 MB for each column of a Parquet file. 2026-11: the widest type, StructureDefinition with
// 2,300 of them, takes 2.3 GB of this limit and 280 MB of memory. Jobs that run at once share it.
const memoryLimitDefaultMb = 6144
const lanes = 2
const rowsAtOnceDefault = 60_000
const idleMsMax = 15_000

const purgeRoundsMax = 20

/** What was looked through for it. */
type Looked = Pick<ShownFiles, 'files' | 'bytes' | 'unreadable'>

export interface Beside {
  made: StudyReservoir
  /** Living rows of a type that are shown, and those that were made here. */
  compare(shown: ReservoirManifest, type: string, limit: number): Promise<CompareResult & Looked>
  /** The dictionary that is shown, which is not made here. */
  displays(shown: ReservoirManifest): Promise<Looked>
  /** What readers outside have of it. */
  published(shown: ReservoirManifest): Promise<PublishedLooked | null>
  remove(): Promise<void>
}

export async function openReservoir(options: ReservoirOptions): Promise<Reservoir> {
  const work = join(options.dir, '.work')
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true, mode: 0o700 })
  const reservoir = new Reservoir(options, work)
  for (const entry of await readdir(options.dir, { withFileTypes: true })) {
    const begun = [manifestFile, headFile].some((file) => existsSync(join(options.dir, entry.name, file)))
    if (entry.isDirectory() && begun) await reservoir.study(entry.name)
  }
  for (const study of (await options.objects?.folders()) ?? []) await reservoir.study(study)
  return reservoir
}

export class Reservoir {
  readonly dir: string
  readonly cuts: Cuts
  readonly #work: string
  readonly #objects: ObjectStore | null
  readonly #clock: Clock
  readonly #mayWrite: () => void
  readonly #writer: WriterProcess
  /** A second one for compaction and generations, so that a batch never waits for them. */
  readonly #keeper: WriterProcess
  /** A third one for erasures and data cuts: whoever asked must not wait until a busy machine has nothing else to do. */
  readonly #urgent: WriterProcess
  readonly #upkeep: Upkeep
  readonly #studies = new Map<string, Promise<StudyReservoir>>()
  readonly #opened = new Map<string, StudyReservoir>()

  constructor(options: ReservoirOptions, work: string) {
    const { dir, clock, threads = 1, memoryLimitMb = memoryLimitDefaultMb, rowsAtOnce = rowsAtOnceDefault, onFailure } = options
    this.dir = dir
    this.#work = work
    this.#mayWrite = options.mayWrite ?? (() => undefined)
    this.#objects = options.objects?.fenced(this.#mayWrite) ?? null
    this.#clock = clock
    const engine = { threads, lanes, memoryLimitMb }
    this.#writer = new WriterProcess({ ...engine, tempFolder: join(work, 'spill'), nice: false })
    this.#keeper = new WriterProcess({ ...engine, tempFolder: join(work, 'spill-upkeep'), nice: true, idleMsMax })
    this.#urgent = new WriterProcess({ ...engine, tempFolder: join(work, 'spill-urgent'), nice: false, idleMsMax })
    this.cuts = new Cuts({
      dir,
      writer: this.#urgent,
      signer: options.signer,
      now: () => clock.now(),
      mayWrite: this.#mayWrite,
      objectsOf: (study) => this.#opened.get(study)?.objects ?? null,
    })
    const publishing = options.publishing ?? (() => Promise.resolve({ partition: 'year', output: 'parquet', keepMs: 0 } as const))
    const flatTables = options.flatTables ?? (() => Promise.resolve({ mark: '', tables: () => [] }))
    this.#upkeep = new Upkeep({ writer: this.#keeper, clock, flatTables, rowsAtOnce, publishing, ...(onFailure ? { onFailure } : {}) })
  }

  study(id: string): Promise<StudyReservoir> {
    const known = this.#studies.get(id)
    if (known) return known
    const dir = join(this.dir, id)
    const objects = this.#objects === null ? null : new StudyObjects(this.#objects.at(id), dir)
    const parts = { dir, work: this.#work, writer: this.#writer, clock: this.#clock, mayWrite: this.#mayWrite, objects }
    const opening = openStudyReservoir(id, parts).then((opened) => {
      this.#opened.set(id, opened)
      this.#upkeep.add(opened)
      return opened
    })
    this.#studies.set(id, opening)
    opening.catch(() => this.#studies.delete(id))
    return opening
  }

  /** A study that is open: null for one that never had a masked row. */
  opened(id: string): StudyReservoir | null {
    return this.#opened.get(id) ?? null
  }

  studies(): StudyReservoir[] {
    return [...this.#opened.values()]
  }

  /** Takes a batch when there is room for it: compaction sets the pace of a writer that is faster. */
  async commit(study: StudyReservoir, batch: ReservoirBatch): Promise<Committed> {
    await this.#upkeep.room(study)
    const committed = await study.commit(batch)
    this.#upkeep.committed()
    return committed
  }

  /** Rows of one person in what queries see: those that live, and what any of its files still holds. */
  async countOf(study: string, { patientKey, ids }: MaskedPerson): Promise<{ rows: number; traces: number }> {
    const pin = this.#opened.get(study)?.pin() ?? null
    const counted = { rows: 0, traces: 0 }
    if (pin === null) return counted
    try {
      for (const current of Object.values(pin.manifest.types)) {
        const found = await this.#urgent.run({ kind: 'person', dir: join(this.dir, study), current, patientKey, ids })
        counted.rows += found.rows
        counted.traces += found.traces + found.keys
      }
      return counted
    } finally {
      pin.release()
    }
  }

  /**
   * Rewrites every file that holds something of a person, whether his rows have ended or not, publishes without him, and removes what was before at
   * once: `readersGone` ends who began to read before that time (ms). Nothing of him may be on its way any more.
   */
  async purge(study: string, person: MaskedPerson, readersGone: (begunBefore: number) => void): Promise<{ files: number }> {
    const opened = this.#opened.get(study)
    return opened ? this.#upkeep.untended(opened, () => this.#purge(opened, person, readersGone)) : { files: 0 }
  }

  async #purge(opened: StudyReservoir, person: MaskedPerson, readersGone: (begunBefore: number) => void): Promise<{ files: number }> {
    const leaving = await this.#upkeep.leaving(opened, this.#urgent, person)
    const files = await this.#rewriteWithout(opened, person)
    // Half of what is made anew is no snapshot; who asked comes again.
    if (opened.rebuilding) throw new Error('the study is masked anew')
    await opened.publish()
    // Who comes from now on reads the snapshot without him.
    const begunBefore = this.#clock.now()
    await this.#upkeep.generation(opened, this.#urgent, leaving)
    await faultPoint('reservoir.purged')
    readersGone(begunBefore)
    await removeOlderGenerations(opened)
    await opened.collectAllGarbage()
    return { files }
  }

  async #rewriteWithout(opened: StudyReservoir, person: MaskedPerson): Promise<number> {
    let files = 0
    // Compaction beside it may have replaced a file meanwhile: then what was made of it counts for nothing, and it is done again.
    for (let round = 0; round < purgeRoundsMax; round++) {
      const types = Object.entries(opened.head()?.types ?? {})
      const rewritten = await together(types.map(([type, inputs]) => this.#typeWithout(opened, type, inputs, person)))
      const made = rewritten.reduce((sum, each) => sum + each, 0)
      if (made === 0) return files
      files += made
    }
    throw new Error('files change faster than they can be rewritten')
  }

  // File by file, in the order that each has: those without him stay, and none has to be held in memory.
  async #typeWithout(opened: StudyReservoir, type: string, inputs: ReservoirType, person: MaskedPerson): Promise<number> {
    const of = { kind: 'person', dir: opened.dir, patientKey: person.patientKey, ids: person.ids } as const
    const feedAt = opened.head()?.feedAt ?? 0
    let files = 0
    let people = 1
    for (const file of inputs.files) {
      const part = { ...inputs, files: [file] }
      const { rows, traces } = await this.#urgent.run({ ...of, current: part })
      if (traces === 0) continue
      files++
      const less = { rows, people: rows > 0 ? people : 0 }
      if (rows > 0) people = 0
      await compact(opened, this.#urgent, { type, inputs: part, whole: false }, feedAt, { person, less })
    }
    const part = { ...inputs, files: [] }
    if ((await this.#urgent.run({ ...of, current: part })).keys === 0) return files
    await compact(opened, this.#urgent, { type, inputs: part, whole: true }, feedAt, { person, less: { rows: 0, people: 0 } })
    return files + inputs.superseded.length
  }

  /** An empty study of the same name that nobody sees, to make rows in and compare them with those that are shown. */
  async beside(study: string): Promise<Beside> {
    const dir = join(this.#work, `beside-${study}-${randomBytes(6).toString('hex')}`)
    const made = await openStudyReservoir(study, {
      dir,
      work: this.#work,
      writer: this.#keeper,
      clock: this.#clock,
      mayWrite: this.#mayWrite,
    })
    const opened = await this.study(study)
    const looked = async <T>(paths: readonly string[], look: (from: string) => Promise<T>): Promise<T & Looked> => {
      const { remove, dir: from, ...files } = await openShownFiles(opened, paths, `${dir}-shown`)
      try {
        return { ...(await look(from)), ...files }
      } finally {
        await remove()
      }
    }
    return {
      made,
      compare: (shown, type, limit) => {
        const of = (manifest: ReservoirManifest | null) => manifest?.types[type] ?? emptyType()
        const current = of(shown)
        const paths = [...current.files.map(({ path }) => path), ...current.superseded]
        const anew = { dir, current: of(made.head()) }
        return looked(paths, (from) => this.#keeper.run({ kind: 'compare', shown: { dir: from, current }, made: anew, limit }))
      },
      displays: (shown) => looked(shown.displays === null ? [] : [shown.displays], () => Promise.resolve({})),
      published: (shown) => this.#upkeep.published(opened, shown),
      remove: () => rm(dir, { recursive: true, force: true }),
    }
  }

  /** Makes a generation for outside readers of the present snapshot without waiting for its time. */
  async publishGeneration(study: string): Promise<Generation | null> {
    const opened = this.#opened.get(study)
    if (!opened) return null
    await this.#upkeep.generation(opened)
    return newestGeneration(opened.dir, opened.objects)
  }

  /** What outside readers have under a key that is used no more goes once there is a generation under the present one. */
  async leaveOldKeys(study: string): Promise<void> {
    const opened = this.#opened.get(study)
    const published = opened ? await readPublished(opened.dir) : null
    if (!opened || published === null || published.stamp.maskingKey === opened.snapshot()?.maskingKey) return
    await this.#upkeep.generation(opened)
    await removeOlderGenerations(opened)
  }

  /** The newest generation for outside readers. */
  async newestGeneration(study: string): Promise<Generation | null> {
    return newestGeneration(join(this.dir, study), this.#opened.get(study)?.objects)
  }

  /** The process that writes, for a test that ends it. */
  get writerPid(): number | null {
    return this.#writer.pid
  }

  async close(): Promise<void> {
    const stopped = this.#upkeep.stop()
    await Promise.all([this.#writer.close(), this.#keeper.close(), this.#urgent.close()])
    await stopped
  }
}
