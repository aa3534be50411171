// The truth: versions, current state, search index, people, consents, audit and feed, each change in one transaction.
// Never decides who may write or read, never knows HTTP, never changes or deletes a version.
export { contentHash, contentHead, contentOf, serve } from './content.js'
export { openRepository } from './repository.js'
export { openLeases } from './jobs.js'
export { lineOf } from './audit-line.js'
export { openSeals } from './seals.js'
export { isDatabaseAway } from '../storage/index.js'
export { globalSid } from './types.js'
export type {
  AuditRecord,
  ChangeRow,
  Changes,
  ContractConsents,
  Cursor,
  EnrolPerson,
  FeedState,
  HistoryPage,
  PersonState,
  PreparedWrite,
  RefusedWrite,
  RecordPage,
  RefusedWriteRow,
  Repository,
  StoredVersion,
  Standing,
  Tx,
  WriteOutcome,
} from './types.js'
export type {
  ChainTarget,
  CodeValue,
  DateValue,
  PairValue,
  QuantityValue,
  ReferenceValue,
  SearchClause,
  SearchPrefix,
  SearchQuery,
  SearchScope,
  SearchSort,
  TokenValue,
} from './search-types.js'
export type { FeedKey, FeedRow } from './feeds.js'
export type { QualityPerson, QualityRow, StoredQuality } from './quality.js'
export type { CodeListHead } from './code-lists.js'
export type { StoredCohort } from './cohorts.js'
export type { StudyRecord } from './study-records.js'
export type { StudyView } from './study-views.js'
export type { FeedVersion, FeedVersions } from './feed-versions.js'
export type { FileRow, FileStore, UploadRow } from './files.js'
export type { ParticipantRow, ParticipantStepRow } from './participant-types.js'
export type { InvitationRow, NewInvitation } from './registration-types.js'
export type { NewWithdrawal, StudyPerson, Withdrawal, WithdrawalStep } from './withdrawal-types.js'
export type {
  AuditFilter,
  AuditRow,
  HeldRelationship,
  Job,
  Leases,
  NewStudy,
  NewUserRow,
  PolicyRow,
  RelationshipRow,
  Site,
  SavedQueryRow,
  StatementRecord,
  StoredNotebook,
  Study,
  User,
  UserChange,
} from './registers.js'
export type { ClientRow, Identities, SessionRow } from './identities.js'
export type { ReviewRow } from './reviews.js'
export { maskingPolicyKind } from './masking-policies.js'
export type { KeyEscrowRow, ReidentificationRow } from './masking-types.js'
export type { MaskingPolicyRow, NewMaskingPolicy, PublishedStamp } from './masking-types.js'
export { rolePolicyKind } from './role-policies.js'
export type { StoredSignature } from './signatures.js'
export type { LineKey, LinePage, Seals, StoredBlock, UnsealedRecord } from './seals.js'
