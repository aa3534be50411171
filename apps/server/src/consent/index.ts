// Consent as asked inside the writing transaction, and the figures that show how a study's consents stand.
// Never decides on access and never stores a resource: a decision is a value the writer acts on.
export { consentOf, lockConsents, noConsent } from './ledger.js'
export type { ConsentLedger, Decision, PersonKey, Question } from './ledger.js'
export { openParticipantDesk, reachesSiteOf, sitesWithin, subjectNumber, subjectText } from './participants.js'
export type { ParticipantDesk } from './participants.js'
export { asCounted, factsOfStudy, peopleOf } from './people.js'
export { openConsentDesk } from './desk.js'
export type { ConsentDesk } from './desk.js'
