// What holds of people, passwords, sessions and clients, as pure rules.
// Never hashes, stores or signs: apps/server/src/identity does.
export { passwordFaults, passwordMax, passwordMin } from './passwords.js'
export { sessionEnd, sessionIdleMs, sessionMaxMs, sessionOver } from './sessions.js'
export type { SessionLimits, SessionTimes } from './sessions.js'
export { actorTypes, draftsOf, isClientName, isPersonName, isPersonRole, withinReach } from './people.js'
export type { LineFault, PersonDraft } from './people.js'
export { permittedScopes, scopesPermit, systemScopes } from './scopes.js'
export type { SystemScope } from './scopes.js'
