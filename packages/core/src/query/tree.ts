// What walks over the engine's own tree of a statement share.

/** Why a statement may not run. `position` counts bytes of the SQL, as the engine does. */
export interface StatementFault {
  detail: string
  position?: number
  suggestion?: string
  /** The parameter it is about, whose place the engine's tree does not tell. */
  parameter?: string
}

export type Node = Record<string, unknown>

export class Refused extends Error {
  constructor(readonly fault: StatementFault) {
    super(fault.detail)
  }
}

function placeOf(node: Node): { position?: number } {
  const at = node['query_location']
  return typeof at === 'number' && at < 2 ** 40 ? { position: at } : {}
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
/**
 * A name as the engine compares it: letters of ASCII alone have two cases there. To JavaScript the Kelvin sign is a k, too: a named result
 * would seem to be meant where the engine reads a view of its own, or a file.
 */
export const folded = (name: string): string => name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
export const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const nodes = (value: unknown): Node[] => items(value) as Node[]
export const refuse = (node: Node, detail: string, suggestion?: string): never => {
  throw new Refused({ detail, ...placeOf(node), ...(suggestion === undefined ? {} : { suggestion }) })
}
