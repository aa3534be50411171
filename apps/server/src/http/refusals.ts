import { operationOutcome, type Resource } from '@aquifer/core/fhir'
import { refusalTitles, type Refusal, type RefusalCode } from '@aquifer/core/refusal'
import type { Problem } from '@aquifer/core/contract'

// The single place where a refusal becomes an HTTP status and a FHIR issue code.
const mapping: Readonly<Record<RefusalCode, { status: number; issue: string }>> = {
  'malformed-body': { status: 400, issue: 'structure' },
  invalid: { status: 400, issue: 'invalid' },
  'bad-parameter': { status: 400, issue: 'invalid' },
  'unsupported-type': { status: 400, issue: 'not-supported' },
  'not-supported': { status: 400, issue: 'not-supported' },
  'bad-header': { status: 400, issue: 'invalid' },
  'scope-missing': { status: 400, issue: 'required' },
  'scope-disagreement': { status: 400, issue: 'conflict' },
  'unsupported-media-type': { status: 415, issue: 'not-supported' },
  'not-acceptable': { status: 406, issue: 'not-supported' },
  'too-slow': { status: 408, issue: 'timeout' },
  'too-large': { status: 413, issue: 'too-long' },
  'too-many-requests': { status: 429, issue: 'throttled' },
  'host-not-allowed': { status: 403, issue: 'security' },
  'not-signed-in': { status: 401, issue: 'login' },
  'sign-in-failed': { status: 401, issue: 'login' },
  'locked-out': { status: 429, issue: 'throttled' },
  'not-permitted': { status: 403, issue: 'forbidden' },
  'no-consent': { status: 403, issue: 'suppressed' },
  'not-enrolled': { status: 403, issue: 'suppressed' },
  'study-not-open': { status: 422, issue: 'business-rule' },
  'no-person': { status: 422, issue: 'business-rule' },
  unknown: { status: 404, issue: 'not-found' },
  deleted: { status: 410, issue: 'not-found' },
  'already-exists': { status: 409, issue: 'duplicate' },
  conflict: { status: 409, issue: 'conflict' },
  'precondition-failed': { status: 412, issue: 'conflict' },
  'range-not-satisfiable': { status: 416, issue: 'not-found' },
  'business-rule': { status: 422, issue: 'business-rule' },
  'statement-invalid': { status: 400, issue: 'invalid' },
  'statement-limit': { status: 422, issue: 'too-costly' },
  'statement-cancelled': { status: 409, issue: 'processing' },
  'result-gone': { status: 410, issue: 'not-found' },
  'not-ready': { status: 503, issue: 'transient' },
  'timed-out': { status: 504, issue: 'timeout' },
}

export const statusOf = (refusal: Refusal): number => mapping[refusal.refusal].status

/** Headers that a refusal asks for beside its status. */
export function headersOf(refusal: Refusal): Record<string, string> {
  if (refusal.refusal === 'not-signed-in') return { 'www-authenticate': 'Bearer realm="aquifer"' }
  // Of a body that does not come to its end nothing else can follow on the same connection.
  if (refusal.refusal === 'too-slow') return { connection: 'close' }
  if (refusal.refusal === 'range-not-satisfiable') return { 'content-range': `bytes */${refusal.size}` }
  const seconds = 'retryAfterS' in refusal ? refusal.retryAfterS : undefined
  if (typeof seconds === 'number') return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
  return {}
}

export function toProblem(refusal: Refusal, correlationId: string): Problem {
  const status = statusOf(refusal)
  const more: Partial<Problem> = {}
  if ('missing' in refusal) more.missing = refusal.missing
  if ('remedy' in refusal) more.remedy = refusal.remedy
  if ('position' in refusal && refusal.position !== undefined) more.position = refusal.position
  if ('suggestion' in refusal && refusal.suggestion !== undefined) more.suggestion = refusal.suggestion
  if ('issues' in refusal && refusal.issues !== undefined) more.issues = refusal.issues
  return {
    type: `urn:aquifer:refusal:${refusal.refusal}`,
    title: refusalTitles[refusal.refusal],
    status,
    detail: refusal.detail,
    code: refusal.refusal,
    correlationId,
    ...more,
  }
}

export function toOperationOutcome(refusal: Refusal): Resource {
  const { issue } = mapping[refusal.refusal]
  const title = refusalTitles[refusal.refusal]
  if ('issues' in refusal && refusal.issues !== undefined && refusal.issues.length > 0) return operationOutcome(refusal.issues, title)
  const parts = [refusal.detail]
  if ('missing' in refusal && refusal.missing.length > 0) parts.push(`Missing: ${refusal.missing.join(', ')}.`)
  if ('remedy' in refusal) parts.push(refusal.remedy)
  return operationOutcome([{ severity: 'error', code: issue, message: parts.join(' ') }], title)
}

/** The last resort: an exception is a bug, and tells nothing of what it met. */
export const bugProblem = (correlationId: string): Problem => ({
  type: 'urn:aquifer:refusal:internal',
  title: 'Something went wrong',
  status: 500,
  detail: 'The server met an error of its own; its log has more under this correlation id.',
  code: 'internal',
  correlationId,
})
export const bugOutcome = (correlationId: string): Resource =>
  operationOutcome([{ severity: 'error', code: 'exception', message: `Correlation id ${correlationId}` }], 'Something went wrong')
