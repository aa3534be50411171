import type { DownloadCodebook, DownloadManifest, DownloadRequest, DownloadView, QueryBasis } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { openJobWorker, type JobRun, type JobWorker, type RunningJob } from '../jobs/index.js'
import type { Job, Repository, StatementRecord, Study } from '../repository/index.js'
import { codebookOf } from './codebook.js'
import { codebookText, DownloadFiles, measured, mediaTypes, sha256Of, type DownloadNote } from './download-files.js'
import type { KeptResult } from './kept-results.js'
import { downloadMs, downloadRowsMax, statementLimits } from './limits.js'
import type { Query } from './query.js'

/** Who asks: for his own, or for all of a study. */
export interface DownloadCaller {
  user: string
  /** May see and end those of others. */
  oversees: boolean
}

export interface DownloadDesk {
  begin(study: Study, user: string, request: DownloadRequest): Promise<DownloadView | Refusal>
  list(study: Study, caller: DownloadCaller): Promise<DownloadView[]>
  see(id: string, caller: DownloadCaller): Promise<DownloadView | Refusal>
  /** Study of a download, for who has to be asked about it; null: there is none. */
  placeOf(id: string): Promise<number | null>
  /** The file itself, or one of its papers; its owner's alone. */
  open(id: string, user: string, what: 'file' | 'manifest' | 'codebook'): Promise<Opened | Refusal>
  remove(id: string, caller: DownloadCaller): Promise<DownloadView | Refusal>
  /** Takes away what is over, or in which somebody withdrew. */
  sweep(): Promise<void>
  /** Files of a study that hold a person's rows, or might. */
  heldWith(study: string, patientKey: string): Promise<number>
  forget(study: string): Promise<void>
  close(): Promise<void>
}
export interface Opened {
  name: string
  type: string
  bytes: NodeJS.ReadableStream | string
  sha256: string | null
}

interface Parts {
  query: Query
  repository: Repository
  dir: string
  keptMs: number
  studyOf: (sid: number) => Promise<Study | null>
  owner: string
  now: () => number
  newId: () => string
  onFailure: (failure: { kind: string; reason: string }) => void
}

type Asked = DownloadRequest & { sql: string }
const kind = 'download'
const sweepMs = 60_000
const listMax = 200
const noSuchDownload = (): Refusal => refuse('unknown', { detail: 'There is no such download here.' })
const gone = (): Refusal =>
  refuse('result-gone', { detail: 'This file is not kept any more, or somebody in it withdrew since: ask for it again.' })

export function openDownloads(parts: Parts): DownloadDesk {
  const { query, repository, now, newId } = parts
  const files = new DownloadFiles(parts.dir)
  const worker: JobWorker = openJobWorker({
    repository,
    owner: parts.owner,
    kinds: { [kind]: runOf(parts, files) },
    onFailure: parts.onFailure,
  })
  const isOver = async (note: DownloadNote): Promise<boolean> => now() >= note.until || !(await query.isCurrent(note.rows))

  async function found(id: string, caller: DownloadCaller): Promise<Job | Refusal> {
    const job = await repository.jobs.byId(id)
    return job?.kind === kind && (job.actor === caller.user || caller.oversees) ? job : noSuchDownload()
  }
  async function view(job: Job): Promise<DownloadView> {
    const study = job.sid === null ? null : await parts.studyOf(job.sid)
    const note = job.state === 'done' ? await files.note(job.id) : null
    const isHere = note !== null && !(await isOver(note))
    return viewOf(job, study?.id ?? null, isHere ? note : null)
  }
  async function sweep(): Promise<void> {
    for (const id of await files.all()) {
      const [job, note] = [await repository.jobs.byId(id), await files.note(id)]
      const isMade = job?.state === 'queued' || job?.state === 'running'
      if (!isMade && (note === null || job?.state !== 'done' || (await isOver(note)))) await files.remove(id)
    }
  }
  const timer = setInterval(() => void sweep().catch(() => undefined), sweepMs).unref()
  return {
    async begin(study, user, request) {
      const record = await query.record(request.statement, user)
      if (isRefusal(record)) return record
      if (record.sid !== study.sid) return noSuchDownload()
      if (record.state !== 'done')
        return refuse('business-rule', { detail: 'Only the result of a statement that is done can be downloaded.' })
      const job = await repository.jobs.create({ id: newId(), kind, sid: study.sid, actor: user, request: { ...request } })
      worker.wake()
      return viewOf(job, study.id, null)
    },
    async list(study, { user, oversees }) {
      const whose = oversees ? {} : { actor: user }
      return Promise.all((await repository.jobs.list({ sid: study.sid, kind, ...whose, limit: listMax })).map(view))
    },
    async see(id, caller) {
      const job = await found(id, caller)
      return isRefusal(job) ? job : view(job)
    },
    async placeOf(id) {
      const job = await repository.jobs.byId(id)
      return job?.kind === kind ? job.sid : null
    },
    async open(id, user, what) {
      const job = await found(id, { user, oversees: false })
      if (isRefusal(job)) return job
      if (job.state === 'queued' || job.state === 'running')
        return refuse('not-ready', { detail: 'The file is being written.', retryAfterS: 1 })
      if (job.state !== 'done') return refuse('business-rule', { detail: 'There is no file: the download failed or was cancelled.' })
      const note = await files.note(id)
      if (note === null || (await isOver(note))) {
        await files.remove(id)
        return gone()
      }
      return (await opened(files, id, note, what)) ?? gone()
    },
    async remove(id, caller) {
      const job = await found(id, caller)
      if (isRefusal(job)) return job
      const cancelled = await repository.jobs.cancel(id)
      await files.remove(id)
      return view(cancelled ?? job)
    },
    sweep,
    async heldWith(study, patientKey) {
      const notes = await Promise.all((await files.all()).map((id) => files.note(id)))
      return notes.filter((note) => note !== null && note.rows.study === study && !query.isWithout(note.rows, patientKey)).length
    },
    async forget(study) {
      for (const id of await files.all()) if ((await files.note(id))?.rows.study === study) await sweepOne(id)
    },
    async close() {
      clearInterval(timer)
      await worker.stop()
    },
  }

  async function sweepOne(id: string): Promise<void> {
    const note = await files.note(id)
    if (note !== null && (await isOver(note))) await files.remove(id)
  }
}

async function opened(
  files: DownloadFiles,
  id: string,
  { manifest }: DownloadNote,
  what: 'file' | 'manifest' | 'codebook',
): Promise<Opened | null> {
  const json = 'application/json; charset=utf-8'
  const stem = manifest.file.name.replace(/\.[^.]+$/, '')
  if (what === 'manifest')
    return { name: `${stem}.manifest.json`, type: json, bytes: `${JSON.stringify(manifest, null, 2)}\n`, sha256: null }
  const { name, sha256, type } = what === 'file' ? manifest.file : { ...manifest.codebook, type: json }
  const bytes = await files.bytes(id, name)
  return bytes === null ? null : { name, type, bytes, sha256 }
}

function viewOf(job: Job, study: string | null, note: DownloadNote | null): DownloadView {
  const asked = job.request as unknown as Asked
  const { progress } = job.progress as { progress?: unknown }
  const told = job.problem?.['detail']
  return {
    id: job.id,
    study,
    statement: asked.statement,
    format: asked.format,
    state: job.state === 'done' && note === null ? 'gone' : job.state,
    progress: job.state === 'done' ? 1 : typeof progress === 'number' ? progress : null,
    requestedBy: job.actor,
    requestedAt: new Date(job.createdAt).toISOString(),
    expiresAt: note === null ? null : new Date(note.until).toISOString(),
    level: note === null ? null : (note.manifest.basis.level ?? 'rows'),
    file: note?.manifest.file ?? null,
    problem: typeof told === 'string' ? told : null,
  }
}

/** Begun again after a kill it writes the file anew: it has a note only when it is whole. */
function runOf(parts: Parts, files: DownloadFiles): JobRun {
  return async (job, { request, actor, sid }) => {
    const asked = request as unknown as DownloadRequest
    const study = sid === null ? null : await parts.studyOf(sid)
    if (study === null) return { problem: 'The study of this download is not here any more.' }
    const stop = new AbortController()
    const watch = setInterval(() => job.cancelled && stop.abort(), 50)
    try {
      const made = await write(parts, files, { job, asked, actor, study, signal: stop.signal })
      // Jobs are seen by more people than results: what the file holds can be found by guessing from its checksum.
      if (!isRefusal(made)) return { result: {} }
      await files.remove(job.id)
      return { problem: 'detail' in made && typeof made.detail === 'string' ? made.detail : 'The file could not be written.' }
    } finally {
      clearInterval(watch)
    }
  }
}

interface Work {
  job: RunningJob
  asked: DownloadRequest
  actor: string
  study: Study
  signal: AbortSignal
}

async function write(parts: Parts, files: DownloadFiles, work: Work): Promise<DownloadManifest | Refusal> {
  const { job, asked, actor, signal } = work
  const record = await parts.query.record(asked.statement, actor)
  if (isRefusal(record)) return record
  const kept = await wholeResult(parts.query, record, work)
  if (isRefusal(kept)) return kept
  const name = `${kept.study}-${kept.id}.${asked.format}`
  const path = await files.begin(job.id, name)
  const onProgress = (progress: number): void => job.progress({ progress: 0.5 + progress / 2 })
  const ran = await parts.query.results.file(kept, asked.format, path, { signal, onProgress })
  if (isRefusal(ran)) return ran
  if (ran.rows !== kept.basis.rows)
    return refuse('business-rule', { detail: 'The file has not as many rows as the result: it was thrown away.' })
  const codebook = await codebookOf(parts.query, kept)
  const until = parts.now() + parts.keptMs
  const file = { name, type: mediaTypes[asked.format], rows: ran.rows, ...(await measured(path)) }
  const manifest = manifestOf(parts, work, { record, kept, codebook, file, until })
  const { id, study, without, maskingKey } = kept
  await files.finish(job.id, { manifest, codebook, note: { until, rows: { id, study, without, maskingKey } } })
  return manifest
}

function manifestOf(
  { now }: Parts,
  { job, actor }: Work,
  of: { record: StatementRecord; kept: KeptResult; codebook: DownloadCodebook; file: DownloadManifest['file']; until: number },
): DownloadManifest {
  const { record, kept, codebook, file, until } = of
  return {
    download: job.id,
    statement: kept.id,
    study: kept.study,
    sql: record.sql,
    parameters: record.parameters as Record<string, unknown>,
    purpose: record.purpose,
    basis: kept.basis,
    requestedBy: actor,
    requestedAt: new Date(record.at).toISOString(),
    writtenAt: new Date(now()).toISOString(),
    expiresAt: new Date(until).toISOString(),
    rowsBefore: kept.basis.rows,
    rowsAfter: file.rows,
    file,
    ...(kept.suppressed === undefined ? {} : { suppressed: kept.suppressed }),
    codebook: { name: `${kept.study}-${kept.id}.codebook.json`, sha256: sha256Of(codebookText(codebook)) },
  }
}

/** The kept result where it is all of it; else the statement runs again without the limit of an answer. */
async function wholeResult(query: Query, record: StatementRecord, { study, actor, signal, job }: Work): Promise<KeptResult | Refusal> {
  const kept = await query.kept(record.id, actor)
  if (!isRefusal(kept) && !kept.basis.truncated) return kept
  const { sql, purpose, cut } = record
  job.progress({ progress: 0 })
  const parameters = record.parameters as NonNullable<Parameters<Query['keep']>[0]['parameters']>
  const limits = { ...statementLimits, rows: downloadRowsMax, time: downloadMs }
  const again = {
    study,
    actor,
    sql,
    purpose,
    cut: cut ?? undefined,
    parameters,
    level: (record.basis as QueryBasis | null)?.level ?? ('rows' as const),
    limit: downloadRowsMax,
    limits,
    format: 'json' as const,
    signal,
  }
  const whole = await query.keep(again)
  if (isRefusal(whole) || !whole.basis.truncated) return whole
  return refuse('statement-limit', {
    detail: `The result has more than ${downloadRowsMax.toLocaleString('en')} rows or too many bytes for one file; nothing was cut short.`,
    suggestion: 'Aggregate, or download in parts by a WHERE.',
  })
}
