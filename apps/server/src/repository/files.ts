import type { Pool, PoolClient } from 'pg'
import type { Queryable } from './people.js'

export type FileStore = 'lake' | 'reservoir'
export interface FileRow {
  id: string
  store: FileStore
  sid: number
  /** whose it is, where its sender said so */
  patientId: string | null
  filename: string | null
  type: string | null
  bytes: number
  sha256: string | null // hex; null of a removed file
  actor: string
  at: number
  attestation: string | null
  warnings: object[]
  scanned: number
  removedAt: number | null
}
export type NewFile = Omit<FileRow, 'removedAt'>
export interface FileFilter {
  sids: readonly number[]
  from?: number
  to?: number // excluded
  actor?: string
  filename?: string // ignoring case
  after?: string // the id that the page before ended with
  limit: number
}
export interface UploadRow {
  id: string
  sid: number
  actor: string
  filename: string
  type: string | null
  length: number | null
  attestation: string
  checksums: object[]
  at: number
}
export interface Files {
  byId(id: string): Promise<FileRow | null>
  list(filter: FileFilter): Promise<FileRow[]> // living files of the reservoir, oldest first
  newestNamed(sid: number): Promise<FileRow[]> // of each name the newest
  newestOf(files: readonly FileRow[]): Promise<Set<string>> // ids that are the newest of their name
  known(ids: readonly string[]): Promise<Set<string>> // ids of living files
  ofStudy(sid: number): Promise<FileRow[]> // living ones of both stores
  ofPerson(sid: number, patientId: string): Promise<FileRow[]>
  totals(): Promise<{ store: FileStore; files: number; bytes: number }[]>
  beginUpload(upload: UploadRow): Promise<void>
  upload(id: string): Promise<UploadRow | null>
  uploads(): Promise<UploadRow[]>
  endUpload(id: string): Promise<void>
}

interface Row extends Omit<FileRow, 'patientId' | 'bytes' | 'at' | 'scanned' | 'removedAt'> {
  patient_id: string | null
  bytes: bigint
  at: bigint
  scanned: bigint
  removed_at: bigint | null
}
const columns = `f.id, f.store, f.sid, p.id as patient_id, f.filename, f.type, f.bytes, encode(f.sha256, 'hex') as sha256, f.actor, f.at,
  f.attestation, f.warnings, f.scanned, f.removed_at`
const from = `from file f left join person p on p.pid = f.patient`
const living = `f.removed_at is null`
const listed = `f.store = 'reservoir' and ${living}`

const fileOf = ({ patient_id, removed_at, bytes, at, scanned, ...row }: Row): FileRow => ({
  ...row,
  patientId: patient_id,
  bytes: Number(bytes),
  at: Number(at),
  scanned: Number(scanned),
  removedAt: removed_at === null ? null : Number(removed_at),
})
const filesOf = async (client: Queryable, text: string, values: unknown[]): Promise<FileRow[]> =>
  (await client.query<Row>(text, values)).rows.map(fileOf)

export async function addFile(client: PoolClient, file: NewFile): Promise<void> {
  await client.query(
    `insert into file (id, store, sid, patient, filename, type, bytes, sha256, actor, at, attestation, warnings, scanned)
     values ($1, $2, $3, (select pid from person where id = $4), $5, $6, $7, decode($8, 'hex'), $9, $10, $11, $12, $13)`,
    [
      file.id,
      file.store,
      file.sid,
      file.patientId,
      file.filename,
      file.type,
      file.bytes,
      file.sha256,
      file.actor,
      file.at,
      file.attestation,
      JSON.stringify(file.warnings),
      file.scanned,
    ],
  )
  await client.query(`delete from file_upload where id = $1`, [file.id])
}

/** false: it was not there any more. */
export async function removeFile(client: PoolClient, id: string, removed: { at: number; by: string; why: string }): Promise<boolean> {
  const { rowCount } = await client.query(
    `update file set patient = null, filename = null, type = null, sha256 = null, attestation = null, warnings = '[]',
       removed_at = $2, removed_by = $3, removed_why = $4 where id = $1 and removed_at is null`,
    [id, removed.at, removed.by, removed.why],
  )
  return rowCount === 1
}

interface StoredUpload extends Omit<UploadRow, 'length' | 'at'> {
  length: bigint | null
  at: bigint
}
const uploadOf = ({ length, at, ...row }: StoredUpload): UploadRow => ({
  ...row,
  length: length === null ? null : Number(length),
  at: Number(at),
})

export function openFiles(writer: Pool): Files {
  return {
    async byId(id) {
      return (await filesOf(writer, `select ${columns} ${from} where f.id = $1`, [id]))[0] ?? null
    },
    list: (filter) =>
      filesOf(
        writer,
        `select ${columns} ${from} where ${listed} and f.sid = any($1::int2[]) and ($2::int8 is null or f.at >= $2)
           and ($3::int8 is null or f.at < $3) and ($4::text is null or f.actor = $4) and ($5::text is null or lower(f.filename) = lower($5))
           and ($6::text is null or (f.at, f.id) > (select x.at, x.id from file x where x.id = $6))
         order by f.at, f.id limit $7`,
        [
          filter.sids,
          filter.from ?? null,
          filter.to ?? null,
          filter.actor ?? null,
          filter.filename ?? null,
          filter.after ?? null,
          filter.limit,
        ],
      ),
    newestNamed: (sid) =>
      filesOf(
        writer,
        `select distinct on (lower(f.filename)) ${columns} ${from} where ${listed} and f.sid = $1 order by lower(f.filename), f.at desc, f.id desc`,
        [sid],
      ),
    async newestOf(files) {
      const { rows } = await writer.query<{ id: string }>(
        `select f.id from file f where f.id = any($1::text[]) and not exists (select 1 from file x where x.store = 'reservoir'
           and x.removed_at is null and x.sid = f.sid and lower(x.filename) = lower(f.filename) and (x.at, x.id) > (f.at, f.id))`,
        [files.map(({ id }) => id)],
      )
      return new Set(rows.map(({ id }) => id))
    },
    async known(ids) {
      const { rows } = await writer.query<{ id: string }>(`select f.id from file f where f.id = any($1::text[]) and ${living}`, [ids])
      return new Set(rows.map(({ id }) => id))
    },
    ofStudy: (sid) => filesOf(writer, `select ${columns} ${from} where f.sid = $1 and ${living} order by f.at, f.id`, [sid]),
    ofPerson: (sid, patientId) =>
      filesOf(writer, `select ${columns} ${from} where f.sid = $1 and p.id = $2 and ${living}`, [sid, patientId]),
    async totals() {
      const { rows } = await writer.query<{ store: FileStore; files: bigint; bytes: string }>(
        `select f.store, count(*) as files, sum(f.bytes)::text as bytes from file f where ${living} group by f.store`,
      )
      return rows.map(({ store, files, bytes }) => ({ store, files: Number(files), bytes: Number(bytes) }))
    },
    ...uploadsIn(writer),
  }
}

function uploadsIn(writer: Pool): Pick<Files, 'beginUpload' | 'upload' | 'uploads' | 'endUpload'> {
  const all = `select id, sid, actor, filename, type, length, attestation, checksums, at from file_upload`
  return {
    async beginUpload({ id, sid, actor, filename, type, length, attestation, checksums, at }) {
      await writer.query(
        `insert into file_upload (id, sid, actor, filename, type, length, attestation, checksums, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [id, sid, actor, filename, type, length, attestation, JSON.stringify(checksums), at],
      )
    },
    async upload(id) {
      const { rows } = await writer.query<StoredUpload>(`${all} where id = $1`, [id])
      return rows[0] ? uploadOf(rows[0]) : null
    },
    uploads: async () => (await writer.query<StoredUpload>(all)).rows.map(uploadOf),
    async endUpload(id) {
      await writer.query(`delete from file_upload where id = $1`, [id])
    },
  }
}
