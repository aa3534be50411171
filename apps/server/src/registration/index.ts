// Who enters a study and who leaves it: people, their third parties and practitioners, each step whole or not at all and done once.
// Never decides on access or consent itself: resources go the way of every write, relationships through access, ends through erasure.
export { openRegistration } from './registration.js'
export type { RegistrationDesk } from './registration.js'
export { openGuesses } from './guesses.js'
export { openInvitationDesk } from './invitations.js'
export type { InvitationDesk } from './invitations.js'
export { deliverInvitations } from './delivery.js'
export type { Carrier } from './delivery.js'
export { openRegistrationClock } from './clock.js'
export type { RegistrationClock } from './clock.js'
export { openMail } from './mail.js'
export { openWebhook } from './webhook.js'
export type { People } from './people.js'
