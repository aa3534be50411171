// The words of the audit trail: acts, outcomes, findings, and what a reason for change may look like.
// Never decides whether something is recorded: everything is.
export { auditActs, isCorrelationId, isReason, outcomeOf } from './audit.js'
export type { AuditAct, AuditOutcome } from './audit.js'
export { findingKinds, wordsOfFinding } from './findings.js'
export type { Finding, FindingKind } from './findings.js'
