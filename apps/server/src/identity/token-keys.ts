import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'

export const signingAlgorithm = 'ES256'

export interface TokenKeys {
  kid: string
  sign: CryptoKey
  verify: CryptoKey
  publicJwk: JWK
}

/** The key that signs tokens, made at the first start and kept under keys/, readable by the server's user only. */
export async function openTokenKeys(keysDir: string): Promise<TokenKeys> {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 })
  const file = path.join(keysDir, 'token-signing.json')
  if (!existsSync(file)) {
    const pair = await generateKeyPair(signingAlgorithm, { extractable: true })
    const jwk = { ...(await exportJWK(pair.privateKey)), kid: randomBytes(8).toString('hex'), alg: signingAlgorithm }
    writeFileSync(file, JSON.stringify(jwk), { mode: 0o600, flag: 'wx' })
  }
  chmodSync(file, 0o600)
  const jwk = JSON.parse(readFileSync(file, 'utf8')) as JWK
  const { d: _private, ...publicJwk } = jwk
  const sign = (await importJWK(jwk, signingAlgorithm)) as CryptoKey
  const verify = (await importJWK(publicJwk, signingAlgorithm)) as CryptoKey
  return { kid: jwk.kid ?? 'default', sign, verify, publicJwk }
}

/** Proof of being on the server's machine as the server's user: whoever can read this file may mint tokens. */
export function openLocalSecret(keysDir: string): string {
  const file = path.join(keysDir, 'local-admin.secret')
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
  return readFileSync(file, 'utf8').trim()
}
