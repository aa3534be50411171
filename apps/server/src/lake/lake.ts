import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Keyring } from './keyring.js'
import { openStudyLake, type StudyLake } from './study-lake.js'

export interface Lake {
  /** The folder, for the replicator's own checkpoint. */
  readonly dir: string
  study(id: string): Promise<StudyLake>
  /** Studies that have rows, opened. */
  studies(): StudyLake[]
  onStudy(listener: (study: StudyLake) => void): () => void
}

export async function openLake(options: { dir: string; keyring: Keyring }): Promise<Lake> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const open = new Map<string, Promise<StudyLake>>()
  const ready: StudyLake[] = []
  const listeners = new Set<(study: StudyLake) => void>()

  function study(id: string): Promise<StudyLake> {
    const known = open.get(id)
    if (known) return known
    const opening = openStudyLake(options.dir, id, options.keyring).then((opened) => {
      ready.push(opened)
      for (const listener of listeners) listener(opened)
      return opened
    })
    open.set(id, opening)
    opening.catch(() => open.delete(id))
    return opening
  }

  for (const entry of await readdir(options.dir, { withFileTypes: true })) {
    if (entry.isDirectory() && existsSync(join(options.dir, entry.name, 'manifest.json'))) await study(entry.name)
  }
  return {
    dir: options.dir,
    study,
    studies: () => [...ready],
    onStudy(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
