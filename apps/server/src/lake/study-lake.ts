import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { faultPoint } from '../storage/index.js'
import { discardAnew, filesOf, filesOfAnew, LakeAnew, readAnew } from './anew.js'
import { openJournal, type Journal } from './journal.js'
import type { Keyring } from './keyring.js'
import {
  compareCursors,
  emptyManifest,
  feedStart,
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

export async function openStudyLake(
  root: string,
  study: string,
  { keyring, recentMax = segmentsRecentMax }: { keyring: Keyring; recentMax?: number },
): Promise<StudyLake> {
  const dir = join(root, study)
  const manifest = (await readManifest(dir)) ?? emptyManifest(study, '')
  await sweep(dir, manifest)
  return new StudyLake(dir, manifest, keyring, recentMax)
}

/** One study's identified rows, in feed order. */
export class StudyLake {
  readonly study: string
  readonly #dir: string
  readonly #keyring: Keyring
  readonly #recentMax: number
  readonly #listeners = new Set<() => void>()
  #manifest: LakeManifest
  #turn: Promise<unknown> = Promise.resolve()
  #readers = 0

  constructor(dir: string, manifest: LakeManifest, keyring: Keyring, recentMax: number) {
    this.study = manifest.study
    this.#dir = dir
    this.#manifest = manifest
    this.#keyring = keyring
    this.#recentMax = recentMax
  }

  manifest(): LakeManifest {
    return this.#manifest
  }

  /** Stores a batch and commits it. A batch that ends at or before the manifest's cursor is there already: nothing is stored. */
  append(batch: RowBatch, epoch: string): Promise<void> {
    return this.#inTurn(async () => {
      if (compareCursors(batch.to, this.#manifest.cursor) <= 0) return
      await mkdir(this.#dir, { recursive: true, mode: 0o700 })
      const segment = await writeSegment(this.#dir, this.study, this.#keyring, batch)
      await faultPoint('lake.segment-written')
      const { rows, bytes, segments } = this.#manifest
      const grown = { rows: rows + segment.rows, bytes: bytes + segment.bytes, segments: [...segments, segment] }
      await this.#commit({ ...this.#manifest, ...grown, epoch, cursor: batch.to })
      for (const listener of this.#listeners) listener()
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
      if (compareCursors(page.to, cursor) > 0 && !take(await readPage(this.#dir, this.study, page))) return found
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
    return readSegment(this.#dir, this.study, this.#keyring, segment)
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
        joined.push(group.length === 1 ? group[0]! : await joinSegments(this.#dir, this.study, this.#keyring, group))
      }
      const paged = await withPage(this.#dir, this.#manifest, joined)
      await faultPoint('lake.segments-joined')
      await this.#commit({ ...paged, bytes: bytes - sizeOf(old) + sizeOf(joined), segments: segments.slice(old.length) })
      const kept = new Set(joined.map((segment) => segment.id))
      for (const { id } of old) if (!kept.has(id)) await rm(join(this.#dir, segmentFile(id)), { force: true })
    })
  }

  /** The lake written again from where its rows come from, beside this one. */
  anew(id: string, epoch: string): Promise<LakeAnew> {
    return this.#inTurn(async () => {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 })
      return LakeAnew.open(this.#dir, this.#manifest, this.#keyring, { id, epoch })
    })
  }

  /** One more batch of it: in turn, so that nobody is taken out of the lake between its rows and its list. */
  appendAnew(anew: LakeAnew, batch: RowBatch): Promise<void> {
    return this.#inTurn(() => anew.append(batch))
  }

  dropAnew(): Promise<void> {
    return this.#inTurn(() => discardAnew(this.#dir, this.#manifest))
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
      const files = new Set(await filesOf(this.#dir, before))
      await this.#commit(anew.manifest())
      for (const name of await filesOf(this.#dir, this.#manifest)) files.delete(name)
      await rm(join(this.#dir, 'anew.json'), { force: true })
      for (const name of files) await rm(join(this.#dir, name), { force: true })
      for (const listener of this.#listeners) listener()
    })
  }

  /** Rewrites every segment that holds rows of a person without them; until the manifest is replaced nothing has changed. */
  forget(whose: Whose): Promise<{ rows: number; segments: number }> {
    return this.#inTurn(async () => {
      await discardAnew(this.#dir, this.#manifest)
      const { pages, segments, ...rest } = this.#manifest
      const gone = { rows: 0, segments: 0, bytes: 0, files: [] as string[] }
      const without = async (all: LakeSegment[]): Promise<LakeSegment[]> => {
        const made: LakeSegment[] = []
        for await (const [segment, plain] of this.#rowsOf(all)) made.push(await this.#without(segment, plain, whose, gone))
        return made
      }
      const pagesMade: LakePage[] = []
      for (const page of pages) {
        const before = await readPage(this.#dir, this.study, page)
        const after = await without(before)
        const changed = after.some((segment, place) => segment !== before[place])
        if (changed) gone.files.push(page.file)
        pagesMade.push(changed ? await writePage(this.#dir, after) : page)
      }
      const recent = await without(segments)
      if (gone.segments === 0) return { rows: 0, segments: 0 }
      await faultPoint('lake.segments-rewritten')
      await this.#commit({ ...rest, rows: rest.rows - gone.rows, bytes: rest.bytes - gone.bytes, pages: pagesMade, segments: recent })
      for (const file of gone.files) await rm(join(this.#dir, file), { force: true })
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
    for (const page of pages) await count(await readPage(this.#dir, this.study, page))
    await count(segments)
    return rows
  }

  // The next one is opened while somebody looks through the rows of this one: unpacking has threads of its own.
  async *#rowsOf(segments: LakeSegment[]): AsyncGenerator<[LakeSegment, Buffer]> {
    const opened = (segment: LakeSegment | undefined): Promise<Buffer> | null => {
      const reading = segment === undefined ? null : this.read(segment)
      // Seen when its turn comes; until then a failure must not count as nobody's.
      reading?.catch(() => null)
      return reading
    }
    let next = opened(segments[0])
    for (const [place, segment] of segments.entries()) {
      const plain = await next!
      next = opened(segments[place + 1])
      yield [segment, plain]
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
    const made = await rewriteSegment(this.#dir, this.study, this.#keyring, segment, kept)
    gone.rows += segment.rows - kept.rows
    gone.segments += 1
    gone.bytes += segment.bytes - made.bytes
    gone.files.push(segmentFile(segment.id))
    return made
  }

  /** A small encrypted list beside the rows, such as what was held back from masking. */
  journal(name: string): Promise<Journal> {
    return openJournal(this.#dir, this.study, this.#keyring, name)
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #commit(next: LakeManifest): Promise<void> {
    await writeManifest(this.#dir, next)
    this.#manifest = next
    await faultPoint('lake.manifest-written')
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work)
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
async function sweep(dir: string, manifest: LakeManifest): Promise<void> {
  const files = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const named = new Set(['manifest.json', ...(await filesOf(dir, manifest))])
  const anew = await readAnew(dir)
  if (anew !== null) for (const file of await filesOfAnew(dir, anew)) named.add(file)
  for (const file of files) {
    if (!named.has(file) && !file.endsWith('.journal')) await rm(join(dir, file), { recursive: true, force: true })
  }
}
