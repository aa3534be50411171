import type { CohortCodes, CohortCriteria, CohortCriterion, CohortLeaf, CohortWindow } from '../contract/index.js'
import { amounts, comparedIn, isAmount, leavesOf, sources, type Amount, type Happened, type Source } from './sources.js'

/** How a table is named in the SQL: as it is, or with its schema where there is no search path. */
export type TableName = (name: string) => string
const asItIs: TableName = (name) => name

/** People who meet the criteria, as SQL over the contract's flat tables. */
export function cohortSql({ all }: CohortCriteria, tableName: TableName = asItIs): string {
  const rules = all.map((rule) => ruleSql(rule, tableName, '  '))
  return `SELECT p.patient_key\nFROM ${tableName('patients')} p${rules.length === 0 ? '' : `\nWHERE ${rules.join('\n  AND ')}`}`
}

/** One row: everybody, then for each rule who meets it alone, then for each who meets it and all before it. */
export function funnelSql({ all }: CohortCriteria): string {
  const meets = all.map((rule, at) => `${ruleSql(rule, asItIs, '  ')} AS r${at}`)
  const alone = all.map((_, at) => `count(*) FILTER (WHERE r${at})`)
  const after = all.map(
    (_, at) =>
      `count(*) FILTER (WHERE ${all
        .slice(0, at + 1)
        .map((__, each) => `r${each}`)
        .join(' AND ')})`,
  )
  return `SELECT ${['count(*)', ...alone, ...after].join(', ')} FROM (SELECT ${['p.patient_key', ...meets].join(', ')} FROM patients p)`
}

/** The names that the study's dictionary has for the codes of the criteria: kind of rule, code, name. Null where there is none to ask for. */
export function codeNamesSql(criteria: CohortCriteria): string | null {
  const codes = new Map<Happened['is'], Set<string>>()
  for (const { leaf } of leavesOf(criteria)) {
    if (leaf.is === 'sex' || leaf.is === 'age' || 'list' in leaf.of) continue
    codes.set(leaf.is, new Set([...(codes.get(leaf.is) ?? []), ...leaf.of.codes]))
  }
  const parts = [...codes].flatMap(([is, of]) =>
    of.size === 0
      ? []
      : [
          `SELECT ${text(is)}, code, mode(code_text) FROM ${sources[is].table} WHERE code IN (${[...of].map(text).join(', ')}) AND code_text IS NOT NULL GROUP BY code`,
        ],
  )
  return parts.length === 0 ? null : parts.join('\nUNION ALL\n')
}

/** People by which of the rules they meet: a column for each rule, last the list of them. */
export function patternsSql({ all }: CohortCriteria): string {
  const meets = all.map((rule, at) => `${ruleSql(rule, asItIs, '  ')} AS r${at}`)
  const rules = all.map((_, at) => `r${at}`)
  return `SELECT ${[...rules, 'list(DISTINCT patient_key)'].join(', ')} FROM (SELECT ${['p.patient_key', ...meets].join(', ')} FROM patients p) GROUP BY ALL`
}

/** True or false, never unknown: so `not` means everybody else. */
function ruleSql(rule: CohortCriterion, tableName: TableName, indent: string): string {
  switch (rule.is) {
    case 'all':
    case 'any': {
      const parts = rule.of.map((each) => ruleSql(each, tableName, `${indent}  `))
      // A group of one stays a group when it is read back.
      if (parts.length === 1) parts.push(rule.is === 'all' ? 'true' : 'false')
      return `(\n${indent}  ${parts.join(`\n${indent}  ${rule.is === 'all' ? 'AND' : 'OR'} `)}\n${indent})`
    }
    case 'not': {
      const inner = ruleSql(rule.of, tableName, indent)
      return rule.of.is === 'all' || rule.of.is === 'any' ? `NOT ${inner}` : `NOT (${inner})`
    }
    default:
      return leafSql(rule, tableName)
  }
}

function leafSql(leaf: CohortLeaf, tableName: TableName): string {
  switch (leaf.is) {
    case 'sex':
      return `coalesce(p.gender, 'unknown') IN (${leaf.in.map(text).join(', ')})`
    case 'age':
      return `coalesce(${ageSql(leaf.on)} ${boundsSql(leaf)}, false)`
    default:
      return happenedSql(leaf, tableName)
  }
}

const ageSql = (on: string): string => `coalesce(date_sub('year', p.birth_date, DATE ${text(on)}), ${yearOf(on)} - p.birth_year)`
function boundsSql({ min, max }: { min?: number | undefined; max?: number | undefined }): string {
  if (min !== undefined && max !== undefined) return `BETWEEN ${min} AND ${max}`
  return min === undefined ? `<= ${max ?? 0}` : `>= ${min}`
}

/**
 * The people of a cohort with the date that makes them members by the first rule that something happened: of so many records the last that
 * was needed. Null where no rule says so, or no date is kept.
 */
export function indexDatesSql(criteria: CohortCriteria, tableName: TableName = asItIs): string {
  const leaf = firstHappened(criteria.all)
  const date = leaf === null ? 'CAST(NULL AS TIMESTAMP)' : memberSince(leaf, tableName)
  return `SELECT p.patient_key, ${date} AS index_at FROM (${cohortSql(criteria, tableName)}) p`
}

function firstHappened(rules: readonly CohortCriterion[]): Happened | null {
  for (const rule of rules) {
    if (rule.is === 'all' || rule.is === 'any') {
      const inner = firstHappened(rule.of)
      if (inner !== null) return inner
    } else if (rule.is !== 'not' && rule.is !== 'age' && rule.is !== 'sex') return rule
  }
  return null
}

function memberSince(leaf: Happened, tableName: TableName): string {
  const at = `r.${sources[leaf.is].time}_at`
  const value = leaf.atLeast === undefined ? `min(${at})` : `list_sort(list(${at}) FILTER (${at} IS NOT NULL))[${leaf.atLeast}]`
  return `(SELECT ${value} ${recordsSql(leaf, tableName)})`
}

function happenedSql(leaf: Happened, tableName: TableName): string {
  const from = recordsSql(leaf, tableName)
  return leaf.atLeast === undefined ? `EXISTS (SELECT 1 ${from})` : `(SELECT count(*) ${from}) >= ${leaf.atLeast}`
}

function recordsSql(leaf: Happened, tableName: TableName): string {
  const where = ['r.patient_key = p.patient_key', ...meantSql(leaf, tableName), ...(isAmount(leaf) ? amountSql(leaf) : [])].join(' AND ')
  return `FROM ${tableName(isAmount(leaf) ? amounts : sources[leaf.is].table)} r WHERE ${where}`
}

function meantSql(leaf: Happened, tableName: TableName): string[] {
  const source = sources[leaf.is]
  const counts = `coalesce(r.${source.status}, '') NOT IN (${source.never.map(text).join(', ')})`
  return [...codesSql(leaf.of, tableName), counts, ...windowSql(leaf.window ?? {}, source)]
}

function amountSql(leaf: Amount): string[] {
  const { comparison, number, unit } = leaf.value
  const { factor, shift, units } = comparedIn(leaf)
  // Reckoned as the readings are, to the last bit.
  const amount = factor === 1 && shift === 0 ? String(number) : `CAST(${number} AS DOUBLE) * ${factor} + ${shift}`
  const compared = `r.usual_number ${comparison} ${amount}`
  if (units === null) return [compared]
  // A unit that the rule does not name is not read back as if it did.
  return [compared, unit === undefined ? `r.usual_unit = ${text(units[0]!)}` : `r.usual_unit IN (${units.map(text).join(', ')})`]
}

/** How many readings a rule cannot compare, since they are in a unit that is not that of the rule, or in none; null where it compares all. */
export function otherUnitsSql(leaf: Amount): string | null {
  const { units } = comparedIn(leaf)
  if (units === null) return null
  const other = `coalesce(r.usual_unit NOT IN (${units.map(text).join(', ')}), true)`
  return `SELECT count(*) FROM ${amounts} r WHERE ${[...meantSql(leaf, asItIs), other].join(' AND ')}`
}

function codesSql(codes: CohortCodes, tableName: TableName): string[] {
  if ('list' in codes)
    return [
      `r.code_system || '|' || r.code IN (SELECT l."system" || '|' || l.code FROM ${tableName('code_lists')} l WHERE l.list = ${text(codes.list)})`,
    ]
  const named = `r.code IN (${codes.codes.map(text).join(', ')})`
  return codes.system === undefined ? [named] : [`r.code_system = ${text(codes.system)}`, named]
}

function windowSql({ from, to }: CohortWindow, { time }: Source): string[] {
  const bound = (day: string | undefined, comparison: string): string[] =>
    day === undefined
      ? []
      : [`coalesce(CAST(r.${time}_at AS DATE) ${comparison} DATE ${text(day)}, r.${time}_year ${comparison} ${yearOf(day)})`]
  return [...bound(from, '>='), ...bound(to, '<=')]
}

const yearOf = (day: string): number => Number(day.slice(0, 4))
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
