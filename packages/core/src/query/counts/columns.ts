import { folded, items, type Node, refuse, text } from '../tree.js'
import { suggestName } from '../suggest.js'

// Columns of what is counted, by what may be done with them.

/** `key`: of a person or a row; `none`: null. */
export type Kind = 'text' | 'number' | 'time' | 'flag' | 'key' | 'other' | 'none'
export interface Column {
  name: string
  kind: Kind
  /** Measured, and as it is in the table: may be summed. A computed one could be a condition in disguise. */
  measured: boolean
  made: Made
}
/**
 * How a value came to be: `plain` as a shipped table has it, or between two of its times: moved or stretched by a number it would undo the
 * rounding of its mean. `reckoned` of such without a condition; else it could be one, and its mean the share of who meets it.
 */
export type Made = 'plain' | 'reckoned' | 'computed'
export interface Source {
  alias: string
  columns: ReadonlyMap<string, Column>
  people: boolean
}
export interface Scope {
  sources: readonly Source[]
  /** One product in a statement: shared by all its parts. */
  products: { used: boolean }
  /** Kinds of the values that are given, by name in lower case. */
  parameters: ReadonlyMap<string, Kind>
}
export const isKey = (name: string): boolean => name === 'id' || name === 'panel_id' || name.endsWith('_key')

export function columnOf(name: string, type: string, measured: boolean): Column {
  const number = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|INT|DOUBLE|FLOAT|DECIMAL\(.*\))$/i.test(type)
  const kind: Kind = isKey(name)
    ? 'key'
    : number
      ? 'number'
      : /^VARCHAR$/i.test(type)
        ? 'text'
        : /^(?:DATE|TIMESTAMP.*)$/i.test(type)
          ? 'time'
          : /^BOOLEAN$/i.test(type)
            ? 'flag'
            : 'other'
  return { name, kind, measured: measured && number, made: measured ? 'plain' : 'computed' }
}

/** The column that a name means; one of people's tables is refused where several would do. */
export function resolve(node: Node, { sources }: Scope): Column {
  const path = items(node['column_names']).map((part) => folded(text(part)))
  const name = path.at(-1) ?? ''
  const within = path.length === 1 ? sources : sources.filter(({ alias }) => folded(alias) === path.at(-2))
  const found = within.flatMap(({ columns }) => columns.get(name) ?? [])
  if (path.length > 2 || found[0] === undefined) {
    const known = within.flatMap(({ columns }) => [...columns.keys()])
    return refuse(node, `There is no column ${name.slice(0, 64)} here.`, suggestName(name, known))
  }
  return found[0]
}
