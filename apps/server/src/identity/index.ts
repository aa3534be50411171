// Who is asking: users, sign-in, and the signed tokens that carry a grant.
// Never decides what a caller may do (access does) and never keeps a password in the clear.
export { openIdentity } from './identity.js'
export type { Caller, Identity, NewUser, Session } from './identity.js'
