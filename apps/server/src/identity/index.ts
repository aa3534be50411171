// Who is asking: people, clients, sessions, the embedded OpenID provider, and the signed tokens that carry a grant.
// Never decides what a caller may do (access does) and never keeps a password or a code in the clear.
export { openIdentity } from './identity.js'
export type { PresentedCertificate } from './certificates.js'
export type { Caller, Identity, NewUser, Session } from './identity.js'
export type { EmbeddedProvider } from './provider.js'
