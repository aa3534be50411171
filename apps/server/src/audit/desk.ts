import type { Grant } from '@aquifer/core/access'
import { disclosingActs, disclosuresOf, toAuditEvent, type TrailRecord } from '@aquifer/core/audit'
import type { AuditHeadAnswer, AuditPage, DisclosureList } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { dayAt } from '@aquifer/core/time'
import type { AuditRow, Repository, User } from '../repository/index.js'
import type { Verifier } from '../storage/index.js'
import { filterFor, reachOf, type AskedOfTrail } from './filters.js'
import { outsideHeadOf, readBlockHead } from './seal/chain.js'

interface Page {
  limit: number
  before?: bigint
}

/** The trail as auditors read it, resources and people by surrogate number only, and as the person concerned reads it. */
export interface AuditDesk {
  search(grant: Grant, asked: AskedOfTrail, page: Page): Promise<AuditPage | Refusal>
  /** The same as AuditEvents; `next` is the id to go on before. */
  events(grant: Grant, asked: AskedOfTrail, page: Page): Promise<{ events: Record<string, unknown>[]; next: string | null } | Refusal>
  disclosures(
    grant: Grant,
    asked: { patient: string; from?: string | undefined; to?: string | undefined; mine: boolean },
  ): Promise<DisclosureList | Refusal>
  /** The newest signed block, for keeping where nobody who can write here can. */
  head(): Promise<AuditHeadAnswer | Refusal>
}

const disclosuresMax = 5_000

export function openAuditDesk(repository: Repository, verifier: Verifier): AuditDesk {
  async function find(grant: Grant, asked: AskedOfTrail, page: Page): Promise<{ records: TrailRecord[]; next: string | null } | Refusal> {
    const filter = await filterFor(repository, grant, asked)
    if (isRefusal(filter)) return filter
    const rows = await repository.audits.list({ ...filter, ...page })
    const last = rows.at(-1)
    const view = await trailViews(repository)
    return { records: rows.map(view), next: last === undefined || rows.length < page.limit ? null : String(last.id) }
  }
  return {
    async search(grant, asked, page) {
      const found = await find(grant, asked, page)
      return isRefusal(found) ? found : { records: found.records.map(toPageRecord), next: found.next }
    },
    async events(grant, asked, page) {
      const found = await find(grant, asked, page)
      return isRefusal(found) ? found : { events: found.records.map(toAuditEvent), next: found.next }
    },
    async disclosures(grant, { patient, from, to, mine }) {
      const filter = await filterFor(repository, grant, { from, to, patient })
      if (isRefusal(filter)) return filter
      const { sids, sites, ...asked } = filter
      const reach = mine ? {} : { ...(sids === undefined ? {} : { sids }), ...(sites === undefined ? {} : { sites }) }
      if (!mine && !(await isReached(repository, grant, patient))) return refuse('unknown', { detail: 'There is no such person here.' })
      const rows = await repository.audits.list({ ...asked, ...reach, actions: disclosingActs, outcome: 'done', limit: disclosuresMax })
      const view = await trailViews(repository)
      const dayOf = (at: string): string => dayAt(Date.parse(at), 'UTC')
      return {
        disclosures: disclosuresOf(rows.map(view), { dayOf, subject: mine ? grant.user : null }),
        complete: rows.length < disclosuresMax,
      }
    },
    async head() {
      const last = await repository.seals.last()
      const head = last === null ? null : readBlockHead(last.head)
      if (last === null || head === null) return refuse('unknown', { detail: 'Nothing is sealed yet.' })
      const position = head.first + head.count - 1
      return { ...outsideHeadOf(last), publicKey: verifier.publicKey, kid: verifier.kid, block: head.block, position }
    },
  }
}

/** Whether the person is, or was, in a study and at a site within the caller's reach. */
async function isReached(repository: Repository, grant: Grant, patient: string): Promise<boolean> {
  const { sids, sites } = await reachOf(repository, grant, null)
  return (await repository.enrolments(patient)).some(
    ({ sid, site }) => (sids === undefined || sids.includes(sid)) && (sites === undefined || (site !== null && sites.includes(site))),
  )
}

/** Rows as records to be shown: studies and users by name; `of` leaves out whose names are not to be told. */
export async function trailViews(
  repository: Repository,
  of: (user: User) => boolean = () => true,
): Promise<(row: AuditRow) => TrailRecord> {
  const [studies, users] = await Promise.all([repository.studies.list(), repository.users.list()])
  const studyIds = new Map(studies.map(({ sid, id }) => [sid, id]))
  const names = new Map(users.filter(of).map(({ name, display }) => [name, display]))
  return (row) => ({
    id: String(row.id),
    at: new Date(row.at).toISOString(),
    request: row.request,
    actor: row.actor,
    name: names.get(row.actor) ?? null,
    external: row.external,
    role: row.role,
    action: row.action,
    study: row.sid === null ? null : (studyIds.get(row.sid) ?? null),
    outcome: row.outcome,
    reason: row.reason,
    source: row.source,
    detail: row.detail,
    entries: row.entries,
    patients: row.patients.map(String),
  })
}

const toPageRecord = (record: TrailRecord): AuditPage['records'][number] => ({
  ...record,
  detail: { ...record.detail },
  entries: record.entries.map((entry) => ({ ...entry })),
  patients: [...record.patients],
})
