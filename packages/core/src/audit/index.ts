// The form of an audit record: who did what, when, why and with which outcome.
// Never holds a payload or an identifier that a client chose, and never decides whether something is recorded: everything is.
export { auditActs } from './audit.js'
export type { AuditAct, AuditEntry, AuditOutcome, AuditRecord } from './audit.js'
