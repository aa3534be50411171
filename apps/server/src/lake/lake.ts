import type { ObjectStore } from '../storage/index.js'
import { openJournal, type Journal } from './journal.js'
import type { Keyring } from './keyring.js'
import { manifestFile } from './manifest.js'
import { openStudyLake, type StudyLake } from './study-lake.js'

export interface LakeOptions {
  at: ObjectStore
  keyring: Keyring
  /** How many segments stand in the manifest itself before older ones move to a page. */
  segmentsRecentMax?: number
  /** Nothing is mended or swept. */
  readOnly?: true
}

export async function openLake(options: LakeOptions): Promise<Lake> {
  const lake = new Lake(options)
  for (const study of await options.at.folders()) if ((await options.at.at(study).names()).includes(manifestFile)) await lake.study(study)
  return lake
}

export class Lake {
  /** Where it lies, and the replicator keeps its checkpoint. */
  readonly at: ObjectStore
  readonly #options: LakeOptions
  readonly #studies = new Map<string, Promise<StudyLake>>()
  readonly #opened: StudyLake[] = []
  readonly #listeners = new Set<(study: StudyLake) => void>()

  constructor(options: LakeOptions) {
    this.at = options.at
    this.#options = options
  }

  study(id: string): Promise<StudyLake> {
    const known = this.#studies.get(id)
    if (known) return known
    const { keyring, segmentsRecentMax: recentMax, readOnly = false } = this.#options
    const options = { keyring, readOnly, ...(recentMax === undefined ? {} : { recentMax }) }
    const opening = openStudyLake(this.at, id, options).then((opened) => {
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
    return openJournal(this.at.at(study), study, this.#options.keyring, { name, readOnly: this.#options.readOnly })
  }

  /** Whatever has a folder, with rows or with a list only. */
  async named(): Promise<string[]> {
    return (await this.at.folders()).sort()
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
