import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { StoresReport, WithdrawalRequestBody } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { bringBack, sendFolder } from '../backup/index.js'
import type { Config } from '../config/index.js'
import { mergeLedgers, readLedger, type LedgerEntry } from '../erasure/index.js'
import { adoptLake, emptyLake, openKeyring, openLake } from '../lake/index.js'
import { verifyStores } from '../pipeline/index.js'
import type { Platform } from '../platform.js'
import { openRepository, type Repository } from '../repository/index.js'
import { cutsFolder } from '../reservoir/index.js'
import {
  faultPoint,
  migrate,
  openFolderStore,
  openPostgres,
  openSigner,
  systemClock,
  type ObjectStore,
  type Postgres,
} from '../storage/index.js'
import { openLedgerKey } from './governance.js'
import { returnLakeOnly, type LakeOnly } from './lake-only.js'
import { bucketStores, openObjects } from './objects.js'
import { requestOf } from './own-request.js'
import { truthOf } from './stores.js'

export interface RestoreRequest {
  from: string
  /** A lake that outlived the database: what only it knows goes back in. */
  lake: string | null
  /** The newest copy of the outside ledger. */
  ledger: string | null
  tell: (what: string) => void
}
/** What is done again once a database is there, and whether all stores then hold the same. */
export interface Settled {
  /** Withdrawals that the database did not know, done again. */
  withdrawals: number
  stores: StoresReport
}
export interface RestoreReport extends Settled {
  backup: string
  lakeOnly: LakeOnly | null
}
export type Problem = { problem: string }

const pollMs = 100
const waitS = 3_600

/** Brings a backup back and makes of it one state that may be served: nothing answers anybody before. */
export async function restore(
  config: Config,
  asked: RestoreRequest,
  open: (config: Config) => Promise<Platform>,
): Promise<RestoreReport | Problem> {
  const { dataDir, storeDir, masterKeyFile } = config
  const bucket = () => bucketStores(config)
  if (config.databaseUrl !== null) return { problem: 'Only the embedded database is in a backup: leave DATABASE_URL unset.' }
  const backup = await bringBack(asked.from, { dataDir, storeDir, masterKeyFile, bucket, tell: asked.tell })
  if ('problem' in backup) return backup
  await faultPoint('restore.brought-back')
  asked.tell('reconciling')
  const lakeOnly = await reconcile(config, asked, Date.parse(backup.begunAt))
  if (asked.ledger !== null) await mergeLedgers(ledgerFile(dataDir), asked.ledger)
  await faultPoint('restore.reconciled')
  const settled = await settle(config, { restored: backup.begunAt, ...lakeOnly }, { open, tell: asked.tell })
  return 'problem' in settled ? settled : { backup: backup.begunAt, lakeOnly, ...settled }
}

export const ledgerFile = (dataDir: string): string => path.join(dataDir, 'ledger', 'withdrawals.ndjson')

/** Opens the platform to nobody, does withdrawals again that the ledger knows, and compares the stores. */
export async function settle(
  config: Config,
  noted: Record<string, unknown>,
  { open, tell }: { open: (config: Config) => Promise<Platform>; tell: RestoreRequest['tell'] },
): Promise<Settled | Problem> {
  const platform = await open({ ...config, roles: ['api', 'replicator', 'masker', 'compactor', 'scheduler', 'query'] as Config['roles'] })
  try {
    await noteRestore(platform, noted)
    tell('withdrawals')
    const entries = await readLedger(ledgerFile(config.dataDir), await openSigner(path.join(config.dataDir, 'keys')))
    const withdrawals = await redo(platform, entries)
    if (typeof withdrawals !== 'number') return withdrawals
    await faultPoint('restore.withdrawals-done')
    tell('comparing')
    await platform.flow?.pipeline.wait({ timeoutS: waitS })
    const truth = { ...platform.flow!.stages, truth: truthOf(platform.repository) }
    const stores = await verifyStores(truth, {}, { cancelled: false, progress: () => undefined })
    return { withdrawals, stores: stores! }
  } finally {
    await platform.close()
  }
}

/** A copy of a database is another database: places in its feed mean nothing to a store that followed the first one further. */
async function reconcile(config: Config, { lake: outlived }: RestoreRequest, begunAt: number): Promise<LakeOnly | null> {
  const { lake, bucket } = await openObjects(config)
  const postgres = await openPostgres({ dataDir: config.dataDir })
  const clock = { at: 0, now: () => clock.at }
  const repository = openRepository({ postgres, clock, ledgerKey: await openLedgerKey(config.dataDir) })
  try {
    await migrate(postgres)
    const epoch = await anotherEpoch(postgres, repository)
    if (outlived === null && !(await erasedSince(postgres, begunAt))) {
      await adoptLake(lake, epoch)
      return null
    }
    let found: LakeOnly | null = null
    if (outlived !== null) {
      const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile })
      await lake.clear()
      await sendFolder(outlived, lake)
      found = await returnLakeOnly(
        { repository, at: (time) => (clock.at = time), tell: () => undefined },
        await openLake({ at: lake, keyring }),
      )
    }
    // Both are made again from the database, which now knows all that is to be known.
    await emptyLake(lake)
    for (const reservoir of [openFolderStore(path.join(config.storeDir, 'reservoir')), ...(bucket === null ? [] : [bucket.reservoir])])
      await clearButCuts(reservoir)
    return found
  } finally {
    await repository.close()
    await postgres.stop()
  }
}

// A withdrawal that was under way when the database was copied: other stores are of another moment, or are made again from this copy, so
// that what was done in them is no longer done. Where the repository has let go of the person already, nothing can be made of him.
const actAgainSql = `update withdrawal_step set state = 'open', verified = false where state <> 'open' and withdrawal in (
  select w.id from withdrawal w where w.state not in ('done', 'cancelled')
    and not exists (select 1 from withdrawal_step r where r.withdrawal = w.id and r.store = 'repository' and r.state = 'done'))`

// Data cuts cannot be made again.
async function clearButCuts(reservoir: ObjectStore): Promise<void> {
  for (const name of await reservoir.folders()) {
    const study = reservoir.at(name)
    for (const file of await study.names()) await study.remove(file)
    for (const folder of await study.folders()) if (folder !== cutsFolder) await study.at(folder).clear()
  }
}

async function anotherEpoch(postgres: Postgres, repository: Repository): Promise<string> {
  const owner = postgres.pool('owner', { max: 1 })
  await owner.query(`update cluster set epoch = gen_random_uuid()::text`)
  // Held by processes that never knew this copy: nobody has to wait for them.
  await owner.query(`update job set lease_until = 0 where state = 'running'`)
  await owner.query(`update lease set until = 0`)
  await owner.query(actAgainSql)
  await owner.end()
  return repository.epoch()
}

// The lake was copied before the database: whoever was erased in between is in the one and not in the other.
async function erasedSince(postgres: Postgres, begunAt: number): Promise<boolean> {
  const reader = postgres.pool('reader', { max: 1 })
  const { rowCount } = await reader.query(`select 1 from withdrawal where act = 'erase' and coalesce(ended_at, $1) >= $1 limit 1`, [
    begunAt,
  ])
  await reader.end()
  return rowCount !== 0
}

async function noteRestore({ repository }: Platform, detail: Record<string, unknown>): Promise<void> {
  const of = { id: await repository.nextAuditId(), at: systemClock.now(), request: randomUUID(), actor: 'restore', role: 'none', sid: null }
  await repository.audits.record([{ ...of, action: 'pipeline', outcome: 'done', detail, entries: [] }])
}

const grantOf = (study: string) => ({ user: 'restore', role: 'privacy-officer', studies: [study], sites: [], people: null }) as const

/** Withdrawals that the outside ledger knows and this copy of the database does not are done again, through every store. */
async function redo(platform: Platform, entries: readonly LedgerEntry[]): Promise<number | Problem> {
  const { repository, studies, withdrawals } = platform
  let done = 0
  for (const entry of entries) {
    const study = await studies.byId(entry.study)
    if (study === null || (await repository.withdrawals.byId(entry.id)) !== null) continue
    const person = await repository.erasure.personByMark(study.sid, Buffer.from(entry.person, 'hex'))
    if (person === null || person.stopped === entry.act) continue
    const request = requestOf('restore', grantOf(study.id), systemClock.now(), { studies: [study.id], sites: [] })
    const body: WithdrawalRequestBody = {
      patient: person.patientId,
      act: entry.act as NonNullable<WithdrawalRequestBody['act']>,
      reason: 'done again after a restore',
      evidence: `outside ledger, entry ${entry.id}`,
    }
    const begun = await withdrawals.start(study, { ...request, facts: { ...request.facts, act: 'withdrawal', sid: study.sid } }, body)
    if (isRefusal(begun)) return { problem: `A withdrawal of the ledger (${entry.id}) cannot be done again: ${begun.detail}` }
    done += 1
  }
  return (await carriedOut(platform)) ?? done
}

const resumesMax = 3

// Those that were under way when the copy was taken, too. A step that met an error is done again: nobody is there to ask for it.
async function carriedOut({ repository, studies, withdrawals }: Platform): Promise<Problem | null> {
  for (const study of await studies.list()) {
    for (let resumed = 0; ;) {
      const all = await repository.withdrawals.list(study.sid, { limit: 1_000 })
      const failed = all.find(({ state }) => state === 'failed')
      if (failed !== undefined && resumed === resumesMax)
        return { problem: `A withdrawal in ${study.id} failed: ${failed.problem ?? 'unknown'}` }
      if (failed !== undefined) {
        resumed += 1
        await withdrawals.resume(study, grantOf(study.id), failed.id)
      }
      if (all.every(({ state }) => state === 'done' || state === 'cancelled')) break
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
  return null
}
