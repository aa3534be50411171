import { certificateSubject, type CertificateSubject } from '@aquifer/core/contract'
import { isRole, type Grant } from '@aquifer/core/access'
import { permittedScopes } from '@aquifer/core/identity'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Clock } from '../storage/index.js'
import type { ClientDesk } from './clients.js'
import type { Caller } from './identity.js'
import type { SessionDesk } from './sessions.js'
import { claimsOf } from './tokens.js'

/** A client certificate as the connection shows it. */
export interface PresentedCertificate {
  /** signed by an authority that the operator named, for a client, and not over when the connection was made */
  trusted: boolean
  /** all values of the subject; a name only elsewhere, such as in SAN, is none */
  commonNames: readonly string[]
  organizationalUnits: readonly string[]
  /** SHA-256 of the certificate, base64url: `x5t#S256` of RFC 8705 */
  thumbprint: string
  from: number
  until: number
}

/** Words for the one who asks tell nothing of which part was wrong. */
const refused = () => refuse('not-signed-in', { detail: 'The client certificate opens nothing here.' })
const idOf = (certificate: PresentedCertificate): string => `certificate:${certificate.thumbprint}`

export const isCertificateId = (tokenId: string): boolean => tokenId.startsWith('certificate:')

/** The client that a certificate stands for, with its whole grant, as a token for all its scopes would give it. */
export async function certifiedCaller(
  parts: { clients: ClientDesk; sessions: SessionDesk; clock: Clock },
  certificate: PresentedCertificate,
): Promise<Caller | Refusal> {
  const { clients, sessions, clock } = parts
  const subject = certificate.trusted ? subjectOf(certificate) : null
  // A connection may outlive the certificate that it began with.
  if (subject === null || certificate.from > clock.now() || certificate.until <= clock.now()) return refused()
  const grant = await clients.grantByCertificate(subject)
  if (grant === null || (await sessions.isRevoked(idOf(certificate)))) return refused()
  return callerOf(grant, certificate)
}

/** Which of several names would be meant cannot be told. */
function subjectOf({ commonNames, organizationalUnits }: PresentedCertificate): CertificateSubject | null {
  if (commonNames.length !== 1 || organizationalUnits.length !== 1) return null
  const read = certificateSubject.safeParse({ commonName: commonNames[0], organizationalUnit: organizationalUnits[0] })
  return read.success ? read.data : null
}

const callerOf = (grant: Grant, certificate: PresentedCertificate): Caller => ({
  grant,
  name: grant.user,
  claims: claimsOf(grant),
  expiresAt: certificate.until,
  tokenId: idOf(certificate),
  session: null,
  scopes: isRole(grant.role) ? permittedScopes(grant.role) : [],
  external: idOf(certificate),
})
