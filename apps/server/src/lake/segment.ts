import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { ObjectStore } from '../storage/index.js'
import type { Keyring } from './keyring.js'
import type { Cursor, LakeSegment } from './manifest.js'
import { sha256 } from './manifest.js'
import { MissingError, seal, TamperedError, unseal } from './sealed.js'

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)

/** Rows of one study in feed order, as NDJSON. */
export interface RowBatch {
  from: Cursor
  to: Cursor
  rows: number
  plain: Buffer
  atMin: number
  atMax: number
}

// The name comes from the feed range, so that a range written again after a crash lands on the same file.
const segmentId = (from: Cursor, to: Cursor): string => `${from.xid}.${from.seq}-${to.xid}.${to.seq}`
export const segmentFile = (id: string): string => `${id}.ndjson.gz.enc`

export async function writeSegment(at: ObjectStore, study: string, keyring: Keyring, batch: RowBatch, suffix = ''): Promise<LakeSegment> {
  const packed = await gzipAsync(batch.plain, { level: 1 })
  return storeSegment(at, study, keyring, { ...batch, plainBytes: batch.plain.length }, packed, suffix)
}

async function storeSegment(
  at: ObjectStore,
  study: string,
  keyring: Keyring,
  range: Omit<RowBatch, 'plain'> & { plainBytes: number },
  packed: Buffer,
  rewritten = '',
): Promise<LakeSegment> {
  const once = at.mayBeLate ? `.${randomBytes(6).toString('hex')}` : ''
  const id = `${segmentId(range.from, range.to)}${rewritten}${once}`
  const { id: keyId, key } = await keyring.studyKey(study, 'lake')
  const sealed = seal(key, { study, name: id, key: keyId, rows: range.rows }, packed)
  await at.put(segmentFile(id), sealed)
  const { from, to, rows, plainBytes, atMin, atMax } = range
  return { id, from, to, rows, plainBytes, bytes: sealed.length, sha256: sha256(sealed), atMin, atMax }
}

async function openPacked(at: ObjectStore, study: string, keyring: Keyring, segment: LakeSegment): Promise<Buffer> {
  const sealed = await at.get(segmentFile(segment.id))
  if (sealed === null) throw new MissingError(`segment ${segment.id} of ${study} is not there`)
  if (sha256(sealed) !== segment.sha256) throw new TamperedError(`segment ${segment.id} of ${study} was altered`)
  return unseal((key) => keyring.keyById(study, key), { study, name: segment.id }, sealed)
}

/** The segment's rows as NDJSON; throws TamperedError when a byte differs from what was written. */
export async function readSegment(at: ObjectStore, study: string, keyring: Keyring, segment: LakeSegment): Promise<Buffer> {
  return gunzipAsync(await openPacked(at, study, keyring, segment))
}

/** The segment without some of its rows, under a name of its own: until the manifest names it the old one counts. */
export async function rewriteSegment(
  at: ObjectStore,
  study: string,
  keyring: Keyring,
  segment: LakeSegment,
  kept: Rows,
): Promise<LakeSegment> {
  const packed = await gzipAsync(kept.plain, { level: 1 })
  const range = { ...segment, rows: kept.rows, plainBytes: kept.plain.length }
  return storeSegment(at, study, keyring, range, packed, `.${sha256(kept.plain).slice(0, 16)}`)
}
export interface Rows {
  rows: number
  plain: Buffer
}

/** One segment with the rows of several neighbours: gzip members can stand one after the other, so nothing is packed again. */
export async function joinSegments(at: ObjectStore, study: string, keyring: Keyring, parts: LakeSegment[]): Promise<LakeSegment> {
  const first = parts[0]
  const last = parts.at(-1)
  if (!first || !last) throw new Error('nothing to join')
  const packed: Buffer[] = []
  for (const part of parts) packed.push(await openPacked(at, study, keyring, part))
  const range = {
    from: first.from,
    to: last.to,
    rows: parts.reduce((sum, part) => sum + part.rows, 0),
    plainBytes: parts.reduce((sum, part) => sum + part.plainBytes, 0),
    atMin: Math.min(...parts.map((part) => part.atMin)),
    atMax: Math.max(...parts.map((part) => part.atMax)),
  }
  return storeSegment(at, study, keyring, range, Buffer.concat(packed))
}
