import type { MaskedPerson, ReservoirType } from './manifest.js'

// What the writer process is asked for. It reads and writes only the files that a job names; all paths are absolute.

export interface DeltaJob {
  kind: 'delta'
  type: string
  policy: string
  /** Masked rows as NDJSON. */
  rows: string
  /** Where rows and superseded keys go; a file without rows is not left behind. */
  out: string
  keysOut: string
  dir: string
  current: Pick<ReservoirType, 'files' | 'superseded' | 'rows' | 'people'>
  /** Needed only where no row is a person's own: it reads all rows of the type. */
  countsPeople: boolean
}
export interface DeltaResult {
  rows: number
  keys: number
  /** Rows that the schema cannot hold: left out. */
  unfit: { id: string; version: number }[]
  living: number
  people: number
}
export interface CompactJob {
  kind: 'compact'
  dir: string
  inputs: Pick<ReservoirType, 'files' | 'superseded'>
  out: string
  /** Rows that have this list go there and not to `out`. */
  apart?: { list: string; out: string }
  /** Keys that still have to be kept, from these files, into one. */
  keepKeys: string[]
  /** Resources whose keys go all the same. */
  forget: readonly string[]
  /** Whose rows are left out. */
  without?: MaskedPerson
  keysOut: string
}
export interface CompactResult {
  rows: number
  /** Rows that went apart; a file without rows is not left behind. */
  apart: number
  keys: number
}
/** Rows of one person: how many live, how many any of the files holds, and keys of them. */
export interface PersonJob {
  kind: 'person'
  dir: string
  current: Pick<ReservoirType, 'files' | 'superseded'>
  patientKey: string
  ids: readonly string[]
}
/** Living rows of a type as two snapshots have them. */
export interface CompareJob {
  kind: 'compare'
  shown: TypeFiles
  made: TypeFiles
  limit: number
}
export interface TypeFiles {
  dir: string
  current: Pick<ReservoirType, 'files' | 'superseded'>
}
export interface CompareResult {
  shown: { rows: number; hash: string }
  made: { rows: number; hash: string }
  found: number
  differences: { id: string; version: number; what: 'missing' | 'not-expected' | 'content' }[]
}
export interface DisplaysJob {
  kind: 'displays'
  rows: string
  out: string
}
/** What of a dictionary stands in another one, too. */
export interface DisplaysStillInJob {
  kind: 'displays-still-in'
  own: string
  present: string
  out: string
}
/** Rows of a code list into a file of their own. */
export interface ListJob {
  kind: 'list'
  rows: string
  out: string
}
export interface PartitionsJob {
  kind: 'partitions'
  dir: string
  type: Pick<ReservoirType, 'files' | 'superseded'>
  levels: PartitionLevel[]
}
/** Of each partition, by its path such as `year=2015`: a fingerprint of its living rows. */
export type PartitionsResult = { path: string; rows: number; fingerprint: string }[]
/** The same of whatever rows a statement gives, each as a path and a hash. */
export interface PrintsJob {
  kind: 'prints'
  rows: string
}
export type PartitionLevel = 'year' | 'month' | 'day'
/** The same of one person's rows, ended or not: of each resource the newest version that any of the files holds. */
export interface PersonPartitionsJob extends Omit<PartitionsJob, 'kind'> {
  kind: 'person-partitions'
  person: MaskedPerson
}
/** Copies Parquet files past rows of a person, in the order that they have; files without any are linked. */
export interface LeaveOutJob {
  kind: 'leave-out'
  folders: { from: string; to: string }[]
  person: MaskedPerson
}
/** Where people, in the order of their pseudonyms, are to be parted so that each stretch of them has about so many rows. */
export interface StretchesJob {
  kind: 'stretches'
  dir: string
  type: Pick<ReservoirType, 'files' | 'superseded'>
  rows: number
}
export interface PublishTypeJob {
  kind: 'publish-type'
  dir: string
  type: Pick<ReservoirType, 'files' | 'superseded'>
  levels: PartitionLevel[]
  partitions: string[]
  out: string
  /** Type of the resources, which JSON tells in each row. */
  of: string
  output: OutputForm
}
export interface PublishTableJob {
  kind: 'publish-table'
  sql: string
  /** Folder of the table. */
  out: string
  /** Number of its file. */
  part: number
  output: OutputForm
}
/** `json`: NDJSON, gzip. */
export type OutputForm = 'parquet' | 'json'
export type Job =
  | DeltaJob
  | CompactJob
  | PersonJob
  | CompareJob
  | DisplaysJob
  | DisplaysStillInJob
  | ListJob
  | PartitionsJob
  | PrintsJob
  | PersonPartitionsJob
  | LeaveOutJob
  | StretchesJob
  | PublishTypeJob
  | PublishTableJob

export interface JobResults {
  delta: DeltaResult
  compact: CompactResult
  person: { rows: number; traces: number; keys: number }
  compare: CompareResult
  displays: null
  'displays-still-in': null
  list: null
  partitions: PartitionsResult
  prints: PartitionsResult
  /** `byId`: some are his by their ids only. */
  'person-partitions': { partitions: PartitionsResult; byId: boolean }
  'leave-out': null
  /** Pseudonyms at which a stretch begins, but for the first one's. */
  stretches: string[]
  'publish-type': null
  'publish-table': null
}

export interface WriterStart {
  /** `lanes`: jobs at once. `nice`: gives way to everything else on the machine. */
  start: { threads: number; lanes: number; memoryLimitMb: number; tempFolder: string; nice: boolean }
}
export interface WriterRequest {
  id: number
  job: Job
}
export type WriterAnswer = { id: number; result: unknown } | { id: number; error: string }
