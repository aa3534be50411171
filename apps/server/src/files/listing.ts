import { reachesStudy } from '@aquifer/core/access'
import { fileRecordsMax, type FileMetadata, type FileMetadataList, type FileWarning } from '@aquifer/core/contract'
import { dateRange } from '@aquifer/core/fhir'
import { tableFormatOf } from '@aquifer/core/files'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { studyOf } from '../fhir/index.js'
import type { FileRow, Study } from '../repository/index.js'
import type { FileParts, FilesAsked } from './store.js'

export type ListAsked = Readonly<Record<string, string>>

const known = new Set(['fromWhen', 'toWhen', 'userId', 'filename', 'maxRecords', 'after', 'studyid'])
const bad = (parameter: string, detail: string): Refusal<'bad-parameter'> => refuse('bad-parameter', { detail, parameter })

/** Files of the reservoir within reach, oldest first. */
export async function listFiles(parts: FileParts, request: FilesAsked, asked: ListAsked): Promise<FileMetadataList | Refusal> {
  const filter = filterOf(asked)
  if (isRefusal(filter)) return filter
  const study = await studyOf(parts.studies, request.grant, request.asked)
  if (isRefusal(study)) return study
  const within = study === null ? (await parts.studies.list()).filter(({ id }) => reachesStudy(request.grant, id)) : [study]
  request.facts.sid = study?.sid ?? null
  const { limit } = filter
  const found = await parts.repository.files.list({ ...filter, limit: limit + 1, sids: within.map(({ sid }) => sid) })
  const rows = found.slice(0, limit)
  const newest = await parts.repository.files.newestOf(rows)
  const bySid = new Map(within.map((each) => [each.sid, each]))
  return {
    files: rows.map((row) => metadataOf(row, bySid.get(row.sid), newest.has(row.id))),
    next: found.length > limit ? (rows.at(-1)?.id ?? null) : null,
  }
}

function filterOf(asked: ListAsked) {
  const unknown = Object.keys(asked).find((name) => !known.has(name))
  if (unknown !== undefined) return bad(unknown.slice(0, 64), `The listing takes ${[...known].join(', ')}.`)
  const { fromWhen, toWhen, userId, filename, maxRecords, after } = asked
  const [from, to] = [fromWhen, toWhen].map((text) => (text === undefined ? undefined : dateRange(text)))
  const remedy = 'a date or an instant, such as 2026-01-31 or 2026-01-31T08:00:00Z'
  if (from === null) return bad('fromWhen', `fromWhen is ${remedy}.`)
  if (to === null) return bad('toWhen', `toWhen is ${remedy}; a date alone counts to its end.`)
  if (from !== undefined && to !== undefined && to.hi <= from.lo) return bad('toWhen', 'toWhen is not before fromWhen.')
  const limit = maxRecords === undefined ? fileRecordsMax : /^\d{1,4}$/.test(maxRecords) ? Number(maxRecords) : 0
  if (limit < 1 || limit > fileRecordsMax) return bad('maxRecords', `maxRecords is a whole number from 1 to ${fileRecordsMax}.`)
  if (after !== undefined && !/^[0-9a-f-]{36}$/.test(after)) return bad('after', 'after is the next of an earlier page.')
  return {
    limit,
    ...(from === undefined ? {} : { from: from.lo }),
    ...(to === undefined ? {} : { to: to.hi }),
    ...(userId === undefined ? {} : { actor: userId }),
    ...(filename === undefined ? {} : { filename }),
    ...(after === undefined ? {} : { after }),
  }
}

function metadataOf(row: FileRow, study: Study | undefined, newest: boolean): FileMetadata {
  const at = new Date(row.at).toISOString()
  const filename = row.filename ?? ''
  return {
    id: row.id,
    study: study?.id ?? '',
    filename,
    contentType: row.type,
    bytes: row.bytes,
    checksum: row.sha256 ?? '',
    userId: row.actor,
    uploadedAt: at,
    attestation: { by: row.actor, at, text: row.attestation ?? '' },
    table: tableFormatOf(filename) === null ? null : filename,
    newest,
    warnings: row.warnings as FileWarning[],
    scannedBytes: row.scanned,
  }
}
