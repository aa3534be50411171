import type { ResultColumn, ResultFilter, StatementParameters } from '@aquifer/core/contract'
import { suggestName } from '@aquifer/core/query'
import { refuse, type Refusal } from '@aquifer/core/refusal'

// Part of a kept result: which rows, in which order, by statements over the kept table. Names are checked against its columns, values
// are bound.

export interface Window {
  offset: number
  limit: number
  sort?: { column: string; descending: boolean } | undefined
  filters: readonly ResultFilter[]
}
export interface WindowSql {
  rows: string
  /** how many rows there are to be seen; null: all that were kept */
  matching: string | null
  parameters: StatementParameters
}

const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`
const comparisons = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const

/** `numbered`: with a last column more, which of the kept rows each is. */
export function windowSql(columns: readonly ResultColumn[], window: Window, numbered = false): WindowSql | Refusal {
  const { offset, limit, sort, filters } = window
  const asked = [...filters.map(({ column }) => column), ...(sort ? [sort.column] : [])]
  const unknown = asked.find((name) => placeOf(columns, name) < 0)
  if (unknown !== undefined) {
    const near = suggestName(
      unknown,
      columns.map(({ name }) => name),
    )
    return refuse('bad-parameter', {
      detail: `The result has no column ${unknown.slice(0, 64)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      parameter: filters.some(({ column }) => column === unknown) ? 'filter' : 'sort',
    })
  }
  const where = filters.map((filter, index) => conditionOf(columns, filter, index))
  const kept = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`
  const named = columns.map(({ name }, place) => `c${place} AS ${quotedName(name)}`)
  const selected = [...named, ...(numbered ? ['rowid'] : [])].join(', ')
  const from = 'FROM kept.main.rows'
  const order = sort ? `c${placeOf(columns, sort.column)} ${sort.descending ? 'DESC' : 'ASC'} NULLS LAST, rowid` : 'rowid'
  // Rows keep the numbers under which they came: what is neither filtered nor sorted is found without looking at what lies before.
  const rows =
    where.length === 0 && !sort
      ? `SELECT ${selected} ${from} WHERE rowid >= ${offset} AND rowid < ${offset + limit} ORDER BY rowid`
      : `SELECT ${selected} ${from}${kept} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`
  const values = filters.map(({ value }, index) => [`f${index}`, { type: 'text' as const, value: value ?? null }])
  const needed = values.filter((_, index) => !isOfNull(filters[index]))
  return {
    rows,
    matching: where.length === 0 ? null : `SELECT count(*) ${from}${kept}`,
    parameters: Object.fromEntries(needed) as StatementParameters,
  }
}

const isOfNull = (filter: ResultFilter | undefined): boolean => filter?.op === 'null' || filter?.op === 'not-null'
const placeOf = (columns: readonly ResultColumn[], asked: string): number => columns.findIndex(({ name }) => name === asked)

function conditionOf(columns: readonly ResultColumn[], { column, op }: ResultFilter, index: number): string {
  const place = placeOf(columns, column)
  const [of, value] = [`c${place}`, `$f${index}`]
  if (op === 'null') return `${of} IS NULL`
  if (op === 'not-null') return `${of} IS NOT NULL`
  if (op === 'contains') return `contains(lower(CAST(${of} AS VARCHAR)), lower(${value}))`
  const type = columns[place]?.type ?? 'VARCHAR'
  // What is no value of the column's type is equal to none of its values.
  return `${of} ${comparisons[op]} ${type === 'VARCHAR' ? value : `TRY_CAST(${value} AS ${type})`}`
}
