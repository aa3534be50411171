import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/index.js'
import { mergeLedgers, readLedger } from '../erasure/index.js'
import { openKeyring, openLake, type Lake } from '../lake/index.js'
import type { Platform } from '../platform.js'
import { openRepository, type Repository } from '../repository/index.js'
import { migrate, openFolderStore, openPostgres, openSigner, systemClock, writeAtomically } from '../storage/index.js'
import { openLedgerKey } from './governance.js'
import { returnLakeOnly, type LakeOnly } from './lake-only.js'
import { ledgerFile, settle, type Problem, type Settled } from './restore.js'
import { readStudyRecord } from './study-records.js'

export interface FromLakeRequest {
  /** The data folder whose database is lost; it is only read, but for files that its lake does not name. */
  from: string
  /** Its lake, where that lies elsewhere. */
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

/** Makes the repository again from a lake alone, in an empty data folder or database. Done again after a kill, it goes on. */
export async function restoreFromLake(
  config: Config,
  asked: FromLakeRequest,
  open: (config: Config) => Promise<Platform>,
): Promise<FromLakeReport | Problem> {
  const { dataDir, storeDir } = config
  if (config.bucket !== null)
    return {
      problem:
        'The lake is brought back from a folder into a folder: copy the bucket’s lake into one, name it by --lake, and leave AQUIFER_STORE unset.',
    }
  const lakeDir = asked.lake ?? path.join(asked.from, 'lake')
  const [from, to] = [path.resolve(asked.from), path.resolve(dataDir)]
  if (from === to) return { problem: 'The new data folder has to be another than the one whose database is lost: name it by --data.' }
  if ((await readdir(lakeDir).catch(() => [])).length === 0) return { problem: `${lakeDir} holds no lake.` }
  const marker = path.join(dataDir, markerName)
  const begun = await readFile(marker, 'utf8').catch(() => null)
  if (begun !== null && (JSON.parse(begun) as { lake: string }).lake !== path.resolve(lakeDir))
    return { problem: `${dataDir} was begun from another lake: empty it.` }
  if (begun === null)
    for (const folder of [path.join(storeDir, 'lake'), path.join(storeDir, 'reservoir'), path.join(dataDir, 'keys')])
      if ((await readdir(folder).catch(() => [])).some((name) => name !== masterName))
        return { problem: `${folder} holds something: restore into an empty folder.` }
  asked.tell('keys and ledger')
  const master = await bringKeys(config, asked.from)
  if (master !== null) return master
  await writeAtomically(marker, JSON.stringify({ lake: path.resolve(lakeDir) }))
  for (const file of [ledgerFile(asked.from), asked.ledger])
    if (file !== null && (await readFile(file).catch(() => null)) !== null) await mergeLedgers(ledgerFile(dataDir), file)
  const found = await fill(config, { lakeDir, isNew: begun === null, tell: asked.tell })
  if ('problem' in found) return found
  const { returned, erased, left } = found
  const settled = await settle(config, { restored: 'from the lake alone', returned, erased, left }, { open, tell: asked.tell })
  if ('problem' in settled) return settled
  await rm(marker)
  return { ...found, ...settled }
}

// Whoever has only the lake has nothing: it opens by the keys. The newest head of the trail comes along, so that what is lost of it is told.
async function bringKeys({ dataDir, masterKeyFile }: Config, from: string): Promise<Problem | null> {
  const there = path.join(from, 'keys')
  if ((await readdir(there).catch(() => [])).length === 0)
    return { problem: `${there} holds no keys: without them the lake does not open.` }
  const keys = path.join(dataDir, 'keys')
  await mkdir(keys, { recursive: true, mode: 0o700 })
  const isWanted = (file: string): boolean => !['first-administrator.code', masterName].includes(path.basename(file))
  await cp(there, keys, { recursive: true, force: false, filter: isWanted })
  if (masterKeyFile === null) await cp(path.join(there, masterName), path.join(keys, masterName), { force: false }).catch(ifMissing)
  const master = masterKeyFile ?? path.join(keys, masterName)
  const known = await readFile(master).catch(() => null)
  return known === null ? { problem: `The master key is missing: put it at ${master}, or set AQUIFER_MASTER_KEY_FILE.` } : null
}

const ifMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

interface Filling {
  lakeDir: string
  isNew: boolean
  tell: (what: string) => void
}
type Filled = Omit<FromLakeReport, keyof Settled>

async function fill(config: Config, { lakeDir, isNew, tell }: Filling): Promise<Filled | Problem> {
  const database = config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }
  const postgres = await openPostgres({ dataDir: config.dataDir, ...database })
  const clock = { at: 0, now: () => clock.at }
  const repository = openRepository({ postgres, clock, ledgerKey: await openLedgerKey(config.dataDir) })
  try {
    await migrate(postgres)
    if (isNew && (await repository.studies.list()).length > 0) return { problem: 'The database holds studies: restore into an empty one.' }
    const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile })
    const lake = await openLake({ at: openFolderStore(lakeDir), keyring })
    const studies = await bringStudies(repository, lake, config.dataDir)
    await bringJournals(lakeDir, path.join(config.storeDir, 'lake'))
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
async function bringJournals(from: string, to: string): Promise<void> {
  for (const study of await readdir(from, { withFileTypes: true })) {
    if (!study.isDirectory()) continue
    for (const file of await readdir(path.join(from, study.name))) {
      if (!file.endsWith('.journal')) continue
      await mkdir(path.join(to, study.name), { recursive: true, mode: 0o700 })
      await cp(path.join(from, study.name, file), path.join(to, study.name, file), { force: false })
    }
  }
}
