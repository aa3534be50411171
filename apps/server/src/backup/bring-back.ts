import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeyring } from '../lake/index.js'
import { cutsFolder } from '../reservoir/index.js'
import { placeCluster, writeAtomically } from '../storage/index.js'
import { sendFolder, type BucketStores } from './bucket.js'
import { checkBackup, type BackupManifest } from './manifest.js'
import { openedKeys, passwordName } from './take.js'

interface Target {
  dataDir: string
  storeDir: string
  /** Where the server will look for it; the file itself is brought by whoever restores. */
  masterKeyFile: string | null
  /** Opens the stores in a bucket, once the keys are there; null: they are in folders. */
  bucket?: () => Promise<BucketStores | null>
  tell: (what: string) => void
}

/** Puts a whole backup into an empty data folder; nothing is there unless all of it can be. */
export async function bringBack(dir: string, target: Target): Promise<BackupManifest | { problem: string }> {
  const { dataDir, storeDir, masterKeyFile, tell } = target
  tell('checksums')
  const { manifest, broken } = await checkBackup(dir)
  if (manifest === null) return { problem: `${dir} holds no whole backup.` }
  if (broken.length > 0) return { problem: `${broken.length} files of the backup are missing or altered, the first is ${broken[0]}.` }
  for (const folder of [join(dataDir, 'postgres'), join(storeDir, 'lake'), join(storeDir, 'reservoir')])
    if ((await readdir(folder).catch(() => [])).length > 0) return { problem: `${folder} holds something: restore into an empty folder.` }
  const keys = await keysOf(dir, masterKeyFile ?? join(dataDir, 'keys', 'master.key'))
  if ('problem' in keys) return keys
  const bucket = (await target.bucket?.()) ?? null
  for (const at of bucket === null ? [] : [bucket.lake, bucket.files, bucket.reservoir])
    if ((await at.folders()).length > 0) return { problem: `${at.place} holds something: restore into an empty prefix.` }
  tell('keys and ledger')
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 })
  await mkdir(join(dataDir, 'postgres'), { recursive: true, mode: 0o700 })
  for (const [name, bytes] of keys.opened) {
    const file = name === passwordName ? join(dataDir, 'postgres', 'password') : join(dataDir, 'keys', name)
    await writeAtomically(file, bytes, { mode: 0o600 })
  }
  // What is in a bucket's reservoir is made anew from its lake, but for data cuts.
  const inFolders = [['lake', storeDir] as const, ['reservoir', storeDir] as const]
  for (const [folder, to] of [['ledger', dataDir] as const, ['files', dataDir] as const, ...(bucket === null ? inFolders : [])]) {
    tell(folder)
    // Copied, not linked: what is erased here must not depend on what becomes of the backup.
    await cp(join(dir, folder), join(to, folder), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  if (bucket !== null) {
    tell('bucket')
    await sendFolder(join(dir, 'lake'), bucket.lake)
    for (const study of await readdir(join(dir, 'reservoir')).catch(() => []))
      await sendFolder(join(dir, 'reservoir', study, cutsFolder), bucket.reservoir.at(study).at(cutsFolder))
    for (const store of ['lake', 'reservoir']) await sendFolder(join(dir, 'files', store), bucket.files.at(store))
  }
  tell('database')
  await placeCluster(join(dir, 'postgres'), dataDir)
  return manifest
}

async function keysOf(dir: string, masterKeyFile: string): Promise<{ opened: Map<string, Buffer> } | { problem: string }> {
  const there = await readFile(masterKeyFile).catch(() => null)
  if (there === null) return { problem: `The master key is not in the backup: put it at ${masterKeyFile}, or set AQUIFER_MASTER_KEY_FILE.` }
  const empty = await mkdtemp(join(tmpdir(), 'aquifer-keys-'))
  try {
    const opened = await openedKeys(dir, await openKeyring({ dir: empty, masterKeyFile }))
    return opened === null ? { problem: 'This master key does not open the keys of the backup.' } : { opened }
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
}
