// Invitations: where one stands, whom a list may invite, and what the person is told in which language.
// Never knows a code and never reaches a store.
export { communicationOf } from './communication.js'
export { failuresMax, invitationEnd, invitationState, invitationStates } from './invitation.js'
export type { InvitationFacts, InvitationState } from './invitation.js'
export { judgeRoster, rosterColumns } from './roster.js'
export type { RosterEntry, RosterRow } from './roster.js'
export { isLanguage, letterOf } from './letter.js'
