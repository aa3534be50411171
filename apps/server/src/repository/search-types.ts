import type { StoredVersion } from './types.js'

export interface SearchScope {
  sid: number // global profiles are found where the person is enrolled; global reference data where the study names it
  sites?: readonly number[] // only resources of these sites
  patientIds?: readonly string[] // only resources of these people
  reached?: { sites: readonly number[]; patientIds: readonly string[] } // and only what is at these sites or of these people
  unnamed?: true // what names nobody is found in spite of these limits
  withheldToo?: true // also of people whose data is withheld in the study
}
export type SearchPrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'
// lo and hi: the span that the written digits stand for, half-open; of ap the span around it that counts as about the same
export interface DateValue {
  prefix: SearchPrefix
  lo: number
  hi: number
}
// In the unit that indexKeys name; eq, ne and ap use the span, the others the value itself.
export interface QuantityValue {
  prefix: SearchPrefix
  unit: string
  value: number
  lo: number
  hi: number
}
// system: undefined = any system; null = explicitly none. code: undefined = any code of the system
export interface TokenValue {
  system?: string | null
  code?: string
}
export interface CodeValue extends TokenValue {
  code: string
}
// A text is a reference that is no Type/id: absolute, a urn, or what an element of another type points to.
export type ReferenceValue = { type: string; id: string } | { text: string }
export type StringMatch = 'starts' | 'contains' | 'exact'
export type UriMatch = 'exact' | 'below' | 'above'
export type PairValue = { first: CodeValue } & (
  | { kind: 'token'; second: CodeValue }
  | { kind: 'reference'; second: readonly ReferenceValue[] }
  | { kind: 'quantity'; second: readonly QuantityValue[] }
  | { kind: 'string'; second: string }
  | { kind: 'date'; second: DateValue }
)
// What a search of another type must find: resources that a reference points to.
export interface ChainTarget {
  type: string
  scope: SearchScope // what the caller may see of that type: nothing else tells anything
  clauses: readonly SearchClause[]
}
// Values within one clause are alternatives (or), clauses are conditions (and). param: name in core/fhir searchParameters.
export type SearchClause =
  | { kind: 'id'; ids: readonly string[] }
  | { kind: 'token'; param: string; any: readonly TokenValue[]; not?: true }
  | { kind: 'reference'; param: string; any: readonly ReferenceValue[] }
  | { kind: 'string'; param: string; any: readonly string[]; match: StringMatch } // of a token: its wording
  | { kind: 'uri'; param: string; any: readonly string[]; match: UriMatch }
  | { kind: 'date'; param: string; any: readonly DateValue[] }
  | { kind: 'lastUpdated'; any: readonly DateValue[] }
  | { kind: 'quantity'; param: string; any: readonly QuantityValue[] }
  | { kind: 'near'; param: string; any: readonly { latitude: number; longitude: number; km: number }[] }
  | { kind: 'missing'; param: string; missing: boolean }
  | { kind: 'pair'; composite: string; any: readonly PairValue[] }
  | { kind: 'any'; of: readonly (readonly SearchClause[])[] } // none: nothing is found
  | { kind: 'chain'; param: string; targets: readonly ChainTarget[] }
  | { kind: 'content'; part: 'text' | 'all'; any: readonly string[] } // read through, not indexed
export interface SearchSort {
  by: string // _id, _lastUpdated or a search parameter
  descending: boolean
}
export interface SearchQuery {
  scope: SearchScope
  type: string
  clauses: readonly SearchClause[]
  sort?: readonly SearchSort[] // default _id ascending
  count: number // 0: only the total
  cursor?: string | null // SearchPage.next; bound to clauses, scope and sort
  uncounted?: boolean // the total is not asked for and is what the page holds
}
export interface SearchPage {
  rows: StoredVersion[]
  total: number
  next: string | null
  // unusable: the cursor is not one of this query · too-many: what has to be read through or joined is more than can be; rows are empty
  outcome: 'ok' | 'unusable' | 'too-many'
}
