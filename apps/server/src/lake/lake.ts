import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal, type Journal } from './journal.js'
import type { Keyring } from './keyring.js'
import { openStudyLake, type StudyLake } from './study-lake.js'

export interface LakeOptions {
  dir: string
  keyring: Keyring
  /** How many segments stand in the manifest itself before older ones move to a page. */
  segmentsRecentMax?: number
  /** Throws where another process may write here by now. */
  mayWrite?: () => void
}

export async function openLake(options: LakeOptions): Promise<Lake> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const lake = new Lake(options)
  for (const entry of await readdir(options.dir, { withFileTypes: true })) {
    if (entry.isDirectory() && existsSync(join(options.dir, entry.name, 'manifest.json'))) await lake.study(entry.name)
  }
  return lake
}

export class Lake {
  /** The folder, where the replicator keeps its checkpoint. */
  readonly dir: string
  readonly #options: LakeOptions
  readonly #studies = new Map<string, Promise<StudyLake>>()
  readonly #opened: StudyLake[] = []
  readonly #listeners = new Set<(study: StudyLake) => void>()

  constructor(options: LakeOptions) {
    this.dir = options.dir
    this.#options = options
  }

  /** Throws where another process may write here by now: asked before each commit. */
  mayWrite(): void {
    this.#options.mayWrite?.()
  }

  study(id: string): Promise<StudyLake> {
    const known = this.#studies.get(id)
    if (known) return known
    const { keyring, segmentsRecentMax: recentMax } = this.#options
    const options = { keyring, mayWrite: () => this.mayWrite(), ...(recentMax === undefined ? {} : { recentMax }) }
    const opening = openStudyLake(this.dir, id, options).then((opened) => {
      this.#opened.push(opened)
      for (const listener of this.#listeners) listener(opened)
      return opened
    })
    this.#studies.set(id, opening)
    opening.catch(() => this.#studies.delete(id))
    return opening
  }

  /** A small encrypted list beside a study's rows, there even where it has none yet. */
  journal(study: string, name: string): Promise<Journal> {
    return openJournal(join(this.dir, study), study, this.#options.keyring, name)
  }

  /** Whatever has a folder, with rows or with a list only. */
  async named(): Promise<string[]> {
    const entries = await readdir(this.dir, { withFileTypes: true })
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
  }

  /** The studies that are open: those with rows, and those asked for. */
  studies(): StudyLake[] {
    return [...this.#opened]
  }

  onStudy(listener: (study: StudyLake) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
