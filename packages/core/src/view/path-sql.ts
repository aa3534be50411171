import { callFunction } from './path-functions.js'
import type { PathNode } from './fhirpath-dstu2.js'
import {
  asText,
  elementOf,
  isText,
  lambda,
  many,
  member,
  one,
  refuseUnless,
  scalar,
  withoutRepeats,
  type PathScope,
  type PathSql,
} from './path-value.js'
import { bigint, boolean, double, quoteText, varchar } from './sql-type.js'

type Compile = (node: PathNode, scope: PathScope) => PathSql
const child = (node: PathNode, index: number): PathNode => {
  const found = node.children?.[index]
  refuseUnless(found !== undefined, `${node.type} lacks an operand`)
  return found
}
const through: Compile = (node, scope) => compileNode(child(node, 0), scope)

const comparison: Compile = (node, scope) => {
  const [left, right] = operands(node, scope)
  const operator = node.text === '!=' ? '<>' : (node.text ?? '')
  refuseUnless(['=', '<>', '<', '<=', '>', '>='].includes(operator), `operator ${operator} does not compile`)
  if ((left.many && !left.loose) || (right.many && !right.loose)) return listComparison(operator, left, right)
  if (isText(left) !== isText(right) && (left.type.kind === 'json' || right.type.kind === 'json')) {
    const typed = left.type.kind === 'json' ? right : left
    const name = typed.type.kind === 'scalar' ? typed.type.name : 'VARCHAR'
    return one(`(TRY_CAST(${scalar(left)} AS ${name}) ${operator} TRY_CAST(${scalar(right)} AS ${name}))`, boolean)
  }
  return one(`(${scalar(left)} ${operator} ${scalar(right)})`, boolean)
}

// Of collections only equality is told: as long as each other, and equal one by one.
function listComparison(operator: string, left: PathSql, right: PathSql): PathSql {
  refuseUnless(operator === '=' || operator === '<>', 'a single value is needed here: add .first()')
  refuseUnless(left.type.kind === 'scalar' && right.type.kind === 'scalar', 'a primitive is needed here')
  const list = (side: PathSql): string =>
    withoutRepeats(side).many ? side.sql : `(CASE WHEN ${side.sql} IS NOT NULL THEN [${side.sql}] END)`
  return one(`(nullif(${list(left)}, []) ${operator} nullif(${list(right)}, []))`, boolean)
}

const logic =
  (operator: string): Compile =>
  (node, scope) => {
    const [left, right] = operands(node, scope)
    if (node.text === 'implies') return one(`(NOT ${scalar(left)} OR ${scalar(right)})`, boolean)
    if (node.text === 'xor') return one(`(${scalar(left)} <> ${scalar(right)})`, boolean)
    return one(`(${scalar(left)} ${operator} ${scalar(right)})`, boolean)
  }

const arithmetic: Compile = (node, scope) => {
  const [left, right] = operands(node, scope)
  const operator = node.text ?? ''
  if (operator === '&') return one(`(coalesce(${asText(left)}, '') || coalesce(${asText(right)}, ''))`, varchar)
  if (isText(left) || isText(right)) {
    refuseUnless(operator === '+', `${operator} of texts does not compile`)
    return one(`(${asText(left)} || ${asText(right)})`, varchar)
  }
  if (operator === 'div') return one(`CAST(trunc(${scalar(left)} / nullif(${scalar(right)}, 0)) AS BIGINT)`, bigint)
  if (operator === 'mod') return one(`(${scalar(left)} % nullif(${scalar(right)}, 0))`, isWhole(left) && isWhole(right) ? bigint : double)
  refuseUnless(['+', '-', '*', '/'].includes(operator), `operator ${operator} does not compile`)
  const whole = operator !== '/' && isWhole(left) && isWhole(right)
  return one(`(${scalar(left)} ${operator} ${operator === '/' ? `nullif(${scalar(right)}, 0)` : scalar(right)})`, whole ? bigint : double)
}

const isWhole = ({ type }: PathSql): boolean => type.kind === 'scalar' && /INT/.test(type.name)
const operands = (node: PathNode, scope: PathScope): [PathSql, PathSql] => [
  compileNode(child(node, 0), scope),
  compileNode(child(node, 1), scope),
]

function union(node: PathNode, scope: PathScope): PathSql {
  const [left, right] = operands(node, scope)
  const list = (side: PathSql): string => {
    if (side.many) return `coalesce(${side.sql}, [])`
    const name = lambda(scope)
    return `list_filter([${side.sql}], lambda ${name}: ${name} IS NOT NULL)`
  }
  return { ...many(`list_concat(${list(left)}, ${list(right)})`, left.type), repeats: true }
}

function indexer(node: PathNode, scope: PathScope): PathSql {
  const [list, index] = operands(node, scope)
  if (!list.many) return elementOf(list, `(CASE WHEN ${scalar(index)} = 0 THEN ${list.sql} END)`)
  return elementOf(list, `(${list.sql})[${scalar(index)} + 1]`)
}

const compilers: Record<string, Compile> = {
  EntireExpression: through,
  TermExpression: through,
  InvocationTerm: through,
  ParenthesizedTerm: through,
  LiteralTerm: through,
  ExternalConstantTerm: (node, scope) => external(node, scope),
  StringLiteral: (node) => one(quoteText(unescape(node.text ?? '')), varchar),
  NumberLiteral: (node) => one(node.text ?? '0', /\./.test(node.text ?? '') ? double : bigint),
  BooleanLiteral: (node) => one(node.text === 'true' ? 'true' : 'false', boolean),
  NullLiteral: () => one('NULL', varchar),
  ThisInvocation: (_node, scope) => scope.focus,
  MemberInvocation: (node, scope) => member(scope.focus, memberName(node), scope),
  InvocationExpression: (node, scope) => compileNode(child(node, 1), { ...scope, focus: compileNode(child(node, 0), scope) }),
  FunctionInvocation: (node, scope) => callFunction(memberName(node), child(node, 0).children?.[1]?.children ?? [], scope),
  IndexerExpression: indexer,
  EqualityExpression: comparison,
  InequalityExpression: comparison,
  AndExpression: logic('AND'),
  OrExpression: logic('OR'),
  ImpliesExpression: logic('OR'),
  AdditiveExpression: arithmetic,
  MultiplicativeExpression: arithmetic,
  UnionExpression: union,
  MembershipExpression: (node, scope) => {
    const [left, right] = operands(node, scope)
    const [list, item] = node.text === 'in' ? [right, left] : [left, right]
    refuseUnless(!item.many && list.type.kind === 'scalar', 'membership compiles of one value in a list of primitives')
    return one(`coalesce(list_contains(${list.many ? list.sql : `[${list.sql}]`}, ${scalar(item)}), false)`, boolean)
  },
  PolarityExpression: (node, scope) => {
    const value = compileNode(child(node, 0), scope)
    return one(`(${node.text === '-' ? '-' : '+'}${scalar(value)})`, value.type)
  },
}

export function compileNode(node: PathNode, scope: PathScope): PathSql {
  const compile = compilers[node.type]
  refuseUnless(compile !== undefined, `${node.type} does not compile`)
  return compile(node, scope)
}

const memberName = (node: PathNode): string => (node.text ?? '').replace(/^`(.*)`$/s, '$1')

function external(node: PathNode, scope: PathScope): PathSql {
  const name = (node.text ?? '').replaceAll(/[%`']/g, '')
  if (name === 'rowIndex') return one(scope.rowIndex, bigint)
  if (name === 'resource' || name === 'rootResource') return scope.resource
  const value = scope.constants.get(name)
  refuseUnless(value !== undefined, `constant %${name} is not defined`)
  return value
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' }
const unescape = (literal: string): string =>
  literal
    .slice(1, -1)
    .replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_all, code: string) =>
      code.length === 5 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
    )
