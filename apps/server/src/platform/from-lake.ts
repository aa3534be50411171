import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { noteRestored } from '../audit/index.js'
import { bucketAt, type Config } from '../config/index.js'
import { mergeLedgers, readLedger } from '../erasure/index.js'
import { openKeyring, openLake, type Lake } from '../lake/index.js'
import type { Platform } from '../platform.js'
import { openRepository, type Repository } from '../repository/index.js'
import {
  migrate,
  openFolderStore,
  openPostgres,
  openS3ToRead,
  openSigner,
  s3Url,
  systemClock,
  writeAtomically,
  type ObjectStore,
} from '../storage/index.js'
import { openLedgerKey } from './governance.js'
import { returnLakeOnly, type LakeOnly } from './lake-only.js'
import { openObjects } from './objects.js'
import { ledgerFile, settle, type Problem, type Settled } from './restore.js'
import { readStudyRecord } from './study-records.js'

export interface FromLakeRequest {
  /** The data folder whose database is lost; it is only read. */
  from: string
  /** Its lake, where that lies elsewhere: a folder, or `s3://BUCKET/PREFIX`. */
  lake: string | null
  /** A newer copy of the outside ledger. */
  ledger: string | null
  tell: (what: string) => void
}
export interface FromLakeReport extends Settled, LakeOnly {
  studies: string[]
  /** Their lake is of before settings stood in it: frozen, and masked by the strictest policy there is. */
  withoutSettings: string[]
  /** Marks of people who had themselves erased. */
  erasedKnown: number
}

const markerName = 'restoring-from-lake.json'
const masterName = 'master.key'
const headName = 'audit-head.json'

/** Makes the repository again from a lake alone, in an empty data folder or database. Done again after a kill, it goes on. */
export async function restoreFromLake(
  config: Config,
  asked: FromLakeRequest,
  open: (config: Config) => Promise<Platform>,
): Promise<FromLakeReport | Problem> {
  const { dataDir } = config
  const [from, to] = [path.resolve(asked.from), path.resolve(dataDir)]
  if (from === to) return { problem: 'The new data folder has to be another than the one whose database is lost: name it by --data.' }
  const source = await sourceOf(config, asked)
  if ('problem' in source) return source
  const marker = path.join(dataDir, markerName)
  const text = await readFile(marker, 'utf8').catch(() => null)
  const begun = text === null ? null : (JSON.parse(text) as Begun)
  if (begun !== null && begun.lake !== source.name) return { problem: `${dataDir} was begun from another lake: empty it.` }
  const taken = begun === null ? await whatIsTaken(config) : null
  if (taken !== null) return { problem: `${taken} holds something: restore into an empty folder or prefix.` }
  asked.tell('keys and ledger')
  const isNew = begun?.keys !== 'here'
  if (isNew) {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await writeAtomically(marker, JSON.stringify({ lake: source.name } satisfies Begun))
    const master = await bringKeys(config, asked.from)
    if (master !== null) return master
    await writeAtomically(marker, JSON.stringify({ lake: source.name, keys: 'here' } satisfies Begun))
  }
  for (const file of [ledgerFile(asked.from), asked.ledger])
    if (file !== null && (await readFile(file).catch(() => null)) !== null) await mergeLedgers(ledgerFile(dataDir), file)
  const found = await fill(config, { source: source.store, isNew, tell: asked.tell })
  if ('problem' in found) {
    await rm(marker)
    return found
  }
  const { returned, erased, left } = found
  const settled = await settle(config, { restored: 'from the lake alone', returned, erased, left }, { open, tell: asked.tell })
  if ('problem' in settled) return settled
  await rm(marker)
  return { ...found, ...settled }
}

/** What is written down of a restore until it is done. */
interface Begun {
  lake: string
  keys?: 'here'
}
interface Source {
  /** Its address: by it a restore that was broken off knows what it goes on from. */
  name: string
  store: ObjectStore
}

/** The lake that is there still, where it lies: in a folder, or in the bucket that the lost server had or that was named. */
async function sourceOf(config: Config, { from, lake }: FromLakeRequest): Promise<Source | Problem> {
  const own = await readFile(path.join(from, 'bucket.json'), 'utf8').catch(() => null)
  const named = lake ?? (own === null ? path.join(from, 'lake') : (JSON.parse(own) as { url: string }).url)
  const isBucket = named.includes('://')
  const name = isBucket ? named : path.resolve(named)
  const bucket = isBucket ? bucketAt(name, config.objectStore) : null
  if (isBucket && bucket === null) return { problem: `${name} is no lake: name a folder, or s3://BUCKET/PREFIX as AQUIFER_STORE had it.` }
  if (bucket !== null && config.bucket !== null && s3Url(bucket) === s3Url(config.bucket))
    return { problem: `${name} is only read: give the new server another prefix by AQUIFER_STORE, or a folder by leaving it unset.` }
  const store = bucket === null ? openFolderStore(name) : (await openS3ToRead(bucket)).at('lake')
  return (await store.folders()).length === 0 ? { problem: `${name} holds no lake.` } : { name, store }
}

async function whatIsTaken(config: Config): Promise<string | null> {
  const { dataDir, storeDir } = config
  for (const folder of [path.join(storeDir, 'lake'), path.join(storeDir, 'reservoir'), path.join(dataDir, 'keys')])
    if ((await readdir(folder).catch(() => [])).some((name) => name !== masterName)) return folder
  const { lake, bucket } = await openObjects(config)
  for (const at of bucket === null ? [] : [lake, bucket.reservoir, bucket.files]) if ((await at.folders()).length > 0) return at.place
  return null
}

// Whoever has only the lake has nothing: it opens by the keys. The newest head of the trail comes along, so that what is lost of it is told.
async function bringKeys({ dataDir, masterKeyFile }: Config, from: string): Promise<Problem | null> {
  const there = path.join(from, 'keys')
  if ((await readdir(there).catch(() => [])).length === 0)
    return { problem: `${there} holds no keys: without them the lake does not open.` }
  const keys = path.join(dataDir, 'keys')
  await mkdir(keys, { recursive: true, mode: 0o700 })
  const isWanted = (file: string): boolean => !['first-administrator.code', masterName].includes(path.basename(file))
  await cp(there, keys, { recursive: true, filter: isWanted })
  if (masterKeyFile === null) await cp(path.join(there, masterName), path.join(keys, masterName), { force: false }).catch(ifMissing)
  await noteRestored(path.join(keys, headName))
  const master = masterKeyFile ?? path.join(keys, masterName)
  const known = await readFile(master).catch(() => null)
  return known === null ? { problem: `The master key is missing: put it at ${master}, or set AQUIFER_MASTER_KEY_FILE.` } : null
}

const ifMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

interface Filling {
  source: ObjectStore
  isNew: boolean
  tell: (what: string) => void
}
type Filled = Omit<FromLakeReport, keyof Settled>

async function fill(config: Config, { source, isNew, tell }: Filling): Promise<Filled | Problem> {
  const database = config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }
  const postgres = await openPostgres({ dataDir: config.dataDir, ...database })
  const clock = { at: 0, now: () => clock.at }
  const repository = openRepository({ postgres, clock, ledgerKey: await openLedgerKey(config.dataDir) })
  try {
    await migrate(postgres)
    if (isNew && (await repository.studies.list()).length > 0) return { problem: 'The database holds studies: restore into an empty one.' }
    const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile })
    const lake = await openLake({ at: source, keyring, readOnly: true })
    const studies = await bringStudies(repository, lake, config.dataDir)
    await bringJournals(source, (await openObjects(config)).lake)
    let told = 0
    const rows = (read: number): void => {
      if (told > 0 && read - told < rowsToldEach) return
      told = read
      tell(`versions: ${read}`)
    }
    return { ...studies, ...(await returnLakeOnly({ repository, at: (time) => (clock.at = time), tell: rows }, lake)) }
  } finally {
    await repository.close()
    await postgres.stop()
  }
}

const rowsToldEach = 20_000

async function bringStudies(repository: Repository, lake: Lake, dataDir: string) {
  const entries = await readLedger(ledgerFile(dataDir), await openSigner(path.join(dataDir, 'keys')))
  const there = await repository.studies.list()
  const named = await lake.named()
  const records = await Promise.all(named.map(async (id) => ({ id, rows: await readStudyRecord(lake, id) })))
  for (const { rows } of records) if (rows !== null) await repository.studyRecords.bringBack(rows)
  const taken = new Set([...(await repository.studies.list()).map(({ sid }) => sid), ...entries.map(({ sid }) => sid)])
  const withoutSettings = records.filter(({ rows }) => rows === null).map(({ id }) => id)
  for (const id of withoutSettings) {
    if (there.some((study) => study.id === id)) continue
    // Marks of erased people rest on the study's number.
    const sid = entries.find(({ study }) => study === id)?.sid ?? firstFree(taken)
    taken.add(sid)
    await repository.studyRecords.bringBack(JSON.stringify({ study: [bareStudy(id, sid)] }))
  }
  const sids = new Map((await repository.studies.list()).map((study) => [study.id, study.sid]))
  const erased = entries
    .filter(({ study, sid, act }) => act === 'erase' && sids.get(study) === sid)
    .map(({ sid, person, at }) => ({ sid, mark: Buffer.from(person, 'hex'), at: Date.parse(at) }))
  await repository.studyRecords.bringErased(erased)
  return { studies: [...sids.keys()], withoutSettings, erasedKnown: erased.length }
}

function firstFree(taken: ReadonlySet<number>): number {
  for (let sid = 1; ; sid += 1) if (!taken.has(sid)) return sid
}

// Frozen, so that nothing enters by rules that nobody set; open to whatever its lake holds.
const bareStudy = (id: string, sid: number) => ({
  id,
  sid,
  name: id,
  kind: 'program',
  status: 'frozen',
  enrolment: 'open',
  required: [],
  masking: 'safe-harbor',
  publish: 'continuous',
  partition: 'year',
  zone: 'UTC',
  version: 1,
  settings: {},
  created_at: systemClock.now(),
})

// What people decided about displays and leaks lies there, and is asked when the new lake is masked.
async function bringJournals(from: ObjectStore, to: ObjectStore): Promise<void> {
  for (const study of await from.folders()) {
    for (const name of await from.at(study).names()) {
      const content = name.endsWith('.journal') ? await from.at(study).get(name) : null
      if (content === null || (await to.at(study).get(name)) !== null) continue
      await to.at(study).replace(name, content)
    }
  }
}
