import { cohortSql } from '@aquifer/core/cohort'
import type { CohortCriteria, ReadStatisticsRequest, StatementParameters } from '@aquifer/core/contract'
import { parametersIn } from '@aquifer/core/query'
import type { FlatTable } from '../../view/index.js'
import type { ListFile } from '../code-list-tables.js'
import type { CohortTable } from '../cohort-tables.js'
import type { StatementWork } from '../run-statement.js'

/** Of whom a statement's answer tells where it is not its own figures. */
export type About = { cohort: CohortCriteria } | { statistics: ReadStatisticsRequest }

/**
 * What was asked, with all that can change under its name as it was then: whom an answer was of is found anew by it, whatever became of
 * views, cohorts and code lists since.
 */
export interface Question {
  sql: string
  parameters: StatementParameters
  about: About | null
  own: FlatTable[]
  cohorts: CohortTable[]
  /** Newest version of each code list; null: none is read. */
  lists: [name: string, version: number][] | null
}

/** A name that the text may mean; one it only mentions does no harm. */
const isIn = (text: string, name: string): boolean => text.includes(name.toLowerCase())

export async function questionOf(work: StatementWork, about: About | null): Promise<Question> {
  const { sql, parameters = {} } = work
  const text = sql.toLowerCase()
  const cohorts = (work.cohorts ?? []).filter(({ name }) => isIn(text, name))
  const whole = [text, ...cohorts.map(({ criteria }) => cohortSql(criteria))].join('\n')
  const lists = isIn(whole, 'code_list') ? (await work.codeLists()).filter(({ newest }) => newest) : null
  const named = new Set(parametersIn(sql).map(({ name }) => name.toLowerCase()))
  return {
    sql,
    parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => named.has(name.toLowerCase()))),
    about,
    own: work.own.filter(({ name }) => isIn(text, name)),
    cohorts,
    lists: lists?.map(({ name, version }): [string, number] => [name, version]) ?? null,
  }
}

export const keyOf = (question: Question): string => JSON.stringify(question)

/** The work that finds whom an earlier answer was of. */
export function workOf({ sql, parameters, own, cohorts, lists }: Question, work: StatementWork): StatementWork {
  const pinned = new Set(own.map(({ name }) => name))
  return {
    ...work,
    sql,
    parameters,
    own: [...work.own.filter(({ name }) => !pinned.has(name)), ...own],
    cohorts,
    codeLists: async () => (lists === null ? work.codeLists() : listsThen(await work.codeLists(), lists)),
  }
}

function listsThen(files: readonly ListFile[], lists: NonNullable<Question['lists']>): ListFile[] {
  const newest = new Map(lists)
  return files.flatMap((file) => {
    const then = newest.get(file.name)
    return then === undefined || file.version > then ? [] : [{ ...file, newest: file.version === then }]
  })
}
