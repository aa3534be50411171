import type { WithdrawalAct } from '@aquifer/core/consent'
import type { IndexEntries, Resource } from '@aquifer/core/fhir'
import type { FeedRow, Feeds } from './feeds.js'
import type { FeedVersions } from './feed-versions.js'
import type { Files, NewFile } from './files.js'
import type { QualityRecords } from './quality.js'
import type { RiskReports } from './risk-reports.js'
import type { CodeListStore } from './code-lists.js'
import type { Cohorts } from './cohorts.js'
import type { StudyRecords } from './study-records.js'
import type { StudyViews } from './study-views.js'
import type { Identities } from './identities.js'
import type { KeyEscrows, MaskingPolicies, Reidentifications } from './masking-types.js'
import type { Participants } from './participant-types.js'
import type { Invitations, RegistrationTx } from './registration-types.js'
import type {
  Audits,
  Consents,
  Jobs,
  Leases,
  Notebooks,
  Refusals,
  RelationshipRow,
  Relationships,
  RolePolicies,
  SavedQueries,
  Statements,
  Studies,
  Users,
} from './registers.js'
import type { Seals } from './seals.js'
import type { SearchQuery, SearchPage } from './search-types.js'
import type { Signatures } from './signatures.js'
import type { Erasure, NewWithdrawal, Withdrawals } from './withdrawal-types.js'

// sid 0 holds what belongs to no study: people's profiles and reference data written without a study.
export const globalSid = 0

export interface ResourceKey {
  sid: number
  type: string
  id: string
}

export interface PreparedWrite extends ResourceKey {
  // create: refused where a living resource has the id · update: makes it where there is none · delete: content, hash and index are null
  op: 'create' | 'update' | 'delete'
  // begins with contentHead(type, id); meta.versionId and meta.lastUpdated are left out, serve() puts them in
  content: Buffer | null
  hash: Buffer | null // contentHash(content)
  index: IndexEntries | null
  patients: readonly string[] // Patient ids; the first one is the person of the resource
  site: number | null
  expect?: { version: number } | { absent: true }
  unchanged: 'skip' | 'version'
  // the study from which a global resource about nobody (a practitioner, a Person without a Patient) is written: it flows there
  from?: number
  // reference data and practitioners that this resource of a study names: they flow into the study when they are stored without one
  refers?: readonly { type: string; id: string }[]
  audit: bigint | null // Repository.nextAuditId()
}

export interface WriteOutcome {
  rid: bigint | null // null only with not-found
  id: string
  version: number
  updatedAt: number
  outcome: 'created' | 'updated' | 'unchanged' | 'deleted' | 'version-conflict' | 'already-exists' | 'already-deleted' | 'not-found'
}

export interface StoredVersion extends ResourceKey {
  rid: bigint
  version: number
  op: 'C' | 'U' | 'D'
  updatedAt: number
  patientId: string | null
  patientIds: string[] // all people it is about, patientId first: who may see it may see each of them
  site: number | null
  hash: Buffer | null
  content: Buffer | null // as stored; null when deleted. serve() makes the bytes for a client
}

// ---- people and consent
export interface ConsentRow {
  type: string
  status: string
  lo: number | null // start included
  hi: number | null // end excluded
  contract: bigint // rid of the Contract
  contractId: string
  version: number
  form: string | null // version of the form, where the Contract says it
  order: bigint // rises with each recording for this person
}
export interface Enrolment {
  site: number | null
  subject: number
  from: number
  to: number | null
  stopped: WithdrawalAct | null // what the person withdrew from
  withheld: boolean // nobody sees the person's data of this study
}
export interface PersonState {
  sid: number
  patientId: string
  pid: bigint | null // null: this Patient id was never named here
  enrolment: Enrolment | null
  birthDate: string | null
  consents: ConsentRow[]
}
export interface EnrolPerson {
  sid: number
  patientId: string
  site: number | null
  from: number
}
// Replaces all that this Contract said before. An empty list: the Contract says nothing any more.
export interface ContractConsents {
  sid: number
  patientId: string
  contract: bigint
  version: number
  entries: readonly { type: string; status: string; lo: number | null; hi: number | null; form?: string }[]
}

// ---- audit and refusals
export interface AuditRecord {
  id: bigint // Repository.nextAuditId()
  at: number
  request: string // correlation id
  actor: string
  role: string
  action: string
  sid: number | null
  outcome: 'done' | 'refused' | 'failed'
  reason?: string | null
  detail?: Record<string, unknown>
  // by surrogate: an id given by a client may be a medical record number
  entries?: readonly { rid: bigint | null; version: number | null; op: string; [more: string]: unknown }[]
  // Patient ids of people it concerns beside those of its entries; stored as surrogates
  people?: readonly string[]
  source?: string | null // remote address
  external?: string | null // the caller as his own provider names him
}
export interface RefusedWrite {
  sid: number
  at: number
  site: number | null
  patientId: string // '' when nobody was named
  type: string
  cause: string
  missing: readonly string[]
  client: string
  count?: number
}
export interface RefusedWriteRow extends RefusedWrite {
  id: number
  firstAt: number
  count: number
  subject: number | null
  pid: bigint | null
}

// ---- one transaction
/** Whose a resource is and at which site, without its content. */
export type Standing = Pick<StoredVersion, 'patientIds' | 'site'>

export interface Tx {
  // Outcomes in the order of the writes. A key may occur more than once: they take effect in order.
  write(writes: readonly PreparedWrite[]): Promise<WriteOutcome[]>
  // Locks the people's rows in order of (sid, patient), then reads: what is returned cannot change before commit.
  // Answers are in the order of the keys.
  lockPeople(keys: readonly { sid: number; patientId: string }[], mode: 'share' | 'exclusive'): Promise<PersonState[]>
  // Does nothing for who is enrolled; opens an ended enrolment again. Emits the people's profiles into the study.
  enrol(people: readonly EnrolPerson[]): Promise<{ patientId: string; outcome: 'enrolled' | 'already-enrolled' }[]>
  // Who of these had himself erased from the study: places in the list.
  erasedAmong(people: readonly { sid: number; patientId: string }[]): Promise<Set<number>>
  // Stops the person and records ledger, steps and job; the person's row is locked exclusively.
  recordWithdrawal(withdrawal: NewWithdrawal): Promise<void>
  endEnrolment(people: readonly { sid: number; patientId: string; to: number }[]): Promise<void>
  noteBirths(births: readonly { patientId: string; date: string }[]): Promise<void>
  recordConsents(contracts: readonly ContractConsents[]): Promise<void>
  // Sent at once and done by the commit, which fails with it: a group commit carries many requests.
  audit(records: readonly AuditRecord[]): Promise<void>
  // Until commit nobody else gets this name: for conditional creates, which search before they write.
  lockName(name: string): Promise<void>
  read(key: ResourceKey): Promise<StoredVersion | null>
  // Where these stand now, deleted ones included; in the order of the keys, null for what was never there.
  standing(keys: readonly ResourceKey[]): Promise<(Standing | null)[]>
  // Their newest versions, 0 for what was never there; in the order of the keys.
  versions(keys: readonly ResourceKey[]): Promise<number[]>
  // Versions that are lost: the next write makes `version`, of what was deleted before it or was not.
  skipTo(keys: readonly (ResourceKey & { version: number; deleted: boolean })[]): Promise<void>
  search(query: SearchQuery): Promise<SearchPage>
  people(keys: readonly { sid: number; patientId: string }[]): Promise<PersonState[]> // without a lock
  studiesNaming(type: string, id: string): Promise<number[]>
  // The holders' stamp, which cannot change before commit: an end of a relationship waits for the writes that rest on it.
  holdRelationships(holders: readonly string[]): Promise<string>
  relate(relationships: readonly RelationshipRow[]): Promise<void>
  endRelationships(ids: readonly string[], at: number, note?: object): Promise<RelationshipRow[]> // those that were not ended before
  noteOnRelationship(id: string, key: string, note: object): Promise<boolean> // false: something is noted there already
  registration: RegistrationTx
  addFile(file: NewFile): Promise<void> // ends the upload of the same id
  removeFile(id: string, removed: { at: number; by: string; why: string }): Promise<boolean> // false: it was gone
  alarmFeed(seen: FeedRow, alarmAt: number | null): Promise<boolean> // null ends it; false: something came between
}

// ---- history of types
export interface HistoryQuery {
  sid: number
  types: readonly string[]
  since: number | null
  before: Cursor | null // HistoryPage.next
  limit: number
}
export interface HistoryPage {
  // each with what its resource is now: who may see it is asked of both
  rows: { version: StoredVersion; current: { version: number; site: number | null; patientIds: string[] }; at: Cursor }[]
  next: Cursor | null
}

// ---- what lives now, row by row
export interface RecordQuery {
  sid: number
  types: readonly string[]
  patientId: string
  from: number | null // by clinical date; what has none is always there
  to: number | null
  after: { type: number; rid: string } | null // RecordPage.next
  limit: number
}
export interface RecordPage {
  rows: StoredVersion[]
  next: { type: number; rid: string } | null
}

// ---- feed
export interface Cursor {
  xid: string
  seq: string
}
export interface ChangeRow {
  xid: string
  seq: string
  sid: number
  study: string
  type: string
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  gone: boolean // ended in this study only: its versions are as they were
  global: boolean // stored beside the studies
  audit: string | null // the record of the write
  at: number
  patientId: string | null
  site: number | null
  siteId: string | null
  content: Buffer | null
}
export interface Changes {
  rows: ChangeRow[]
  cursor: Cursor // pass it as `after` next time; it moves past rows that are not for a lake, too
  caughtUp: boolean // nothing finished was left below the horizon when this was read
}
export interface FeedState {
  mark: Cursor // all that is committed now is before it: a reader whose cursor has reached it has read all that
  oldestWriteMs: number // age of the oldest open writing transaction, which holds the feed back; 0 without one
}

// ---- the repository as a whole; the parts are simple tables, each in its own file
export interface Repository {
  // Runs the work in one transaction and commits it durably. The work may run again (deadlock, racing creates): it has no effects
  // but through tx. If it throws, nothing is stored.
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  // Ids of audit records, known before the transaction.
  nextAuditId(): Promise<bigint>

  read(key: ResourceKey): Promise<StoredVersion | null> // the newest version, a delete included (content null)
  vread(key: ResourceKey, version: number): Promise<StoredVersion | null>
  history(key: ResourceKey, page: { before?: number; since?: number; limit: number }): Promise<StoredVersion[]> // newest first, versions < before
  historyOf(query: HistoryQuery): Promise<HistoryPage> // newest first
  recordOf(query: RecordQuery): Promise<RecordPage> // all that is about a person in a study
  locate(type: string, id: string): Promise<number[]> // sids that hold a living resource of this name
  search(query: SearchQuery): Promise<SearchPage>
  // Indexes anew what an earlier version stored with other keys, before anything else is done; how many it was.
  reindex(extract: (resource: Resource) => IndexEntries, tell: (progress: { done: number; total: number }) => void): Promise<number>
  counts(sid: number): Promise<Record<string, number>> // living resources by type; profiles of the study's people included
  personId(patientId: string): Promise<bigint | null> // null: never named here
  patientIds(pids: readonly bigint[]): Promise<Map<bigint, string>>
  people(keys: readonly { sid: number; patientId: string }[]): Promise<PersonState[]> // without a lock: for reads and dashboards
  enrolments(patientId: string): Promise<(Enrolment & { sid: number })[]>
  studiesNaming(type: string, id: string): Promise<number[]> // sids into which a global resource flows, by name and not by its people

  changes(after: Cursor, limit: number, bounds?: { maxBytes?: number }): Promise<Changes>
  feedState(): Promise<FeedState>
  epoch(): Promise<string>
  onWithdrawal(listener: (sid: number, withheld: boolean) => Promise<void>): () => void // after the commit, before transact() answers; it must not throw
  onWrite(listener: () => void): () => void // at least once after each commit, by whichever process; call the result to end

  studies: Studies
  consents: Consents
  refusals: Refusals
  audits: Audits
  seals: Seals
  signatures: Signatures
  jobs: Jobs
  leases: Leases
  users: Users
  identities: Identities
  relationships: Relationships
  rolePolicies: RolePolicies
  maskingPolicies: MaskingPolicies
  keyEscrows: KeyEscrows
  reidentifications: Reidentifications
  notebooks: Notebooks
  statements: Statements
  savedQueries: SavedQueries
  withdrawals: Withdrawals
  participants: Participants
  invitations: Invitations
  feeds: Feeds
  feedVersions: FeedVersions
  files: Files
  riskReports: RiskReports
  quality: QualityRecords
  studyRecords: StudyRecords
  studyViews: StudyViews
  codeLists: CodeListStore
  cohorts: Cohorts
  erasure: Erasure
  close(): Promise<void>
}
