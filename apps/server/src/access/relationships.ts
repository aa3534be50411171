import {
  detailOf,
  draftRefusal,
  needsRelationship,
  reachesStudy,
  sitesReached,
  targetOf,
  type Grant,
  type Relationship,
  type RelationshipDraft,
} from '@aquifer/core/access'
import type { NewRelationship, RelationshipList, RelationshipView } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import type { RelationshipRow, Repository, Study, Tx } from '../repository/index.js'
import { noSuchStudy } from './fhir-access.js'
import { holderOf, relationshipIn } from './grants.js'

export interface RelationshipPage {
  study: string | null
  kind: string | null
  holder: string | null
  patient: string | null
  /** part of a holder or a target */
  search: string | null
  /** open: may hold now or later */
  state: 'open' | 'ended' | null
  after: string | null
  limit: number
}

/** Who is tied to whom, as those who answer for a study see and change it. */
export interface RelationshipDesk {
  list(grant: Grant, page: RelationshipPage): Promise<RelationshipList | Refusal>
  add(grant: Grant, facts: RequestFacts, asked: NewRelationship): Promise<RelationshipView | Refusal>
  end(grant: Grant, facts: RequestFacts, id: string): Promise<RelationshipView | Refusal>
  /** Adds within the caller's own transaction, for registration; the caller calls `changed` after its commit. */
  addWithin(tx: Tx, draft: RelationshipDraft, by: { user: string; study: Study | null }): Promise<RelationshipRow | Refusal>
  changed(): void
}

interface Parts {
  repository: Repository
  studies: () => Promise<Study[]>
  now: () => number
  newId: () => string
  forget: () => void
}

export function openRelationshipDesk(parts: Parts): RelationshipDesk {
  const { repository, now } = parts
  const studyOf = async (grant: Grant, id: string): Promise<Study | Refusal> => {
    const study = (await parts.studies()).find((each) => each.id.toLowerCase() === id.toLowerCase())
    return study !== undefined && reachesStudy(grant, study.id) ? study : noSuchStudy()
  }
  const viewOf = async (row: RelationshipRow): Promise<RelationshipView> =>
    viewIn(row, new Map((await parts.studies()).map((study) => [study.sid, study])))
  return {
    async list(grant, page) {
      const study = page.study === null ? null : await studyOf(grant, page.study)
      if (isRefusal(study)) return study
      const all = await parts.studies()
      const within = study === null ? all.filter((each) => reachesStudy(grant, each.id)) : [study]
      const rows = await repository.relationships.list({
        ...(study === null && seesAll(grant) ? {} : { sids: within.map(({ sid }) => sid) }),
        ...(page.kind === null ? {} : { kinds: [page.kind] }),
        ...(page.holder === null ? {} : { holder: page.holder }),
        ...(page.patient === null ? {} : { target: `Patient/${page.patient}` }),
        ...(page.search === null ? {} : { search: page.search }),
        ...(page.state === null ? {} : { state: { is: page.state, at: now() } }),
        ...(page.after === null ? {} : { after: page.after }),
        limit: page.limit,
      })
      const bySid = new Map(all.map((each) => [each.sid, each]))
      const shown = new Set(rows.filter(({ sid }) => sid === null))
      for (const each of within) {
        const ofStudy = rows.filter(({ sid }) => sid === each.sid)
        for (const row of await withinSites(repository, grant, each, ofStudy, 'list')) shown.add(row)
      }
      const relationships = rows.filter((row) => shown.has(row)).map((row) => viewIn(row, bySid))
      return { relationships, next: rows.length < page.limit ? null : (rows.at(-1)?.id ?? null) }
    },
    async add(grant, facts, asked) {
      const draft = draftOf(asked, now())
      const wrong = draftRefusal(draft, now())
      if (wrong !== null) return wrong
      const study = draft.study === null ? null : await studyOf(grant, draft.study)
      if (isRefusal(study)) return study
      const own = [holderOf(grant.user), (await repository.users.byName(grant.user))?.actor]
      const forbidden = mayAdd(grant, draft, study, own.includes(draft.holder))
      if (forbidden !== null) return forbidden
      const auditId = await repository.nextAuditId()
      const added = await repository.transact(async (tx) => {
        const beyond = study === null ? null : await beyondSites(tx, grant, study, draft)
        const row = beyond ?? (await addRow(parts, tx, draft, { user: grant.user, study }))
        if (isRefusal(row)) return row
        await tx.audit([auditRecord(noted(facts, row), auditId, 201)])
        return row
      })
      if (isRefusal(added)) return added
      facts.recorded = true
      parts.forget()
      return viewOf(added)
    },
    async end(grant, facts, id) {
      const row = await repository.relationships.byId(id)
      const study = row === null ? undefined : (await parts.studies()).find((each) => each.sid === row.sid)
      const isOurs = row !== null && (study === undefined ? seesAll(grant) : reachesStudy(grant, study.id))
      if (!isOurs || (study !== undefined && (await withinSites(repository, grant, study, [row], 'end')).length === 0))
        return refuse('unknown', { detail: 'There is no such relationship here.' })
      const auditId = await repository.nextAuditId()
      const [ended] = await repository.transact(async (tx) => {
        const rows = await tx.endRelationships([id], now(), { endedBy: grant.user })
        await tx.audit([auditRecord(noted(facts, row), auditId, 200)])
        return rows
      })
      facts.recorded = true
      parts.forget()
      return viewOf(ended ?? row)
    },
    addWithin: (tx, draft, by) => addRow(parts, tx, draft, by),
    changed: parts.forget,
  }
}

/** Relationships of no one study are for those who answer for all. */
const seesAll = (grant: Grant): boolean => !needsRelationship(grant.role) && grant.studies === 'all'

function mayAdd(grant: Grant, draft: RelationshipDraft, study: Study | null, isOwn: boolean): Refusal | null {
  if (study === null && !(grant.role === 'administrator' && seesAll(grant)))
    return refuse('not-permitted', {
      detail: 'Only an administrator of all studies adds a relationship that holds in every study; name the study.',
    })
  if (isOwn) return refuse('business-rule', { detail: 'Nobody gives himself a relationship.' })
  if (draft.phi === true && grant.role !== 'study-manager')
    return refuse('not-permitted', { detail: 'Only a manager of the study grants identified data to an integrator.' })
  return null
}

/** Who answers for some sites gives nothing at others, and is not told who is there. */
async function beyondSites(tx: Tx, grant: Grant, study: Study, draft: RelationshipDraft): Promise<Refusal | null> {
  const sites = sitesReached(grant, study.id)
  if (sites === null) return null
  if (draft.patient !== null) return (await isAtSites(tx, study, sites, draft.patient)) ? null : noSuchPerson()
  const isWithin = sites.some((site) => site.toLowerCase() === draft.site?.toLowerCase())
  return isWithin ? null : refuse('not-permitted', { detail: 'You cannot give more than you have: name a site of yours.' })
}

/** Those of a study's relationships that somebody sees or ends who may answer for some of its sites only. */
async function withinSites(
  repository: Repository,
  grant: Grant,
  study: Study,
  rows: readonly RelationshipRow[],
  act: 'list' | 'end',
): Promise<RelationshipRow[]> {
  const sites = sitesReached(grant, study.id)
  if (sites === null) return [...rows]
  const kept: RelationshipRow[] = []
  for (const row of rows) {
    const patient = row.target.startsWith('Patient/') ? row.target.slice('Patient/'.length) : null
    const site = study.sites.find((each) => each.site === row.site)?.id
    // Who reaches the whole study reaches these sites too, which their managers may know and not change.
    const isWithin = site === undefined ? act === 'list' : sites.includes(site)
    if (patient === null ? isWithin : await isAtSites(repository, study, sites, patient)) kept.push(row)
  }
  return kept
}

async function isAtSites(reader: Pick<Tx, 'people'>, study: Study, sites: readonly string[], patientId: string): Promise<boolean> {
  const [state] = await reader.people([{ sid: study.sid, patientId }])
  const site = study.sites.find((each) => each.site === state?.enrolment?.site)?.id
  return site !== undefined && sites.includes(site)
}

const noSuchPerson = (): Refusal => refuse('unknown', { detail: 'There is no such person in the study.' })

async function addRow(
  parts: Parts,
  tx: Tx,
  draft: RelationshipDraft,
  by: { user: string; study: Study | null },
): Promise<RelationshipRow | Refusal> {
  const { study } = by
  const site = draft.site === null ? null : study?.sites.find(({ id }) => id.toLowerCase() === draft.site?.toLowerCase())
  if (site === undefined) return refuse('unknown', { detail: 'The study has no such site.' })
  if (draft.patient !== null && !(await isKnownPerson(tx, parts.repository, draft.patient, study)))
    return study === null ? refuse('unknown', { detail: 'There is no such person.' }) : noSuchPerson()
  const row: RelationshipRow = {
    id: parts.newId(),
    kind: draft.kind,
    holder: draft.holder,
    target: targetOf({ ...draft, study: study?.id ?? null, site: site?.id ?? null }),
    sid: study?.sid ?? null,
    site: site?.site ?? null,
    from: draft.from,
    to: draft.to,
    ended: null,
    grantedBy: by.user,
    detail: { ...detailOf(draft, by.user) },
  }
  await tx.relate([row])
  return row
}

// Through the transaction: registration enrols and relates in the same one.
async function isKnownPerson(tx: Tx, repository: Repository, patient: string, study: Study | null): Promise<boolean> {
  if (study === null) return (await repository.enrolments(patient)).length > 0
  const [state] = await tx.people([{ sid: study.sid, patientId: patient }])
  return state !== undefined && state.enrolment !== null
}

function draftOf(asked: NewRelationship, now: number): RelationshipDraft {
  const { kind, holder, basis, finding, phi } = asked
  return {
    kind,
    holder,
    patient: asked.patient ?? null,
    study: asked.study ?? null,
    site: asked.site ?? null,
    from: asked.from === undefined ? now : Date.parse(asked.from),
    to: asked.to === undefined ? null : Date.parse(asked.to),
    basis,
    finding,
    phi,
  }
}

// By its own id only: holder and target may be medical record numbers.
const noted = (facts: RequestFacts, row: RelationshipRow): RequestFacts => ({
  ...facts,
  sid: row.sid,
  detail: { ...facts.detail, relationship: row.id, kind: row.kind },
})

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

function viewIn(row: RelationshipRow, studies: ReadonlyMap<number, Study>): RelationshipView {
  const relationship: Relationship = relationshipIn(row, studies)
  const { id, kind, holder, target, study, site, grantedBy, detail } = relationship
  return {
    id,
    kind,
    holder,
    target,
    study,
    site,
    from: new Date(relationship.from).toISOString(),
    to: iso(relationship.to),
    ended: iso(relationship.ended),
    grantedBy,
    basis: detail.basis ?? null,
    finding: detail.finding ?? null,
    phi: detail.phi ?? null,
  }
}
