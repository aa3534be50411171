// Ids: what is a valid one, and how Aquifer makes its own.
// Never draws randomness or reads a clock: both are arguments.
export { derivedUuid, isFhirId, uuidOfUrn, uuidV7 } from './id.js'
export type { Sha1 } from './id.js'
