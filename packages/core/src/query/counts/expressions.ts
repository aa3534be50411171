import { folded, items, type Node, nodes, refuse, text } from '../tree.js'
import { resolve, type Column, type Kind, type Scope } from './columns.js'
import { choices, cuttings, joinings, lengths, ofDateParts, ofText, ofTimeAsNumber, roundings, textTests } from './functions.js'

// Expressions over one row, as filters and labels of counts. Whether they fail must not depend on the data: an error that somebody's row
// causes tells of it as a count would. So every value has a kind, kinds do not mix, and only functions that take every value are here.

/** Checks a subquery after IN: a list of people. */
export type ListCheck = (subquery: Node, scope: Scope) => void
interface Walk {
  scope: Scope
  list: ListCheck
}

const dateParts = new Set(
  'year month day quarter week hour minute second decade century isoyear dayofweek isodow dayofyear yearweek'.split(' '),
)
const numberMax = 1_000_000
const factorMax = 1_000
const timeText = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?$/

/** A day that the calendar has: another one would fail when a row meets it. */
function isTime(constant: string): boolean {
  const [, year = '', month = '', day = ''] = timeText.exec(constant) ?? []
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0)
  const days = month === '02' ? (leap ? 29 : 28) : ['04', '06', '09', '11'].includes(month) ? 30 : 31
  return day !== '' && Number(day) <= days
}

/** What kind of value an expression over one row has; refuses what may not stand there. */
export function kindOf(node: Node, scope: Scope, list: ListCheck): Kind {
  return check(node, { scope, list })
}

function check(node: Node, walk: Walk): Kind {
  switch (text(node['class'])) {
    case 'COLUMN_REF':
      return valueOf(resolve(node, walk.scope), node)
    case 'CONSTANT':
      return kindOfConstant(node)
    case 'PARAMETER':
      return kindOfParameter(node, walk)
    case 'COMPARISON':
      return compared(node, walk)
    case 'BETWEEN':
      same(node, [node['input'], node['lower'], node['upper']] as Node[], walk)
      return 'flag'
    case 'CONJUNCTION':
      for (const part of nodes(node['children'])) expect(part, 'flag', walk)
      return 'flag'
    case 'OPERATOR':
      return operated(node, walk)
    case 'CASE':
      for (const each of nodes(node['case_checks'])) expect(each['when_expr'] as Node, 'flag', walk)
      return same(node, [...nodes(node['case_checks']).map((each) => each['then_expr'] as Node), node['else_expr'] as Node], walk)
    case 'CAST':
      return cast(node, walk)
    case 'FUNCTION':
      return called(node, walk)
    case 'SUBQUERY':
      return peopleListed(node, walk)
    default:
      return refuse(node, 'This expression is none of counts.')
  }
}

const kindOfParameter = (node: Node, { scope }: Walk): Kind => scope.parameters.get(folded(text(node['identifier']))) ?? 'none'
const isParameter = (node: Node | undefined): boolean => node?.['class'] === 'PARAMETER'
const isColumn = (node: Node): boolean => node['class'] === 'COLUMN_REF'

function valueOf({ kind }: Column, node: Node): Kind {
  if (kind === 'key') return refuse(node, 'Keys of people and rows may be joined and counted here, and nothing else.')
  if (kind === 'other') return refuse(node, 'Nested values are not counted: use a column of a flat table.')
  return kind
}

function kindOfConstant(node: Node): Kind {
  const { type, is_null: isNull, value } = (node['value'] ?? {}) as { type?: { id?: string }; is_null?: boolean; value?: unknown }
  const id = type?.id ?? ''
  if (isNull === true) return 'none'
  if (id === 'VARCHAR') return 'text'
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|FLOAT|DECIMAL)$/.test(id) && typeof value === 'number' && Math.abs(value) < 2 ** 53)
    return 'number'
  return refuse(node, 'This value may not stand here: write a number, a text, or a date as DATE ‘2020-01-31’.')
}

/** Null goes with every kind. */
function same(node: Node, parts: readonly Node[], walk: Walk): Kind {
  const kinds = parts.filter((part) => part != null).map((part) => ({ part, kind: check(part, walk) }))
  const first = kinds.find(({ kind }) => kind !== 'none')?.kind ?? 'none'
  const time = kinds.some(({ kind }) => kind === 'time')
  for (const { part, kind } of kinds) {
    if (kind === 'none' || (kind === first && !time) || (time && kind === 'time')) continue
    if (time && kind === 'text' && isTime(constantText(part) ?? '')) continue
    refuse(node, 'Values of different kinds meet here: numbers, texts and times do not mix.')
  }
  return time ? 'time' : first
}

function expect(node: Node, wanted: Kind, walk: Walk): void {
  const kind = check(node, walk)
  if (kind !== wanted && kind !== 'none') refuse(node, `Here stands a ${wanted === 'flag' ? 'condition' : wanted}.`)
}

const constantText = (node: Node): string | null => {
  const { value } = (node['value'] ?? {}) as { value?: unknown }
  return node['class'] === 'CONSTANT' && typeof value === 'string' ? value : null
}
const constantNumber = (node: Node | undefined): number | null => {
  const { value, type } = (node?.['value'] ?? {}) as { value?: unknown; type?: { type_info?: { scale?: number } } }
  if (node?.['class'] !== 'CONSTANT' || typeof value !== 'number') return null
  return value / 10 ** (type?.type_info?.scale ?? 0)
}

/** Keys of two tables may be held together: a row is one person's all the same. */
function compared(node: Node, walk: Walk): Kind {
  const [left, right] = [node['left'], node['right']] as [Node, Node]
  if (isColumn(left) && isColumn(right)) {
    const keys = [left, right].map((each) => resolve(each, walk.scope).kind === 'key')
    if (keys.every(Boolean) && /^COMPARE_(NOT)?EQUAL$/.test(text(node['type']))) return 'flag'
  }
  same(node, [left, right], walk)
  return 'flag'
}

function operated(node: Node, walk: Walk): Kind {
  const parts = nodes(node['children'])
  switch (text(node['type'])) {
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL': {
      const [part] = parts
      if (part !== undefined && isColumn(part)) resolve(part, walk.scope)
      else if (part !== undefined) check(part, walk)
      return 'flag'
    }
    case 'OPERATOR_NOT':
      for (const part of parts) expect(part, 'flag', walk)
      return 'flag'
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      same(node, parts, walk)
      return 'flag'
    case 'OPERATOR_COALESCE':
    case 'OPERATOR_NULLIF':
      return same(node, parts, walk)
    default:
      return refuse(node, 'This expression is none of counts.')
  }
}

/** Only casts that every value stands. */
function cast(node: Node, walk: Walk): Kind {
  const child = node['child'] as Node
  const to = text((node['cast_type'] as Node | undefined)?.['id'])
  const constant = constantText(child)
  if (to === 'BOOLEAN' && constant !== null && /^[tf]$/.test(constant)) return 'flag'
  if (/^(DATE|TIMESTAMP)$/.test(to) && constant !== null) {
    return isTime(constant) ? 'time' : refuse(node, 'A date is written DATE ‘2020-01-31’.')
  }
  const kind = check(child, walk)
  if (to === 'VARCHAR') return 'text'
  if (to === 'DOUBLE' && kind === 'number') return 'number'
  if (to === 'DATE' && kind === 'time') return 'time'
  return refuse(node, 'This cast can fail on a value, which would tell of it.')
}

function called(node: Node, walk: Walk): Kind {
  const name = folded(text(node['function_name']))
  const parts = nodes(node['children'])
  const plain = node['filter'] == null && node['distinct'] !== true && items((node['order_bys'] as Node | null)?.['orders']).length === 0
  if (!plain) return refuse(node, 'A figure of a group stands as a column of its own in the outer SELECT.')
  // So the engine reads code IN $codes.
  if (name === 'contains' && isParameter(parts[0])) return listed(node, parts, walk)
  if (textTests.has(name)) return ofTexts(parts, walk, 'flag')
  if (ofText.has(name) && parts.length === 1) return ofTexts(parts, walk, 'text')
  if (joinings.has(name)) return ofTexts(parts, walk, 'text')
  if (lengths.has(name) && parts.length === 1) return ofTexts(parts, walk, 'number')
  if (cuttings.has(name)) return cutText(node, parts, walk)
  if (ofTimeAsNumber.has(name) && parts.length === 1) return ofTimes(parts, walk, 'number')
  if (ofDateParts.has(name)) return ofParts(node, name, parts, walk)
  if (roundings.has(name)) return roundedNumber(node, parts, walk)
  if (/^(?:[-+*%]|\/{1,2})$/.test(name)) return arithmetic(node, name, parts, walk)
  if (choices.has(name)) return same(node, parts, walk)
  return refuse(node, `The function ${name.slice(0, 64)} may not stand here: counts take those that no value can make fail.`)
}

function listed(node: Node, [list, of]: readonly Node[], walk: Walk): Kind {
  if (list === undefined || kindOfParameter(list, walk) !== 'other') return refuse(node, 'IN takes a list of texts.')
  if (of !== undefined) expect(of, 'text', walk)
  return 'flag'
}

function ofTexts(parts: readonly Node[], walk: Walk, kind: Kind): Kind {
  for (const part of parts) expect(part, 'text', walk)
  return kind
}
function ofTimes(parts: readonly Node[], walk: Walk, kind: Kind): Kind {
  for (const part of parts) expect(part, 'time', walk)
  return kind
}

function cutText(node: Node, [of, ...numbers]: readonly Node[], walk: Walk): Kind {
  if (of !== undefined) expect(of, 'text', walk)
  const small = numbers.every((each) => Math.abs(constantNumber(each) ?? Infinity) <= factorMax)
  return small ? 'text' : refuse(node, 'Where a text is cut is a number.')
}

function ofParts(node: Node, name: string, [part, ...times]: readonly Node[], walk: Walk): Kind {
  if (part === undefined || !dateParts.has(folded(constantText(part) ?? ''))) refuse(node, 'Name a part of a date: year, month, day.')
  return ofTimes(times, walk, name.includes('trunc') ? 'time' : 'number')
}

function roundedNumber(node: Node, [of, digits]: readonly Node[], walk: Walk): Kind {
  if (of !== undefined) expect(of, 'number', walk)
  if (digits !== undefined && Math.abs(constantNumber(digits) ?? Infinity) > 10) refuse(node, 'Digits are a number up to 10.')
  return 'number'
}

/** No product may leave the range of its type: one factor that is small, once in a statement. */
function arithmetic(node: Node, name: string, parts: readonly Node[], walk: Walk): Kind {
  for (const part of parts) {
    expect(part, 'number', walk)
    if (isParameter(part)) refuse(node, 'Numbers to reckon with are written, not given: how large they are decides whether it can fail.')
    if (Math.abs(constantNumber(part) ?? 0) > numberMax) refuse(node, 'Numbers to reckon with are up to 1,000,000.')
  }
  if (name !== '*') return 'number'
  const factor = parts.map(constantNumber).find((each) => each !== null) ?? Infinity
  if (Math.abs(factor) > factorMax) refuse(node, 'A column is multiplied by a number up to 1,000.')
  if (walk.scope.products.used) refuse(node, 'One product in a statement.')
  walk.scope.products.used = true
  return 'number'
}

/** IN with a list of people, and no other subquery: what stands alone would tell everybody's rows of somebody's. */
function peopleListed(node: Node, walk: Walk): Kind {
  const child = node['child'] as Node | null
  const ofPeople = child !== null && isColumn(child) && resolve(child, walk.scope).name === 'patient_key'
  if (text(node['subquery_type']) !== 'ANY' || !ofPeople || node['comparison_type'] !== 'COMPARE_EQUAL')
    return refuse(node, 'A subquery is a list of people here: patient_key IN (SELECT patient_key FROM …).')
  walk.list(node['subquery'] as Node, walk.scope)
  return 'flag'
}
