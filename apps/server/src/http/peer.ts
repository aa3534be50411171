import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import type { PresentedCertificate } from '../identity/index.js'

// A connection shows one certificate for all its requests.
const known = new WeakMap<TLSSocket, PresentedCertificate | null>()

/** The client certificate of the connection a request came by; null: none was shown, or the connection has no TLS. */
export function certificateOf(socket: Socket): PresentedCertificate | null {
  if (!(socket instanceof TLSSocket)) return null
  const held = known.get(socket)
  if (held !== undefined) return held
  const shown = socket.getPeerCertificate() as Partial<PeerCertificate> | null
  const certificate = shown?.raw === undefined ? null : presented(shown as DetailedPeerCertificate, socket.authorized)
  known.set(socket, certificate)
  return certificate
}

const presented = (shown: PeerCertificate, trusted: boolean): PresentedCertificate => ({
  trusted,
  commonNames: valuesOf(shown.subject.CN),
  organizationalUnits: valuesOf(shown.subject.OU),
  thumbprint: createHash('sha256').update(shown.raw).digest('base64url'),
  from: Date.parse(shown.valid_from),
  until: Date.parse(shown.valid_to),
})

const valuesOf = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat())
