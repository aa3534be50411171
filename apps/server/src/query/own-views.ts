import type { CatalogueColumn, TableView, TableViewList } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, Study, StudyView } from '../repository/index.js'
import { flatTable, flatTableNames, ownTable, type FlatTable } from '../view/index.js'
import { resourceTypes } from '@aquifer/core/fhir'
import { nestedColumnTypes } from '../reservoir/index.js'

/** Views of a study's own, kept by version; each that stands is a flat table over masked rows. */
export interface OwnViews {
  /** What stands in a study now. */
  tables(sid: number): Promise<readonly FlatTable[]>
  /** They were changed. */
  forget(): void
}
export interface ViewDesk {
  list(study: Study): Promise<TableViewList>
  read(study: Study, name: string): Promise<TableView | Refusal>
  add(study: Study, change: ViewChange): Promise<TableView | Refusal>
  remove(study: Study, name: string, by: ViewActor): Promise<true | Refusal>
}
export interface ViewChange {
  document: Record<string, unknown>
  /** Only says what it would be. */
  check: boolean
  by: ViewActor
}
export interface ViewActor {
  user: string
  /** May change what others added. */
  governs: boolean
}

// Another process may have changed them.
const staleMs = 5_000
const viewsMax = 50

export function openOwnViews(repository: Pick<Repository, 'studyViews'>, now: () => number): OwnViews {
  let known: { at: number; bySid: Promise<Map<number, FlatTable[]>> } | null = null
  const load = async (): Promise<Map<number, FlatTable[]>> => {
    const bySid = new Map<number, FlatTable[]>()
    for (const stored of await repository.studyViews.standing()) {
      const table = tableOf(stored)
      if (table !== null) bySid.set(stored.sid, [...(bySid.get(stored.sid) ?? []), table])
    }
    return bySid
  }
  return {
    async tables(sid) {
      if (known === null || now() - known.at >= staleMs) known = { at: now(), bySid: load() }
      known.bySid.catch(() => (known = null))
      return (await known.bySid).get(sid) ?? []
    },
    forget() {
      known = null
    },
  }
}

const prepared = new Map<string, FlatTable | null>()

// What was taken once may be refused by a later version of the checks: then it is no table, and the list still shows it.
function tableOf({ sid, name, version, document }: Pick<StudyView, 'sid' | 'name' | 'version' | 'document'>): FlatTable | null {
  const key = `${sid} ${name} ${version}`
  const there = prepared.get(key)
  if (there !== undefined) return there
  const made = ownTable(document, key, nestedColumnTypes)
  const table = 'table' in made ? made.table : null
  prepared.set(key, table)
  return table
}

export interface ViewParts {
  repository: Pick<Repository, 'studyViews'>
  own: OwnViews
  /** Whether the engine takes the table too. */
  probe: (study: Study, table: FlatTable) => Promise<Refusal | null>
  columns: (study: Study, table: FlatTable) => Promise<CatalogueColumn[]>
  now: () => number
  newId: () => string
}

export function openViewDesk(parts: ViewParts): ViewDesk {
  const { studyViews } = parts.repository
  const standing = async (study: Study): Promise<StudyView[]> => (await studyViews.standing()).filter(({ sid }) => sid === study.sid)
  const newest = async (study: Study, name: string): Promise<StudyView | undefined> => (await studyViews.versions(study.sid, name))[0]
  return {
    async list(study) {
      const own = (await standing(study)).map((stored) => summaryOf(stored, tableOf(stored)))
      return { study: study.id, views: [...shippedTables().map(shippedSummary), ...own] }
    },
    async read(study, name) {
      const shipped = shippedTables().find((table) => table.name === name)
      if (shipped)
        return wholeOf(parts, study, { summary: shippedSummary(shipped), table: shipped, document: { ...shipped.view }, versions: [] })
      const versions = await studyViews.versions(study.sid, name)
      const stored = versions[0]
      if (stored === undefined || stored.document === null) return noSuchView()
      const table = tableOf(stored)
      return wholeOf(parts, study, { summary: summaryOf(stored, table), table, document: stored.document as object, versions })
    },
    add: (study, change) => add(parts, study, change),
    async remove(study, name, by) {
      const before = await newest(study, name)
      if (before === undefined || before.document === null) return noSuchView()
      if (before.by !== by.user && !by.governs)
        return refuse('not-permitted', { detail: `Whoever added ${name}, a study manager or a privacy officer ends it.` })
      const ended = await studyViews.add({ ...before, version: before.version + 1, document: null, by: by.user, at: parts.now() })
      if (ended === null) return refuse('conflict', { detail: 'The view was changed meanwhile.' })
      parts.own.forget()
      return true
    },
  }
}

async function add(parts: ViewParts, study: Study, { document, check, by }: ViewChange): Promise<TableView | Refusal> {
  const { studyViews } = parts.repository
  const made = ownTable(document, `${study.sid} probe ${parts.newId()}`, nestedColumnTypes)
  if ('problems' in made) return refusedView(made.problems)
  const { table } = made
  const refused = await parts.probe(study, table)
  if (refused !== null) return notTaken(refused)
  const { name } = table
  const versions = await studyViews.versions(study.sid, name)
  const standing = versions[0]?.document == null ? undefined : versions[0]
  if (standing !== undefined && standing.by !== by.user && !by.governs)
    return refuse('not-permitted', { detail: `Whoever added ${name}, or a study manager, changes it.` })
  const version = (versions[0]?.version ?? 0) + 1
  const stored: StudyView = { sid: study.sid, name, version, document, by: by.user, at: parts.now() }
  if (check) {
    const summary = { ...summaryOf(stored, table), version: null, by: null, at: null }
    return wholeOf(parts, study, { summary, table, document, versions: [] })
  }
  if (standing === undefined && (await parts.own.tables(study.sid)).length >= viewsMax)
    return refuse('business-rule', { detail: `A study has at most ${viewsMax} views of its own.` })
  if ((await studyViews.add(stored)) === null) return refuse('conflict', { detail: 'The view was changed meanwhile.' })
  parts.own.forget()
  return wholeOf(parts, study, { summary: summaryOf(stored, table), table, document, versions: [stored, ...versions] })
}

const noSuchView = (): Refusal => refuse('unknown', { detail: 'There is no such view here.' })

function refusedView(problems: readonly { path: string; message: string }[]): Refusal {
  const issues = problems.map(({ path, message }) => ({
    severity: 'error' as const,
    path: path === '' ? 'view' : `view.${path}`,
    code: 'invalid',
    message,
  }))
  return refuse('invalid', { detail: issues.map(({ path, message }) => `${path}: ${message}`).join('; '), issues })
}

// The engine's words are of a statement that nobody wrote.
const notTaken = (refusal: Refusal): Refusal =>
  refusal.refusal === 'statement-invalid'
    ? refusedView([{ path: 'select', message: 'its columns do not fit each other’s types' }])
    : refusal

const shippedTables = (): FlatTable[] => {
  const named = new Set(flatTableNames())
  return resourceTypes.map(flatTable).filter(({ name }) => named.has(name))
}

type Summary = TableViewList['views'][number]
const shippedSummary = ({ name, type, title }: FlatTable): Summary => ({
  name,
  type,
  title,
  kind: 'shipped',
  version: null,
  by: null,
  at: null,
})

function summaryOf({ name, version, by, at, document }: StudyView, table: FlatTable | null): Summary {
  const { resource, title } = (document ?? {}) as { resource?: string; title?: string }
  const of = { type: table?.type ?? resource ?? '', title: table?.title ?? title ?? '' }
  return { name, ...of, kind: 'own', version, by, at: new Date(at).toISOString() }
}

interface Whole {
  summary: Summary
  table: FlatTable | null
  document: object
  versions: readonly StudyView[]
}
async function wholeOf({ columns }: ViewParts, study: Study, { summary, table, document, versions }: Whole): Promise<TableView> {
  return {
    ...summary,
    study: study.id,
    columns: table === null ? [] : await columns(study, table),
    document: document as Record<string, unknown>,
    versions: versions.map(({ version, by, at, document: stored }) => ({
      version,
      by,
      at: new Date(at).toISOString(),
      ended: stored === null,
    })),
  }
}
