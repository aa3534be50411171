import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../storage/atomic-file.js'

// One random key per study and purpose, wrapped by the master key: destroying a study's file destroys what it opens, and the master key
// can live elsewhere (AQUIFER_MASTER_KEY_FILE).

export type KeyPurpose = 'lake' | 'masking'
export interface StudyKey {
  id: string
  key: Buffer
}
export interface Keyring {
  /** The study's key for this purpose, made at its first use. */
  studyKey(study: string, purpose: KeyPurpose): Promise<StudyKey>
  /** A key by its id; throws when it is gone. */
  keyById(study: string, id: string): Buffer
}

interface WrappedKey {
  id: string
  purpose: KeyPurpose
  wrapped: string
}

export async function openKeyring(options: { dir: string; masterKeyFile?: string | undefined }): Promise<Keyring> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const master = await readMasterKey(options)
  const opened = new Map<string, Map<string, StudyKey & { purpose: KeyPurpose }>>()
  const fileOf = (study: string): string => join(options.dir, `study-${study}.json`)

  function keysOf(study: string): Map<string, StudyKey & { purpose: KeyPurpose }> {
    const known = opened.get(study)
    if (known) return known
    const keys = new Map<string, StudyKey & { purpose: KeyPurpose }>()
    if (existsSync(fileOf(study))) {
      for (const entry of JSON.parse(readFileSync(fileOf(study), 'utf8')) as WrappedKey[]) {
        keys.set(entry.id, { id: entry.id, purpose: entry.purpose, key: unwrap(master, study, entry) })
      }
    }
    opened.set(study, keys)
    return keys
  }

  const making = new Map<string, Promise<StudyKey>>()
  async function make(study: string, purpose: KeyPurpose): Promise<StudyKey> {
    const key = randomBytes(32)
    const made = { id: `${purpose}-${randomBytes(6).toString('hex')}`, purpose, key }
    const keys = keysOf(study)
    const all = [...keys.values(), made].map((each) => wrap(master, study, each))
    await writeFileAtomic(fileOf(study), JSON.stringify(all), { mode: 0o600 })
    keys.set(made.id, made)
    return made
  }

  return {
    async studyKey(study, purpose) {
      const found = [...keysOf(study).values()].findLast((each) => each.purpose === purpose)
      if (found) return found
      // One maker per study at a time: two purposes asked for at once must not overwrite each other's file.
      const before = making.get(study)?.catch(() => null) ?? Promise.resolve(null)
      const next = before.then(async () => {
        return [...keysOf(study).values()].findLast((each) => each.purpose === purpose) ?? (await make(study, purpose))
      })
      making.set(study, next)
      return next
    },
    keyById(study, id) {
      const found = keysOf(study).get(id)
      if (!found) throw new Error(`the key ${id} of study ${study} is not in the keyring`)
      return found.key
    },
  }
}

async function readMasterKey(options: { dir: string; masterKeyFile?: string | undefined }): Promise<Buffer> {
  const path = options.masterKeyFile ?? join(options.dir, 'master.key')
  if (!existsSync(path)) {
    if (options.masterKeyFile) throw new Error(`the master key file ${path} does not exist`)
    await writeFileAtomic(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  }
  const bytes = readFileSync(path)
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (bytes.length === 32) return bytes
  throw new Error(`the master key file ${path} must hold 32 bytes, raw or as 64 hexadecimal digits`)
}

const bound = (study: string, id: string): Buffer => Buffer.from(`aquifer study key|${study}|${id}`)

function wrap(master: Buffer, study: string, entry: StudyKey & { purpose: KeyPurpose }): WrappedKey {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, iv)
  cipher.setAAD(bound(study, entry.id))
  const wrapped = Buffer.concat([iv, cipher.update(entry.key), cipher.final(), cipher.getAuthTag()])
  return { id: entry.id, purpose: entry.purpose, wrapped: wrapped.toString('base64') }
}

function unwrap(master: Buffer, study: string, entry: WrappedKey): Buffer {
  const bytes = Buffer.from(entry.wrapped, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, 12))
  decipher.setAAD(bound(study, entry.id))
  decipher.setAuthTag(bytes.subarray(bytes.length - 16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(12, bytes.length - 16)), decipher.final()])
  } catch {
    throw new Error(`the master key does not open the keys of study ${study}`)
  }
}
