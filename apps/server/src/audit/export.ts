import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Grant } from '@aquifer/core/access'
import { csvLine, reportColumns, reportRow, type ReportRow } from '@aquifer/core/audit'
import { auditExportRequest, type AuditExportManifest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { timeAt } from '@aquifer/core/time'
import type { AuditFilter, LineKey, Repository, User } from '../repository/index.js'
import { syncFolder, type Signer } from '../storage/index.js'
import { trailViews } from './desk.js'
import { filterFor } from './filters.js'
import { pdfReport, pdfRowsMax } from './report-pdf.js'
import { keyOfLine } from './seal/verify.js'
import { storedTrail } from './seal/stored-trail.js'
import { blockLine, endLine, headLine, recordLine } from './trail-file.js'
import type { Work } from './verification.js'

interface Exporting {
  repository: Repository
  signer: Signer
  dir: string
  now: () => number
}
type Format = AuditExportManifest['format']
type Parts = AsyncIterable<string | Uint8Array>
interface Asked {
  format: Format
  filter: AuditFilter
  filtered: boolean
  by: string
  at: string
  /** told after each page of rows; throws when the job was cancelled */
  count: (rows: number) => void
}
class Cancelled extends Error {}

const rowsPerPage = 1_000
export const exportFile = (dir: string, id: string, format: Format): string => path.join(dir, `${id}.${format}`)

/** Writes a report or the trail into a file, as a job; the manifest says what is in it. Run again, it is written anew. */
export async function exportTrail(
  parts: Exporting,
  work: Work & { id: string },
  job: { request: Record<string, unknown>; actor: string },
): Promise<AuditExportManifest | Refusal> {
  const { repository, dir, now } = parts
  const { format, study: studyId, person, from, to } = auditExportRequest.parse(job.request['asked'])
  const study = studyId === undefined ? null : await repository.studies.byId(studyId)
  const filter = await filterFor(repository, job.request['grant'] as Grant, { study, patient: person, from, to })
  if (isRefusal(filter)) return filter
  const total = await repository.audits.count(filter)
  if (format === 'pdf' && total > pdfRowsMax)
    return refuse('too-large', { detail: `${total} records are too many for a PDF (${pdfRowsMax}): narrow the time, or take csv.` })
  const at = new Date(now()).toISOString()
  let rows = 0
  const count = (more: number): void => {
    rows += more
    work.progress({ progress: total === 0 ? 1 : Math.min(1, rows / total), rows })
    if (work.cancelled) throw new Cancelled()
  }
  const asked: Asked = { format, filter, filtered: Object.keys(filter).length > 0, by: job.actor, at, count }
  const file = exportFile(dir, work.id, format)
  const written = await write(file, contentOf(parts, asked), format === 'trail' ? parts.signer : null).catch((error: unknown) => {
    if (error instanceof Cancelled) return null
    throw error
  })
  const filters = Object.entries({ study: studyId, from, to, person: person === undefined ? undefined : 'one person' })
  return {
    file: path.basename(file),
    format,
    rows,
    bytes: written?.bytes ?? 0,
    sha256: written?.sha256 ?? '',
    filters: Object.fromEntries(filters.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    by: job.actor,
    at,
  }
}

async function write(file: string, content: Parts, signer: Signer | null): Promise<{ bytes: number; sha256: string }> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.tmp`
  const digest = createHash('sha256')
  let bytes = 0
  const handle = await open(temporary, 'w', 0o600)
  const put = async (part: string | Uint8Array): Promise<void> => {
    const buffer = typeof part === 'string' ? Buffer.from(part) : part
    digest.update(buffer)
    bytes += buffer.length
    await handle.writeFile(buffer)
  }
  try {
    for await (const part of content) await put(part)
    if (signer !== null) await put(endLine(signer, digest.copy().digest('hex')))
    await handle.sync()
  } catch (error) {
    await handle.close()
    await rm(temporary, { force: true })
    throw error
  }
  await handle.close()
  await rename(temporary, file)
  await syncFolder(path.dirname(file))
  return { bytes, sha256: digest.digest('hex') }
}

function contentOf(parts: Exporting, asked: Asked): Parts {
  switch (asked.format) {
    case 'csv':
      return csv(parts, asked)
    case 'json':
      return json(parts, asked)
    case 'pdf':
      return pdf(parts, asked)
    case 'trail':
      return trail(parts, asked)
  }
}

// A report lies in a file that no erasure can look into: people of a study stand in it by their user names.
const isStaff = ({ actor, patient }: User): boolean => patient === null && !/^(Patient|RelatedPerson)\//.test(actor ?? '')

async function* rowsOf({ repository }: Exporting, { filter, count }: Asked): AsyncIterable<ReportRow[]> {
  const view = await trailViews(repository, isStaff)
  const studies = await repository.studies.list()
  const zones = new Map(studies.map(({ id, zone }) => [id, zone]))
  for (let after = 0n; ;) {
    const page = await repository.audits.after({ ...filter, after, limit: rowsPerPage })
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
    yield page.map((row) => {
      const record = view(row)
      const zone = (record.study === null ? undefined : zones.get(record.study)) ?? 'UTC'
      return reportRow(record, `${timeAt(row.at, zone)} ${zone}`)
    })
    count(page.length)
  }
}

async function* csv(parts: Exporting, asked: Asked): Parts {
  yield csvLine(reportColumns)
  for await (const page of rowsOf(parts, asked)) yield page.map((row) => csvLine(reportColumns.map((column) => row[column]))).join('')
}

async function* json(parts: Exporting, asked: Asked): Parts {
  yield `{"report":"audit trail","by":${JSON.stringify(asked.by)},"at":"${asked.at}","records":[`
  let first = true
  for await (const page of rowsOf(parts, asked)) {
    yield `${first ? '' : ','}\n${page.map((row) => JSON.stringify(row)).join(',\n')}`
    first = false
  }
  yield '\n]}\n'
}

async function* pdf(parts: Exporting, asked: Asked): Parts {
  const { sids } = asked.filter
  const signatures = await parts.repository.signatures.list({ limit: 1_000, ...(sids === undefined ? {} : { sids }) })
  const within = signatures.filter(({ at }) => at >= (asked.filter.from ?? 0) && at < (asked.filter.to ?? Number.MAX_SAFE_INTEGER))
  yield* pdfReport(rowsOf(parts, asked), { by: asked.by, at: asked.at, signatures: within })
}

async function* trail({ repository, signer }: Exporting, { filter, filtered, at, count }: Asked): Parts {
  yield headLine({ aquifer: 'audit-trail', version: 1, filtered, publicKey: signer.publicKey, kid: signer.kid, at })
  for await (const block of (await storedTrail(repository)).blocks()) yield blockLine(block)
  for (let after: LineKey = { xid: 0n, seq: 0n, id: 0n }; ;) {
    const page = await repository.audits.linesAfter({ ...filter, after, limit: rowsPerPage })
    const last = page.at(-1)
    if (last === undefined) return
    after = keyOfLine(last)
    yield Buffer.concat(page.map(recordLine))
    count(page.length)
  }
}

/** The file of a finished export. */
export const exportStream = (dir: string, id: string, format: Format): Readable => createReadStream(exportFile(dir, id, format))
