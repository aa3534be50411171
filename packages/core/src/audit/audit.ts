export const auditActs = [
  'create',
  'update',
  'delete',
  'read',
  'vread',
  'history',
  'search',
  'transaction',
  'batch',
  'import',
  'export',
  'sign-in',
  'token',
  'study',
  'consent',
  'job',
  'pipeline',
  'query',
  'settings',
] as const
export type AuditAct = (typeof auditActs)[number]
export type AuditOutcome = 'done' | 'refused' | 'failed'

/** One resource touched by a request. The database joins it by surrogate: `id` is resolved there and not kept as text. */
export interface AuditEntry {
  act: AuditAct
  type: string
  rid?: bigint
  version?: number
  status: number
}

/** One request, whether it succeeded or not. Holds no payload, no query string and no identifier that a client chose. */
export interface AuditRecord {
  at: number
  correlationId: string
  user: string
  role: string | null
  act: AuditAct
  outcome: AuditOutcome
  status: number
  /** the refusal's code, when refused */
  refusal: string | null
  route: string
  study: string | null
  site: string | null
  reason: string | null
  detail: Record<string, string | number | boolean | null>
  entries: AuditEntry[]
}
