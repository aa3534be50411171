import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { faultPoint } from '../storage/fault-points.js'
import { openJournal, type Journal } from './journal.js'
import type { Keyring } from './keyring.js'
import {
  compareCursors,
  emptyManifest,
  readManifest,
  readPage,
  segmentsRecentMax,
  withPage,
  writeManifest,
  type Cursor,
  type LakeManifest,
  type LakeSegment,
} from './manifest.js'
import { joinSegments, readSegment, segmentFile, writeSegment, type RowBatch } from './segment.js'

export interface StudyLake {
  readonly study: string
  manifest(): LakeManifest
  /** Stores a batch and commits it. A batch that ends at or before the manifest's cursor is there already and stores nothing. */
  append(batch: RowBatch, epoch: string): Promise<void>
  /** Segments after a place in the feed, oldest first, at most `bytesMax` of plain rows (but always one). */
  after(cursor: Cursor, bytesMax: number): Promise<LakeSegment[]>
  read(segment: LakeSegment): Promise<Buffer>
  /** Joins small segments and moves old ones to pages; only those up to `read`, which everyone that follows the lake has passed. */
  settle(read: Cursor): Promise<void>
  journal(name: string): Journal
  onAppend(listener: () => void): () => void
}

// Small segments are joined up to this size, which is about what one batch of a busy replicator holds.
const joinedBytesMax = 8 * 1024 * 1024

export async function openStudyLake(root: string, study: string, keyring: Keyring): Promise<StudyLake> {
  const dir = join(root, study)
  const stored = await readManifest(dir)
  let manifest = stored ?? emptyManifest(study, '')
  await sweep(dir, manifest)
  const listeners = new Set<() => void>()
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work)
    turn = next.catch(() => null)
    return next
  }

  async function commit(next: LakeManifest): Promise<void> {
    await writeManifest(dir, next)
    manifest = next
    await faultPoint('lake.manifest-written')
  }

  async function append(batch: RowBatch, epoch: string): Promise<void> {
    if (compareCursors(batch.to, manifest.cursor) <= 0) return
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const segment = await writeSegment(dir, study, keyring, batch)
    await faultPoint('lake.segment-written')
    await commit({
      ...manifest,
      epoch,
      cursor: batch.to,
      rows: manifest.rows + segment.rows,
      bytes: manifest.bytes + segment.bytes,
      segments: [...manifest.segments, segment],
    })
    for (const listener of listeners) listener()
  }

  async function settle(read: Cursor): Promise<void> {
    if (manifest.segments.length < segmentsRecentMax) return
    const old = manifest.segments.slice(0, segmentsRecentMax / 2).filter((segment) => compareCursors(segment.to, read) <= 0)
    if (old.length < segmentsRecentMax / 2) return
    const joined: LakeSegment[] = []
    for (const group of groupsToJoin(old)) joined.push(group.length === 1 ? group[0]! : await joinSegments(dir, study, keyring, group))
    const rest = manifest.segments.slice(old.length)
    const bytes = manifest.bytes - sizeOf(old) + sizeOf(joined)
    await commit({ ...(await withPage(dir, manifest, joined)), bytes, segments: rest })
    const kept = new Set(joined.map((segment) => segment.id))
    for (const segment of old) if (!kept.has(segment.id)) await rm(join(dir, segmentFile(segment.id)), { force: true })
  }

  return {
    study,
    manifest: () => manifest,
    append: (batch, epoch) => inTurn(() => append(batch, epoch)),
    after: (cursor, bytesMax) => segmentsAfter(dir, manifest, cursor, bytesMax),
    read: (segment) => readSegment(dir, study, keyring, segment),
    settle: (read) => inTurn(() => settle(read)),
    journal: (name) => openJournal(dir, study, keyring, name),
    onAppend(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

async function segmentsAfter(dir: string, manifest: LakeManifest, cursor: Cursor, bytesMax: number): Promise<LakeSegment[]> {
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
    if (compareCursors(page.to, cursor) <= 0) continue
    if (!take(await readPage(dir, manifest.study, page))) return found
  }
  take(manifest.segments)
  return found
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
  const named = new Set(['manifest.json', ...manifest.pages.map((page) => page.file)])
  for (const segment of manifest.segments) named.add(segmentFile(segment.id))
  for (const page of manifest.pages) for (const segment of await readPage(dir, manifest.study, page)) named.add(segmentFile(segment.id))
  const files = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const file of files) {
    if (!named.has(file) && !file.endsWith('.journal')) await rm(join(dir, file), { recursive: true, force: true })
  }
}
