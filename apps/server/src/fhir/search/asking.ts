import type { ChainTarget } from '../../repository/index.js'

/** What a search is told under: whose address this is, when, and how far the caller sees. */
export interface Asking {
  /** this server’s own address, under which references may be written */
  base: string
  now: number
  /** what the caller may see of a type; null: nothing */
  scopeOf(type: string): ChainTarget['scope'] | null
}

/** A parameter or modifier that this server does not know: refused, or passed over by a client that asks for it. */
export interface Unsupported {
  kind: 'unsupported'
  parameter: string
  detail: string
}

export const unsupported = (parameter: string, detail: string): Unsupported => ({ kind: 'unsupported', parameter, detail })

export const isUnsupported = (value: object): value is Unsupported => 'kind' in value && value.kind === 'unsupported'
