import type { Readable } from 'node:stream'
import { mayUse, type Grant } from '@aquifer/core/access'
import { withholds } from '@aquifer/core/consent'
import { isObject, isResourceType, parseJson, parseReference, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../access/index.js'
import { read, studyOf, type FhirRequest, type FhirSystems } from '../fhir/index.js'
import type { JobDesk, JobRun } from '../jobs/index.js'
import type { Job, Repository, Study } from '../repository/index.js'
import { sameReach, storedGrant, type ExportRequest } from './asked.js'
import { exportsIn, openFile, removeExport, type WrittenFile } from './files.js'
import { exportRun } from './run.js'

/** How long files are kept for who asked for them. */
const keptMs = 24 * 3_600_000
const sweepMs = 60_000

export interface ExportAsk {
  level: 'system' | 'patients' | 'group'
  group: string | null
  types: string[] | null
  since: number | null
  address: string
}
export type ExportStatus =
  | { state: 'waiting'; progress: string }
  | { state: 'done'; transactionTime: number; request: string; expires: number; output: WrittenFile[] }

export interface BulkExport {
  /** Puts the export in the queue; answers the id under which it is asked for. */
  begin(jobs: JobDesk, request: FhirRequest, ask: ExportAsk): Promise<string | Refusal>
  status(grant: Grant, id: string): Promise<ExportStatus | Refusal>
  cancel(grant: Grant, id: string): Promise<Refusal | null>
  file(grant: Grant, id: string, type: string): Promise<{ sid: number; body: Readable } | Refusal>
  run: JobRun
  /** Removes what nobody may fetch any more. */
  sweep(): Promise<void>
  /** How many exports of a study lie here, and how many of them are over. */
  held(sid: number): Promise<{ all: number; over: number }>
  close(): Promise<void>
}

interface Parts {
  fhir: FhirSystems
  dir: string
  policy: () => Grant['policy']
  /** whether this process removes old files by itself */
  sweeps: boolean
}

const noSuchExport = (): Refusal => refuse('unknown', { detail: 'There is no such export here.' })

export function openBulkExport({ fhir, dir, policy, sweeps }: Parts): BulkExport {
  const { repository, now } = fhir
  /** The export, if it is this caller's and he may still have it. */
  async function own(grant: Grant, id: string): Promise<{ job: Job; asked: ExportRequest; study: Study } | Refusal> {
    const job = await repository.jobs.byId(id)
    if (job?.kind !== 'fhir-export' || job.sid === null || job.actor !== grant.user) return noSuchExport()
    const study = await fhir.studies.bySid(job.sid)
    const asked = job.request as unknown as ExportRequest
    if (study === null || !mayUse(grant, 'export.run')) return noSuchExport()
    if (!sameReach(asked.grant, storedGrant(grant, study)))
      return refuse('result-gone', { detail: 'What you may reach is not what it was when this was exported: export again.' })
    if (job.state === 'cancelled') return noSuchExport()
    if (await isOver(repository, job, now())) {
      await removeExport(dir, id)
      return refuse('result-gone', { detail: 'These files are not kept any more, or somebody in them withdrew since: export again.' })
    }
    return { job, asked, study }
  }
  async function sweep(): Promise<void> {
    for (const id of await exportsIn(dir)) {
      const job = await repository.jobs.byId(id)
      if (job === null || job.state === 'cancelled' || (await isOver(repository, job, now()))) await removeExport(dir, id)
    }
  }
  let sweeping: Promise<void> = Promise.resolve()
  const timer = sweeps ? setInterval(() => void (sweeping = sweeping.then(sweep).catch(() => undefined)), sweepMs) : null
  return {
    begin: (jobs, request, ask) => begin(fhir, jobs, request, ask),
    async status(grant, id) {
      const found = await own(grant, id)
      if (isRefusal(found)) return found
      const { job, asked } = found
      if (job.state === 'failed') return refuse('business-rule', { detail: 'The export failed: ask for it again.' })
      if (job.state !== 'done') {
        const { resources } = job.progress
        return { state: 'waiting', progress: job.state === 'queued' ? 'queued' : `${Number(resources ?? 0)} resources written` }
      }
      const { output } = job.result as { output: WrittenFile[] }
      return { state: 'done', transactionTime: job.createdAt, request: asked.address, expires: job.createdAt + keptMs, output }
    },
    async cancel(grant, id) {
      const found = await own(grant, id)
      if (isRefusal(found)) return found
      // Of a finished one the files go: by the conventions that is what a DELETE asks for.
      if (found.job.state === 'done') await removeExport(dir, id)
      else await repository.jobs.cancel(id)
      return null
    },
    async file(grant, id, type) {
      const found = await own(grant, id)
      if (isRefusal(found)) return found
      if (found.job.state !== 'done' || !isResourceType(type)) return noSuchExport()
      const forbidden = mayTouchType(grant, 'read', type)
      if (forbidden !== null) return forbidden
      const body = await openFile(dir, id, type)
      return body === null ? noSuchExport() : { sid: found.study.sid, body }
    },
    run: exportRun({ repository, dir, policy, now, studyOf: (sid) => fhir.studies.bySid(sid) }),
    sweep,
    async held(sid) {
      const held = { all: 0, over: 0 }
      for (const id of await exportsIn(dir)) {
        const job = await repository.jobs.byId(id)
        if (job?.sid !== sid) continue
        held.all += 1
        if (await isOver(repository, job, now())) held.over += 1
      }
      return held
    },
    async close() {
      if (timer !== null) clearInterval(timer)
      await sweeping
    },
  }
}

/** Past its time, or somebody of the study withdrew after it was asked for: his data may be in it. */
async function isOver(repository: Repository, job: Job, now: number): Promise<boolean> {
  if (now > job.createdAt + keptMs) return true
  const withdrawals = job.sid === null ? [] : await repository.withdrawals.list(job.sid, { limit: 500 })
  return withdrawals.some(({ act, at }) => at >= job.createdAt && withholds(act))
}

async function begin(fhir: FhirSystems, jobs: JobDesk, request: FhirRequest, ask: ExportAsk): Promise<string | Refusal> {
  const { grant, facts } = request
  const study = await studyOf(fhir.studies, grant, request.asked)
  if (isRefusal(study)) return study
  if (study === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  const unknown = ask.types?.find((type) => !isResourceType(type))
  if (unknown !== undefined) return noSuchType()
  for (const type of ask.types ?? []) {
    const forbidden = mayTouchType(grant, 'read', type)
    if (forbidden !== null) return forbidden
  }
  const members = ask.level === 'group' ? await membersOf(fhir, request, study, ask.group ?? '') : 'all'
  if (isRefusal(members)) return members
  facts.sid = study.sid
  const asked: ExportRequest = {
    study: study.id,
    types: ask.types,
    since: ask.since,
    whose: ask.level === 'system' ? 'all' : members === 'all' ? 'people' : 'members',
    members: members === 'all' ? [] : members,
    address: ask.address,
    site: [...request.asked.sites],
    grant: storedGrant(grant, study),
  }
  const job = await jobs.queue({ kind: 'fhir-export', sid: study.sid, actor: grant.user, request: { ...asked } })
  facts.detail['job'] = job.id
  return job.id
}

/** The people of a Group the caller sees; the Group that is the study has everybody in it. */
async function membersOf(fhir: FhirSystems, request: FhirRequest, study: Study, id: string): Promise<string[] | 'all' | Refusal> {
  if (id.toLowerCase() === study.id.toLowerCase()) return 'all'
  const found = await read(fhir, request, { type: 'Group', id })
  if (isRefusal(found)) return found
  const parsed = found.version.content === null ? null : parseJson(found.version.content.toString())
  if (parsed === null || parsed.problem !== undefined) throw new Error('a stored version that cannot be read')
  const list: unknown = (parsed.resource as Resource)['member']
  return (Array.isArray(list) ? (list as unknown[]) : []).filter(isObject).flatMap((member) => {
    const entity = isObject(member['entity']) ? member['entity']['reference'] : undefined
    const reference = typeof entity === 'string' && member['inactive'] !== true ? parseReference(entity) : null
    return reference?.kind === 'relative' && reference.type === 'Patient' ? [reference.id] : []
  })
}
