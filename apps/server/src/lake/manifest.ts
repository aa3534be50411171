import { createHash } from 'node:crypto'
import type { ObjectStore } from '../storage/index.js'
import { MissingError, TamperedError } from './sealed.js'

// What a study's lake holds. Replacing manifest.json is the commit point: a file it does not name does not exist.
// The newest segments stand in the manifest itself, older ones in immutable pages, so that a commit stays small however old the study is.

/** A place in the repository's feed: transaction id, then sequence within it; both decimal strings of unsigned 64-bit numbers. */
export interface Cursor {
  xid: string
  seq: string
}
export interface LakeSegment {
  id: string
  from: Cursor
  to: Cursor
  rows: number
  /** Size of the rows as NDJSON, and of the file as stored. */
  plainBytes: number
  bytes: number
  sha256: string
  /** When its oldest and newest rows were written (epoch ms). */
  atMin: number
  atMax: number
}
export interface LakePage {
  file: string
  segments: number
  from: Cursor
  to: Cursor
  sha256: string
}
export interface LakeManifest {
  format: 1
  study: string
  epoch: string
  cursor: Cursor
  rows: number
  bytes: number
  pages: LakePage[]
  segments: LakeSegment[]
}

export const feedStart: Cursor = { xid: '0', seq: '0' }

export function compareCursors(a: Cursor, b: Cursor): number {
  const byXid = compareDecimals(a.xid, b.xid)
  return byXid === 0 ? compareDecimals(a.seq, b.seq) : byXid
}

function compareDecimals(a: string, b: string): number {
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length
}

export const segmentsRecentMax = 256

export function emptyManifest(study: string, epoch: string): LakeManifest {
  return { format: 1, study, epoch, cursor: feedStart, rows: 0, bytes: 0, pages: [], segments: [] }
}

export const manifestFile = 'manifest.json'

export async function readManifest(at: ObjectStore): Promise<LakeManifest | null> {
  const bytes = await at.get(manifestFile, { toReplace: true })
  return bytes === null ? null : (JSON.parse(bytes.toString()) as LakeManifest)
}

export async function writeManifest(at: ObjectStore, manifest: LakeManifest): Promise<void> {
  await at.replace(manifestFile, JSON.stringify(manifest))
}

export async function readPage(at: ObjectStore, study: string, page: LakePage): Promise<LakeSegment[]> {
  const bytes = await at.get(page.file)
  if (bytes === null) throw new MissingError(`${page.file} of ${study} is not there`)
  if (sha256(bytes) !== page.sha256) throw new TamperedError(`${page.file} of ${study} was altered`)
  return JSON.parse(bytes.toString()) as LakeSegment[]
}

/** Moves the older half of the recent segments into a page; the caller commits the manifest that comes back. */
export async function withPage(at: ObjectStore, manifest: LakeManifest, moved: LakeSegment[]): Promise<LakeManifest> {
  if (moved.length === 0) return manifest
  return { ...manifest, pages: [...manifest.pages, await writePage(at, moved)] }
}

/** Pages are never changed, so the name tells the content, too: one that is written anew stands beside the one it replaces. */
export async function writePage(at: ObjectStore, segments: LakeSegment[]): Promise<LakePage> {
  const first = segments[0]
  const last = segments.at(-1)
  if (!first || !last) throw new Error('a page of no segments')
  const bytes = Buffer.from(JSON.stringify(segments))
  const hash = sha256(bytes)
  const file = `segments-${last.to.xid}.${last.to.seq}.${hash.slice(0, 8)}.json`
  await at.put(file, bytes)
  return { file, segments: segments.length, from: first.from, to: last.to, sha256: hash }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
