import type { StoreEffect, WithdrawalAct, WithdrawalOrigin } from './withdrawal.js'

export const certificateFormat = 'aquifer-withdrawal-certificate/1'

/** What a withdrawal did, in a form that can be signed and read years later without this platform. */
export interface WithdrawalCertificate {
  format: typeof certificateFormat
  id: string
  study: string
  kind: string
  /** version of the study’s settings under which it was decided */
  studyVersion: number
  subject: string
  /** HMAC of the person's id with the platform's ledger key: tells the person to who holds id and key, and nobody else */
  person: string
  act: WithdrawalAct
  origin: WithdrawalOrigin
  reason: string
  evidence: string
  requestedBy: string
  role: string
  requestedAt: string
  finishedAt: string
  steps: {
    store: string
    effect: StoreEffect
    counts: Record<string, number>
    /** SHA-256 over the hashes of what was removed */
    hash: string | null
    startedAt: string | null
    endedAt: string | null
    verified: boolean
    note: string | null
  }[]
  kept: string[]
}
export interface SignedCertificate {
  certificate: WithdrawalCertificate
  signature: { algorithm: 'Ed25519'; keyId: string; publicKey: string; value: string }
}

/** JSON with sorted keys and no white space: the same content is the same bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}
