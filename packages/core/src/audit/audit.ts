/** What a request did, in the words an auditor reads. `other` is a request that reached no act, such as an unknown address. */
export const auditActs = [
  'create',
  'update',
  'delete',
  'read',
  'vread',
  'history',
  'search',
  'validate',
  'transaction',
  'batch',
  'import',
  'sign-in',
  'token',
  'people',
  'client',
  'access-review',
  'study',
  'consent',
  'withdrawal',
  'registration',
  'job',
  'pipeline',
  'masking',
  'query',
  'file',
  'risk',
  'quality',
  'view',
  'code-list',
  'cohort',
  'access',
  'break-glass',
  'masking',
  'reidentify',
  'audit',
  'export',
  'sign',
  'other',
] as const
export type AuditAct = (typeof auditActs)[number]
export type AuditOutcome = 'done' | 'refused' | 'failed'

export const outcomeOf = (status: number): AuditOutcome => (status < 400 ? 'done' : status < 500 ? 'refused' : 'failed')

/** A reason for change as the original's header allows it: 1 to 255 printable ASCII characters. */
export const isReason = (text: string): boolean => /^[\x20-\x7e]{1,255}$/.test(text)
/** A correlation id a client may choose: short and printable, so that it can stand in a log line. */
export const isCorrelationId = (text: string): boolean => /^[\x21-\x7e]{1,128}$/.test(text)
