import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { canonicalJson } from '@aquifer/core/fhir'
import { faultPoint, syncFolder, writeAtomically, type Signer, type Verifier } from '../storage/index.js'
import { emptyType, filesOf, newFileName, type MaskedPerson, type ReservoirManifest, type ReservoirType } from './manifest.js'
import type { StudyReservoir } from './study-reservoir.js'
import type { StudyObjects } from './study-objects.js'
import type { WriterProcess } from './writer-process.js'

// A data cut: a snapshot under a name that nothing takes away but a withdrawal and whoever retires it. Its files are its own, each row of
// them lives, and what it says of itself is under the server's signature.

/** What was signed when it was made; never changed afterwards. */
export interface CutMade {
  study: string
  name: string
  at: number
  by: string
  reason: string
  snapshot: string
  generation: number
  maskingPolicy: string
  maskingKey: string
  consentEpoch: number
  resources: number
  people: number
  files: { path: string; sha256: string }[]
}
/** Somebody was taken out; whom, nobody can tell from it. */
export interface CutRemoval {
  at: number
  act: string
  rows: number
  files: number
}
export interface Cut {
  format: 1
  made: CutMade
  /** What is in it now. */
  manifest: ReservoirManifest
  hashes: Record<string, string>
  removals: CutRemoval[]
  retired: { at: number; by: string; reason: string } | null
}
interface Stored {
  cut: Cut
  seal: string
}

const cutFile = 'cut.json'
export const cutsFolder = 'cuts'
const making = '.making-'
export const isCutName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)

export const cutFolder = (studyDir: string, name: string): string => join(studyDir, cutsFolder, name)
const recordIn = (folder: string): Promise<string | null> =>
  readFile(join(folder, cutFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
const sealedText = (cut: Cut): Buffer => Buffer.from(`aquifer data cut\n${canonicalJson(cut)}`)

/** A cut as it is stored, and whether it is still what the server put its seal under; null where there is none. */
export async function readCut(studyDir: string, name: string, verifier: Verifier): Promise<{ cut: Cut; genuine: boolean } | null> {
  if (!isCutName(name)) return null
  const text = await recordIn(cutFolder(studyDir, name))
  if (text === null) return null
  const { cut, seal } = JSON.parse(text) as Stored
  return { cut, genuine: verifier.verify(sealedText(cut), Buffer.from(seal, 'hex')) }
}

/** What a copy of a cut has to have: its record, and the files that it names; null where there is none. */
export async function filesOfCut(folder: string): Promise<{ record: string; name: string; files: string[]; at: number } | null> {
  const record = await recordIn(folder)
  if (record === null) return null
  const { cut } = JSON.parse(record) as Stored
  return { record, name: cutFile, files: [...filesOf(cut.manifest)], at: cut.made.at }
}

export interface CutAsked {
  name: string
  by: string
  reason: string
}
/** The person under the pseudonyms of one key. */
export type PersonUnder = (maskingKey: string) => Promise<MaskedPerson>
interface Leaving {
  act: string
  person: MaskedPerson
  displays?: string | null | undefined
}
interface Parts {
  dir: string
  writer: WriterProcess
  signer: Signer
  now: () => number
  /** null: its folder is all there is of the study */
  objectsOf: (study: string) => StudyObjects | null
}

/** A standing cut is not as it was sealed; whoever looks for a person in it cannot say that nothing is left. */
export class CutChanged extends Error {
  override readonly name = 'CutChanged'
}

export class Cuts {
  readonly #parts: Parts
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** `confirmed` is asked when all of it is known and nothing can be seen yet: if it fails there is no cut. */
  create(study: StudyReservoir, asked: CutAsked, confirmed: (made: CutMade) => Promise<void>): Promise<Cut | 'exists' | 'nothing'> {
    return this.#inTurn(study.study, async () => {
      const taken = (await this.#names(study.study)).map((name) => name.toLowerCase())
      if (taken.includes(asked.name.toLowerCase())) return 'exists'
      const pin = study.pin()
      if (pin === null) return 'nothing'
      const folder = join(study.dir, cutsFolder, `${making}${asked.name}`)
      try {
        await rm(folder, { recursive: true, force: true })
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const manifest = await this.#frozen(study.dir, folder, pin.manifest)
        const cut = await this.#described(folder, manifest, asked)
        await confirmed(cut.made)
        await this.#write(folder, cut)
        await faultPoint('reservoir.cut-written')
        await rename(folder, cutFolder(study.dir, asked.name))
        await syncFolder(join(study.dir, cutsFolder))
        return cut
      } finally {
        pin.release()
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  async list(study: string): Promise<{ cut: Cut; genuine: boolean }[]> {
    const found = await Promise.all((await this.#names(study)).map((name) => this.read(study, name)))
    return found.filter((each) => each !== null).sort((a, b) => b.cut.made.at - a.cut.made.at)
  }

  read(study: string, name: string): Promise<{ cut: Cut; genuine: boolean } | null> {
    return readCut(join(this.#parts.dir, study), name, this.#parts.signer)
  }

  /** Keys whose pseudonyms are in cuts that stand. */
  async keys(study: string): Promise<string[]> {
    return [...new Set((await this.#standing(study)).map(({ cut }) => cut.made.maskingKey))]
  }

  /** Whether every file is there with the bytes that were sealed. */
  async isWhole(study: string, { made, hashes }: Cut): Promise<boolean> {
    const folder = cutFolder(join(this.#parts.dir, study), made.name)
    for (const [path, sha256] of Object.entries(hashes)) if ((await hashOf(join(folder, path)).catch(() => null)) !== sha256) return false
    return true
  }

  /** What became of one of its files; nothing is wrong with one that it does not name. */
  async look(study: string, name: string, path: string): Promise<{ bytes: number; what: 'missing' | 'content' | null }> {
    const found = await this.read(study, name)
    const sealed = found?.cut.hashes[path]
    if (sealed === undefined) return { bytes: 0, what: null }
    const file = join(cutFolder(join(this.#parts.dir, study), name), path)
    const there = await stat(file).catch(() => null)
    if (there === null) return { bytes: 0, what: 'missing' }
    return { bytes: there.size, what: (await hashOf(file).catch(() => null)) === sealed ? null : 'content' }
  }

  /** Its rows go; that it was there, and what it held, stays. */
  retire(study: string, name: string, by: { by: string; reason: string }): Promise<Cut | null> {
    return this.#inTurn(study, async () => {
      const found = await this.read(study, name)
      if (found === null || found.cut.retired !== null) return null
      const manifest = { ...found.cut.manifest, types: {}, displays: null }
      return this.#replace(study, { ...found.cut, manifest, hashes: {}, retired: { at: this.#parts.now(), ...by } })
    })
  }

  /**
   * Takes a person out of every cut, under the pseudonyms of the key that each was made with. `displays`: the dictionary, where texts that
   * only he bore have gone from it; they go here, too.
   */
  remove(
    study: string,
    { act, personUnder, displays }: { act: string; personUnder: PersonUnder; displays?: string | null },
  ): Promise<{ cuts: number; rows: number }> {
    return this.#inTurn(study, async () => {
      const removed = { cuts: 0, rows: 0 }
      for (const { cut } of await this.#trusted(study)) {
        const { rows, files } = await this.#removeFrom(study, cut, { act, displays, person: await personUnder(cut.made.maskingKey) })
        if (files > 0) removed.cuts++
        removed.rows += rows
      }
      return removed
    })
  }

  /** Rows of a person in all cuts. */
  async traces(study: string, personUnder: PersonUnder): Promise<number> {
    let traces = 0
    for (const { cut } of await this.#trusted(study)) {
      const person = await personUnder(cut.made.maskingKey)
      const dir = cutFolder(join(this.#parts.dir, study), cut.made.name)
      for (const current of Object.values(cut.manifest.types))
        traces += (await this.#parts.writer.run({ kind: 'person', dir, current, ...person })).traces
    }
    return traces
  }

  async #standing(study: string): Promise<{ cut: Cut; genuine: boolean }[]> {
    return (await this.list(study)).filter(({ cut }) => cut.retired === null)
  }

  // Which key and files a cut has is known by its record alone: by one that was changed nobody is found.
  async #trusted(study: string): Promise<{ cut: Cut }[]> {
    const standing = await this.#standing(study)
    if (standing.some(({ genuine }) => !genuine)) throw new CutChanged()
    return standing
  }

  async #names(study: string): Promise<string[]> {
    const names = await readdir(join(this.#parts.dir, study, cutsFolder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter(isCutName)
  }

  /** Each type as one file of living rows: linked where it is that already. */
  async #frozen(from: string, folder: string, manifest: ReservoirManifest): Promise<ReservoirManifest> {
    const types: Record<string, ReservoirType> = {}
    for (const [type, entry] of Object.entries(manifest.types)) {
      if (entry.rows === 0) continue
      const { rows, people } = entry
      const only = entry.superseded.length === 0 && entry.files.length === 1 ? entry.files[0] : undefined
      const path = only?.path ?? newFileName(type)
      if (only !== undefined) await linked(join(from, path), join(folder, path))
      else await this.#rewritten({ dir: from, inputs: entry, out: join(folder, path) })
      types[type] = { ...emptyType(), rows, people, files: [{ path, rows, bytes: (await stat(join(folder, path))).size }] }
    }
    if (manifest.displays !== null) await linked(join(from, manifest.displays), join(folder, manifest.displays))
    return { ...manifest, types }
  }

  #rewritten(job: { dir: string; inputs: ReservoirType; out: string; without?: MaskedPerson }): Promise<{ rows: number }> {
    return this.#parts.writer.run({ kind: 'compact', keepKeys: [], forget: [], keysOut: '', ...job })
  }

  async #described(folder: string, manifest: ReservoirManifest, { name, by, reason }: CutAsked): Promise<Cut> {
    const hashes = await hashesOf(folder, manifest)
    const { study, snapshot, generation, maskingPolicy, maskingKey, consentEpoch, types } = manifest
    const entries = Object.values(types)
    const of = { snapshot, generation, maskingPolicy, maskingKey, consentEpoch }
    const made: CutMade = {
      study,
      name,
      at: this.#parts.now(),
      by,
      reason,
      ...of,
      resources: entries.reduce((sum, { rows }) => sum + rows, 0),
      people: types['Patient']?.rows ?? Math.max(0, ...entries.map(({ people }) => people)),
      files: Object.entries(hashes).map(([path, sha256]) => ({ path, sha256 })),
    }
    return { format: 1, made, manifest, hashes, removals: [], retired: null }
  }

  async #removeFrom(study: string, cut: Cut, { act, person, displays }: Leaving): Promise<{ rows: number; files: number }> {
    const dir = cutFolder(join(this.#parts.dir, study), cut.made.name)
    const [manifest, counts] = [
      { ...cut.manifest, types: { ...cut.manifest.types } },
      { rows: 0, files: 0 },
    ]
    for (const [type, inputs] of Object.entries(manifest.types)) {
      const { traces } = await this.#parts.writer.run({ kind: 'person', dir, current: inputs, ...person })
      if (traces === 0) continue
      await this.#unchanged(
        dir,
        cut,
        inputs.files.map((file) => file.path),
      )
      const path = newFileName(type)
      const { rows } = await this.#rewritten({ dir, inputs, out: join(dir, path), without: person })
      const files = [{ path, rows, bytes: (await stat(join(dir, path))).size }]
      manifest.types[type] = { ...emptyType(), rows, people: Math.max(0, inputs.people - 1), files }
      counts.rows += inputs.rows - rows
      counts.files++
    }
    if (counts.files > 0 && manifest.displays !== null && displays !== undefined) {
      await this.#unchanged(dir, cut, [manifest.displays])
      manifest.displays = displays === null ? null : await this.#displaysStillIn(dir, manifest.displays, displays)
    }
    if (counts.files === 0) await this.#sweep(dir, cut)
    else {
      // What was not written anew keeps the hash it was sealed with, whatever it is by now.
      const hashes = { ...(await hashesOf(dir, manifest)), ...kept(cut.hashes, manifest) }
      await this.#replace(study, { ...cut, manifest, hashes, removals: [...cut.removals, { at: this.#parts.now(), act, ...counts }] })
    }
    return counts
  }

  /** Rows of a file that was changed are not sealed anew under another name. */
  async #unchanged(dir: string, { hashes }: Cut, paths: readonly string[]): Promise<void> {
    for (const path of paths) if ((await hashOf(join(dir, path))) !== hashes[path]) throw new CutChanged()
  }

  async #displaysStillIn(dir: string, path: string, present: string): Promise<string> {
    const out = newFileName('displays')
    await this.#parts.writer.run({ kind: 'displays-still-in', own: join(dir, path), present, out: join(dir, out) })
    return out
  }

  async #replace(study: string, cut: Cut): Promise<Cut> {
    const folder = cutFolder(join(this.#parts.dir, study), cut.made.name)
    await this.#write(folder, cut)
    await faultPoint('reservoir.cut-replaced')
    await this.#sweep(folder, cut)
    return cut
  }

  async #write(folder: string, cut: Cut): Promise<void> {
    const stored: Stored = { cut, seal: Buffer.from(this.#parts.signer.sign(sealedText(cut))).toString('hex') }
    const record = JSON.stringify(stored)
    await syncFolder(folder)
    await this.#parts.objectsOf(cut.made.study)?.storeCut(cut.made.name, folder, filesOf(cut.manifest), record)
    await writeAtomically(join(folder, cutFile), record, { mode: 0o600 })
  }

  async #sweep(folder: string, cut: Cut): Promise<void> {
    const named = new Set([cutFile, ...filesOf(cut.manifest)])
    for (const name of await readdir(folder)) if (!named.has(name)) await rm(join(folder, basename(name)), { recursive: true, force: true })
    await this.#parts.objectsOf(cut.made.study)?.sweepCut(cut.made.name, named)
  }

  // A withdrawal waits for a cut that is being made, so that nobody is in it who has just left.
  #inTurn<T>(study: string, work: () => Promise<T>): Promise<T> {
    const next = (this.#turns.get(study) ?? Promise.resolve()).then(work)
    this.#turns.set(
      study,
      next.catch(() => null),
    )
    return next
  }
}

/** What a start finds half made goes. */
export async function sweepCuts(studyDir: string): Promise<void> {
  const names = await readdir(join(studyDir, cutsFolder)).catch(() => [])
  for (const name of names) if (name.startsWith(making)) await rm(join(studyDir, cutsFolder, name), { recursive: true, force: true })
}

const linked = (from: string, to: string): Promise<void> => link(from, to).catch(() => copyFile(from, to))

async function hashesOf(folder: string, manifest: ReservoirManifest): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {}
  for (const path of filesOf(manifest)) hashes[path] = await hashOf(join(folder, path))
  return hashes
}

const kept = (hashes: Cut['hashes'], manifest: ReservoirManifest): Cut['hashes'] => {
  const named = new Set(filesOf(manifest))
  return Object.fromEntries(Object.entries(hashes).filter(([path]) => named.has(path)))
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
