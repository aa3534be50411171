import { createHash } from 'node:crypto'
import { canonicalCriteria, changedRules, cohortSentence, cohortSql, depthOf } from '@aquifer/core/cohort'
import {
  cohortCriteria,
  cohortDepthMax,
  type CohortCriteria,
  type CohortDiff,
  type CohortList,
  type CohortSummary,
  type CohortView,
} from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, StoredCohort, Study } from '../repository/index.js'
import { cohortTableName, tablesOfCohort, type CohortTable } from './cohort-tables.js'

/** Saved cohorts as statements see them: the newest version of each as a table. */
export interface CohortTables {
  tables(study: Pick<Study, 'sid'>): Promise<readonly CohortTable[]>
  /** They were changed. */
  forget(): void
}
/** Saved cohorts of a study: everyone who may read them reads all, whoever may change them adds a version to any. */
export interface CohortDesk {
  list(study: Study): Promise<CohortList>
  read(study: Study, name: string, version: number | null): Promise<CohortView | Refusal>
  /** `after`: the version it was made from; null for a new cohort. */
  save(study: Study, change: CohortChange): Promise<CohortView | Refusal>
  diff(study: Study, name: string, between: { from: number; to: number }): Promise<CohortDiff | Refusal>
}
export interface CohortChange {
  name: string
  after: number | null
  title: string
  note: string
  criteria: CohortCriteria
  by: string
}

// Another process may have saved some.
const staleMs = 5_000
const cohortsMax = 200
type Store = Pick<Repository, 'cohorts'>

export function openCohorts(repository: Store, now: () => number): CohortTables {
  const known = new Map<number, { at: number; tables: Promise<CohortTable[]> }>()
  const load = async (sid: number): Promise<CohortTable[]> =>
    (await repository.cohorts.newest(sid)).flatMap(({ name, title, criteria }) => {
      // What was saved once may be refused by later schemas: then it is no table, and the list still shows it.
      const checked = cohortCriteria.safeParse(criteria)
      return checked.success ? tablesOfCohort(name, { title, criteria: checked.data }) : []
    })
  return {
    tables({ sid }) {
      const there = known.get(sid)
      if (there !== undefined && now() - there.at < staleMs) return there.tables
      const tables = load(sid)
      known.set(sid, { at: now(), tables })
      tables.catch(() => known.delete(sid))
      return tables
    },
    forget() {
      known.clear()
    },
  }
}

const noSuchCohort = (): Refusal => refuse('unknown', { detail: 'There is no such cohort in this study.' })

export function openCohortDesk({ repository, tables, now }: { repository: Store; tables: CohortTables; now: () => number }): CohortDesk {
  const { cohorts } = repository
  return {
    async list(study) {
      const found = await cohorts.newest(study.sid)
      return { study: study.id, cohorts: found.map((stored) => summaryOf(stored, study.id)) }
    },
    async read(study, name, version) {
      const versions = await cohorts.versions(study.sid, name)
      const found = version === null ? versions[0] : versions.find((each) => each.version === version)
      return found === undefined ? noSuchCohort() : viewOf(found, versions, study.id)
    },
    async save(study, { name, after, title, note, criteria, by }) {
      const fault = faultOf(criteria)
      if (fault !== null) return fault
      const versions = await cohorts.versions(study.sid, name)
      const newest = versions[0]?.version ?? 0
      if (after === null && newest > 0)
        return refuse('already-exists', { detail: 'There is a cohort of this name: save its next version.' })
      if (after !== null && newest === 0) return noSuchCohort()
      if (after !== null && after !== newest) return refuse('conflict', { detail: 'The cohort was saved meanwhile.', current: newest })
      if (newest === 0 && (await cohorts.newest(study.sid)).length >= cohortsMax)
        return refuse('business-rule', { detail: `A study has at most ${cohortsMax} cohorts.` })
      const sha256 = createHash('sha256').update(canonicalCriteria(criteria)).digest('hex')
      const saved = await cohorts.add({ sid: study.sid, name, version: newest + 1, title, note, criteria, sha256, by, at: now() })
      if (saved === null) return refuse('conflict', { detail: 'The cohort was saved meanwhile.', current: newest })
      tables.forget()
      return viewOf(saved, [saved, ...versions], study.id)
    },
    async diff(study, name, { from, to }) {
      const versions = await cohorts.versions(study.sid, name)
      const [before, after] = [from, to].map((version) => versions.find((each) => each.version === version))
      if (before === undefined || after === undefined) return noSuchCohort()
      return { study: study.id, name, from, to, rules: changedRules(criteriaOf(before), criteriaOf(after)) }
    },
  }
}

/** What the schema cannot say of criteria. */
export function faultOf(criteria: CohortCriteria): Refusal | null {
  if (depthOf(criteria) <= cohortDepthMax) return null
  return refuse('invalid', { detail: `criteria: groups lie at most ${cohortDepthMax} deep in each other.` })
}

const criteriaOf = ({ criteria }: StoredCohort): CohortCriteria => criteria as CohortCriteria

function summaryOf(stored: StoredCohort, study: string): CohortSummary {
  const { name } = stored
  return { name, study, table: cohortTableName(name), sentence: cohortSentence(criteriaOf(stored)), ...versionOf(stored) }
}

const versionOf = ({ version, title, note, by, at, sha256 }: StoredCohort): CohortView['versions'][number] => ({
  version,
  title,
  note,
  by,
  at: new Date(at).toISOString(),
  sha256,
})

function viewOf(stored: StoredCohort, versions: readonly StoredCohort[], study: string): CohortView {
  const criteria = criteriaOf(stored)
  return {
    ...summaryOf(stored, study),
    criteria,
    sql: cohortSql(criteria),
    newest: versions[0]?.version ?? stored.version,
    versions: versions.map(versionOf),
  }
}
