/** One finding about a document somebody sent: where and what kind, never the value itself. */
export interface RefusalIssue {
  severity: 'error' | 'warning' | 'information'
  path: string
  code: string
  message: string
}

/** What each refusal carries beside its code. `detail` is one sentence for a person, free of PHI, SQL and secrets. */
interface RefusalFacts {
  // the request itself
  'malformed-body': { detail: string; position?: number }
  invalid: { detail: string; issues?: RefusalIssue[] }
  'bad-parameter': { detail: string; parameter: string }
  'unsupported-type': { detail: string }
  'not-supported': { detail: string }
  'bad-header': { detail: string; header: string }
  'scope-missing': { detail: string }
  'scope-disagreement': { detail: string }
  'unsupported-media-type': { detail: string }
  'not-acceptable': { detail: string }
  'too-slow': { detail: string; remedy: string }
  'too-large': { detail: string; limitBytes?: number }
  'too-many-requests': { detail: string; retryAfterS: number }
  'host-not-allowed': { detail: string }
  // the caller
  'not-signed-in': { detail: string }
  'sign-in-failed': { detail: string }
  'locked-out': { detail: string; retryAfterS: number }
  'not-permitted': { detail: string }
  // consent, asked only after access passed
  'no-consent': { detail: string; missing: string[]; cause: ConsentCause; remedy: string }
  'not-enrolled': { detail: string; remedy: string }
  'study-not-open': { detail: string; remedy: string }
  'no-person': { detail: string; remedy: string }
  // what is stored
  unknown: { detail: string }
  deleted: { detail: string; version?: number }
  'already-exists': { detail: string }
  conflict: { detail: string; current?: number }
  'precondition-failed': { detail: string }
  'range-not-satisfiable': { detail: string; size: number }
  'business-rule': { detail: string; issues?: RefusalIssue[] }
  // statements on the reservoir
  'statement-invalid': { detail: string; position?: number; suggestion?: string }
  'statement-limit': { detail: string; suggestion?: string }
  'statement-cancelled': { detail: string }
  'result-gone': { detail: string }
  // the platform
  'not-ready': { detail: string; retryAfterS?: number }
  'timed-out': { detail: string }
}

/** Why consent was not given: the worst of what the missing types show. */
export type ConsentCause = 'no-consent' | 'proposed' | 'suspended' | 'withdrawn' | 'expired' | 'not-yet-active' | 'not-enrolled'

export type RefusalCode = keyof RefusalFacts
export type Refusal<Code extends RefusalCode = RefusalCode> = { [K in Code]: { readonly refusal: K } & RefusalFacts[K] }[Code]

export const refusalTitles: Readonly<Record<RefusalCode, string>> = {
  'malformed-body': 'The body cannot be read',
  invalid: 'The document is not valid',
  'bad-parameter': 'A parameter is wrong',
  'unsupported-type': 'The resource type is not known',
  'not-supported': 'The interaction is not supported',
  'bad-header': 'A header is wrong',
  'scope-missing': 'The study or site is not clear',
  'scope-disagreement': 'The study or site is named twice, differently',
  'unsupported-media-type': 'The content type is not supported',
  'not-acceptable': 'No acceptable form of answer',
  'too-slow': 'The request came too slowly',
  'too-large': 'The body is too large',
  'too-many-requests': 'Too many requests',
  'host-not-allowed': 'The host name is not allowed',
  'not-signed-in': 'A valid token is needed',
  'sign-in-failed': 'Sign-in failed',
  'locked-out': 'Sign-in is locked',
  'not-permitted': 'The role does not permit this',
  'no-consent': 'Consent is missing',
  'not-enrolled': 'The person is not enrolled',
  'study-not-open': 'The study does not take data',
  'no-person': 'The resource names no person',
  unknown: 'Not found',
  deleted: 'Deleted',
  'already-exists': 'It exists already',
  conflict: 'It was changed meanwhile',
  'precondition-failed': 'The precondition failed',
  'range-not-satisfiable': 'There is no such part',
  'business-rule': 'A rule forbids this',
  'statement-invalid': 'The statement cannot be run',
  'statement-limit': 'The statement reached a limit',
  'statement-cancelled': 'The statement was cancelled',
  'result-gone': 'The result is no longer kept',
  'not-ready': 'Not ready',
  'timed-out': 'It took too long',
}

export function refuse<Code extends RefusalCode>(refusal: Code, facts: RefusalFacts[Code]): Refusal<Code> {
  return { refusal, ...facts }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && typeof (value as { refusal?: unknown }).refusal === 'string'
}
