import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../storage/index.js'
import type { Keyring } from './keyring.js'
import { seal, unseal } from './sealed.js'

export async function openJournal(dir: string, study: string, keyring: Keyring, name: string): Promise<Journal> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const journal = new Journal(join(dir, `${name}.journal`), study, keyring, name)
  await journal.load()
  return journal
}

const headBytes = 8

/**
 * A small encrypted list of a study's own, appended to and now and then rewritten whole.
 * Frames: length (u32) and a sealed entry whose name holds its place, so that frames cannot be reordered, cut out or repeated.
 * A frame cut short at the end is the trace of a crash: it was never reported written, and goes.
 */
export class Journal {
  readonly #path: string
  readonly #study: string
  readonly #keyring: Keyring
  readonly #name: string
  #generation = 0
  #entries: Buffer[] = []
  #count = 0

  constructor(path: string, study: string, keyring: Keyring, name: string) {
    this.#path = path
    this.#study = study
    this.#keyring = keyring
    this.#name = name
  }

  get length(): number {
    return this.#count
  }

  /** What the journal held when it was opened; hands it over once. */
  take(): Buffer[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  async load(): Promise<void> {
    const bytes = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    })
    if (bytes.length < headBytes) return
    this.#generation = bytes.readUInt32BE(4)
    let at = headBytes
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32BE(at)
      if (end > bytes.length) break
      const expected = { study: this.#study, name: this.#entryName(this.#entries.length) }
      this.#entries.push(await unseal((key) => this.#keyring.keyById(this.#study, key), expected, bytes.subarray(at + 4, end)))
      at = end
    }
    this.#count = this.#entries.length
    if (at < bytes.length) await this.replace(this.#entries)
  }

  async append(entry: Uint8Array): Promise<void> {
    if (this.#count === 0) return this.replace([entry])
    const bytes = await this.#frame(entry, this.#count)
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    this.#count++
  }

  async replace(entries: readonly Uint8Array[]): Promise<void> {
    this.#generation++
    const head = Buffer.alloc(headBytes)
    head.write('AQJ1')
    head.writeUInt32BE(this.#generation, 4)
    const frames = await Promise.all(entries.map((entry, place) => this.#frame(entry, place)))
    await writeAtomically(this.#path, Buffer.concat([head, ...frames]), { mode: 0o600 })
    this.#count = entries.length
  }

  async #frame(entry: Uint8Array, place: number): Promise<Buffer> {
    const { id, key } = await this.#keyring.studyKey(this.#study, 'lake')
    const sealed = seal(key, { study: this.#study, name: this.#entryName(place), key: id }, entry)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed])
  }

  #entryName(place: number): string {
    return `${this.#name}/${this.#generation}/${place}`
  }
}
