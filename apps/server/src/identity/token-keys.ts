import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'

export const signingAlgorithm = 'ES256'
// The longest a token may hold, so the longest a key that signs no more is still needed.
const keptMs = 366 * 86_400_000

interface KeyFile {
  current: JWK
  /** public halves of keys that sign no more; the private ones are gone */
  previous: { jwk: JWK; until: number }[]
}

export interface TokenKeys {
  /** changes with each rotation */
  kid(): string
  sign(): CryptoKey
  privateJwk(): JWK
  /** The key that may have signed a token, by its id; null: none of ours. */
  verifying(kid: string | undefined, now: number): CryptoKey | null
  jwks(now: number): { keys: JWK[] }
  /** A new key signs from now on. `compromised`: nothing that an old key signed holds any longer. */
  rotate(now: number, compromised: boolean): Promise<void>
}

/** The keys that sign tokens, made at the first start and kept under keys/, readable by the server's user only. */
export async function openTokenKeys(keysDir: string): Promise<TokenKeys> {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 })
  const file = path.join(keysDir, 'token-signing.json')
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ current: await newKey(), previous: [] }), { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
  let held = await imported(readKeyFile(file))
  return {
    kid: () => held.kid,
    sign: () => held.sign,
    privateJwk: () => held.file.current,
    verifying(kid, now) {
      const found = held.verify.get(kid ?? '')
      return found !== undefined && found.until > now ? found.key : null
    },
    jwks: (now) => ({
      keys: [publicPart(held.file.current), ...held.file.previous.filter(({ until }) => until > now).map(({ jwk }) => jwk)].map((jwk) => ({
        ...jwk,
        use: 'sig',
        alg: signingAlgorithm,
      })),
    }),
    async rotate(now, compromised) {
      const previous = compromised
        ? []
        : [{ jwk: publicPart(held.file.current), until: now + keptMs }, ...held.file.previous.filter(({ until }) => until > now)]
      const next: KeyFile = { current: await newKey(), previous }
      writeFileSync(`${file}.new`, JSON.stringify(next), { mode: 0o600 })
      renameSync(`${file}.new`, file)
      held = await imported(next)
    },
  }
}

const publicPart = ({ d: _private, ...jwk }: JWK): JWK => jwk

async function newKey(): Promise<JWK> {
  const pair = await generateKeyPair(signingAlgorithm, { extractable: true })
  return { ...(await exportJWK(pair.privateKey)), kid: randomBytes(8).toString('hex'), alg: signingAlgorithm }
}

/** The first version of this file was the one key itself. */
function readKeyFile(file: string): KeyFile {
  const held = JSON.parse(readFileSync(file, 'utf8')) as KeyFile | JWK
  return 'current' in held ? held : { current: held, previous: [] }
}

async function imported(file: KeyFile) {
  const read = async (jwk: JWK): Promise<CryptoKey> => (await importJWK(jwk, signingAlgorithm)) as CryptoKey
  const kid = file.current.kid ?? 'default'
  const verify = new Map([[kid, { key: await read(publicPart(file.current)), until: Infinity }]])
  for (const { jwk, until } of file.previous) verify.set(jwk.kid ?? 'default', { key: await read(jwk), until })
  return { file, kid, sign: await read(file.current), verify }
}

/** A secret of this data folder that never leaves its machine. */
export function openSecret(keysDir: string, name: string): string {
  const file = path.join(keysDir, name)
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
  return readFileSync(file, 'utf8').trim()
}
/** Proof of being on the server's machine as the server's user: whoever can read this file may mint tokens. */
export const openLocalSecret = (keysDir: string): string => openSecret(keysDir, 'local-admin.secret')
