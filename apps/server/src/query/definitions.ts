import { createHash } from 'node:crypto'
import path from 'node:path'
import { cohortSql } from '@aquifer/core/cohort'
import type { QueryBasis } from '@aquifer/core/contract'
import type { FlatTable } from '../view/index.js'
import type { ListFile } from './code-list-tables.js'
import type { CohortTable } from './cohort-tables.js'
import type { QueryFile } from './file-tables.js'
import type { StatementWork } from './run-statement.js'

// What statements read that no snapshot and no data cut holds: it changes under its name, and is told apart by a hash of what it says.

export interface Definitions {
  own: readonly FlatTable[]
  cohorts: readonly CohortTable[]
  files: readonly QueryFile[]
  lists: readonly ListFile[]
}
type Reads = NonNullable<QueryBasis['reads']>

const listTables = ['code_lists', 'code_list_versions']
const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

/** By the name of its table. */
export function versionsOf({ own, cohorts, files, lists }: Definitions): Map<string, string> {
  const inLists = hashOf(lists.filter(({ newest }) => newest).map(({ name, version }) => [name, version]))
  return new Map([
    ...own.map(({ name, view }): [string, string] => [name, hashOf(view)]),
    // Of what is asked, not of how it was written: a release that compares amounts in another unit asks something else by the same criteria.
    ...cohorts.map(({ name, criteria }): [string, string] => [name, hashOf(cohortSql(criteria))]),
    // A file is never changed; another of its name lies elsewhere.
    ...files.map((file): [string, string] => [file.name, hashOf([path.basename(file.path), file.bytes])]),
    ...(lists.length === 0 ? [] : listTables.map((name): [string, string] => [name, inLists])),
  ])
}

/** Those that a statement's text may mean, also through cohorts; one that it only mentions does no harm. */
export async function readsOf(sql: string, work: Pick<StatementWork, 'own' | 'cohorts' | 'files' | 'codeLists'>): Promise<Reads> {
  const { own, cohorts = [], files } = work
  const isNamed = (name: string, text: string): boolean => text.includes(name.toLowerCase())
  const asked = sql.toLowerCase()
  const criteria = cohorts.filter(({ name }) => isNamed(name, asked)).map((cohort) => cohortSql(cohort.criteria).toLowerCase())
  const whole = [asked, ...criteria].join('\n')
  const lists = listTables.some((name) => isNamed(name, whole)) ? await work.codeLists() : []
  const versions = versionsOf({ own, cohorts, files: files.files, lists })
  return [...versions].filter(([name]) => isNamed(name, whole)).map(([name, version]) => ({ name, version }))
}

/** Names of what is another by now, or is not there any more. */
export function changedSince(reads: Reads, now: ReadonlyMap<string, string>): string[] {
  return reads.filter(({ name, version }) => now.get(name) !== version).map(({ name }) => name)
}
