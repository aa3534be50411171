import { constants } from 'node:fs'
import { copyFile, cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filesOfLake, openKeyring, type Keyring } from '../lake/index.js'
import { cutsFolder, filesOfCut, filesOfReservoir, isCutName, type ReservoirManifest } from '../reservoir/index.js'
import { copyRunningCluster, faultPoint, openFolderStore, writeAtomically, type ObjectStore } from '../storage/index.js'
import { fetchFiles, fetchLake, type BucketStores } from './bucket.js'
import { backupFile, describe, filesBelow, type BackupManifest } from './manifest.js'

export interface BackupReport {
  dir: string
  files: number
  bytes: number
  begunAt: string
  endedAt: string
}
interface Taking {
  dataDir: string
  storeDir: string
  masterKeyFile: string | null
  /** null: lake and files are in folders */
  bucket?: BucketStores | null
  version: string
  now: () => number
  /** Told what is copied now. */
  tell: (what: string) => void
}

const attemptsMax = 10
const sealedEnd = '.sealed'
export const passwordName = 'postgres.password'
// The master key opens all the others: it is kept elsewhere. A code for the first administrator is of no use in a copy.
const keysLeft = new Set(['master.key', 'first-administrator.code'])

/** Copies all stores of a running server into an empty folder. What is derived first: a store is never ahead of the one it comes from. */
export async function takeBackup(dir: string, taking: Taking): Promise<BackupReport | { problem: string }> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if ((await readdir(dir)).length > 0) return { problem: `${dir} is not empty.` }
  const { dataDir, storeDir, bucket = null, now, tell } = taking
  const begunAt = new Date(now()).toISOString()
  tell('reservoir')
  await copyStudies(join(storeDir, 'reservoir'), join(dir, 'reservoir'), copyReservoir)
  tell('lake')
  if (bucket === null) {
    await copyIfThere(join(storeDir, 'lake', 'checkpoint.json'), join(dir, 'lake', 'checkpoint.json'))
    await copyStudies(join(storeDir, 'lake'), join(dir, 'lake'), copyLake)
  } else await takeLake(bucket.lake, join(dir, 'lake'))
  tell('files')
  await cp(join(dataDir, 'files'), join(dir, 'files'), { recursive: true, force: false }).catch(ifMissing)
  if (bucket !== null) await fetchFiles(bucket.files, join(dir, 'files'))
  tell('keys')
  // Before the database: the newest head of the audit trail lies there, and must not lead the chain that comes back.
  await copyKeys(taking, join(dir, 'keys'))
  tell('database')
  if (!(await copyRunningCluster(dataDir, join(dir, 'postgres')))) return { problem: 'No server runs on this data folder.' }
  await faultPoint('backup.database-copied')
  tell('data cuts')
  await copyCuts(join(storeDir, 'reservoir'), join(dir, 'reservoir'), Date.parse(begunAt))
  tell('ledger')
  // Last: it may know of more withdrawals than the database here, and those are done again when it comes back.
  await cp(join(dataDir, 'ledger'), join(dir, 'ledger'), { recursive: true }).catch(ifMissing)
  tell('checksums')
  const files: BackupManifest['files'] = {}
  for (const path of await filesBelow(dir)) files[path] = await describe(dir, path)
  const endedAt = new Date(now()).toISOString()
  const manifest: BackupManifest = { format: 1, version: taking.version, begunAt, endedAt, files }
  await writeAtomically(join(dir, backupFile), JSON.stringify(manifest, null, 1))
  const bytes = Object.values(files).reduce((sum, [size]) => sum + size, 0)
  return { dir, files: Object.keys(files).length, bytes, begunAt, endedAt }
}

const ifMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to).catch(ifMissing)
}

async function copyStudies(from: string, to: string, copy: (from: string, to: string) => Promise<void>): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    await whole(join(from, entry.name), join(to, entry.name), copy)
  }
}

async function takeLake(lake: ObjectStore, to: string): Promise<void> {
  await lake.fetchTo('checkpoint.json', join(to, 'checkpoint.json'))
  for (const study of await lake.folders()) await whole(study, join(to, study), (name, folder) => fetchLake(lake.at(name), folder))
}

// A list may be replaced, and files that it named removed, while they are copied: then once more by the next list.
async function whole(from: string, to: string, copy: (from: string, to: string) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copy(from, to)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === attemptsMax) throw error
      await rm(to, { recursive: true, force: true })
    }
  }
}

async function copyLake(from: string, to: string): Promise<void> {
  const found = await filesOfLake(openFolderStore(from))
  if (found === null) return
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const file of found.fixed) await linkOrCopy(join(from, file), join(to, file))
  for (const file of found.lists) await copyFile(join(from, file), join(to, file))
  await writeFile(join(to, 'manifest.json'), found.manifest, { mode: 0o600 })
}

async function copyReservoir(from: string, to: string): Promise<void> {
  const text = await readFile(join(from, 'manifest.json'), 'utf8').catch(() => null)
  if (text === null) return
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const file of filesOfReservoir(JSON.parse(text) as ReservoirManifest)) await linkOrCopy(join(from, file), join(to, file))
  await writeFile(join(to, 'manifest.json'), text, { mode: 0o600 })
}

/**
 * After the database: whoever it says is erased has left the cuts before. A cut that was made since holds people, and has a signature, of
 * which the copied database does not know.
 */
async function copyCuts(from: string, to: string, madeBefore: number): Promise<void> {
  for (const study of await readdir(from).catch(() => []))
    for (const name of await readdir(join(from, study, cutsFolder)).catch(() => []))
      if (isCutName(name))
        await whole(join(from, study, cutsFolder, name), join(to, study, cutsFolder, name), (cut, copy) => copyCut(cut, copy, madeBefore))
}

async function copyCut(from: string, to: string, madeBefore: number): Promise<void> {
  const found = await filesOfCut(from)
  if (found === null || found.at >= madeBefore) return
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const file of found.files)
    await linkOrCopy(join(from, file), join(to, file)).catch(async (error: NodeJS.ErrnoException) => {
      // A file that a standing record names and that is not there is missing in the copy, too, where the cut says so of itself.
      if (error.code !== 'ENOENT' || (await filesOfCut(from))?.record !== found.record) throw error
    })
  await writeFile(join(to, found.name), found.record, { mode: 0o600 })
}

// These files never change under their names; on another disk they cannot be linked.
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw error
    await copyFile(from, to, constants.COPYFILE_FICLONE)
  })
}

// Keys of studies are wrapped by the master key already; all others are sealed by it for the copy.
async function copyKeys({ dataDir, masterKeyFile }: Taking, to: string): Promise<void> {
  const from = join(dataDir, 'keys')
  const keyring = await openKeyring({ dir: from, masterKeyFile })
  await mkdir(to, { recursive: true, mode: 0o700 })
  // Only asked for where the database listens on loopback.
  const password = await readFile(join(dataDir, 'postgres', 'password')).catch(() => null)
  if (password !== null)
    await writeFile(join(to, `${passwordName}${sealedEnd}`), keyring.seal(sealedName(passwordName), password), { mode: 0o600 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile() || keysLeft.has(entry.name) || /\.(?:tmp|next)$/.test(entry.name)) continue
    const bytes = await readFile(join(from, entry.name))
    if (/^study-.*\.json$/.test(entry.name)) await writeFile(join(to, entry.name), bytes, { mode: 0o600 })
    else await writeFile(join(to, `${entry.name}${sealedEnd}`), keyring.seal(sealedName(entry.name), bytes), { mode: 0o600 })
  }
}

const sealedName = (name: string): string => `backup of ${name}`

/** The keys of a backup, opened by the master key; null where it does not open one. */
export async function openedKeys(dir: string, keyring: Keyring): Promise<Map<string, Buffer> | null> {
  const keys = new Map<string, Buffer>()
  for (const name of await readdir(join(dir, 'keys'))) {
    const bytes = await readFile(join(dir, 'keys', name))
    const plain = name.endsWith(sealedEnd) ? name.slice(0, -sealedEnd.length) : name
    const opened = plain === name ? bytes : keyring.unseal(sealedName(plain), bytes)
    if (opened === null) return null
    keys.set(plain, opened)
  }
  return keys
}
