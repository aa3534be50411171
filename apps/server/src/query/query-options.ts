import type { QueryLevel, StatementParameters } from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import type { Repository, Study } from '../repository/index.js'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import type { ListFile } from './code-list-tables.js'
import type { About } from './counts/question.js'
import type { CohortTable } from './cohort-tables.js'
import type { StudyFiles } from './file-tables.js'
import type { StatementLimits } from './limits.js'

/** A snapshot held for as long as a statement reads it. */
export interface HeldSnapshot {
  manifest: ReservoirManifest
  folder: string
  release(): void
}
export interface QueryOptions {
  repository: Pick<Repository, 'statements' | 'consents'>
  /** The policy that a snapshot names; null where it cannot be trusted any more. */
  policyOf: (study: Study, label: string) => Promise<Policy | null>
  /** The newest snapshot of a study, or what a data cut keeps; null before anything was published, and where there is no such cut. */
  snapshot: (study: string, cut?: string) => Promise<HeldSnapshot | null> | HeldSnapshot | null
  /** Folder of a study's reservoir: all its engine can see. */
  folderOf: (study: string) => string
  workFolder: string
  /** Where results are kept. */
  resultsFolder: string
  /** How long; ms. */
  keptMs: number
  /** What statements of a role may use. */
  limitsOf?: (role: string | undefined) => StatementLimits
  /** Files of the study that statements read, too. */
  filesOf: (study: string) => Promise<StudyFiles>
  /** patient_key of people whose rows are withheld from now on, whatever the snapshot still holds; null: the key is gone, nobody can tell. */
  withheld?: (study: Study, maskingKey?: string) => Promise<readonly string[] | null>
  /** A study by its number. */
  studyOf: (sid: number) => Promise<Study | null>
  studyNamed: (id: string) => Promise<Study | null>
  /** Flat tables by views of the study's own. */
  ownTables?: (study: Study) => Promise<readonly FlatTable[]>
  /** Code lists as files in the study's folder. */
  codeLists?: (study: Study) => Promise<readonly ListFile[]>
  /** Saved cohorts, each a table of its people. */
  cohorts?: (study: Study) => Promise<readonly CohortTable[]>
  /** A keyed hash that only this server can make. */
  seal: (text: string) => Buffer
  now: () => number
  newId: () => string
  /** Told of failures that are bugs, by kind only. */
  onBug?: (error: unknown) => void
}
export interface Asked {
  study: Study
  actor: string
  sql: string
  purpose: string
  limit: number
  format: 'arrow' | 'json'
  /** A data cut to read instead of the newest snapshot. */
  cut?: string | undefined
  parameters?: StatementParameters
  /** The role in which the caller asks: its limits hold. */
  role?: string
  /** Other limits than the role's, for the platform's own work on a caller's word. */
  limits?: StatementLimits
  /** Left out: masked rows. */
  level?: QueryLevel
  /** At the level of counts: figures of the statement's people instead of its own. */
  about?: About
  signal?: AbortSignal
}
/** What a history is searched for. */
export interface Sought {
  text?: string
  state?: string
  /** ms; not before */
  from?: number
  pinned?: boolean
}
/** The rows of a statement in the form that was asked for. */
export interface StatementAnswer {
  type: string
  /** Its bytes as they came from the engine, which may be many: nobody needs them in one piece. */
  pieces: readonly Uint8Array[]
  headers: Record<string, string>
}
