import type {
  BearerNames,
  DisplayCandidate,
  GateBatch,
  HeldRow,
  HoldReason,
  MaskedForm,
  Policy,
  RemovalCounts,
} from '@aquifer/core/masking'

/** What a worker needs to know once before it can mask under a policy and key. */
export interface MaskingProfile {
  policy: Policy
  form: MaskedForm
  key: Uint8Array
  asOfYear: number
  displays: ReadonlyMap<string, string> | null
}

export type ToWorker =
  | { kind: 'profile'; id: number; profile: MaskingProfile }
  | { kind: 'forget'; id: number }
  | { kind: 'rows'; job: number; profile: number; bytes: Uint8Array }
  | { kind: 'lines'; job: number; profile: number; bytes: Uint8Array; firstLine: number }

/** Rows of the reservoir as bytes, and what came out on the way. Nothing in it but `held` counts and display texts is of the source. */
export interface MaskedBatch {
  /** NDJSON of reservoir rows by resource type. */
  byType: Map<string, Uint8Array>
  rows: number
  held: HeldRow[]
  removed: RemovalCounts
  /** For the study's dictionary: `createDisplayDictionary(…).offer(batch)`. */
  displays: DisplayCandidate[]
  names: BearerNames[]
  /** For the leak gate; its terms cannot be read without the study’s key. */
  gate: GateBatch
}

export interface HeldLine {
  line: number
  reason: HoldReason
  /** A resource inside the one on this line, which itself passed. */
  inside: boolean
}

export interface MaskedLines {
  bytes: Uint8Array
  resources: number
  lines: number
  held: HeldLine[]
  removed: RemovalCounts
}

export type FromWorker = { job: number; rows: MaskedBatch } | { job: number; lines: MaskedLines } | { job: number; failed: string }
