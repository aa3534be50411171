import type { Grant } from '@aquifer/core/access'
import { resourceTypes, transportTypes } from '@aquifer/core/fhir'
import { isRefusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../access/index.js'
import { searchScopeFor, sitesToRead } from '../fhir/index.js'
import type { JobRun, RunningJob } from '../jobs/index.js'
import { serve, type Repository, type SearchScope, type StoredVersion, type Study } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'
import { grantOf, type ExportRequest } from './asked.js'
import { writeType, writtenBefore, type WrittenFile } from './files.js'

export interface ExportParts {
  repository: Repository
  dir: string
  policy: () => Grant['policy']
  now: () => number
  studyOf: (sid: number) => Promise<Study | null>
}

const pageSize = 500

class Cancelled extends Error {}

/** Writes the files of an export, type by type; begun again after a kill it goes on with the first type that is not whole. */
export function exportRun(parts: ExportParts): JobRun {
  return async (job, { request, sid }) => {
    const asked = request as unknown as ExportRequest
    const study = sid === null ? null : await parts.studyOf(sid)
    if (study === null) return { problem: 'The study of this export is not here any more.' }
    const grant = grantOf(asked.grant, study.id, parts.policy())
    const types = (asked.types ?? resourceTypes).filter((type) => !transportTypes.has(type) && mayTouchType(grant, 'read', type) === null)
    const output: WrittenFile[] = []
    try {
      for (const [place, type] of types.entries()) {
        const told = { place, of: types.length, resources: output.reduce((sum, { count }) => sum + count, 0) }
        output.push(await typeFile(parts, job, { asked, study, grant, type, told }))
        await faultPoint('bulk-export.type-written')
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error
      // Whoever takes it over goes on with what is whole; what somebody cancelled is gone.
      return { problem: 'The export was cancelled.' }
    }
    return { result: { output: output.filter(({ count }) => count > 0) } }
  }
}

interface TypeAsked {
  asked: ExportRequest
  study: Study
  grant: Grant
  type: string
  told: { place: number; of: number; resources: number }
}

async function typeFile(parts: ExportParts, job: RunningJob, each: TypeAsked): Promise<WrittenFile> {
  const before = await writtenBefore(parts.dir, job.id, each.type)
  if (before !== null) return before
  const scope = scopeOf(each)
  if (scope === null) return { type: each.type, count: 0, bytes: 0 }
  return await writeType(parts.dir, job.id, each.type, pages(parts, job, each, scope))
}

/** Never wider than a search of the caller's. */
function scopeOf({ asked, study, grant, type }: TypeAsked): SearchScope | null {
  const sites = sitesToRead(study, grant, { studies: [], sites: asked.site })
  const scope = isRefusal(sites) ? null : searchScopeFor(grant, type, study, sites)
  if (scope === null || asked.whose !== 'members') return scope
  const { patientIds } = scope
  return { ...scope, patientIds: patientIds === undefined ? asked.members : asked.members.filter((id) => patientIds.includes(id)) }
}

async function* pages(parts: ExportParts, job: RunningJob, each: TypeAsked, scope: SearchScope): AsyncGenerator<Buffer[]> {
  const { asked, type, told } = each
  const { since } = asked
  const clauses = since === null ? [] : [{ kind: 'lastUpdated', any: [{ prefix: 'ge', lo: since, hi: since + 1 }] } as const]
  let written = 0
  for (let cursor: string | null = null; ;) {
    if (job.cancelled) throw new Cancelled()
    const page = await parts.repository.search({ scope, type, clauses, count: pageSize, cursor })
    const rows = asked.whose === 'all' ? page.rows : page.rows.filter(({ patientIds }) => patientIds.length > 0)
    await recordRead(parts, job, each, rows)
    yield rows.flatMap((row) => (row.content === null ? [] : [serve({ ...row, content: row.content })]))
    written += rows.length
    job.progress({ progress: told.place / told.of, resources: told.resources + written, type })
    cursor = page.next
    if (cursor === null) return
  }
}

/** Each person's accounting of disclosures names the export: a record a page, under the id of the job. */
async function recordRead(parts: ExportParts, job: RunningJob, { study, grant }: TypeAsked, rows: readonly StoredVersion[]): Promise<void> {
  if (rows.length === 0) return
  const { repository, now } = parts
  const id = await repository.nextAuditId()
  const entries = rows.map(({ rid, version, type }) => ({ op: 'export', type, rid, version }))
  await repository.transact((tx) =>
    tx.audit([
      { id, at: now(), request: job.id, actor: grant.user, role: grant.role, action: 'export', sid: study.sid, outcome: 'done', entries },
    ]),
  )
}
