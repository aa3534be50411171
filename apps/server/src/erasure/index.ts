// A withdrawal's way through all stores: decided and in force with the answer, then carried out as a job over the steps that stores
// registered, and proved by a signed certificate. Never knows how a store holds its data: each store brings its step.
export { openErasure } from './erasure.js'
export type { Erasure } from './erasure.js'
export { openWithdrawalDesk } from './desk.js'
export type { StartedWithdrawal, WithdrawalDesk } from './desk.js'
export { mergeLedgers, openOutsideLedger, readLedger } from './outside-ledger.js'
export type { LedgerEntry } from './outside-ledger.js'
export { verifyCertificate } from './signer.js'
export type { StepContext, StepOutcome, StoreStep } from './steps.js'
export { repositoryStep } from './repository-step.js'
