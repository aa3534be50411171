import { faultPoint, type ObjectStore } from '../storage/index.js'
import { anewFile, discardAnew, filesOf, filesOfAnew, LakeAnew, readAnew } from './anew.js'
import { openJournal, type Journal } from './journal.js'
import type { Keyring } from './keyring.js'
import {
  compareCursors,
  emptyManifest,
  feedStart,
  manifestFile,
  readManifest,
  readPage,
  segmentsRecentMax,
  withPage,
  writeManifest,
  writePage,
} from './manifest.js'
import type { Cursor, LakeManifest, LakePage, LakeSegment } from './manifest.js'
import { joinSegments, readSegment, rewriteSegment, segmentFile, writeSegment, type RowBatch } from './segment.js'
import { rowsWithout, type Whose } from './forget.js'

// Small segments are joined up to this size, which is about what one batch of a busy replicator holds.
const joinedBytesMax = 8 * 1024 * 1024
// Segments that are unpacked at once where all of them are looked through.
const openedAhead = 3

export async function openStudyLake(
  lake: ObjectStore,
  study: string,
  { keyring, readOnly, recentMax = segmentsRecentMax }: { keyring: Keyring; readOnly: boolean; recentMax?: number },
): Promise<StudyLake> {
  const at = lake.at(study)
  const manifest = (await readManifest(at)) ?? emptyManifest(study, '')
  if (!readOnly) await sweep(at, manifest)
  return new StudyLake(at, manifest, { keyring, recentMax })
}

/** One study's identified rows, in feed order. */
export class StudyLake {
  readonly study: string
  readonly #at: ObjectStore
  readonly #keyring: Keyring
  readonly #recentMax: number
  readonly #listeners = new Set<() => void>()
  readonly #unnamed = new Set<string>()
  #manifest: LakeManifest
  #turn: Promise<unknown> = Promise.resolve()
  #readers = 0
  #isDoubtful = false

  constructor(at: ObjectStore, manifest: LakeManifest, parts: { keyring: Keyring; recentMax: number }) {
    this.study = manifest.study
    this.#at = at
    this.#manifest = manifest
    this.#keyring = parts.keyring
    this.#recentMax = parts.recentMax
  }

  manifest(): LakeManifest {
    return this.#manifest
  }

  /** Stores a batch and commits it. A batch that ends at or before the manifest's cursor is there already: nothing is stored. */
  append(batch: RowBatch, epoch: string): Promise<void> {
    return this.#inTurn(async () => {
      if (compareCursors(batch.to, this.#manifest.cursor) <= 0) return
      const segment = await writeSegment(this.#at, this.study, this.#keyring, batch)
      this.#unnamed.add(segmentFile(segment.id))
      await faultPoint('lake.segment-written')
      const { rows, bytes, segments } = this.#manifest
      const grown = { rows: rows + segment.rows, bytes: bytes + segment.bytes, segments: [...segments, segment] }
      await this.#commit({ ...this.#manifest, ...grown, epoch, cursor: batch.to })
      await this.#removeUnnamed()
    })
  }

  /** Segments after a place in the feed, oldest first, at most `bytesMax` of plain rows (but always one). */
  async after(cursor: Cursor, bytesMax: number): Promise<LakeSegment[]> {
    const manifest = this.#manifest
    const found: LakeSegment[] = []
    let bytes = 0
    const take = (segments: LakeSegment[]): boolean => {
      for (const segment of segments) {
        if (compareCursors(segment.to, cursor) <= 0) continue
        if (found.length > 0 && bytes + segment.plainBytes > bytesMax) return false
        found.push(segment)
        bytes += segment.plainBytes
      }
      return true
    }
    for (const page of manifest.pages) {
      if (compareCursors(page.to, cursor) > 0 && !take(await readPage(this.#at, this.study, page))) return found
    }
    take(manifest.segments)
    return found
  }

  /** All segments that end at or before a place, oldest first; while they are read small ones are not joined. */
  async *through(place: Cursor): AsyncGenerator<LakeSegment> {
    this.#readers++
    try {
      const all = await this.#inTurn(() => this.after(feedStart, Number.MAX_SAFE_INTEGER))
      for (const segment of all) if (compareCursors(segment.to, place) <= 0) yield segment
    } finally {
      this.#readers--
    }
  }

  /** The rows of a segment as NDJSON; throws TamperedError when a byte differs from what was written. */
  read(segment: LakeSegment): Promise<Buffer> {
    return readSegment(this.#at, this.study, this.#keyring, segment)
  }

  /** Joins small segments and moves old ones to a page; only those up to `read`, which all that follow the lake have passed. */
  settle(read: Cursor): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#readers > 0) return
      const { segments, bytes } = this.#manifest
      const old = segments.slice(0, this.#recentMax / 2)
      if (segments.length < this.#recentMax || compareCursors(old.at(-1)!.to, read) > 0) return
      const joined: LakeSegment[] = []
      for (const group of groupsToJoin(old)) {
        const made = group.length === 1 ? group[0]! : await joinSegments(this.#at, this.study, this.#keyring, group)
        if (group.length > 1) this.#unnamed.add(segmentFile(made.id))
        joined.push(made)
      }
      const paged = await withPage(this.#at, this.#manifest, joined)
      await faultPoint('lake.segments-joined')
      await this.#commit({ ...paged, bytes: bytes - sizeOf(old) + sizeOf(joined), segments: segments.slice(old.length) })
      const kept = new Set(joined.map((segment) => segment.id))
      for (const { id } of old) if (!kept.has(id)) await this.#at.remove(segmentFile(id))
      for (const id of kept) this.#unnamed.delete(segmentFile(id))
    })
  }

  /** The lake written again from where its rows come from, beside this one. */
  anew(id: string, epoch: string): Promise<LakeAnew> {
    return this.#inTurn(() => LakeAnew.open(this.#at, this.#manifest, this.#keyring, { id, epoch }))
  }

  /** One more batch of it: in turn, so that nobody is taken out of the lake between its rows and its list. */
  appendAnew(anew: LakeAnew, batch: RowBatch): Promise<void> {
    return this.#inTurn(() => anew.append(batch))
  }

  dropAnew(): Promise<void> {
    return this.#inTurn(() => discardAnew(this.#at, this.#manifest))
  }

  /** Where its last rows end: the cursor is beyond where it was written again without rows that came last. */
  end(): Cursor {
    const { segments, pages } = this.#manifest
    return segments.at(-1)?.to ?? pages.at(-1)?.to ?? feedStart
  }

  /** Places where a segment ends: whoever follows the lake is at one of them. */
  async ends(): Promise<Cursor[]> {
    return (await this.after(feedStart, Number.MAX_SAFE_INTEGER)).map(({ to }) => to)
  }

  /** Puts what was written again in this lake's place, once `rest` has brought it up to where this one is. */
  takeOver(anew: LakeAnew, rest: (place: Cursor) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#manifest
      await rest(before.cursor)
      await anew.reached(before.cursor)
      const files = new Set(await filesOf(this.#at, before))
      await this.#commit(anew.manifest())
      for (const name of await filesOf(this.#at, this.#manifest)) files.delete(name)
      await this.#at.remove(anewFile)
      for (const name of files) await this.#at.remove(name)
    })
  }

  /** Rewrites every segment that holds rows of a person without them; until the manifest is replaced nothing has changed, and it may be `left`. */
  forget(whose: Whose, stopping: () => boolean = () => false): Promise<{ rows: number; segments: number } | 'left'> {
    return this.#inTurn(async () => {
      await discardAnew(this.#at, this.#manifest)
      if (this.#unnamed.size > 0) {
        // Once there is a newer list, none that failed comes true late.
        await this.#commit(this.#manifest)
        await this.#removeUnnamed()
      }
      const { pages, segments, ...rest } = this.#manifest
      const gone = { rows: 0, segments: 0, bytes: 0, files: [] as string[] }
      const without = async (all: LakeSegment[]): Promise<LakeSegment[]> => {
        const made: LakeSegment[] = []
        for await (const [segment, plain] of this.#rowsOf(all)) {
          if (stopping()) return all
          made.push(await this.#without(segment, plain, whose, gone))
        }
        return made
      }
      const pagesMade: LakePage[] = []
      for (const page of pages) {
        const before = await readPage(this.#at, this.study, page)
        const after = await without(before)
        const changed = after.some((segment, place) => segment !== before[place])
        if (changed) gone.files.push(page.file)
        pagesMade.push(changed ? await writePage(this.#at, after) : page)
      }
      const recent = await without(segments)
      if (stopping()) return 'left'
      if (gone.segments === 0) return { rows: 0, segments: 0 }
      await faultPoint('lake.segments-rewritten')
      await this.#commit({ ...rest, rows: rest.rows - gone.rows, bytes: rest.bytes - gone.bytes, pages: pagesMade, segments: recent })
      for (const file of gone.files) await this.#at.remove(file)
      return { rows: gone.rows, segments: gone.segments }
    })
  }

  /** How many rows of a person are left. */
  async holds(whose: Whose): Promise<number> {
    let rows = 0
    const { pages, segments } = this.#manifest
    const count = async (all: LakeSegment[]): Promise<void> => {
      for await (const [segment, plain] of this.#rowsOf(all)) rows += segment.rows - rowsWithout(plain, whose).rows
    }
    for (const page of pages) await count(await readPage(this.#at, this.study, page))
    await count(segments)
    return rows
  }

  // The next ones are opened while somebody looks through the rows of this one: unpacking has threads of its own.
  async *#rowsOf(segments: LakeSegment[]): AsyncGenerator<[LakeSegment, Buffer]> {
    const opened: Promise<Buffer>[] = []
    for (const [place, segment] of segments.entries()) {
      for (const next of segments.slice(place + opened.length, place + openedAhead)) {
        const reading = this.read(next)
        // Seen when its turn comes; until then a failure must not count as nobody's.
        reading.catch(() => null)
        opened.push(reading)
      }
      yield [segment, await opened.shift()!]
    }
  }

  async #without(
    segment: LakeSegment,
    plain: Buffer,
    whose: Whose,
    gone: { rows: number; segments: number; bytes: number; files: string[] },
  ): Promise<LakeSegment> {
    const kept = rowsWithout(plain, whose)
    if (kept.rows === segment.rows) return segment
    const made = await rewriteSegment(this.#at, this.study, this.#keyring, segment, kept)
    gone.rows += segment.rows - kept.rows
    gone.segments += 1
    gone.bytes += segment.bytes - made.bytes
    gone.files.push(segmentFile(segment.id))
    return made
  }

  /** A small encrypted list beside the rows, such as what was held back from masking. */
  journal(name: string): Promise<Journal> {
    return openJournal(this.#at, this.study, this.#keyring, { name })
  }

  /** Told of every change of the lake; new rows are among them. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #commit(next: LakeManifest): Promise<void> {
    this.#isDoubtful = true
    await writeManifest(this.#at, next)
    this.#now(next)
    await faultPoint('lake.manifest-written')
  }

  // Segments of commits that failed hold rows, too: nobody is taken out of what no list names. One that was listed all the same stays.
  async #removeUnnamed(): Promise<void> {
    if (this.#unnamed.size === 0) return
    const named = new Set(await filesOf(this.#at, this.#manifest))
    for (const name of this.#unnamed) {
      if (!named.has(name)) await this.#at.remove(name)
      this.#unnamed.delete(name)
    }
  }

  // A commit that failed may have been done all the same.
  async #lookAgain(): Promise<void> {
    this.#now((await readManifest(this.#at)) ?? emptyManifest(this.study, ''))
  }

  // Rows of a commit that failed and was done are not appended again: whoever follows the lake hears of them here or never.
  #now(manifest: LakeManifest): void {
    this.#manifest = manifest
    this.#isDoubtful = false
    for (const listener of this.#listeners) listener()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(async () => {
      if (this.#isDoubtful) await this.#lookAgain()
      return work()
    })
    this.#turn = next.catch(() => null)
    return next
  }
}

function groupsToJoin(segments: LakeSegment[]): LakeSegment[][] {
  const groups: LakeSegment[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    if (group && bytes + segment.plainBytes <= joinedBytesMax) {
      group.push(segment)
      bytes += segment.plainBytes
    } else {
      groups.push([segment])
      bytes = segment.plainBytes
    }
  }
  return groups
}

const sizeOf = (segments: LakeSegment[]): number => segments.reduce((sum, segment) => sum + segment.bytes, 0)

// What a crash left between a segment and its manifest, or between a manifest and the removal of what it replaced.
async function sweep(at: ObjectStore, manifest: LakeManifest): Promise<void> {
  const files = await at.names()
  if (files.length === 0) return
  const named = new Set([manifestFile, ...(await filesOf(at, manifest))])
  const anew = await readAnew(at)
  if (anew !== null) for (const file of await filesOfAnew(at, anew)) named.add(file)
  for (const file of files) if (!named.has(file) && !file.endsWith('.journal')) await at.remove(file)
}
