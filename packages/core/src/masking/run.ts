import type { Policy } from './policy.js'
import type { Pseudonyms } from './pseudonyms.js'
import type { KnownNames } from './scrub.js'
import type { TraceStep } from './trace.js'

/** Why a resource is not let through. Codes only: the reason is written to logs, so it may hold nothing of the resource. */
export type HoldReason =
  | 'unreadable'
  | 'not-a-resource'
  | 'unknown-type'
  | 'type-withheld'
  | 'unknown-modifier-extension'
  | 'unreadable-modifier'
  | 'unknown-implicit-rules'
  | 'nested-too-deep'

/** What was taken out, by kind. */
export interface RemovalCounts {
  /** Removed because of the treatment of their class. */
  identifying: number
  unknownElements: number
  wrongShapes: number
  unlistedExtensions: number
  /** Elements dropped with an unknown modifierExtension or an unreadable modifier inside. */
  modifiedElements: number
  /** Elements dropped because what they must have was removed. */
  hollowElements: number
  /** Required elements whose value was removed: said to be masked in FHIR; in rows, resources that lack one. */
  requiredElements: number
}

export function noRemovals(): RemovalCounts {
  return {
    identifying: 0,
    unknownElements: 0,
    wrongShapes: 0,
    unlistedExtensions: 0,
    modifiedElements: 0,
    hollowElements: 0,
    requiredElements: 0,
  }
}

const kinds = Object.keys(noRemovals()) as (keyof RemovalCounts)[]

export function addRemovals(to: RemovalCounts, from: RemovalCounts): void {
  for (const kind of kinds) to[kind] += from[kind]
}

/** How much was taken out, of whatever kind. */
export function removalsOf(counts: RemovalCounts): number {
  let sum = 0
  for (const kind of kinds) sum += counts[kind]
  return sum
}

/** A display as the source has it, for the dictionary; seen only inside the identified zone. */
export type DisplaySink = (system: string, code: string, text: string) => void

/** Words by which a person is known, as `Pseudonyms.word` has them; null where nothing is known of the person. */
export type KnownWords = (patient: string) => ReadonlySet<string> | null

/** A rule, as a trace tells of it. */
export interface AppliedRule {
  id: string
  method: string
}

/** State of the walk through one resource. */
export interface Run {
  readonly policy: Policy
  readonly pseudonyms: Pseudonyms
  /** Year to which ages are counted. */
  readonly asOfYear: number
  readonly displays: ReadonlyMap<string, string> | null
  onDisplay: DisplaySink | null
  counts: RemovalCounts
  /** Whose data this is, as the key of pseudonym and shift. */
  person: string | null
  /** Masked id of the person whose data this is; null for nobody's or more than one person's. */
  patient: string | null
  /** Days by which dates move; null leaves years only. */
  shift: number | null
  contained: ReadonlyMap<string, string> | null
  /** The person of a Bundle's resources that name nobody. */
  bundlePatient: string | null
  held: HoldReason | null
  /** Resources inside this one that were held, by reason. */
  heldInside: HoldReason[]
  depth: number
  /** Is this a definition on its own, or inside one? Inside a person's resource its texts may be about the person. */
  definition: boolean
  /** How deep groups hold groups. */
  level: number
  /** Is this an Observation, a component or a question of an age? */
  ageCoded: boolean
  /** Years since the Observation was made. */
  yearsSince: number
  /** Elements dropped because of a modifier, while the innermost object is masked. */
  modifierLost: boolean
  /** Required elements lost inside elements that are required themselves, while the innermost resource is masked. */
  requiredLost: boolean
  trace: TraceStep[] | null
  tracePath: string[]
  /** The rule that treated the element just masked, and those that treated elements written by their object; for traces only. */
  rule: AppliedRule | null
  ruled: Map<string, AppliedRule> | null
  /** What conditions of rules said of the objects around. */
  slots: boolean[]
  /** What was done to the resource, for its labels. */
  applied: number
  /** Inside a container, which tells its own story in its narrative? */
  inside: boolean
  /** The resource as it came, and the words that people are known by in it, once a rule asks. */
  source: unknown
  names: KnownNames | null
  readonly knownWords: KnownWords | null
}

/** Masks one JSON value; undefined removes it. */
export type Handler = (value: unknown, run: Run) => unknown
