import { canonicalJson, certificateFormat, type SignedCertificate, type WithdrawalCertificate } from '@aquifer/core/consent'
import { openVerifier, type Signer } from '../storage/index.js'

export function signCertificate(signer: Signer, certificate: WithdrawalCertificate): SignedCertificate {
  const value = Buffer.from(signer.sign(Buffer.from(canonicalJson(certificate)))).toString('base64')
  return { certificate, signature: { algorithm: 'Ed25519', keyId: signer.kid, publicKey: signer.publicKey, value } }
}

/** null when the certificate is whole and signed by the key it names (and by `trusted`, where one is given); else what is wrong. */
export function verifyCertificate(document: unknown, trusted: string | null): string | null {
  const signed = document as Partial<SignedCertificate> | null
  const signature = signed?.signature
  if (signed?.certificate?.format !== certificateFormat || signature === undefined) return 'This is not a withdrawal certificate.'
  try {
    const verifier = openVerifier(trusted ?? signature.publicKey)
    if (verifier.kid !== signature.keyId) return 'The certificate was signed with another key.'
    const bytes = Buffer.from(canonicalJson(signed.certificate))
    return verifier.verify(bytes, Buffer.from(signature.value, 'base64')) ? null : 'The certificate was altered.'
  } catch {
    return 'The key or the signature cannot be read.'
  }
}
