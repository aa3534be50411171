import type { Repair } from '@aquifer/core/fhir'
import type { Refusal } from '@aquifer/core/refusal'
import type { WriteOutcome } from '../../repository/index.js'
import type { BundleEntry } from './entries.js'
import type { Match } from './conditional.js'

/** What became of one entry, in the Bundle’s order. */
export type EntryResult =
  | { kind: 'written'; type: string; outcome: WriteOutcome; repairs: readonly Repair[] }
  /** a conditional create met what is there already */
  | ({ kind: 'existing'; type: string } & Match)
  /** a conditional delete met nothing */
  | { kind: 'nothing'; type: string }
  | { kind: 'read'; url: string; ifNoneMatch: string | null }
  | { kind: 'refused'; refusal: Refusal }

export const readsIn = (entries: readonly BundleEntry[]): Map<number, EntryResult> =>
  new Map(
    entries.flatMap(({ place, act }) =>
      act.act === 'read' ? [[place, { kind: 'read', url: act.url, ifNoneMatch: act.ifNoneMatch }] as const] : [],
    ),
  )
export const inOrder = (results: ReadonlyMap<number, EntryResult>): EntryResult[] =>
  [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
