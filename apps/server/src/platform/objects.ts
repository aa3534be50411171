import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { BucketStores } from '../backup/index.js'
import type { Config } from '../config/index.js'
import {
  CannotStart,
  Fenced,
  makeFolder,
  openFolderStore,
  openS3Store,
  s3Url,
  writeAtomically,
  type ObjectStore,
} from '../storage/index.js'

/** Where lake, reservoir and files lie. */
export interface Objects {
  lake: ObjectStore
  /** null: all of it is in folders */
  bucket: { reservoir: ObjectStore; files: ObjectStore } | null
}

const claimName = 'aquifer.claim'
/** Which place in a bucket is this data folder's, and by what its claim there is known. */
interface Claim {
  url: string
  id: string
}

/** Folders, or a place in a bucket that is this data folder's alone. */
export async function openObjects({ storeDir, dataDir, bucket }: Config): Promise<Objects> {
  const file = path.join(dataDir, 'bucket.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  const own = text === null ? null : (JSON.parse(text) as Claim)
  // What only the bucket has would be missed without a word.
  if (own !== null && own.url !== (bucket === null ? null : s3Url(bucket)))
    throw new CannotStart(`The stores of ${dataDir} are in ${own.url}: set AQUIFER_STORE to it, or move them by backup and restore.`)
  if (bucket === null) return { lake: openFolderStore(path.join(storeDir, 'lake')), bucket: null }
  const lakeDir = path.join(dataDir, 'lake')
  if ((await readdir(lakeDir).catch(() => [])).length > 0)
    throw new CannotStart(`${lakeDir} holds a lake: take a backup, and restore it into an empty data folder with AQUIFER_STORE set.`)
  const { store } = await openS3Store(bucket)
  await claim(store, own ?? { url: s3Url(bucket), id: randomUUID() }, file)
  return { lake: store.at('lake'), bucket: { reservoir: store.at('reservoir'), files: store.at('files') } }
}

/** What a backup takes out of the bucket and brings back into it; null: there is none. */
export async function bucketStores(config: Config): Promise<BucketStores | null> {
  if (config.bucket === null) return null
  const { lake, bucket } = await openObjects(config)
  return bucket === null ? null : { lake, ...bucket }
}

async function claim(store: ObjectStore, own: Claim, file: string): Promise<void> {
  const there = await store.get(claimName, { toReplace: true })
  if (there?.toString() === own.id) return
  const taken = new CannotStart(`${own.url} is another data folder’s: choose another prefix, or see docs/object-storage.md.`)
  if (there !== null) throw taken
  // In the folder first, so that a claim is never one that nobody knows.
  await makeFolder(path.dirname(file))
  await writeAtomically(file, JSON.stringify(own), { mode: 0o600 })
  await store.replace(claimName, own.id).catch(async (error: unknown) => {
    await rm(file, { force: true })
    throw error instanceof Fenced ? taken : error
  })
}
