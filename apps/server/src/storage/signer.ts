import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from './atomic-file.js'

/** Checks marks with a public key alone: all that an outsider needs. */
export interface Verifier {
  readonly kid: string
  readonly publicKey: string // PEM
  verify(bytes: Uint8Array, mark: Uint8Array): boolean
}
/** The server's own hand under what it vouches for. */
export interface Signer extends Verifier {
  sign(bytes: Uint8Array): Uint8Array
  /** A fast mark that only this server can make and check, for what is written often. */
  seal(text: string): Buffer
}

const secretFile = 'audit-signing.pem'
export const publicKeyFile = 'audit-signing.pub.pem'

/** Ed25519, made at the first start under keys/, readable by the server's user only; the public half lies beside it to be handed out, and is as closed as all there. */
export async function openSigner(keysDir: string): Promise<Signer> {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 })
  const file = join(keysDir, secretFile)
  const secret = createPrivateKey(read(file) ?? make(file))
  const verifier = verifierOf(createPublicKey(secret))
  if (read(join(keysDir, publicKeyFile)) !== verifier.publicKey) {
    await writeAtomically(join(keysDir, publicKeyFile), verifier.publicKey, { mode: 0o600 })
  }
  for (const name of [secretFile, publicKeyFile]) chmodSync(join(keysDir, name), 0o600)
  const raw = secret.export({ type: 'pkcs8', format: 'der' })
  const fast = Buffer.from(hkdfSync('sha256', raw, '', 'aquifer record mark', 32))
  return {
    ...verifier,
    sign: (bytes) => sign(null, bytes, secret),
    seal: (text) => createHmac('sha256', fast).update(text).digest(),
  }
}

export const openVerifier = (publicKey: string): Verifier => verifierOf(createPublicKey(publicKey))

function verifierOf(key: KeyObject): Verifier {
  const kid = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
  return {
    kid,
    publicKey: key.export({ type: 'spki', format: 'pem' }) as string,
    verify: (bytes, mark) => verify(null, bytes, key, mark),
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

// Linked into place whole: of two processes that start at the same time, both work with the key of the first.
function make(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  writeFileSync(temporary, privateKey, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(temporary, file)
    return privateKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(temporary)
  }
}
