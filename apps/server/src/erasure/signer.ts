import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { canonicalJson, certificateFormat, type SignedCertificate, type WithdrawalCertificate } from '@aquifer/core/consent'
import { writeAtomically } from '../storage/index.js'

/** What signs a certificate: the server's signing key. */
export interface CertificateSigner {
  readonly kid: string
  readonly publicKey: string // PEM
  sign(bytes: Uint8Array): Uint8Array
}

const secretFile = 'audit-signing.pem'
const keyIdOf = (publicKey: string): string =>
  createHash('sha256')
    .update(createPublicKey(publicKey).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

export async function openCertificateSigner(keysDir: string): Promise<CertificateSigner> {
  const file = path.join(keysDir, secretFile)
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const stored = await readFile(file, 'utf8').catch(() => null)
  const pem = stored ?? (generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
  if (stored === null) await writeAtomically(file, pem, { mode: 0o600 })
  const secret = createPrivateKey(pem)
  const publicKey = createPublicKey(secret).export({ type: 'spki', format: 'pem' }) as string
  return { kid: keyIdOf(publicKey), publicKey, sign: (bytes) => sign(null, bytes, secret) }
}

export function signCertificate(signer: CertificateSigner, certificate: WithdrawalCertificate): SignedCertificate {
  const value = Buffer.from(signer.sign(Buffer.from(canonicalJson(certificate)))).toString('base64')
  return { certificate, signature: { algorithm: 'Ed25519', keyId: signer.kid, publicKey: signer.publicKey, value } }
}

/** null when the certificate is whole and signed by the key it names (and by `trusted`, where one is given); else what is wrong. */
export function verifyCertificate(document: unknown, trusted: string | null): string | null {
  const signed = document as Partial<SignedCertificate> | null
  const signature = signed?.signature
  if (signed?.certificate?.format !== certificateFormat || signature === undefined) return 'This is not a withdrawal certificate.'
  try {
    const key = trusted ?? signature.publicKey
    if (keyIdOf(key) !== signature.keyId) return 'The certificate was signed with another key.'
    const bytes = Buffer.from(canonicalJson(signed.certificate))
    return verify(null, bytes, createPublicKey(key), Buffer.from(signature.value, 'base64')) ? null : 'The certificate was altered.'
  } catch {
    return 'The key or the signature cannot be read.'
  }
}
