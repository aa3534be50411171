import type * as terminology from '@aquifer/core/terminology'
import type { ChainTarget } from '../../repository/index.js'

type Terminology = typeof terminology

/** What a search is told under: whose address this is, when, and how far the caller sees. */
export interface Asking {
  /** this server’s own address, under which references may be written */
  base: string
  now: number
  /** what the caller may see of a type; null: nothing */
  scopeOf(type: string): ChainTarget['scope'] | null
  /** what DSTU2's codes are and where they stand; null where no parameter asks for it */
  terminology: Terminology | null
}

/** More than half of what the server would hold after start-up: it is loaded by the first who asks. */
export const loadTerminology = (): Promise<Terminology> => import('@aquifer/core/terminology')

const byCodes = /:(?:above|below|in|not-in)$/

/** The terminology, where one of these parameters is answered by it. */
export const terminologyFor = async (names: readonly string[]): Promise<Terminology | null> =>
  names.some((name) => byCodes.test(name)) ? loadTerminology() : null

/** A parameter or modifier that this server does not know: refused, or passed over by a client that asks for it. */
export interface Unsupported {
  kind: 'unsupported'
  parameter: string
  detail: string
}

export const unsupported = (parameter: string, detail: string): Unsupported => ({ kind: 'unsupported', parameter, detail })

export const isUnsupported = (value: object): value is Unsupported => 'kind' in value && value.kind === 'unsupported'
