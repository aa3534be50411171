import type { Readable } from 'node:stream'
import type {
  AuditExportManifest,
  DisplayDecisionsRequest,
  DisplayDecisionsResult,
  DisplayList,
  DisplayListState,
  HeldGroups,
  HeldPreview,
  HeldRelease,
  HeldResources,
  LeakView,
  MaskingProgress,
  GenerationView,
  PipelineStatus,
  WaitRequest,
  WaitResult,
} from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import type { Refusal } from '@aquifer/core/refusal'
import type { Access } from '../access/index.js'
import type { AuditDesk, AuditTrail, SignatureDesk } from '../audit/index.js'
import type { BulkExport } from '../bulk-export/index.js'
import type { ConsentDesk, ParticipantDesk } from '../consent/index.js'
import type { WithdrawalDesk } from '../erasure/index.js'
import type { Feeds, FhirSystems } from '../fhir/index.js'
import type { FileDesk } from '../files/index.js'
import type { Identity } from '../identity/index.js'
import type { ImportSystems } from '../import/index.js'
import type { JobDesk } from '../jobs/index.js'
import type { Metrics } from '../monitoring/index.js'
import type { CutDesk } from '../pipeline/index.js'
import type { MaskingKeys, MaskingPolicyDesk } from '../privacy/index.js'
import type { CodeListDesk, CohortDesk, DownloadDesk, NotebookDesk, ProfileDesk, Query, SavedQueryDesk, ViewDesk } from '../query/index.js'
import type { InvitationDesk, RegistrationDesk } from '../registration/index.js'
import type { QualityDesk } from '../quality/index.js'
import type { RiskDesk } from '../risk/index.js'
import type { Studies, Study, StudyFiles } from '../study/index.js'

/** How far the pipeline is and what may be asked of it. */
export interface PipelineDoor {
  status(study: string | null): Promise<PipelineStatus>
  wait(request: WaitRequest): Promise<WaitResult>
  /** null: nothing of the study can be shown yet. */
  generation(study: string, asked: { fresh: boolean }): Promise<GenerationView | null>
  /** What the leak gate stopped in a study. */
  leaks(study: string): readonly (Omit<LeakView, 'since'> & { since: number })[]
  /** false: no such finding stands. `record` is durable before anything is let through. */
  acceptLeak(
    study: string,
    acceptance: { id: string; by: string; at: number; reason: string },
    record: () => Promise<void>,
  ): Promise<boolean>
}

/** What is held back from masking. */
export interface HeldDoor {
  groups(study: string, show: { ids: boolean }): Promise<HeldGroups>
  resources(study: string, cause: string, page: number): HeldResources | null
  /** Under a policy, or one by its built-in name or its text. */
  preview(study: string, policy: string | Policy): Promise<HeldPreview | Refusal>
  release(study: string): Promise<HeldRelease | 'begun' | null>
}

/** The dictionary of displays. */
export interface DisplayDoor {
  list(study: string, state: DisplayListState, page: number): DisplayList
  decide(request: DisplayDecisionsRequest, by: string): Promise<DisplayDecisionsResult | null>
}

export interface Health {
  ready: boolean
  checks: Record<string, string>
}

/** The systems that have addresses. */
export interface RoutedSystems {
  identity: Identity
  access: Access
  studies: Studies
  studyFiles: StudyFiles
  policies: MaskingPolicyDesk
  /** null where this process has no keys */
  keys: MaskingKeys | null
  /** null where this process does not mask */
  maskingProgress: (study: Study) => Promise<MaskingProgress | null>
  consents: ConsentDesk
  withdrawals: WithdrawalDesk
  participants: ParticipantDesk
  registration: RegistrationDesk
  invitations: InvitationDesk
  jobs: JobDesk
  audits: AuditDesk
  /** for what takes effect outside the database, and is on record before */
  trail: AuditTrail
  auditFile: (id: string, format: AuditExportManifest['format']) => Readable
  signatures: SignatureDesk
  fhir: FhirSystems
  feeds: Feeds
  imports: ImportSystems
  bulkExport: BulkExport
  files: FileDesk
  quality: QualityDesk
  pipeline: PipelineDoor | null
  /** null where this process does not write the reservoir */
  cuts: CutDesk | null
  /** null where this process does not mask */
  held: HeldDoor | null
  displays: DisplayDoor | null
  /** null where this process runs no statements */
  queries: { query: Query; notebooks: NotebookDesk; downloads: DownloadDesk; profiles: ProfileDesk; savedQueries: SavedQueryDesk } | null
  /** null where this process runs no statements */
  risk: RiskDesk | null
  /** null where this process runs no statements */
  views: ViewDesk | null
  /** null where this process runs no statements */
  codeLists: CodeListDesk | null
  /** null where this process runs no statements */
  cohorts: CohortDesk | null
  metrics: Metrics
  health(): Promise<Health>
  now: () => number
  startedAt: string
  version: string
  /** where the built workbench lies */
  workbenchDir: string
}
