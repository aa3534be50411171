// Whether a person's consents allow data into a study, decided from the Contracts alone.
// Never looks anything up and never asks who the caller is: access was decided before.
export { consentStatuses, decideConsent, isConsentStatus, stateOfType } from './decide.js'
export type { Consent, ConsentDecision, ConsentStatus, TypeState } from './decide.js'
export { consentStatusUrl, consentTypeSystem, formVersionUrl, readConsentContract, studyIdUrl, writeConsentContract } from './contract.js'
export type { ConsentStatement } from './contract.js'
export { atThatTime, consentFigures, endOfDay } from './figures.js'
export type { ConsentFigures, PersonConsents, PersonStatus } from './figures.js'
export {
  actOfContract,
  afterEvent,
  decideWithdrawal,
  effectOn,
  storesNow,
  withdrawalActs,
  withdrawalOrigins,
  withdrawalRules,
  withdrawalStates,
  withholds,
} from './withdrawal.js'
export type {
  StoreEffect,
  StoreName,
  WithdrawalAct,
  WithdrawalEvent,
  WithdrawalOrigin,
  WithdrawalQuestion,
  WithdrawalRules,
  WithdrawalState,
} from './withdrawal.js'
export { canonicalJson, certificateFormat } from './certificate.js'
export type { SignedCertificate, WithdrawalCertificate } from './certificate.js'
export { funnelOf, judgeMove, participantStates } from './participant.js'
export type { Funnel, FunnelRow, LoggedStep, ParticipantMove, ParticipantState } from './participant.js'
export { formInUse, formOf, reconsentOf, underForms } from './forms.js'
export { aheadKinds, aheadOf, asTheyCount, comesOfAge } from './ahead.js'
export type { Ahead, AheadKind, PersonFacts, StudyFacts } from './ahead.js'
