import type { Holds } from './conditions.js'

/**
 * One invariant of the specification as code. `reading` says why where this is not the published XPath word for word; one that nothing
 * which passes the structural rules can violate says so instead.
 */
export type Translation =
  | { holds: Holds; reading?: string }
  /** of an element that is a primitive: asked of its value */
  | { holdsOf: (value: unknown) => boolean; reading?: string }
  | { cannotFail: string }

/** By path and key: 'Observation obs-6'. */
export type Translations = Readonly<Record<string, Translation>>
