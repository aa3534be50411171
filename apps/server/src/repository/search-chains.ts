import type { Queryable } from './people.js'
import { prepared } from './prepared.js'
import type { References, SqlClause } from './search-clauses.js'
import { foundSql } from './search-sql.js'
import type { ChainTarget, SearchClause } from './types.js'

// What another search finds is joined by its ids: as many as a statement takes without harm to others.
const joinedMax = 50_000

/** The clauses with every chain resolved to the resources at its end; null: too many to be joined. */
export async function resolved(client: Queryable, clauses: readonly SearchClause[]): Promise<SqlClause[] | null> {
  const found: SqlClause[] = []
  for (const clause of clauses) {
    if (clause.kind === 'content') continue
    const resolvedOne =
      clause.kind === 'chain' ? await endOf(client, clause) : clause.kind === 'any' ? await eachOf(client, clause) : clause
    if (resolvedOne === null) return null
    found.push(resolvedOne)
  }
  return found
}

async function eachOf(client: Queryable, { of }: Extract<SearchClause, { kind: 'any' }>): Promise<SqlClause | null> {
  if (!of.some((clauses) => clauses.some(({ kind }) => kind === 'chain' || kind === 'any'))) return { kind: 'any', of }
  const alternatives: SearchClause[][] = []
  for (const clauses of of) {
    const each = await resolved(client, clauses)
    if (each === null) return null
    alternatives.push(each)
  }
  return { kind: 'any', of: alternatives }
}

async function endOf(client: Queryable, { param, targets }: Extract<SearchClause, { kind: 'chain' }>): Promise<References | null> {
  const any: { type: string; id: string }[] = []
  const pids: bigint[] = []
  for (const target of targets) {
    const rows = await rowsOf(client, target)
    if (rows === null || any.length + rows.length > joinedMax) return null
    for (const { id, patient } of rows) {
      any.push({ type: target.type, id })
      if (patient !== null) pids.push(patient)
    }
  }
  const onlyPatients = targets.every(({ type }) => type === 'Patient')
  return { kind: 'reference', param, any, ...(onlyPatients ? { pids } : {}) }
}

interface FoundRow {
  id: string
  patient: bigint | null
}

async function rowsOf(client: Queryable, { type, scope, clauses }: ChainTarget): Promise<FoundRow[] | null> {
  const inner = await resolved(client, clauses)
  if (inner === null) return null
  const { sql, parameters } = foundSql({ type, scope, clauses: inner, count: 0, sort: { by: '_id', descending: false } }, joinedMax + 1)
  return (await client.query<FoundRow>(prepared(sql, parameters))).rows
}
