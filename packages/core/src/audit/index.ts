// The words of the audit trail: acts, outcomes, findings, disclosures, reports, and what a reason for change may look like.
// Never decides whether something is recorded: everything is.
export { auditActs, isCorrelationId, isReason, outcomeOf } from './audit.js'
export type { AuditAct, AuditOutcome } from './audit.js'
export { disclosingActs, disclosuresOf } from './disclosures.js'
export type { Disclosure } from './disclosures.js'
export { toAuditEvent } from './event.js'
export type { TrailRecord } from './event.js'
export { findingKinds, wordsOfFinding } from './findings.js'
export type { Finding, FindingKind } from './findings.js'
export { csvLine, reportColumns, reportRow } from './report.js'
export type { ReportColumn, ReportRow } from './report.js'
