// The audit trail: one record per request, whatever came of it, durable before the answer leaves, chained and signed soon after.
// Never holds a payload or an identifier that a client chose.
export { auditRecord, openAuditTrail } from './trail.js'
export type { AuditEntry, AuditTrail, RequestFacts } from './trail.js'
export { openAuditDesk } from './desk.js'
export type { AuditDesk } from './desk.js'
export { noteRestored } from './seal/chain.js'
export { openSealer } from './seal/sealer.js'
export type { Sealer } from './seal/sealer.js'
export { keepRoot, rootsIn } from './seal/lake-root.js'
export { verifyFile, verifyStored } from './verification.js'
export { exportStream, exportTrail } from './export.js'
export { hashOf, hashOfDocument, hashOfJob, openSignatureHand, openSignatures } from './signatures.js'
export type { SignatureDesk, SignatureHand, SignedSubject } from './signatures.js'
