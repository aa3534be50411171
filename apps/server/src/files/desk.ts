import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { mayUse, reachesPerson } from '@aquifer/core/access'
import {
  lakeFileBytesMax,
  reservoirFileBytesMax,
  type LakeFileStored,
  type ReservoirFileStored,
  type FileMetadataList,
} from '@aquifer/core/contract'
import { tableFormatOf, type FilePart, type TableFormat } from '@aquifer/core/files'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy } from '../access/index.js'
import { auditRecord } from '../audit/index.js'
import type { Metrics } from '../monitoring/index.js'
import type { FileRow, FileStore, Repository, Study } from '../repository/index.js'
import type { ObjectStore } from '../storage/index.js'
import type { Studies } from '../study/index.js'
import { listFiles, type ListAsked } from './listing.js'
import { lookFor } from './look.js'
import { openPlaces } from './places.js'
import { vouchedFor, type Sending } from './sending.js'
import { openSealer, unsealed, type FileKeys } from './sealed-file.js'
import {
  personOf,
  reservoirStored,
  storeFile,
  storeSilent,
  studyTaking,
  type Arrived,
  type Described,
  type FileParts,
  type FilesAsked,
} from './store.js'
import { openSweeper } from './sweep.js'
import { takeFile, tooLarge } from './take.js'
import { verifyFiles, type FileLooked } from './verify.js'
import { openUploads, type UploadDesk } from './uploads.js'

export type { Sending } from './sending.js'
export type { FilesAsked } from './store.js'

export interface OpenedFile {
  row: FileRow & { sha256: string }
  /** null: all of it */
  read(part: FilePart | null): Readable
}
/** A file that statements read by its name. */
export interface FileTable {
  name: string
  format: TableFormat
  path: string
  bytes: number
}

export interface FileDesk {
  putLake(request: FilesAsked, sending: Sending): Promise<LakeFileStored | Refusal>
  putReservoir(request: FilesAsked, sending: Sending): Promise<ReservoirFileStored | Refusal>
  find(request: FilesAsked, store: FileStore, id: string): Promise<OpenedFile | Refusal>
  remove(request: FilesAsked, store: FileStore, id: string): Promise<Refusal | null>
  list(request: FilesAsked, asked: ListAsked): Promise<FileMetadataList | Refusal>
  uploads: UploadDesk
  /** Files of the study's reservoir that statements read; of each name the newest. */
  tables(study: Study): Promise<FileTable[]>
  /** All of these files lie below it. */
  tableFolder(study: string): string
  /** Reads every file of the study, and tells which are not as they came. */
  verify(of: { sid: number; study: string }): AsyncGenerator<FileLooked>
  /** For a withdrawal: files of the lake that are a person's. */
  heldOf(sid: number, patientId: string): Promise<number>
  removeOf(study: Study, patientId: string): Promise<number>
  /** Removes what was never finished or never got its row. */
  sweep(): Promise<void>
  close(): Promise<void>
}

interface Options {
  repository: Repository
  studies: Studies
  dir: string
  /** A bucket that has the files; null: the folder has them. */
  objects: ObjectStore | null
  keys: FileKeys
  metrics: Metrics
  now: () => number
  newId: () => string
  onBug: (error: unknown) => void
}

const noSuchFile = (): Refusal => refuse('unknown', { detail: 'There is no such file here.' })

export async function openFileDesk({ dir, objects, metrics, onBug, ...systems }: Options): Promise<FileDesk> {
  const { repository } = systems
  const parts: FileParts = { ...systems, places: openPlaces(dir, objects) }
  const { places } = parts
  for (const [name, help, of] of [
    ['aquifer_files', 'Files stored as they came', 'files'],
    ['aquifer_files_bytes', 'Bytes of these files', 'bytes'],
  ] as const)
    metrics.gaugeBy(name, help, 'store', async () =>
      Object.fromEntries((await repository.files.totals()).map((each) => [each.store, each[of]])),
    )
  const sweeper = await openSweeper(parts, onBug)
  return {
    putLake: (request, sending) => putLake(parts, request, sending),
    putReservoir: (request, sending) => putReservoir(parts, request, sending),
    async find(request, store, id) {
      const found = await rowOf(parts, request, store, id, { own: store === 'lake' })
      if (isRefusal(found)) return found
      const { row, study } = found
      const there = row.sha256 === null ? false : await places.atHand(store, study.id, id).catch(storeSilent)
      if (isRefusal(there)) return there
      if (row.sha256 === null || !there) return noSuchFile()
      return { row: { ...row, sha256: row.sha256 }, read: (part) => readerOf(parts, study.id, row, part) }
    },
    remove: (request, store, id) => remove(parts, request, store, id),
    list: (request, asked) => listFiles(parts, request, asked),
    uploads: openUploads(parts),
    async tables(study) {
      const found: FileTable[] = []
      for (const { id, filename, bytes } of await repository.files.newestNamed(study.sid)) {
        const format = filename === null ? null : tableFormatOf(filename)
        if (filename === null || format === null || !(await places.atHand('reservoir', study.id, id))) continue
        found.push({ name: filename, format, path: places.of('reservoir', study.id, id), bytes })
      }
      return found
    },
    tableFolder: (study) => places.folder('reservoir', study),
    verify: (of) => verifyFiles(parts, of, (row) => wholeOf(parts, of.study, row)),
    heldOf: async (sid, patientId) => (await repository.files.ofPerson(sid, patientId)).length,
    removeOf: (study, patientId) => removeOf(parts, study, patientId),
    sweep: sweeper.sweep,
    close: sweeper.close,
  }
}

async function putLake(parts: FileParts, request: FilesAsked, sending: Sending): Promise<LakeFileStored | Refusal> {
  if (sending.length !== null && sending.length > lakeFileBytesMax) return tooLarge(lakeFileBytesMax)
  const patient = personOf(request.grant, sending.patient)
  if (isRefusal(patient)) return patient
  const study = await studyTaking(parts, request, 'lake')
  if (isRefusal(study)) return study
  const said: Described = { store: 'lake', study, patient, filename: sending.filename, type: sending.type, attestation: null }
  const arrived = await take(parts, said, sending)
  if (isRefusal(arrived)) return arrived
  const refused = await stored(parts, request, said, arrived)
  return refused ?? { id: arrived.id, bytes: arrived.bytes, checksum: arrived.sha256 }
}

async function putReservoir(parts: FileParts, request: FilesAsked, sending: Sending): Promise<ReservoirFileStored | Refusal> {
  if (sending.length !== null && sending.length > reservoirFileBytesMax) return tooLarge(reservoirFileBytesMax)
  const { filename, attestation } = sending
  const vouched = vouchedFor(sending)
  if (vouched !== null || filename === null) return vouched ?? noSuchFile()
  const study = await studyTaking(parts, request, 'reservoir')
  if (isRefusal(study)) return study
  const said: Described = { store: 'reservoir', study, patient: null, filename, type: sending.type, attestation }
  const arrived = await take(parts, said, sending)
  if (isRefusal(arrived)) return arrived
  return (await stored(parts, request, said, arrived)) ?? reservoirStored(arrived, filename)
}

async function stored(parts: FileParts, request: FilesAsked, said: Described, arrived: Arrived): Promise<Refusal | null> {
  const refused = await storeFile(parts, request, said, arrived)
  if (refused !== null) await rm(arrived.incoming, { force: true })
  return refused
}

async function take(parts: FileParts, { store, study, filename }: Described, sending: Sending) {
  const { body, length, checksums } = sending
  const id = parts.newId()
  const incoming = await parts.places.incoming(id)
  const sealer = store === 'lake' ? await openSealer(parts.keys, { study: study.id, id }) : null
  const look = lookFor(store === 'lake' ? '' : (filename ?? ''))
  sending.want()
  const max = store === 'lake' ? lakeFileBytesMax : reservoirFileBytesMax
  const taken = await takeFile(body, { path: incoming, length, max, checksums, sealer, see: (chunk) => look.see(chunk) })
  return isRefusal(taken) ? taken : { id, incoming, ...taken, ...(await look.end(incoming)) }
}

/** The row of a file that the caller may know of. `own`: of nobody else's. */
async function rowOf(
  { repository, studies }: FileParts,
  { grant, facts, asked }: FilesAsked,
  store: FileStore,
  id: string,
  { own }: { own: boolean },
): Promise<{ row: FileRow; study: Study } | Refusal> {
  const row = await repository.files.byId(id)
  const study = row === null ? null : await studies.bySid(row.sid)
  if (row?.store !== store || study === null || mayReachStudy(grant, study) !== null) return noSuchFile()
  if (asked.studies.some((named) => named.toLowerCase() !== study.id.toLowerCase())) return noSuchFile()
  if (own && row.actor !== grant.user) return noSuchFile()
  if (row.patientId !== null) {
    const withheld = (await repository.enrolments(row.patientId)).some((each) => each.sid === row.sid && each.withheld)
    if (withheld || !reachesPerson(grant, [row.patientId])) return noSuchFile()
    facts.people.push(row.patientId)
  }
  facts.sid = study.sid
  Object.assign(facts.detail, { store, file: id })
  if (row.removedAt !== null) return refuse('deleted', { detail: 'The file was removed.' })
  return { row, study }
}

function readerOf({ places, keys }: FileParts, study: string, row: FileRow, part: FilePart | null): Readable {
  const path = places.of(row.store, study, row.id)
  if (row.bytes === 0) return Readable.from([])
  const { start, end } = part ?? { start: 0, end: row.bytes - 1 }
  if (row.store === 'reservoir') return createReadStream(path, { start, end, highWaterMark: 256 * 1024 })
  return Readable.from(unsealed(path, keys, { study, id: row.id }, { start, end, size: row.bytes }), { objectMode: false })
}

// Statements read a file of the reservoir to its end, wherever that is by now.
const wholeOf = (parts: FileParts, study: string, row: FileRow): Readable =>
  row.store === 'reservoir' ? createReadStream(parts.places.of(row.store, study, row.id)) : readerOf(parts, study, row, null)

async function remove(parts: FileParts, request: FilesAsked, store: FileStore, id: string): Promise<Refusal | null> {
  const { grant, facts } = request
  const found = await rowOf(parts, request, store, id, { own: store === 'lake' && !mayUse(grant, 'files.remove') })
  if (isRefusal(found)) return found
  const { row, study } = found
  // An analyst reads what others added, and removes only what he added himself.
  if (row.actor !== grant.user && !mayUse(grant, 'files.remove')) return refuse('not-permitted', { detail: 'It is somebody else’s file.' })
  const { reason } = facts
  if (reason === null) return refuse('bad-header', { detail: 'Say why: X-Aquifer-Reason.', header: 'X-Aquifer-Reason' })
  const auditId = await parts.repository.nextAuditId()
  const removed = await parts.repository.transact(async (tx) => {
    if (!(await tx.removeFile(id, { at: parts.now(), by: grant.user, why: reason }))) return false
    await tx.audit([auditRecord(facts, auditId, 204)])
    return true
  })
  if (!removed) return refuse('deleted', { detail: 'The file was removed.' })
  facts.recorded = true
  // If this does not happen, the sweeper does it.
  await parts.places.remove(store, study.id, id)
  return null
}

async function removeOf({ repository, places, now }: FileParts, study: Study, patientId: string): Promise<number> {
  const rows = await repository.files.ofPerson(study.sid, patientId)
  for (const { id, store } of rows) {
    await places.remove(store, study.id, id)
    await repository.transact((tx) => tx.removeFile(id, { at: now(), by: 'erasure', why: 'the person was erased' }))
  }
  return rows.length
}
