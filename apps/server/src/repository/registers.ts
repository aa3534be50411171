import type { NewMaskingPolicy } from './masking-types.js'
import type { LineKey } from './seals.js'
import type { StoredSignature } from './signatures.js'
import type { AuditRecord, Enrolment, PersonState, RefusedWrite, RefusedWriteRow } from './types.js'

export interface Site {
  site: number
  id: string
  name: string
}
export interface Study {
  sid: number
  id: string
  name: string
  kind: string
  status: string
  enrolment: string
  required: string[]
  masking: string
  publish: string
  partition: string
  zone: string
  version: number
  settings: Record<string, unknown>
  createdAt: number
  sites: Site[]
}
export type NewStudy = Omit<Study, 'sid' | 'version' | 'sites'> & { sites: readonly { id: string; name: string }[] }

export interface Studies {
  // with a masking policy of its own from the start
  create(study: NewStudy, initial?: NewMaskingPolicy): Promise<Study | 'exists'>
  // expects the version the change was made from
  update(sid: number, version: number, change: Partial<Omit<NewStudy, 'id' | 'sites' | 'createdAt'>>): Promise<Study | 'version-conflict'>
  // The settings as they stood from a version on, written down once.
  noteVersion(sid: number, version: { version: number; at: number; actor: string; document: Record<string, unknown> }): Promise<void>
  versions(sid: number): Promise<{ version: number; at: number; actor: string; document: Record<string, unknown> }[]> // newest first
  addSite(sid: number, site: { id: string; name: string }): Promise<Site | 'exists'>
  list(): Promise<Study[]> // by id
  byId(id: string): Promise<Study | null> // ignoring case
}

export interface Consents {
  epoch(sid: number): Promise<number> // rises with every recorded consent of the study
  // Everyone of the study with all consents, in order of enrolment; for figures that core computes. Pages by `after`.
  people(sid: number, page: { after?: bigint; limit: number }): Promise<(PersonState & { pid: bigint; enrolment: Enrolment })[]>
  // People whose newest word about some type is a withdrawal that says no more (who only stops what is new stays in use).
  withdrawn(sid: number): Promise<{ patientId: string; types: string[] }[]>
}

export interface Refusals {
  record(rows: readonly RefusedWrite[]): Promise<void> // same day, person, type, cause, client: one row, counted
  list(sid: number, page: { limit: number; before?: { at: number; id: number }; sites?: readonly number[] }): Promise<RefusedWriteRow[]>
  totals(sid: number, since: number, sites?: readonly number[]): Promise<{ total: number; since: number }>
}

export interface AuditRow extends Omit<AuditRecord, 'detail' | 'entries' | 'reason' | 'people' | 'source' | 'external'> {
  xid: string
  seq: string
  reason: string | null
  detail: Record<string, unknown>
  entries: Record<string, unknown>[]
  patients: bigint[] // people whose data it was, by surrogate
  source: string | null
  external: string | null
}
// What is not named does not limit.
export interface AuditFilter {
  sids?: readonly number[]
  actor?: string
  role?: string
  actions?: readonly string[]
  outcome?: string
  from?: number
  to?: number // excluded
  pids?: readonly bigint[] // records that concern one of these people
  request?: string
  sites?: readonly number[] // records that concern a person enrolled at one of these sites
}
export interface Audits {
  record(records: readonly AuditRecord[]): Promise<void> // for happenings without a write: reads, refusals, sign-ins
  list(page: AuditFilter & { limit: number; before?: bigint }): Promise<AuditRow[]> // newest first
  after(page: AuditFilter & { limit: number; after: bigint }): Promise<AuditRow[]> // oldest first
  count(filter: AuditFilter): Promise<number>
  lastBy(actors: readonly string[]): Promise<Map<string, number>> // when each did anything last
  linesAfter(page: AuditFilter & { limit: number; after: LineKey }): Promise<Buffer[]> // as they were sealed, in feed order
}

type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export interface Job {
  id: string
  kind: string
  sid: number | null
  state: JobState
  actor: string
  createdAt: number
  updatedAt: number
  request: Record<string, unknown>
  progress: Record<string, unknown>
  result: unknown
  problem: Record<string, unknown> | null
  cancel: boolean // somebody asked for it
  attempts: number
  fence: number
}
export interface Jobs {
  create(job: { id: string; kind: string; sid: number | null; actor: string; request: Record<string, unknown> }): Promise<Job>
  // The oldest job of the kind that waits or whose owner let the lease run out; the fence makes a former owner's reports void.
  claim(kind: string, owner: string, leaseMs: number): Promise<Job | null>
  claimOne(id: string, owner: string, leaseMs: number): Promise<Job | null>
  // false: the job is no longer this owner's, stop. Extends the lease.
  report(id: string, fence: number, progress: Record<string, unknown>, leaseMs: number): Promise<{ owned: boolean; cancel: boolean }>
  finish(
    id: string,
    fence: number,
    end: { state: 'done' | 'failed' | 'cancelled'; result?: unknown; problem?: Record<string, unknown> },
  ): Promise<boolean>
  cancel(id: string): Promise<Job | null> // a waiting job ends at once; a running one is asked to
  byId(id: string): Promise<Job | null>
  /** Newest first. `actor`: his alone; `hidden`: studies whose jobs are left out. */
  list(page: {
    sid?: number
    kind?: string
    actor?: string
    hidden?: readonly number[]
    limit: number
    before?: { createdAt: number; id: string }
  }): Promise<Job[]>
}

export interface Leases {
  acquire(name: string, owner: string, ttlMs: number): Promise<{ fence: number } | null> // again by the same owner: extends
  release(name: string, owner: string): Promise<void>
}

export interface User {
  name: string
  display: string
  role: string
  password: string | null // as hashed by identity
  status: 'active' | 'disabled'
  studies: string[]
  sites: string[]
  patient: string | null
  actor?: string | null // the FHIR resource the user is, such as Practitioner/x
  settings: Record<string, unknown>
  email: string | null
  subject: string | null // the person's name at an outside provider
  tokensFrom: number // tokens issued before hold no longer
  lockedUntil: number // after failed sign-ins
  signedInAt: number | null
  createdAt: number
  updatedAt: number
}
export type NewUserRow = Omit<User, 'createdAt' | 'updatedAt' | 'tokensFrom' | 'lockedUntil' | 'signedInAt' | 'email' | 'subject'> &
  Partial<Pick<User, 'email' | 'subject'>>
export type UserChange = Partial<
  Pick<User, 'display' | 'role' | 'password' | 'status' | 'studies' | 'sites' | 'patient' | 'actor' | 'subject' | 'tokensFrom'>
>
export interface Users {
  put(user: NewUserRow): Promise<User>
  // All or none; the names, addresses and outside names that are taken already.
  add(users: readonly NewUserRow[]): Promise<{ taken: string[] }>
  addFirst(user: NewUserRow): Promise<boolean> // only where there is nobody yet
  change(name: string, change: UserChange): Promise<User | null>
  // The last active holder of the role stays one.
  changeUnlessLast(name: string, role: string, change: UserChange): Promise<User | 'last' | null>
  byName(name: string): Promise<User | null>
  byOutsideName(subject: string, email: string | null): Promise<User | null> // the subject wins over the address
  list(): Promise<User[]>
  any(): Promise<boolean>
  // Counts the try before it is judged, so that tries side by side cannot be more than allowed. null: go on; else locked until then.
  beginTry(name: string, limits: { at: number; max: number; lockMs: number }): Promise<number | null>
  endTries(name: string, at: number): Promise<void> // the try was right
}

export interface RelationshipRow {
  id: string
  kind: string
  holder: string // Type/id, or User/<name>
  target: string
  sid: number | null
  site: number | null
  from: number
  to: number | null
  ended: number | null
  grantedBy: string
  detail: Record<string, unknown>
}
export interface HeldRelationship extends RelationshipRow {
  enrolled: number[] // without a study of its own: those the person was ever enrolled in
  patient: string | null // of guardians: the person's Patient resource as stored
}
export interface Relationships {
  // What may hold at or after `at`; the stamp changes with every change of a holder's relationships.
  ofHolders(holders: readonly string[], at: number): Promise<{ rows: HeldRelationship[]; stamp: string }>
  siteStudies(sids: readonly number[]): Promise<RelationshipRow[]>
  byId(id: string): Promise<RelationshipRow | null>
  newest(kind: string, limit: number): Promise<RelationshipRow[]>
  list(page: {
    sids?: readonly number[]
    kinds?: readonly string[]
    holder?: string
    target?: string
    search?: string // part of a holder or a target, ignoring case
    state?: { is: 'open' | 'ended'; at: number } // open: neither ended nor over by then
    since?: number
    after?: string
    limit: number
  }): Promise<RelationshipRow[]> // by id, which rises with time
}

export interface PolicyRow {
  version: number
  name: string
  document: unknown
  hash: Buffer
  proposedBy: string
  proposedAt: number
  signatures: StoredSignature[] // in the order in which they were made
  activatedAt: number | null
}
export interface RolePolicies {
  propose(policy: Pick<PolicyRow, 'name' | 'document' | 'hash' | 'proposedBy' | 'proposedAt'>): Promise<PolicyRow>
  // Adds a signature of somebody who has not signed; with the last one needed the policy is active. null: signed by him, active, or not there.
  sign(version: number, signature: StoredSignature, needed: number): Promise<PolicyRow | null>
  byVersion(version: number): Promise<PolicyRow | null>
  list(): Promise<PolicyRow[]> // newest first
}

export interface StoredNotebook {
  id: string
  sid: number
  owner: string
  title: string
  version: number
  createdAt: number
  updatedAt: number
  /** the data cut it reads; null: the living data */
  cut: string | null
  cells: unknown[]
}
export interface NotebookSaveRecord {
  version: number
  title: string
  by: string
  at: number
  cells: number // how many
}
export interface Notebooks {
  create(notebook: { id: string; sid: number; owner: string; title: string; cut: string | null; cells: unknown[] }): Promise<StoredNotebook>
  save(
    id: string,
    version: number,
    change: { title: string; cut: string | null; cells: unknown[] },
  ): Promise<StoredNotebook | 'version-conflict' | 'not-found'>
  remove(id: string): Promise<boolean>
  byId(id: string): Promise<StoredNotebook | null>
  list(sid: number): Promise<Omit<StoredNotebook, 'cells'>[]> // last changed first
  holding(sid: number, text: string): Promise<StoredNotebook[]> // whose cells hold the text, last changed first
  versions(id: string, limit: number): Promise<NotebookSaveRecord[]> // newest first
  at(id: string, version: number): Promise<StoredNotebook | null>
}

export interface StatementRecord {
  id: string
  sid: number
  actor: string
  purpose: string
  sql: string
  state: string
  at: number
  elapsedMs: number | null
  basis: unknown
  problem: unknown
  parameters: unknown
  cut: string | null
  pinned?: boolean
  question: unknown // of counts only: what later answers are held against
}
export interface SavedQueryRow {
  id: string
  sid: number
  owner: string
  title: string
  sql: string
  parameters: unknown
  purpose: string
  cut: string | null
  everyMs: number | null // null: runs only when asked
  nextAt: number | null
  mail: boolean
  createdAt: number
  last: unknown // the newest run's report
}
export interface SavedQueries {
  add(row: SavedQueryRow): Promise<void>
  byId(id: string): Promise<SavedQueryRow | null>
  list(sid: number, owner: string): Promise<SavedQueryRow[]> // newest first
  remove(id: string): Promise<void>
  ran(id: string, last: unknown): Promise<void>
  takeDue(now: number): Promise<SavedQueryRow[]> // and sets when each is due next
}
export interface StatementPage {
  actor?: string
  limit: number
  before?: { at: number; id: string }
  text?: string
  state?: string
  from?: number
  pinned?: boolean
}
export interface Statements {
  record(statement: StatementRecord): Promise<void> // again with the same id: changes state, elapsedMs, basis and problem
  byId(id: string): Promise<StatementRecord | null>
  // Statements and notebooks whose text holds one of these names, and taking the names out of them.
  naming(sid: number, names: readonly string[]): Promise<{ statements: number; notebooks: number }>
  redact(sid: number, names: readonly string[]): Promise<{ statements: number; notebooks: number }>
  pin(id: string, pinned: boolean): Promise<void>
  // pinned ones first, then the newest; `text` in the SQL or the purpose, whatever its case
  list(sid: number, page: StatementPage): Promise<StatementRecord[]>
}
