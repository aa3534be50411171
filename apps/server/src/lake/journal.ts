import type { ObjectStore } from '../storage/index.js'
import type { Keyring } from './keyring.js'
import { seal, unseal } from './sealed.js'

export async function openJournal(
  at: ObjectStore,
  study: string,
  keyring: Keyring,
  { name, readOnly = false }: { name: string; readOnly?: boolean | undefined },
): Promise<Journal> {
  const journal = new Journal(at, study, keyring, name)
  await journal.load(readOnly)
  return journal
}

const headBytes = 8

/**
 * A small encrypted list of a study's own, appended to and now and then rewritten whole.
 * Frames: length (u32) and a sealed entry whose name holds its place, so that frames cannot be reordered, cut out or repeated.
 * A frame cut short at the end is the trace of a crash: it was never reported written, and goes.
 */
export class Journal {
  readonly #at: ObjectStore
  readonly #file: string
  readonly #study: string
  readonly #keyring: Keyring
  readonly #name: string
  #generation = 0
  #entries: Buffer[] = []
  #count = 0
  #bytes = 0
  #isDoubtful = false

  constructor(at: ObjectStore, study: string, keyring: Keyring, name: string) {
    this.#at = at
    this.#file = `${name}.journal`
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

  async load(readOnly: boolean): Promise<void> {
    const { generation, entries, bytes, isCut } = await this.#read()
    this.#generation = generation
    this.#entries = entries
    this.#count = entries.length
    this.#bytes = bytes
    if (isCut && !readOnly) await this.replace(entries)
  }

  async append(entry: Uint8Array): Promise<void> {
    if (this.#isDoubtful) await this.#lookAgain()
    if (this.#count === 0) return this.replace([entry])
    const frame = await this.#frame(entry, this.#generation, this.#count)
    await this.#surely(() => this.#at.append(this.#file, frame, this.#bytes))
    this.#bytes += frame.length
    this.#count++
  }

  async replace(entries: readonly Uint8Array[]): Promise<void> {
    if (this.#isDoubtful) await this.#lookAgain()
    const generation = this.#generation + 1
    const head = Buffer.alloc(headBytes)
    head.write('AQJ1')
    head.writeUInt32BE(generation, 4)
    const frames = await Promise.all(entries.map((entry, place) => this.#frame(entry, generation, place)))
    const bytes = Buffer.concat([head, ...frames])
    await this.#surely(() => this.#at.replace(this.#file, bytes))
    this.#generation = generation
    this.#bytes = bytes.length
    this.#count = entries.length
  }

  async #surely(write: () => Promise<void>): Promise<void> {
    this.#isDoubtful = true
    await write()
    this.#isDoubtful = false
  }

  // What failed may have been done all the same. Entries of the same generation that came too many go with the next append.
  async #lookAgain(): Promise<void> {
    const { generation, entries, bytes } = await this.#read()
    if (generation !== this.#generation) {
      this.#generation = generation
      this.#count = entries.length
      this.#bytes = bytes
    }
    this.#isDoubtful = false
  }

  async #read(): Promise<{ generation: number; entries: Buffer[]; bytes: number; isCut: boolean }> {
    const bytes = await this.#at.get(this.#file, { toReplace: true })
    if (bytes === null || bytes.length < headBytes) return { generation: 0, entries: [], bytes: 0, isCut: false }
    const generation = bytes.readUInt32BE(4)
    const entries: Buffer[] = []
    let at = headBytes
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32BE(at)
      if (end > bytes.length) break
      const expected = { study: this.#study, name: this.#entryName(generation, entries.length) }
      entries.push(await unseal((key) => this.#keyring.keyById(this.#study, key), expected, bytes.subarray(at + 4, end)))
      at = end
    }
    return { generation, entries, bytes: at, isCut: at < bytes.length }
  }

  async #frame(entry: Uint8Array, generation: number, place: number): Promise<Buffer> {
    const { id, key } = await this.#keyring.studyKey(this.#study, 'lake')
    const sealed = seal(key, { study: this.#study, name: this.#entryName(generation, place), key: id }, entry)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(sealed.length)
    return Buffer.concat([length, sealed])
  }

  #entryName(generation: number, place: number): string {
    return `${this.#name}/${generation}/${place}`
  }
}
