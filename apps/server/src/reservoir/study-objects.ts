import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { atOnce, CannotStart, writeAtomically, type ObjectStore } from '../storage/index.js'
import { filesOf, headFile, manifestFile, type ReservoirManifest } from './manifest.js'

// A study's masked rows in a bucket. What the bucket's lists name is what there is; the folder is what is at hand of it, for the engine, which
// reads files only. Files never change under their names, so a file at hand is good while its hash is that of the list.

/** The bucket's list: what the folder's says, and the hash of each file that it names. */
interface Stored {
  manifest: ReservoirManifest
  hashes: Record<string, string>
}
type List = typeof manifestFile | typeof headFile

const publishedFile = 'published.json'
const cutFile = 'cut.json'
const lists = new Set<string>([manifestFile, headFile, publishedFile])

/** A file in the bucket is not what its list says of it. */
class Damaged extends CannotStart {
  override readonly name = 'Damaged'
}

export class StudyObjects {
  readonly #at: ObjectStore
  readonly #dir: string
  /** Of files that are in the bucket. */
  readonly #hashes = new Map<string, string>()

  constructor(at: ObjectStore, dir: string) {
    this.#at = at
    this.#dir = dir
  }

  /** Brings the folder to what the bucket says. */
  async fill(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const visible = await this.#list(manifestFile)
    const head = await this.#list(headFile)
    await this.#fillBy(manifestFile, visible)
    // A head that was published stays in the bucket, and counts for nothing.
    const isNewer = head !== null && head.manifest.generation > (visible?.manifest.generation ?? 0)
    await this.#fillBy(headFile, isNewer ? head : null)
    await this.#fillPublished()
    await this.#fillCuts()
  }

  /** The commit point: until the bucket has the list nothing has changed. */
  async store(list: List, manifest: ReservoirManifest): Promise<void> {
    const files = [...filesOf(manifest)]
    await atOnce(
      files.filter((path) => !this.#hashes.has(path)),
      async (path) => {
        const hash = await hashOf(join(this.#dir, path))
        await this.#at.putFile(path, join(this.#dir, path))
        this.#hashes.set(path, hash)
      },
    )
    const hashes = Object.fromEntries(files.map((path) => [path, this.#hashes.get(path)!]))
    await this.#at.replace(list, JSON.stringify({ manifest, hashes } satisfies Stored))
  }

  /** Copies of files as the bucket has them; and which of these, and of those at hand, are not what the list says. */
  async fetchInto(folder: string, paths: readonly string[]): Promise<{ bytes: number; bucket: string[]; atHand: string[] }> {
    const found = { bytes: 0, bucket: [] as string[], atHand: [] as string[] }
    const isAsListed = async (file: string, path: string) => (await hashOf(file).catch(() => null)) === (this.#hashes.get(path) ?? '')
    await atOnce(paths, async (path) => {
      const file = join(folder, path)
      if (!(await this.#at.fetchTo(path, file)) || !(await isAsListed(file, path))) found.bucket.push(path)
      else found.bytes += (await stat(file)).size
      if (!(await isAsListed(join(this.#dir, path), path))) found.atHand.push(path)
    })
    return found
  }

  async remove(path: string): Promise<void> {
    await this.#at.remove(path)
    this.#hashes.delete(path)
  }

  /** What no list names goes, such as files of a commit that failed. */
  async sweep(named: ReadonlySet<string>): Promise<void> {
    const gone = (await this.#at.names()).filter((name) => !named.has(name) && !lists.has(name))
    await atOnce(gone, (name) => this.remove(name))
  }

  /** Where readers outside find a generation. */
  placeOf(generation: number): string {
    return this.#generation(generation).place
  }

  /** A copy of a generation: readers outside find it when the bucket's `published.json` names it. */
  async publish({ generation, before: last }: { generation: number; before: number }, folder: string, state: object): Promise<void> {
    const published = this.#at.at('published')
    const at = this.#generation(generation)
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const before = { folder: join(dirname(folder), String(last)), name: String(last) }
    await atOnce(files, async (file) => {
      const name = relative(folder, file).split(sep).join('/')
      // What was linked has not changed.
      const isLinked = await areOne(file, join(before.folder, name))
      if (isLinked && (await published.copy(`${before.name}/${name}`, `${generation}/${name}`))) return
      await at.putFile(name, file)
    })
    await this.replacePublished(state)
  }

  /** Numbers under which there is anything. */
  generations(): Promise<string[]> {
    return this.#at.at('published').folders()
  }

  async replacePublished(state: object): Promise<void> {
    await this.#at.replace(publishedFile, JSON.stringify(state))
  }

  async removeGenerationsBut(kept: ReadonlySet<string>): Promise<void> {
    const at = this.#at.at('published')
    for (const name of await at.folders()) if (!kept.has(name)) await at.at(name).clear()
  }

  /** A cut's files, then its record, which makes it one. */
  async storeCut(name: string, folder: string, files: Iterable<string>, record: string): Promise<void> {
    const at = this.#cut(name)
    const there = new Set(await at.names())
    await atOnce(
      [...files].filter((path) => !there.has(path)),
      (path) => at.putFile(path, join(folder, path)),
    )
    await at.replace(cutFile, record)
  }

  async sweepCut(name: string, named: ReadonlySet<string>): Promise<void> {
    const at = this.#cut(name)
    await atOnce(
      (await at.names()).filter((file) => !named.has(file)),
      (file) => at.remove(file),
    )
  }

  async #list(list: List): Promise<Stored | null> {
    const bytes = await this.#at.get(list, { toReplace: true })
    return bytes === null ? null : (JSON.parse(bytes.toString()) as Stored)
  }

  async #fillBy(list: List, stored: Stored | null): Promise<void> {
    if (stored === null) return rm(join(this.#dir, list), { force: true })
    await atOnce(Object.entries(stored.hashes), async ([path, hash]) => {
      if ((await hashOf(join(this.#dir, path)).catch(() => null)) !== hash) await this.#fetch(path, hash)
      this.#hashes.set(path, hash)
    })
    await writeAtomically(join(this.#dir, list), JSON.stringify(stored.manifest), { mode: 0o600 })
  }

  async #fetch(path: string, hash: string): Promise<void> {
    const file = join(this.#dir, path)
    const found = await this.#at.fetchTo(path, file)
    if (found && (await hashOf(file)) === hash) return
    throw new Damaged(`${path} is not what its list says: remove the lists of this study at ${this.#at.place}, and all of it is made anew`)
  }

  // Of what is not at hand nothing can be linked: the next generation is written whole.
  async #fillPublished(): Promise<void> {
    const file = join(this.#dir, publishedFile)
    const bytes = await this.#at.get(publishedFile, { toReplace: true })
    if (bytes === null) return rm(file, { force: true })
    const state = JSON.parse(bytes.toString()) as { generation: number }
    const own = await readFile(file, 'utf8').catch(() => null)
    const folder = await stat(join(this.#dir, 'published', String(state.generation))).catch(() => null)
    const isAtHand = folder !== null && own !== null && (JSON.parse(own) as { generation: number }).generation === state.generation
    if (!isAtHand) await writeAtomically(file, JSON.stringify({ ...state, types: {}, tables: {} }), { mode: 0o600 })
    await mkdir(join(this.#dir, 'published'), { recursive: true, mode: 0o700 })
  }

  async #fillCuts(): Promise<void> {
    const names = await this.#at.at('cuts').folders()
    for (const name of await readdir(join(this.#dir, 'cuts')).catch(() => []))
      if (!names.includes(name)) await rm(join(this.#dir, 'cuts', name), { recursive: true, force: true })
    for (const name of names) {
      const record = await this.#cut(name).get(cutFile, { toReplace: true })
      // Broken off before it was one.
      if (record === null) await this.#cut(name).clear()
      else await this.#fillCut(name, record)
    }
  }

  // A file that is not what was sealed is told by whoever asks whether the cut is whole.
  async #fillCut(name: string, record: Buffer): Promise<void> {
    const folder = join(this.#dir, 'cuts', name)
    const { hashes } = (JSON.parse(record.toString()) as { cut: { hashes: Record<string, string> } }).cut
    await atOnce(Object.entries(hashes), async ([path, hash]) => {
      const file = join(folder, path)
      if ((await hashOf(file).catch(() => null)) !== hash) await this.#cut(name).fetchTo(path, file)
    })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeAtomically(join(folder, cutFile), record, { mode: 0o600 })
  }

  #generation(generation: number): ObjectStore {
    return this.#at.at('published').at(String(generation))
  }

  #cut(name: string): ObjectStore {
    return this.#at.at('cuts').at(name)
  }
}

async function areOne(a: string, b: string): Promise<boolean> {
  const found = await Promise.all([a, b].map((file) => stat(file, { bigint: true }).catch(() => null)))
  const [one, other] = found
  return !!one && !!other && one.ino === other.ino && one.dev === other.dev
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
