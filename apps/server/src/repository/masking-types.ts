import type { StoredSignature } from './signatures.js'
import type { AuditRecord } from './types.js'

/** A study's own masking policy as it is kept; what was proposed is never changed. */
export interface MaskingPolicyRow {
  id: string
  sid: number
  name: string
  version: number
  source: string // the file as it was proposed
  document: unknown // what it says in full
  accepts: string[]
  hash: Buffer
  mark: Buffer
  initial: boolean
  reason: string | null
  proposedBy: string
  proposedAt: number
  activatedAt: number | null
  retiredAt: number | null
  rejectedAt: number | null
  rejectedBy: string | null
  rejectedReason: string | null
  signatures: StoredSignature[] // in the order in which they were made
}
export type NewMaskingPolicy = Pick<
  MaskingPolicyRow,
  'id' | 'name' | 'version' | 'source' | 'document' | 'accepts' | 'hash' | 'mark' | 'reason' | 'proposedBy' | 'proposedAt'
>

/** What made the rows that are shown. */
export interface PublishedStamp {
  policy: string
  maskingKey: string
  modelVersion: string
  asOfYear: number
}

export interface MaskingPolicies {
  propose(sid: number, policy: NewMaskingPolicy): Promise<MaskingPolicyRow | 'taken'> // taken: the version's number is spent
  // Adds a signature of somebody who has not signed; with the last one needed the policy is the study's, and the one before is retired.
  // null: signed by him, over, or not there; version-conflict: the study was changed since `studyVersion`.
  sign(
    id: string,
    signature: StoredSignature,
    to: { needed: number; studyVersion: number; record: (signed: MaskingPolicyRow) => AuditRecord },
  ): Promise<MaskingPolicyRow | 'version-conflict' | null>
  reject(id: string, said: { at: number; by: string; reason: string }): Promise<MaskingPolicyRow | null> // null: it is open no more
  byId(id: string): Promise<MaskingPolicyRow | null>
  byLabel(sid: number, name: string, version: number): Promise<MaskingPolicyRow | null>
  list(sids: readonly number[]): Promise<MaskingPolicyRow[]> // newest first
  states(): Promise<Record<string, number>> // how many stand where
  // Notes what is shown now, with the audit record of it; nothing where it was noted last.
  notePublication(sid: number, stamp: PublishedStamp, to: { at: number; record: (n: number) => AuditRecord }): Promise<number | null>
  published(sid: number): Promise<(PublishedStamp & { at: number })[]> // newest first
}

/** One share of a key: whose it is, and its bytes until they were fetched. */
export interface KeyShareRow {
  n: number
  holder: string
  sealed: Buffer | null
  collectedAt: number | null
}
export interface KeyEscrowRow {
  id: string
  sid: number
  keyId: string
  fingerprint: string
  needed: number
  reason: string
  by: string
  at: number
  expiresAt: number
  shares: KeyShareRow[]
}
export interface KeyEscrows {
  add(escrow: KeyEscrowRow): Promise<void>
  byId(id: string): Promise<KeyEscrowRow | null>
  list(sid: number): Promise<KeyEscrowRow[]> // newest first
  // The holder's bytes, once: nobody finds them here afterwards.
  collect(id: string, holder: string, at: number): Promise<KeyShareRow | null>
  expire(at: number): Promise<number> // shares that nobody fetched in time
}

export interface ReidentificationRow {
  id: string
  sid: number
  pseudonym: string // empty once it was resolved, or with the person
  reason: string
  requestedBy: string
  requestedAt: number
  decidedBy: string | null
  decidedAt: number | null
  approved: boolean | null
  note: string | null
  shownAt: number | null
  outcome: string | null
}
export interface Reidentifications {
  // Each act comes with the record of it, and neither is there without the other.
  add(
    request: Pick<ReidentificationRow, 'id' | 'sid' | 'pseudonym' | 'reason' | 'requestedBy' | 'requestedAt'>,
    record: AuditRecord,
  ): Promise<ReidentificationRow>
  byId(id: string): Promise<ReidentificationRow | null>
  list(sids: readonly number[], limit: number): Promise<ReidentificationRow[]> // newest first
  // null: decided before, or by the person who asked
  decide(
    id: string,
    said: { by: string; at: number; approved: boolean; note: string | null },
    record: AuditRecord,
  ): Promise<ReidentificationRow | null>
  // Takes the one answer there is, before it is told: whoever loses it asks anew. false: there is none to take.
  take(id: string, by: string, told: { at: number; approvedAfter: number; outcome: string; record: AuditRecord }): Promise<boolean>
}
