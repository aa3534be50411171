// The shapes of requests and answers, said once for server, command line and workbench.
// Never decides anything and never reaches a store: a schema here says what may be sent, not who may send it.
export { codebook, codebookFormats, tableProfile } from './catalogue.js'
export type { Codebook, ColumnProfile, ProfileBar, TableProfile } from './catalogue.js'
export { problem } from './errors.js'
export type { Problem } from './errors.js'
export { confirmationCode, codeSignIn, me, mintedToken, signInRequest, signInWays, signedIn, tokenRequest } from './identity.js'
export type {
  ConfirmationCode,
  ConfirmationStart,
  ConfirmationTicket,
  CodeSignIn,
  Me,
  MintedToken,
  SignedIn,
  SignInRequest,
  SignInWays,
  TokenRequest,
} from './identity.js'
export {
  accessHolders,
  accessReviewList,
  accessReviewView,
  clientKeys,
  clientList,
  clientView,
  codeExchange,
  firstAdministratorRequest,
  invitation,
  invitations,
  keyRotation,
  certificateSubject,
  newClient,
  newPerson,
  passwordChange,
  personGrant,
  personList,
  personView,
  reviewDecision,
  reviewRequest,
  staffCheck,
  statusChange,
  tokenRevocation,
} from './people.js'
export type {
  AccessHolder,
  AccessHolders,
  AccessReviewList,
  AccessReviewView,
  ClientKeys,
  ClientList,
  CertificateSubject,
  ClientView,
  Invitation,
  Invitations,
  NewClient,
  NewPerson,
  PersonGrant,
  PersonList,
  PersonView,
  ReviewDecision,
  StaffCheck,
} from './people.js'
export { leakAcceptance, leakList } from './leaks.js'
export type { LeakList, LeakView } from './leaks.js'
export { displayDecisionsRequest, displayDecisionsResult, displayList, displayOutcomes, displayStates } from './displays.js'
export type { DisplayDecisionsRequest, DisplayDecisionsResult, DisplayList, DisplayListState, DisplayView } from './displays.js'
export { heldGroups, heldPreview, heldPreviewRequest, heldRelease, heldReleaseRequest, heldResources } from './held.js'
export type { HeldGroup, HeldGroups, HeldPreview, HeldRelease, HeldResources } from './held.js'
export { feedExpectation, feedList } from './feeds.js'
export { fileMetadataList, fileRecordsMax, lakeFileBytesMax, lakeFileStored, reservoirFileBytesMax, reservoirFileStored } from './files.js'
export type { FileMetadata, FileMetadataList, FileWarning, LakeFileStored, ReservoirFileStored } from './files.js'
export type { FeedList, FeedView } from './feeds.js'
export { studyList, studyRequest, studyView } from './study.js'
export type { StudyList, StudyRequestBody, StudyView } from './study.js'
export { consentStates, consentSummary, decisionsRequest, decisionsResult, refusalCauses, refusedWrite, refusedWrites } from './consent.js'
export type {
  ConsentState,
  ConsentSummary,
  DecisionsRequest,
  DecisionsResult,
  RefusedWrite,
  RefusedWriteCause,
  RefusedWrites,
} from './consent.js'
export {
  previewRequest,
  signedCertificate,
  withdrawalList,
  withdrawalPreview,
  withdrawalRequest,
  withdrawalStep,
  withdrawalView,
} from './withdrawal.js'
export type { PreviewRequest, WithdrawalList, WithdrawalPreview, WithdrawalRequestBody, WithdrawalView } from './withdrawal.js'
export {
  acceptance,
  careManagerAcceptance,
  invitationCode,
  invitedAccount,
  invitedAccountRequest,
  patientRegistered,
  patientRegistration,
  patientRemoval,
  practitionerRegistration,
  practitionerRemoval,
  relationshipRemoval,
  thirdPartyRegistration,
} from './registration.js'
export type {
  Acceptance,
  AccountAnswer,
  AccountRequest,
  CareManagerAcceptance,
  InvitedAccount,
  InvitedAccountRequest,
  PatientRegistered,
  PatientRegistration,
  PatientRemoval,
  PatientRemoved,
  PractitionerRegistered,
  PractitionerRegistration,
  PractitionerRemoval,
  PractitionerRemoved,
  RelationshipRemoval,
  RelationshipRemoved,
  ThirdPartyRegistered,
  ThirdPartyRegistration,
} from './registration.js'
export {
  invitationList,
  invitationRequest,
  invitationView,
  openedInvitation,
  revealedInvitation,
  revealedInvitations,
  rosterPreview,
} from './invitations.js'
export type {
  InvitationList,
  InvitationRequest,
  InvitationView,
  OpenedInvitation,
  RevealedInvitation,
  RosterPreview,
} from './invitations.js'
export { funnelView, participantList, participantRequest, participantStepRequest, participantView } from './participants.js'
export type { FunnelView, ParticipantList, ParticipantRequest, ParticipantStepRequest, ParticipantView } from './participants.js'
export { studyApplied, studyDiff, studyFile, studyVersions } from './study-file.js'
export type { StudyApplied, StudyDiff, StudyFile, StudyVersions } from './study-file.js'
export { aheadView, personDecisions, versionMatrix } from './consent-people.js'
export type { ConsentAhead, PersonDecisions, VersionMatrix } from './consent-people.js'
export {
  generationRequest,
  generationView,
  pipelineStatus,
  replayRequest,
  stageNames,
  stageView,
  waitRequest,
  waitResult,
} from './pipeline.js'
export type { GenerationView, PipelineStatus, ReplayRequest, StageName, StageView, WaitRequest, WaitResult } from './pipeline.js'
export { replayReport, storesReport, storesRequest } from './stores.js'
export type { ReplayReport, StoresDifference, StoresReport, StoresRequest, StoresStudy } from './stores.js'
export { importRefusal, importReport, jobKinds, jobList, jobStates, jobView } from './jobs.js'
export type { ImportReport, JobList, JobView } from './jobs.js'
export { arrowStreamType, basisHeader, catalogue, catalogueColumn, catalogueTable, changedPeople, queryBasis } from './query.js'
export { queryLevel, queryProblem, resultColumn, sqlCharactersMax, statementHeader, statementHistory, statementPin } from './query.js'
export { statementHistoryRow, statementLineage, statementRequest, statementRows, statementRowsDefault } from './query.js'
export { statementRowsMax, statementState, statementStatus, suppressedCell, suppressedKey } from './query.js'
export { completions, completionsRequest, downloadCodebook, downloadFile, downloadFormats, downloadList } from './results.js'
export { downloadManifest, downloadRequest, downloadView, resultFilter, resultFilters, resultWindow, statementDiff } from './results.js'
export { releaseForms, releaseNotice, screenRowsMax, windowHeader, windowRowsDefault } from './results.js'
export type { Completions, DownloadCodebook, CompletionsRequest, DownloadFormat, DownloadList, DownloadManifest } from './results.js'
export type { ReleaseNotice } from './results.js'
export type { DownloadRequest, DownloadView, ResultFilter, ResultWindow, StatementDiff } from './results.js'
export { savedQueryDraft, savedQueryList, savedQueryReport, savedQueryView } from './saved-queries.js'
export type { SavedQueryDraft, SavedQueryReport, SavedQueryView } from './saved-queries.js'
export { statementParameter, statementParameters } from './parameters.js'
export type { StatementParameter, StatementParameters } from './parameters.js'
export type { Catalogue, CatalogueColumn, CatalogueTable, ChangedPeople, QueryBasis, QueryLevel, QueryProblem } from './query.js'
export type { ResultColumn, StatementHistory, StatementHistoryRow, StatementLineage, StatementRequest, StatementRows } from './query.js'
export type { SuppressedCell, StatementState, StatementStatus } from './query.js'
export {
  breakGlassList,
  breakGlassRequest,
  breakGlassReview,
  breakGlassView,
  newRelationship,
  relationshipList,
  relationshipView,
  rolePolicyChecked,
  rolePolicyList,
  rolePolicyProposal,
  rolePolicySigning,
  rolePolicyText,
  rolePolicyVersion,
  rolePolicyWhole,
  whyAnswer,
} from './access.js'
export type {
  BreakGlassList,
  BreakGlassRequest,
  BreakGlassReview,
  BreakGlassView,
  NewRelationship,
  RelationshipList,
  RelationshipView,
  RolePolicyChecked,
  RolePolicyList,
  RolePolicyVersion,
  RolePolicyWhole,
  WhyAnswer,
} from './access.js'
export {
  maskingPolicyChecked,
  maskingPolicyComparison,
  maskingPolicyDiff,
  maskingPolicyList,
  maskingPolicyProposal,
  maskingPolicyRejection,
  maskingPolicySigning,
  maskingPolicyText,
  maskingPolicyVersion,
  maskingPolicyWhole,
  maskingProgress,
  maskingProgressList,
  maskingTrace,
  maskingTraceRequest,
} from './masking.js'
export type {
  MaskingPolicyChecked,
  MaskingPolicyDiff,
  MaskingPolicyList,
  MaskingPolicyProposal,
  MaskingPolicyVersion,
  MaskingPolicyWhole,
  MaskingProgress,
  MaskingProgressList,
  MaskingTrace,
  MaskingTraceRequest,
} from './masking.js'
export {
  keyEscrowRequest,
  keyEscrowView,
  keyRestored,
  keyRestoreRequest,
  keyRotationRequest,
  keyShare,
  keyShareRequest,
  maskingKeyList,
  reidentificationAnswer,
  reidentificationDecision,
  reidentificationList,
  reidentificationRequest,
  reidentificationView,
} from './masking-keys.js'
export type {
  KeyEscrowRequest,
  KeyEscrowView,
  KeyRestored,
  KeyRestoreRequest,
  KeyShare,
  MaskingKeyList,
  ReidentificationAnswer,
  ReidentificationList,
  ReidentificationRequest,
  ReidentificationView,
} from './masking-keys.js'
export { endpoints } from './endpoints.js'
export type { Endpoint, EndpointName } from './endpoints.js'
export {
  auditExportManifest,
  auditExportRequest,
  auditHead,
  auditHeadAnswer,
  auditPage,
  auditVerification,
  disclosureList,
  exportFormats,
  signatureList,
  signatureMeanings,
  signatureRequest,
  verifyRequest,
} from './audit.js'
export type {
  AuditExportManifest,
  AuditHead,
  AuditHeadAnswer,
  AuditPage,
  AuditVerification,
  DisclosureList,
  SignatureRequest,
  SignatureView,
} from './audit.js'
export { qualityReport, qualityRequest } from './quality.js'
export type { QualityFeed, QualityFinding, QualityReport, QualitySite } from './quality.js'
export { riskPreview, riskPreviewRequest, riskReport } from './risk.js'
export type { RiskEffect, RiskFindings, RiskMeasures, RiskPreview, RiskPreviewRequest, RiskReport } from './risk.js'
export { codeListPage, codeListPageMax, codeListRowsMax, codeLists, loadedCodeList, unmappedCodes } from './code-lists.js'
export type { CodeListPage, CodeLists, CodeListSummary, LoadedCodeList, UnmappedCodes } from './code-lists.js'
export { tableView, tableViewList, tableViewRequest, viewCharactersMax } from './views.js'
export type { TableView, TableViewList, TableViewRequest } from './views.js'
export { cutList, cutName, cutRequest, cutRetirement, cutView } from './cuts.js'
export type { CutList, CutRequest, CutRetirement, CutView } from './cuts.js'
export { adherenceAnswer, incidenceAnswer, missingAnswer, statisticsAnswer, statisticsGroupsMax, statisticsKinds } from './statistics.js'
export { statisticsRequest, statisticsRowsMax, survivalAnswer, tableOneAnswer } from './statistics.js'
export type { AdherenceAnswer, IncidenceAnswer, MissingAnswer, ReadStatisticsRequest, StatisticsAnswer } from './statistics.js'
export type { StatisticsKind, StatisticsRequest, SummaryFigures, SurvivalAnswer, SurvivalGroup, SurvivalStep } from './statistics.js'
export type { TableOneAnswer, TableOneVariable, ToldCount } from './statistics.js'
export { cohortCount, cohortDepthMax, cohortCountRequest, cohortCriteria, cohortDiff, cohortDraft, cohortList } from './cohorts.js'
export { cohortName, cohortSave, cohortView } from './cohorts.js'
export type { CohortCodes, CohortCount, CohortCountRequest, CohortCriteria, CohortCriterion, CohortDiff, CohortDraft } from './cohorts.js'
export type { CohortLeaf, CohortList, CohortSave, CohortSummary, CohortView, CohortWindow } from './cohorts.js'
export { cellSourceMax, choicesMax, codesMax, notebook, notebookCell, notebookCellsMax, notebookChart } from './notebooks.js'
export {
  notebookDraft,
  notebookList,
  notebookParameter,
  notebookSave,
  notebookSummary,
  notebookVersion,
  notebookVersions,
} from './notebooks.js'
export type { ChartType, Notebook, NotebookCell, NotebookChart, NotebookCohort, NotebookDraft, NotebookList } from './notebooks.js'
export type { NotebookParameter, NotebookSave, NotebookStatistics, NotebookSummary, NotebookVersion } from './notebooks.js'
export type { NotebookVersions } from './notebooks.js'
