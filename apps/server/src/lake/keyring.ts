import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotStart, replaceUnchanged, writeOnce } from '../storage/index.js'

// One random key per study and purpose, wrapped by the master key: destroying a study's file destroys what it opens, and the master key
// can live elsewhere (AQUIFER_MASTER_KEY_FILE).

export type KeyPurpose = 'lake' | 'masking'
export interface StudyKey {
  id: string
  purpose: KeyPurpose
  key: Buffer
  /** Since when it is used (epoch ms); nothing where that was not recorded. */
  since?: number
  /** Since when another one is used instead (epoch ms). */
  retiredAt?: number
  /** Since when it waits to be used (epoch ms): nothing is made by it before that was put on record. */
  preparedAt?: number
}
interface WrappedKey extends Omit<StudyKey, 'key'> {
  wrapped: string
}

export async function openKeyring(options: { dir: string; masterKeyFile?: string | null; now?: () => number }): Promise<Keyring> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  return new Keyring(options.dir, await masterKey(options), options.now)
}

export class KeyMissing extends Error {
  override readonly name = 'KeyMissing'
}

export class Keyring {
  readonly #dir: string
  readonly #master: Buffer
  readonly #now: (() => number) | undefined
  readonly #studies = new Map<string, Promise<StudyKey[]>>()

  constructor(dir: string, master: Buffer, now?: () => number) {
    this.#dir = dir
    this.#master = master
    this.#now = now
  }

  /** The study's key for this purpose, made at its first use. */
  async studyKey(study: string, purpose: KeyPurpose): Promise<StudyKey> {
    const found = newest(await this.#keys(study), purpose)
    if (found) return found
    const made = await this.#change(study, (keys) => (newest(keys, purpose) ? keys : [...keys, freshKey(purpose, this.#now?.())]))
    return newest(made, purpose)!
  }

  /** Every key of the purpose that is still here, the one in use last. */
  async studyKeys(study: string, purpose: KeyPurpose): Promise<readonly StudyKey[]> {
    return (await this.#keys(study)).filter((each) => each.purpose === purpose && each.preparedAt === undefined)
  }

  /** Makes another key, which nothing uses yet. */
  async prepare(study: string, purpose: KeyPurpose, at: number): Promise<StudyKey> {
    const made = { ...freshKey(purpose, undefined), preparedAt: at }
    await this.#change(study, (keys) => [made, ...keys])
    return made
  }

  /** Keys that were made and never used: whoever made them was broken off. */
  async prepared(study: string, purpose: KeyPurpose): Promise<readonly StudyKey[]> {
    return (await this.#keys(study)).filter((each) => each.purpose === purpose && each.preparedAt !== undefined)
  }

  /** The prepared key from now on; those before stay until they are dropped. */
  async use(study: string, { id, purpose }: Pick<StudyKey, 'id' | 'purpose'>, at: number): Promise<void> {
    await this.#change(study, (keys) => {
      const made = keys.find((each) => each.id === id && each.preparedAt !== undefined)
      if (made === undefined) return keys
      const others = retired(
        keys.filter((each) => each !== made),
        purpose,
        at,
      )
      return [...others, { id, purpose, key: made.key, since: at }]
    })
  }

  /** Takes away a prepared key. */
  async discard(study: string, id: string): Promise<void> {
    await this.#change(study, (keys) => keys.filter((each) => each.id !== id || each.preparedAt === undefined))
  }

  /** Puts a key back that is not here any more: to open what it made, or in use again. */
  async restore(study: string, key: StudyKey, to: { use: boolean; at: number }): Promise<void> {
    await this.#change(study, (keys) => {
      const others = keys.filter((each) => each.id !== key.id)
      const { id, purpose, key: bytes } = key
      if (to.use) return [...retired(others, purpose, to.at), { id, purpose, key: bytes, since: to.at }]
      return [{ id, purpose, key: bytes, retiredAt: key.retiredAt ?? to.at }, ...others]
    })
  }

  /** Destroys retired keys: they are gone from this folder for good. */
  async drop(study: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#change(study, (keys) => keys.filter((each) => each.retiredAt === undefined || !ids.includes(each.id)))
  }

  /** Bytes that this folder's master key alone opens, and only for what they were sealed for. */
  seal(what: string, bytes: Uint8Array): Buffer {
    return encrypted(this.#master, sealedFor(what), bytes)
  }

  /** null: not sealed here, or for something else. */
  unseal(what: string, sealed: Uint8Array): Buffer | null {
    return decrypted(this.#master, sealedFor(what), sealed)
  }

  // In turn per study, and by one process at a time: read anew until what was read is what is replaced, so that nobody uses a key that is nowhere.
  async #change(study: string, change: (keys: StudyKey[]) => StudyKey[]): Promise<StudyKey[]> {
    const made = this.#keys(study).then(() => this.#changed(study, change))
    this.#studies.set(study, made)
    made.catch(() => this.#studies.delete(study))
    return made
  }

  async #changed(study: string, change: (keys: StudyKey[]) => StudyKey[]): Promise<StudyKey[]> {
    for (;;) {
      const text = await this.#text(study)
      const keys = this.#opened(study, text)
      const next = change(keys)
      if (next === keys || (await replaceUnchanged(this.#file(study), text, this.#sealed(study, next)))) return next
    }
  }

  /** A key by its id; throws when it is gone. */
  async keyById(study: string, id: string): Promise<StudyKey> {
    const named = (each: StudyKey): boolean => each.id === id
    let found = (await this.#keys(study)).find(named)
    if (!found) {
      // Another process may have made it since.
      this.#studies.delete(study)
      found = (await this.#keys(study)).find(named)
    }
    if (!found) throw new KeyMissing(`the key ${id} of study ${study} is not in the keyring`)
    return found
  }

  #keys(study: string): Promise<StudyKey[]> {
    const known = this.#studies.get(study)
    if (known) return known
    const reading = this.#text(study).then((text) => this.#opened(study, text))
    this.#studies.set(study, reading)
    reading.catch(() => this.#studies.delete(study))
    return reading
  }

  async #text(study: string): Promise<string | null> {
    const file = this.#file(study)
    return existsSync(file) ? readFile(file, 'utf8') : null
  }

  #opened(study: string, text: string | null): StudyKey[] {
    const wrapped = JSON.parse(text ?? '[]') as WrappedKey[]
    return wrapped.map(({ wrapped: sealed, ...each }) => ({ ...each, key: unwrap(this.#master, study, { ...each, wrapped: sealed }) }))
  }

  #sealed(study: string, keys: readonly StudyKey[]): string {
    return JSON.stringify(keys.map((each) => wrap(this.#master, study, each)))
  }

  #file(study: string): string {
    return join(this.#dir, `study-${study}.json`)
  }
}

const freshKey = (purpose: KeyPurpose, since: number | undefined): StudyKey => ({
  id: `${purpose}-${randomBytes(6).toString('hex')}`,
  purpose,
  key: randomBytes(32),
  ...(since === undefined ? {} : { since }),
})
const retired = (keys: readonly StudyKey[], purpose: KeyPurpose, at: number): StudyKey[] =>
  keys.map((each) =>
    each.purpose === purpose && each.retiredAt === undefined && each.preparedAt === undefined ? { ...each, retiredAt: at } : each,
  )

/** By which two copies of a key are known to be the same, without showing either. */
export const keyFingerprint = (study: string, { key }: Pick<StudyKey, 'key'>): string =>
  Buffer.from(hkdfSync('sha256', key, 'aquifer', `fingerprint ${study}`, 16)).toString('hex')

const newest = (keys: StudyKey[], purpose: KeyPurpose): StudyKey | undefined =>
  keys.findLast((each) => each.purpose === purpose && each.preparedAt === undefined)

async function masterKey(options: { dir: string; masterKeyFile?: string | null }): Promise<Buffer> {
  const path = options.masterKeyFile ?? join(options.dir, 'master.key')
  if (!existsSync(path)) {
    if (options.masterKeyFile) throw new CannotStart(`The master key file ${path} does not exist.`)
    await writeOnce(path, `${randomBytes(32).toString('hex')}\n`)
  }
  const bytes = await readFile(path)
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (bytes.length === 32) return bytes
  throw new CannotStart(`The master key file ${path} must hold 32 bytes, raw or as 64 hexadecimal digits.`)
}

const bound = (study: string, id: string): Buffer => Buffer.from(`aquifer study key|${study}|${id}`)
const sealedFor = (what: string): Buffer => Buffer.from(`aquifer sealed|${what}`)

function encrypted(master: Buffer, context: Buffer, bytes: Uint8Array): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, iv)
  cipher.setAAD(context)
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

function decrypted(master: Buffer, context: Buffer, bytes: Uint8Array): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, 12))
    decipher.setAAD(context)
    decipher.setAuthTag(bytes.subarray(bytes.length - 16))
    return Buffer.concat([decipher.update(bytes.subarray(12, bytes.length - 16)), decipher.final()])
  } catch {
    return null
  }
}

function wrap(master: Buffer, study: string, { key, ...named }: StudyKey): WrappedKey {
  return { ...named, wrapped: encrypted(master, bound(study, named.id), key).toString('base64') }
}

function unwrap(master: Buffer, study: string, { id, wrapped }: WrappedKey): Buffer {
  const key = decrypted(master, bound(study, id), Buffer.from(wrapped, 'base64'))
  if (key === null) throw new Error(`the master key does not open the keys of study ${study}`)
  return key
}
