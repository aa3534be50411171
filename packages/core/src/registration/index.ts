// Invitations: where one stands, whom a list may invite, and what the person is told in which language.
// Never knows a code and never reaches a store.
export { communicationOf } from './communication.js'
export {
  failuresMax,
  invitationEnd,
  invitationFilters,
  invitationKinds,
  invitationState,
  invitationStates,
  reminderDaysMax,
  reminderIsDue,
} from './invitation.js'
export type { InvitationFacts, InvitationFilter, InvitationKind, InvitationState } from './invitation.js'
export { judgeLines, judgeRoster, rosterColumns } from './roster.js'
export type { JudgedLine, RosterEntry, RosterRow } from './roster.js'
export { builtInLetters, isLanguage, letterFaults, letterOf, letterPlaceholders } from './letter.js'
export type { LetterWords } from './letter.js'
