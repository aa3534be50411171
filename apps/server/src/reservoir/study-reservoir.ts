import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { faultPoint, syncFolder, type Clock } from '../storage/index.js'
import { cutsFolder, sweepCuts } from './cuts.js'
import { Garbage, type Pin } from './garbage.js'
import type { DeltaResult } from './jobs.js'
import { listsFolder } from './list-files.js'
import {
  emptyReservoir,
  emptyType,
  filesOf,
  headFile,
  manifestFile,
  newFileName,
  readReservoirManifest,
  writeReservoirManifest,
} from './manifest.js'
import type { FeedPlace, ReservoirManifest, ReservoirStamp, ReservoirType } from './manifest.js'
import type { StudyObjects } from './study-objects.js'
import { together } from './together.js'
import type { WriterProcess } from './writer-process.js'

export interface DisplayText {
  system: string
  code: string
  text: string
}
/** What came out of masking for one stretch of a study's feed. */
export interface ReservoirBatch {
  cursor: FeedPlace
  feedAt: number
  consentEpoch: number
  /** NDJSON of masked rows by type, in order. */
  byType: ReadonlyMap<string, readonly Uint8Array[]>
  /** The whole dictionary when it changed. */
  displays: readonly DisplayText[] | null
  /** `later`: kept ready until `publish` is called. */
  visible: 'now' | 'later'
}
export interface Committed {
  unfit: (DeltaResult['unfit'][number] & { type: string })[]
  rows: number
}
export interface ReservoirParts {
  dir: string
  work: string
  writer: WriterProcess
  clock: Clock
  /** Throws where another process may write here by now. */
  mayWrite: () => void
  objects?: StudyObjects | null
}

/** Rows that lived and people who had some. */
export interface LivingRows {
  rows: number
  people: number
}
const noRows: LivingRows = { rows: 0, people: 0 }

/** One study's masked rows: the head, which takes batches, and the snapshot that readers see, mostly the same. */
export class StudyReservoir {
  readonly study: string
  readonly dir: string
  /** null: the folder is all there is */
  readonly objects: StudyObjects | null
  /** Throws where another process may write here by now: asked right before anything changes that has a name. */
  readonly mayWrite: () => void
  readonly #parts: ReservoirParts
  readonly #garbage: Garbage
  #head: ReservoirManifest | null
  #visible: ReservoirManifest | null
  // Files of commits that failed, of which a manifest that was written all the same may name some.
  readonly #doubtful = new Set<string>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(study: string, parts: ReservoirParts, visible: ReservoirManifest | null, head: ReservoirManifest | null) {
    this.study = study
    this.dir = parts.dir
    this.#parts = parts
    this.mayWrite = parts.mayWrite
    this.objects = parts.objects ?? null
    this.#garbage = new Garbage((path) => this.#removeFile(path))
    this.#visible = visible
    this.#head = head
  }

  /** The snapshot that queries see; null before the first one. */
  snapshot(): ReservoirManifest | null {
    return this.#visible
  }

  head(): ReservoirManifest | null {
    return this.#head
  }

  /** The head is made anew under another stamp; the snapshot still shows the old one. */
  get rebuilding(): boolean {
    return (
      this.#head !== null && this.#visible !== null && (!sameStamp(this.#head, this.#visible) || this.#head.replay !== this.#visible.replay)
    )
  }

  /** Keeps the files of the present snapshot until it is released. */
  pin(): Pin | null {
    return this.#visible ? this.#garbage.pin(this.#visible) : null
  }

  /** Where to go on from. A head of another stamp is begun anew, beside the snapshot, which stays until the new one has caught up. */
  begin(stamp: ReservoirStamp): Promise<FeedPlace> {
    return this.#inTurn(async () => {
      const head = this.#head
      if (head && sameStamp(head, stamp)) return head.cursor
      await mkdir(this.dir, { recursive: true, mode: 0o700 })
      const next = emptyReservoir(this.study, stamp, (head?.generation ?? this.#visible?.generation ?? 0) + 1)
      await this.#store(next, 'later')
      return next.cursor
    })
  }

  /** Begins the head anew by the same, beside the snapshot. false: it is begun or shown already, or the head is made anew for another reason. */
  beginReplay(replay: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const head = this.#head
      if (!head || !this.#visible || head.replay === replay || this.rebuilding) return false
      await this.#store({ ...emptyReservoir(this.study, stampOf(head), head.generation + 1), replay }, 'later')
      return true
    })
  }

  /** Goes on from the snapshot, as if the replay had not been begun. */
  abandonReplay(replay: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const [head, visible] = [this.#head, this.#visible]
      if (!head || !visible || head.replay !== replay || visible.replay === replay) return false
      // Newer than any that was on its way, so that a kill here brings none of those back.
      await this.#store({ ...visible, generation: head.generation + 1 }, 'later')
      return true
    })
  }

  /** Goes on from the snapshot, as if nothing had been begun anew; whether something was. */
  standBack(): Promise<boolean> {
    return this.#inTurn(async () => {
      const [head, visible] = [this.#head, this.#visible]
      if (!head || !visible || !this.rebuilding) return false
      await this.#store({ ...visible, generation: head.generation + 1 }, 'later')
      return true
    })
  }

  commit(batch: ReservoirBatch): Promise<Committed> {
    return this.#inTurn(async () => {
      const head = this.#head
      if (!head) throw new Error('commit before begin')
      const { types, displays, committed, made } = await this.#filesOf(head, batch)
      const { cursor, consentEpoch } = batch
      const feedAt = Math.max(head.feedAt, batch.feedAt)
      await this.#store({ ...head, generation: head.generation + 1, cursor, feedAt, consentEpoch, types, displays }, batch.visible, made)
      return committed
    })
  }

  async #filesOf(head: ReservoirManifest, batch: ReservoirBatch) {
    const types = { ...head.types }
    const committed: Committed = { unfit: [], rows: 0 }
    const made: string[] = []
    try {
      const countsPeople = !batch.byType.has('Patient') && (types['Patient']?.rows ?? 0) === 0
      const deltas = [...batch.byType.keys()].map(async (type) => {
        const making = { current: types[type] ?? emptyType(), policy: head.maskingPolicy, countsPeople, made }
        const { entry, result } = await this.#delta(type, batch, making)
        types[type] = entry
        committed.rows += result.rows
        for (const row of result.unfit) committed.unfit.push({ ...row, type })
      })
      await together(deltas)
      const displays = batch.displays ? await this.#displays(batch.displays, head.displays, made) : head.displays
      await syncFolder(this.dir)
      await faultPoint('reservoir.files-written')
      return { types, displays, committed, made }
    } catch (error) {
      // No manifest names these files yet; left behind, they would fill a disk that is full already.
      for (const path of made) await rm(join(this.dir, path), { force: true }).catch(() => null)
      throw error
    }
  }

  /** Makes the head the snapshot that queries see. */
  publish(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#head && this.#head !== this.#visible) await this.#store(this.#head, 'now')
    })
  }

  /** Replaces one type's files by what compaction made of some of them; what came in meanwhile stays. */
  replaceFiles(type: string, gone: ReadonlySet<string>, made: ReservoirType, less: LivingRows = noRows): Promise<void> {
    return this.#inTurn(async () => {
      const head = this.#head
      const entry = head?.types[type]
      // A head begun anew meanwhile does not name these files: what compaction made of them is nobody's.
      if (!head || !entry || ![...gone].every((path) => namesFile(entry, path))) return this.#remove(made)
      const kept = entry.superseded.filter((path) => !gone.has(path))
      const keys = Object.fromEntries(kept.map((path) => [path, entry.keys[path]!]))
      const merged: ReservoirType = {
        ...entry,
        rows: entry.rows - less.rows,
        people: Math.max(0, entry.people - less.people),
        files: [...made.files, ...entry.files.filter((file) => !gone.has(file.path))],
        superseded: [...made.superseded, ...kept],
        keys: { ...made.keys, ...keys },
      }
      const visible = this.#head === this.#visible ? 'now' : 'later'
      await faultPoint('reservoir.compacted')
      const next = { ...head, generation: head.generation + 1, types: { ...head.types, [type]: merged } }
      await this.#store(next, visible, [...made.files.map(({ path }) => path), ...made.superseded])
    })
  }

  newFile(name: string): string {
    return newFileName(name)
  }

  async collectGarbage(): Promise<void> {
    await this.#garbage.collect(this.#parts.clock.now())
  }

  /** In turn, so that files which a commit is about to replace are not missed. */
  collectAllGarbage(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#garbage.collectAll()
      // Once there is a newer manifest, none that failed comes true late.
      if (this.#doubtful.size > 0 && this.#head !== null)
        await this.#store({ ...this.#head, generation: this.#head.generation + 1 }, this.#head === this.#visible ? 'now' : 'later')
      await this.objects?.sweep(new Set([...filesOf(this.#head), ...filesOf(this.#visible)]))
    })
  }

  async #delta(
    type: string,
    batch: ReservoirBatch,
    { current, policy, countsPeople, made }: { current: ReservoirType; policy: string; countsPeople: boolean; made: string[] },
  ): Promise<{ entry: ReservoirType; result: DeltaResult }> {
    const rows = join(this.#parts.work, `${type}-${randomBytes(6).toString('hex')}.ndjson`)
    const [out, keysOut] = [this.newFile(type), this.newFile(`${type}-superseded`)]
    made.push(out, keysOut)
    try {
      await writeFile(rows, Buffer.concat([...(batch.byType.get(type) ?? [])]), { mode: 0o600 })
      const paths = { out: join(this.dir, out), keysOut: join(this.dir, keysOut) }
      const result = await this.#parts.writer.run({ kind: 'delta', type, policy, rows, ...paths, dir: this.dir, current, countsPeople })
      const entry = { ...current, rows: result.living, people: result.people }
      if (result.rows > 0) entry.files = [...current.files, { path: out, rows: result.rows, bytes: await this.settleFile(out) }]
      if (result.keys > 0) {
        await this.settleFile(keysOut)
        entry.superseded = [...current.superseded, keysOut]
        entry.keys = { ...current.keys, [keysOut]: { rows: result.keys, at: batch.feedAt } }
      }
      return { entry, result }
    } finally {
      await rm(rows, { force: true })
    }
  }

  // A dictionary of the same texts stays the same file: all flat tables are made of it.
  async #displays(texts: readonly DisplayText[], before: string | null, made: string[]): Promise<string> {
    const rows = join(this.#parts.work, `displays-${randomBytes(6).toString('hex')}.ndjson`)
    const out = this.newFile('displays')
    made.push(out)
    try {
      await writeFile(rows, texts.map((text) => `${JSON.stringify(text)}\n`).join(''), { mode: 0o600 })
      await this.#parts.writer.run({ kind: 'displays', rows, out: join(this.dir, out) })
      if (before !== null && (await this.#sameBytes(out, before))) {
        await rm(join(this.dir, out))
        return before
      }
      await this.settleFile(out)
      return out
    } finally {
      await rm(rows, { force: true })
    }
  }

  async #sameBytes(one: string, other: string): Promise<boolean> {
    const [a, b] = await Promise.all([readFile(join(this.dir, one)), readFile(join(this.dir, other))])
    return a.equals(b)
  }

  /** Makes a file durable and tells its size. */
  async settleFile(path: string): Promise<number> {
    const file = await open(join(this.dir, path), 'r+')
    try {
      await file.datasync()
    } finally {
      await file.close()
    }
    return (await stat(join(this.dir, path))).size
  }

  /** `made`: files that the manifest is the first to name. */
  async #store(next: ReservoirManifest, visible: 'now' | 'later', made: readonly string[] = []): Promise<void> {
    for (const path of made) this.#doubtful.add(path)
    try {
      await this.#write(next, visible)
    } finally {
      // What the next one could not find room for goes at once, and who is taken out of all files stays in none that nobody names. A bucket's
      // manifest may come true late, until there is a newer one.
      if (this.objects === null || this.#head?.generation === next.generation) await this.#removeUnnamed().catch(() => null)
    }
  }

  async #removeUnnamed(): Promise<void> {
    if (this.#doubtful.size === 0) return
    const written = [await readReservoirManifest(this.dir), await readReservoirManifest(this.dir, headFile)].map(filesOf)
    const [head, visible] = [filesOf(this.#head), filesOf(this.#visible)]
    for (const path of this.#doubtful) {
      if (written.some((files) => files.has(path)) && !head.has(path) && !visible.has(path)) continue
      if (!head.has(path) && !visible.has(path)) await this.#removeFile(path)
      this.#doubtful.delete(path)
    }
  }

  async #write(next: ReservoirManifest, visible: 'now' | 'later'): Promise<void> {
    this.mayWrite()
    const { mayWrite } = this
    const before = [this.#head, this.#visible]
    if (visible === 'now') {
      const stamped = { ...next, snapshot: new Date(this.#parts.clock.now()).toISOString() }
      await this.objects?.store(manifestFile, stamped)
      await faultPoint('reservoir.objects-stored')
      await writeReservoirManifest(this.dir, manifestFile, { manifest: stamped, mayWrite })
      await faultPoint('reservoir.manifest-written')
      this.mayWrite()
      await rm(join(this.dir, headFile), { force: true })
      this.#head = stamped
      this.#visible = stamped
    } else {
      await this.objects?.store(headFile, next)
      await writeReservoirManifest(this.dir, headFile, { manifest: next, mayWrite })
      await faultPoint('reservoir.manifest-written')
      this.#head = next
    }
    this.#garbage.left(before, [this.#head, this.#visible], this.#parts.clock.now())
  }

  async #removeFile(path: string): Promise<void> {
    await rm(join(this.dir, path), { force: true })
    await this.objects?.remove(path)
  }

  async #remove(made: ReservoirType): Promise<void> {
    for (const path of [...made.files.map((file) => file.path), ...made.superseded]) await rm(join(this.dir, path), { force: true })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work)
    this.#turn = next.catch(() => null)
    return next
  }
}

const folders = new Set(['published', cutsFolder, listsFolder])

const namesFile = (entry: ReservoirType, path: string): boolean =>
  entry.superseded.includes(path) || entry.files.some((file) => file.path === path)

const stampOf = ({ maskingPolicy, maskingKey, modelVersion, asOfYear, round }: ReservoirStamp): ReservoirStamp => {
  return { maskingPolicy, maskingKey, modelVersion, asOfYear, ...(round === undefined ? {} : { round }) }
}

const sameStamp = (a: ReservoirStamp, b: ReservoirStamp): boolean =>
  a.maskingPolicy === b.maskingPolicy &&
  a.maskingKey === b.maskingKey &&
  a.modelVersion === b.modelVersion &&
  a.asOfYear === b.asOfYear &&
  (a.round ?? 0) === (b.round ?? 0)

/** Opens what is there: the newer of head and snapshot goes on, and files that neither names go. */
export async function openStudyReservoir(study: string, parts: ReservoirParts): Promise<StudyReservoir> {
  await parts.objects?.fill()
  const visible = await readReservoirManifest(parts.dir)
  const stored = await readReservoirManifest(parts.dir, headFile)
  const head = stored && stored.generation > (visible?.generation ?? 0) ? stored : visible
  const named = new Set([...filesOf(visible), ...filesOf(head), manifestFile, ...(head === stored && stored ? [headFile] : [])])
  const files = await readdir(parts.dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const file of files) {
    const keep = file.isDirectory() ? folders.has(file.name) : named.has(file.name) || file.name === 'published.json'
    if (keep) continue
    parts.mayWrite()
    await rm(join(parts.dir, basename(file.name)), { recursive: true, force: true })
  }
  await sweepCuts(parts.dir, parts.mayWrite)
  await parts.objects?.sweep(new Set([...filesOf(visible), ...filesOf(head)]))
  return new StudyReservoir(study, parts, visible, head)
}
