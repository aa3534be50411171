import { canonicalParameter } from '@aquifer/core/fhir'
import type { Queryable } from './people.js'
import { prepared } from './prepared.js'
import type { References, SqlClause } from './search-clauses.js'
import { endSql } from './search-sql.js'
import type { ChainTarget, SearchClause, SearchQuery } from './search-types.js'

// What another search finds is joined by its ids: as many as a statement takes without harm to others.
const joinedMax = 50_000
// Of more people than these their numbers alone are asked for: an id each costs more than what is found.
const namedMax = 200

type Joining = Pick<SearchQuery, 'type' | 'scope'>

/** The clauses with every chain resolved to the resources at its end; null: too many to be joined. */
export async function resolved(client: Queryable, clauses: readonly SearchClause[], joining: Joining): Promise<SqlClause[] | null> {
  const found: SqlClause[] = []
  for (const clause of clauses) {
    if (clause.kind === 'content') continue
    if (clause.kind === 'any' && clause.of.length === 1) {
      const only = await resolved(client, clause.of[0] ?? [], joining)
      if (only === null) return null
      found.push(...only)
      continue
    }
    const resolvedOne =
      clause.kind === 'chain'
        ? await endOf(client, clause, joining)
        : clause.kind === 'any'
          ? await eachOf(client, clause, joining)
          : clause
    if (resolvedOne === null) return null
    found.push(resolvedOne)
  }
  return found
}

async function eachOf(client: Queryable, { of }: Extract<SearchClause, { kind: 'any' }>, joining: Joining): Promise<SqlClause | null> {
  if (!of.some((clauses) => clauses.some(({ kind }) => kind === 'chain' || kind === 'any'))) return { kind: 'any', of }
  const alternatives: SearchClause[][] = []
  for (const clauses of of) {
    const each = await resolved(client, clauses, joining)
    if (each === null) return null
    alternatives.push(each)
  }
  return { kind: 'any', of: alternatives }
}

async function endOf(
  client: Queryable,
  { param, targets }: Extract<SearchClause, { kind: 'chain' }>,
  joining: Joining,
): Promise<References | null> {
  const onlyPatients = targets.every(({ type }) => type === 'Patient')
  const isOfPeople = onlyPatients && targets.length === 1 && canonicalParameter(joining.type, param) === 'patient'
  const any: { type: string; id: string }[] = []
  const pids: bigint[] = []
  for (const target of targets) {
    const end = await foundAt(client, target, isOfPeople ? joining : null)
    if (end === null || any.length + end.total > joinedMax) return null
    if (end.ids === null) return { kind: 'reference', param, any: [], people: end.numbers }
    for (const id of end.ids) any.push({ type: target.type, id })
    if (onlyPatients) pids.push(...numbersIn(end.numbers))
  }
  return { kind: 'reference', param, any, ...(onlyPatients ? { pids } : {}) }
}

interface End {
  total: number
  /** null: many people, and nothing that may name them names another with them */
  ids: string[] | null
  /** of the people, as PostgreSQL writes an array */
  numbers: string
}

async function foundAt(client: Queryable, { type, scope, clauses }: ChainTarget, people: Joining | null): Promise<End | null> {
  const inner = await resolved(client, clauses, { type, scope })
  if (inner === null) return null
  const query = { type, scope, clauses: inner, count: 0, sort: { by: '_id', descending: false } }
  const { sql, parameters } = endSql(query, { max: joinedMax, named: people === null ? null : { ...people, max: namedMax } })
  const { rows } = await client.query<End & { total: bigint }>(prepared(sql, parameters))
  const [end] = rows
  return end === undefined ? null : { ...end, total: Number(end.total) }
}

const numbersIn = (written: string): bigint[] =>
  written
    .slice(1, -1)
    .split(',')
    .filter((each) => each !== '' && each !== 'NULL')
    .map(BigInt)
