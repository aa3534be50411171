import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { filesOfLake } from '../lake/index.js'
import { atOnce, type ObjectStore } from '../storage/index.js'
import { filesBelow } from './manifest.js'

/** Stores that are in a bucket. */
export interface BucketStores {
  lake: ObjectStore
  files: ObjectStore
  reservoir: ObjectStore
}

class Gone extends Error {
  readonly code = 'ENOENT'
}

/** A study's lake out of the bucket; throws ENOENT where its list was replaced meanwhile. */
export async function fetchLake(at: ObjectStore, to: string): Promise<void> {
  const found = await filesOfLake(at)
  if (found === null) return
  await atOnce([...found.fixed, ...found.lists], (file) => fetched(at, file, join(to, file)))
  await fetched(at, 'manifest.json', join(to, 'manifest.json'))
  // What counts is the list that names these files.
  const now = await at.get('manifest.json')
  if (now?.equals(found.manifest) !== true) throw new Gone()
}

/** Files that are not at hand already. */
export async function fetchFiles(files: ObjectStore, to: string): Promise<void> {
  for (const store of await files.folders())
    for (const study of await files.at(store).folders()) {
      const at = files.at(store).at(study)
      await atOnce(await at.names(), async (id) => {
        const file = join(to, store, study, id)
        // Removed since it was listed: then it is in no later state either.
        if ((await stat(file).catch(() => null)) === null) await at.fetchTo(id, file)
      })
    }
}

/** All files below a folder into the bucket. */
export async function sendFolder(dir: string, at: ObjectStore): Promise<void> {
  const files = await filesBelow(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  await atOnce(files, (file) => at.putFile(file.replaceAll('\\', '/'), join(dir, file)))
}

async function fetched(at: ObjectStore, name: string, file: string): Promise<void> {
  if (!(await at.fetchTo(name, file))) throw new Gone()
}
