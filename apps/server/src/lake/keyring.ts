import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotStart, writeAtomically } from '../storage/index.js'

// One random key per study and purpose, wrapped by the master key: destroying a study's file destroys what it opens, and the master key
// can live elsewhere (AQUIFER_MASTER_KEY_FILE).

export type KeyPurpose = 'lake' | 'masking'
export interface StudyKey {
  id: string
  purpose: KeyPurpose
  key: Buffer
}
interface WrappedKey {
  id: string
  purpose: KeyPurpose
  wrapped: string
}

export async function openKeyring(options: { dir: string; masterKeyFile?: string | null }): Promise<Keyring> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  return new Keyring(options.dir, await masterKey(options))
}

export class Keyring {
  readonly #dir: string
  readonly #master: Buffer
  readonly #studies = new Map<string, Promise<StudyKey[]>>()

  constructor(dir: string, master: Buffer) {
    this.#dir = dir
    this.#master = master
  }

  /** The study's key for this purpose, made at its first use. */
  async studyKey(study: string, purpose: KeyPurpose): Promise<StudyKey> {
    const found = newest(await this.#keys(study), purpose)
    if (found) return found
    // In turn per study: two purposes asked for at once must not overwrite each other's file.
    const made = this.#keys(study).then(async (keys) => {
      return newest(keys, purpose) ? keys : await this.#add(study, keys, purpose)
    })
    this.#studies.set(study, made)
    made.catch(() => this.#studies.delete(study))
    return newest(await made, purpose)!
  }

  /** A key by its id; throws when it is gone. */
  async keyById(study: string, id: string): Promise<StudyKey> {
    const found = (await this.#keys(study)).find((each) => each.id === id)
    if (!found) throw new Error(`the key ${id} of study ${study} is not in the keyring`)
    return found
  }

  #keys(study: string): Promise<StudyKey[]> {
    const known = this.#studies.get(study)
    if (known) return known
    const reading = this.#read(study)
    this.#studies.set(study, reading)
    reading.catch(() => this.#studies.delete(study))
    return reading
  }

  async #read(study: string): Promise<StudyKey[]> {
    const file = this.#file(study)
    if (!existsSync(file)) return []
    const wrapped = JSON.parse(await readFile(file, 'utf8')) as WrappedKey[]
    return wrapped.map((each) => ({ id: each.id, purpose: each.purpose, key: unwrap(this.#master, study, each) }))
  }

  async #add(study: string, keys: StudyKey[], purpose: KeyPurpose): Promise<StudyKey[]> {
    const all = [...keys, { id: `${purpose}-${randomBytes(6).toString('hex')}`, purpose, key: randomBytes(32) }]
    await writeAtomically(this.#file(study), JSON.stringify(all.map((each) => wrap(this.#master, study, each))), { mode: 0o600 })
    return all
  }

  #file(study: string): string {
    return join(this.#dir, `study-${study}.json`)
  }
}

const newest = (keys: StudyKey[], purpose: KeyPurpose): StudyKey | undefined => keys.findLast((each) => each.purpose === purpose)

async function masterKey(options: { dir: string; masterKeyFile?: string | null }): Promise<Buffer> {
  const path = options.masterKeyFile ?? join(options.dir, 'master.key')
  if (!existsSync(path)) {
    if (options.masterKeyFile) throw new CannotStart(`The master key file ${path} does not exist.`)
    await writeAtomically(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  }
  const bytes = await readFile(path)
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (bytes.length === 32) return bytes
  throw new CannotStart(`The master key file ${path} must hold 32 bytes, raw or as 64 hexadecimal digits.`)
}

const bound = (study: string, id: string): Buffer => Buffer.from(`aquifer study key|${study}|${id}`)

function wrap(master: Buffer, study: string, { id, purpose, key }: StudyKey): WrappedKey {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, iv)
  cipher.setAAD(bound(study, id))
  const wrapped = Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()])
  return { id, purpose, wrapped: wrapped.toString('base64') }
}

function unwrap(master: Buffer, study: string, { id, wrapped }: WrappedKey): Buffer {
  const bytes = Buffer.from(wrapped, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, 12))
  decipher.setAAD(bound(study, id))
  decipher.setAuthTag(bytes.subarray(bytes.length - 16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(12, bytes.length - 16)), decipher.final()])
  } catch {
    throw new Error(`the master key does not open the keys of study ${study}`)
  }
}
