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
  create(study: NewStudy): Promise<Study | 'exists'>
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

export interface AuditRow extends Omit<AuditRecord, 'detail' | 'entries' | 'reason'> {
  xid: string
  seq: string
  reason: string | null
  detail: Record<string, unknown>
  entries: Record<string, unknown>[]
}
export interface Audits {
  record(records: readonly AuditRecord[]): Promise<void> // for happenings without a write: reads, refusals, sign-ins
  list(page: { limit: number; before?: bigint; sid?: number }): Promise<AuditRow[]> // newest first
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
  list(page: { sid?: number; kind?: string; limit: number; before?: { createdAt: number; id: string } }): Promise<Job[]> // newest first
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
  settings: Record<string, unknown>
  createdAt: number
  updatedAt: number
}
export interface Users {
  put(user: Omit<User, 'createdAt' | 'updatedAt'>): Promise<User>
  byName(name: string): Promise<User | null>
  list(): Promise<User[]>
}

export interface StoredNotebook {
  id: string
  sid: number
  owner: string
  title: string
  version: number
  createdAt: number
  updatedAt: number
  cells: unknown[]
}
export interface Notebooks {
  create(notebook: { id: string; sid: number; owner: string; title: string; cells: unknown[] }): Promise<StoredNotebook>
  save(id: string, version: number, change: { title: string; cells: unknown[] }): Promise<StoredNotebook | 'version-conflict' | 'not-found'>
  remove(id: string): Promise<boolean>
  byId(id: string): Promise<StoredNotebook | null>
  list(sid: number): Promise<Omit<StoredNotebook, 'cells'>[]> // last changed first
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
}
export interface Statements {
  record(statement: StatementRecord): Promise<void> // again with the same id: changes state, elapsedMs, basis and problem
  byId(id: string): Promise<StatementRecord | null>
  // Statements and notebooks whose text holds one of these names, and taking the names out of them.
  naming(sid: number, names: readonly string[]): Promise<{ statements: number; notebooks: number }>
  redact(sid: number, names: readonly string[]): Promise<{ statements: number; notebooks: number }>
  list(sid: number, page: { actor?: string; limit: number; before?: { at: number; id: string } }): Promise<StatementRecord[]> // newest first
}
