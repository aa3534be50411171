import { folded, type Node, nodes, text } from '../tree.js'
import { resolve, type Made, type Scope } from './columns.js'

const spans = new Set('second minute hour day week month quarter year'.split(' '))
const orders: readonly Made[] = ['plain', 'reckoned', 'computed']
const worst = (...all: readonly Made[]): Made =>
  all.reduce((one, other) => (orders.indexOf(other) > orders.indexOf(one) ? other : one), 'plain')

/** How the value of an expression that passed its check came to be. */
export function madeOf(node: Node, scope: Scope): Made {
  const parts = nodes(node['children'])
  const ofParts = (least: Made, of: readonly Node[] = parts): Made => worst(least, ...of.map((part) => madeOf(part, scope)))
  switch (text(node['class'])) {
    case 'COLUMN_REF':
      return resolve(node, scope).made
    case 'CONSTANT':
    case 'PARAMETER':
      return 'plain'
    case 'CAST':
      return text((node['cast_type'] as Node | undefined)?.['id']) === 'VARCHAR' ? 'computed' : madeOf(node['child'] as Node, scope)
    case 'OPERATOR':
      return node['type'] === 'OPERATOR_COALESCE' ? ofParts('reckoned') : 'computed'
    case 'FUNCTION':
      return ofFunction(folded(text(node['function_name'])), parts, ofParts)
    default:
      return 'computed'
  }
}

function ofFunction(name: string, parts: readonly Node[], ofParts: (least: Made, of?: readonly Node[]) => Made): Made {
  if (/^date_?diff$/.test(name)) {
    const { value } = (parts[0]?.['value'] ?? {}) as { value?: unknown }
    const times = parts.slice(1)
    if (!spans.has(folded(text(value)))) return 'computed'
    return ofParts(times.every((time) => time['class'] === 'COLUMN_REF') ? 'plain' : 'reckoned', times)
  }
  return /^(?:[-+*/]|least|greatest|abs|round|year)$/.test(name) ? ofParts('reckoned') : 'computed'
}
