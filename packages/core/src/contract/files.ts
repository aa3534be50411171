import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

/** Most bytes of one file. */
export const lakeFileBytesMax = 10 * 1024 * 1024
export const reservoirFileBytesMax = 500 * 1024 * 1024
/** Most entries of one listing. */
export const fileRecordsMax = 1_000

export const fileWarning = z.object({
  kind: z.enum(['social-security-number', 'email', 'phone', 'date-of-birth', 'name-column', 'identifier-column']),
  count: z.number().int(),
  where: z.string().describe('a column, or the line of the first one; never a value'),
})
export type FileWarning = z.infer<typeof fileWarning>

const stored = {
  id: z.string(),
  bytes: z.number().int(),
  checksum: z.string().describe('SHA-256 of the bytes, in hex; also the ETag'),
}
export const lakeFileStored = z.object(stored).meta({ id: 'LakeFileStored' })
export type LakeFileStored = z.infer<typeof lakeFileStored>

const tableName = z.string().nullable().describe('name under which it is a table in statements, to be quoted; null: it is none')
const warnings = z.array(fileWarning).describe('what looks like a person in it; the file is stored all the same')
export const reservoirFileStored = z.object({ ...stored, table: tableName, warnings }).meta({ id: 'ReservoirFileStored' })
export type ReservoirFileStored = z.infer<typeof reservoirFileStored>

export const fileMetadata = z.object({
  ...stored,
  study: z.string(),
  filename: z.string(),
  contentType: z.string().nullable(),
  userId: z.string(),
  uploadedAt: z.iso.datetime(),
  attestation: z
    .object({ by: z.string(), at: z.iso.datetime(), text: z.string() })
    .describe('who vouched that nobody can be recognised in it, and in which words'),
  table: tableName,
  newest: z.boolean().describe('of several with this name the one that statements read'),
  warnings,
  scannedBytes: z.number().int().describe('how much of it was looked at for people'),
})
export type FileMetadata = z.infer<typeof fileMetadata>
export const fileMetadataList = z
  .object({ files: z.array(fileMetadata), next: z.string().nullable().describe('after of the next page; null: this is the last') })
  .meta({ id: 'FileMetadataList', description: 'Files of the reservoir, oldest first' })
export type FileMetadataList = z.infer<typeof fileMetadataList>

const anyBytes = 'application/octet-stream'
const headers = ['X-Correlation-Id', 'X-Aquifer-User'] as const
const lake = { path: '/datalake/api/v1/data/{id}', system: 'datalake', headers } as const
const reservoir = { path: '/datareservoir/api/v1/data/{id}', system: 'datareservoir', headers } as const
const upload = { path: '/datareservoir/api/v1/uploads/{id}', system: 'datareservoir', headers } as const
const withReason = { headers: [...headers, 'X-Aquifer-Reason'] } as const
export const fileEndpoints = {
  putLakeFile: {
    method: 'POST',
    path: '/datalake/api/v1/data',
    system: 'datalake',
    summary: 'Store a file as it is, at most 10 MB; it may hold people and never reaches the reservoir',
    query: ['studyid'],
    headers,
    bodyType: anyBytes,
    answer: lakeFileStored,
    status: 201,
  },
  lakeFile: { method: 'GET', ...lake, summary: 'The bytes of a file that the caller stored', answerType: anyBytes },
  removeLakeFile: { method: 'DELETE', ...lake, ...withReason, summary: 'Remove a file; X-Aquifer-Reason says why', status: 204 },
  putReservoirFile: {
    method: 'POST',
    path: '/datareservoir/api/v1/data',
    system: 'datareservoir',
    summary: 'Store a de-identified file, at most 500 MB, or begin an upload that can be resumed (Upload-Complete: ?0)',
    query: ['studyid'],
    headers: [...headers, 'Content-Disposition', 'X-Aquifer-Attestation'],
    bodyType: anyBytes,
    answer: reservoirFileStored,
    status: 201,
  },
  reservoirFile: { method: 'GET', ...reservoir, summary: 'The bytes of a file of the reservoir', answerType: anyBytes },
  removeReservoirFile: { method: 'DELETE', ...reservoir, ...withReason, summary: 'Remove a file; X-Aquifer-Reason says why', status: 204 },
  fileMetadata: {
    method: 'GET',
    path: '/datareservoir/api/v1/metadata',
    system: 'datareservoir',
    summary: 'Files of the reservoir within reach, oldest first',
    query: ['fromWhen', 'toWhen', 'userId', 'filename', 'maxRecords', 'after', 'studyid'],
    headers,
    answer: fileMetadataList,
  },
  uploadState: { method: 'GET', ...upload, summary: 'How far an upload is: Upload-Offset, Upload-Complete', status: 204 },
  appendUpload: {
    method: 'PATCH',
    ...upload,
    headers: [...headers, 'Upload-Offset', 'Upload-Complete'],
    summary: 'Append to an upload at Upload-Offset; with Upload-Complete: ?1 the file is stored',
    bodyType: 'application/partial-upload',
    answer: reservoirFileStored,
  },
  cancelUpload: { method: 'DELETE', ...upload, summary: 'Give an upload up', status: 204 },
} as const satisfies Record<string, Endpoint>
