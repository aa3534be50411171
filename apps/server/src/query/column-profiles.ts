import type { CatalogueColumn, ColumnProfile, ProfileBar } from '@aquifer/core/contract'
import { cmsCells, isSmall, suppressList, type Shown } from '@aquifer/core/small-cells'

// What one statement per question tells of a table's columns, and how it is told: counts of people (of rows, where a table is about
// nobody), small ones and what would tell them hidden, the others rounded, so that a table asked twice does not tell who came between.

export const countRounding = 5
const barsMax = 8
const binsWanted = 8

type ColumnKind = ColumnProfile['kind']
/** Who stands behind a row; where no person does, the row itself. */
const who = '"_who"'
/** Made once for all that is asked of it: a flat table is worked out from what is nested each time it is read. */
const once = (table: string): string =>
  `WITH t AS MATERIALIZED (SELECT *, coalesce(patient_key, CAST(id AS VARCHAR)) AS ${who} FROM ${name(table)}) `
const name = (column: string): string => `"${column.replaceAll('"', '""')}"`
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

const isNested = (type: string): boolean => /\[\]$|^(STRUCT|MAP|LIST|JSON|UNION)/i.test(type)
const isDate = (type: string): boolean => /^(DATE|TIMESTAMP)/i.test(type)
const isNumber = (type: string): boolean => /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL)/i.test(type)
const isKey = (column: string): boolean => column === 'id' || column === 'masking_policy' || /(^|_)(key|id)$/.test(column)

export function kindOf({ name: column, type }: CatalogueColumn): ColumnKind {
  if (isKey(column) || isNested(type)) return 'none'
  return isNumber(type) || isDate(type) ? 'range' : 'values'
}

/** A column as a number: dates by their year, since the shape is what matters. */
const numeric = ({ name: column, type }: CatalogueColumn): string => (isDate(type) ? `year(${name(column)})` : `${name(column)}::DOUBLE`)

/** One row: rows, those behind them, persons, then for each column what `measuresOf` reads. */
export function measuresSql(table: string, columns: readonly CatalogueColumn[]): string {
  const each = columns.flatMap((column) => {
    const of = name(column.name)
    const range = kindOf(column) === 'range'
    return [
      `count(${of})`,
      `count(DISTINCT ${who}) FILTER (WHERE ${of} IS NOT NULL)`,
      `count(DISTINCT ${who}) FILTER (WHERE ${of} IS NULL)`,
      // Different keys are how many people or rows there are, to the last one.
      isNested(column.type) || isKey(column.name) ? 'NULL' : `count(DISTINCT ${of})`,
      range ? `quantile_cont(${numeric(column)}, 0.05)` : 'NULL',
      range ? `quantile_cont(${numeric(column)}, 0.95)` : 'NULL',
    ]
  })
  return `${once(table)}SELECT count(*), count(DISTINCT ${who}), count(DISTINCT patient_key), ${each.join(', ')} FROM t`
}

export interface Measures {
  filled: number
  having: number
  missing: number
  distinct: number | null
  low: number | null
  high: number | null
}
const perColumn = 6
export interface TableMeasures {
  rows: number
  counted: number
  people: number
  columns: Measures[]
}

const figure = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value))

export function measuresOf(row: readonly unknown[]): TableMeasures {
  const columns: Measures[] = []
  for (let at = 3; at < row.length; at += perColumn) {
    const [filled, having, missing, distinct, low, high] = row.slice(at, at + perColumn).map(figure)
    columns.push({
      filled: filled ?? 0,
      having: having ?? 0,
      missing: missing ?? 0,
      distinct: distinct ?? null,
      low: low ?? null,
      high: high ?? null,
    })
  }
  return { rows: Number(row[0]), counted: Number(row[1]), people: Number(row[2]), columns }
}

interface Bins {
  low: number
  step: number
  count: number
}

/** Bins of round width between the 5th and the 95th hundredth: the ends of a range are somebody's own. */
export function binsOf({ low, high }: Pick<Measures, 'low' | 'high'>): Bins | null {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return null
  if (high <= low) return { low: Math.floor(low), step: 1, count: 1 }
  const raw = (high - low) / binsWanted
  const scale = 10 ** Math.floor(Math.log10(raw))
  const step = scale * ([1, 2, 5, 10].find((each) => each * scale >= raw) ?? 10)
  const first = Math.floor(low / step) * step
  return { low: first, step, count: Math.max(1, Math.ceil((high - first) / step)) }
}

/** Rows of column, bar, count; a bar of null is all that has none of its own. Null: no column has a distribution. */
export function barsSql(table: string, columns: readonly CatalogueColumn[], measures: readonly Measures[]): string | null {
  const parts = columns.flatMap((column, at) => {
    const kind = kindOf(column)
    const measured = measures[at]
    if (measured === undefined || measured.having === 0) return []
    if (kind === 'values') return [valuesSql(column)]
    const bins = kind === 'range' ? binsOf(measured) : null
    return bins === null ? [] : [binsSql(column, bins)]
  })
  return parts.length === 0 ? null : once(table) + parts.join(' UNION ALL ')
}

function valuesSql({ name: column }: CatalogueColumn): string {
  const of = `CAST(${name(column)} AS VARCHAR)`
  const from = `FROM t WHERE ${name(column)} IS NOT NULL`
  const top = `SELECT ${of} AS v, count(DISTINCT ${who}) AS n ${from} GROUP BY 1 HAVING count(DISTINCT ${who}) >= ${cmsCells.threshold} ORDER BY n DESC, v LIMIT ${barsMax}`
  return `SELECT ${text(column)}, v, n FROM (${top}) UNION ALL
    SELECT ${text(column)}, NULL, count(DISTINCT ${who}) ${from} AND ${of} NOT IN (SELECT v FROM (${top}))`
}

function binsSql(column: CatalogueColumn, { low, step, count }: Bins): string {
  const bin = `least(greatest(floor((${numeric(column)} - ${low}) / ${step}), 0), ${count - 1})`
  return `SELECT ${text(column.name)}, CAST(CAST(bin AS INTEGER) AS VARCHAR), count(DISTINCT u) FROM
    (SELECT ${bin} AS bin, ${who} AS u FROM t WHERE ${name(column.name)} IS NOT NULL AND isfinite(${numeric(column)}::DOUBLE)) GROUP BY ALL`
}

export type BarRow = readonly [column: string, bar: string | null, count: number | string]

export function profileOf(column: CatalogueColumn, measures: Measures, rows: number, bars: readonly BarRow[]): ColumnProfile {
  const kind = kindOf(column)
  const list = kind === 'range' ? rangeBars(measures, bars, isDate(column.type)) : valueBars(bars)
  // Whoever knows how many there are gets from all others what one hidden number is: they are judged together.
  const told = suppressList([...list.map((bar) => bar.count), measures.missing], cmsCells).counts
  const missing = told.at(-1) ?? 0
  const hides = typeof missing === 'string' || isSmall(measures.having, cmsCells)
  return {
    ...column,
    filled: rows === 0 || measures.having === 0 ? 0 : hides ? null : share(measures.filled / rows),
    distinct: measures.distinct === null || isSmall(measures.having, cmsCells) ? null : twoDigits(measures.distinct),
    kind: list.length === 0 ? 'none' : kind,
    bars: list.map((bar, at) => ({ ...bar, count: roundedTo(told[at] ?? 0) })),
    missing: roundedTo(missing),
  }
}

type ExactBar = ProfileBar & { count: number }

function rangeBars(measures: Measures, bars: readonly BarRow[], isYear: boolean): ExactBar[] {
  const bins = binsOf(measures)
  if (bins === null) return []
  const counts = new Map(bars.map(([, bar, count]) => [Number(bar), Number(count)]))
  return Array.from({ length: bins.count }, (_, at) => ({ label: binLabel(bins, at, isYear), count: counts.get(at) ?? 0 }))
}

function binLabel({ low, step, count }: Bins, at: number, isYear: boolean): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  const edge = (n: number): string => (low + n * step).toFixed(isYear ? 0 : digits)
  if (count === 1) return `about ${edge(0)}`
  if (at === 0) return `below ${edge(1)}`
  return at === count - 1 ? `${edge(at)} and above` : step === 1 && digits === 0 ? edge(at) : `${edge(at)} to ${edge(at + 1)}`
}

function valueBars(bars: readonly BarRow[]): ExactBar[] {
  const named = bars.flatMap(([, bar, count]) => (bar === null ? [] : [{ label: bar, count: Number(count) }]))
  const rest = bars.find(([, bar]) => bar === null)
  const other = rest === undefined ? 0 : Number(rest[2])
  return [
    ...named.sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1)),
    ...(other > 0 ? [{ label: named.length === 0 ? 'Values of few' : 'Other values', count: other, rest: true }] : []),
  ]
}

export const roundedTo = (count: Shown): Shown =>
  typeof count === 'string' ? count : Math.max(count > 0 ? countRounding : 0, Math.round(count / countRounding) * countRounding)
// All and nothing are said of all and of nothing only.
const share = (part: number): number => (part === 0 || part === 1 ? part : Math.min(0.99, Math.max(0.01, Math.round(part * 100) / 100)))
// Nearly every person may have a value of their own, so that it counts people, too.
const twoDigits = (value: number): number => {
  const scale = value <= 20 ? 1 : Math.max(countRounding, 10 ** (Math.floor(Math.log10(value)) - 1))
  return Math.round(value / scale) * scale
}
