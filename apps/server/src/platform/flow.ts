import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { StageView } from '@aquifer/core/contract'
import { settingsOf } from '@aquifer/core/study'
import { durationMs } from '@aquifer/core/time'
import type { Config } from '../config/index.js'
import type { DisplayDoor, HeldDoor, PipelineDoor } from '../http/index.js'
import { openLake, type Keyring, type Lake } from '../lake/index.js'
import { MaskingRun, openMaskingPool, type StandingLeak } from '../masking/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import { keepRoot, type SignatureHand } from '../audit/index.js'
import { openCutDesk, Pipeline, type CutDesk, type StoresParts } from '../pipeline/index.js'
import { Replicator } from '../replicator/index.js'
import type { MaskingPolicyDesk } from '../privacy/index.js'
import type { AuditRecord, Repository, Study } from '../repository/index.js'
import {
  openReservoir,
  type FlatTables,
  type MaskedPerson,
  type PersonUnder,
  type Publishing,
  type Reservoir,
  type ReservoirStamp,
} from '../reservoir/index.js'
import type { Clock, Signer } from '../storage/index.js'
import type { Objects } from './objects.js'
import { heldDoors, openHeldAlarm } from './held.js'
import type { CodeLists, OwnViews } from '../query/index.js'
import { openStoreJobs } from './stores.js'
import { follow } from './follow.js'
import { openPersonKeys, type PersonKeys } from './person-keys.js'
import { keepStudyRecords } from './study-records.js'
import { publishedTables } from './tables.js'

/** The stages behind the repository, running: feed, lake, masking, reservoir. */
export interface Flow extends PersonKeys {
  pipeline: PipelineDoor
  cuts: CutDesk
  held: HeldDoor
  displays: DisplayDoor
  lake: Lake
  keyring: Keyring
  masking: MaskingRun
  reservoir: Reservoir
  /** As whoever compares the stores needs them. */
  stages: Pick<StoresParts, 'replicator' | 'lake' | 'masking' | 'reservoir' | 'clock' | 'files'>
  /** Takes a person whose rows have ended out of all that masking remembers and of every file; `readersGone` ends whoever reads them. */
  forget(study: string, person: MaskedPerson, end: Forgetting): Promise<{ files: number } | 'left'>
  /** Waits until all that was written before is in the lake; false: it is not within this time. */
  arrived(seconds: number): Promise<boolean>
  /** A job that compares or rebuilds stores was queued. */
  wakeJobs(): void
  /** Takes a person out of all data cuts; of an erased one also the texts that only he bore. */
  leaveCuts(study: string, act: string, personUnder: PersonUnder): Promise<{ cuts: number; rows: number }>
  /** For bulk loads: waits while the stages lag behind. */
  pace(study: string): Promise<void>
  checks(): Record<string, string>
  close(): Promise<void>
}

interface Forgetting {
  readersGone: (begunBefore: number) => void
  /** The process ends: what waits for other stages is left. */
  stopping: () => boolean
}

export interface FlowParts {
  config: Config
  keyring: Keyring
  objects: Objects
  repository: Repository
  metrics: Metrics
  log: Log
  clock: Clock
  signer: Signer
  hand: SignatureHand
  policies: Pick<MaskingPolicyDesk, 'inForce' | 'onActivated'>
  /** by which its jobs are known */
  owner: string
  /** the stages that other systems tell of */
  otherStages: (study: string | null) => Promise<StageView[]>
  ownViews: OwnViews
  segmentsRecentMax?: number
  /** Throws where another process may do the pipeline's work by now. */
  mayWrite?: () => void
  codeLists: CodeLists
  files: NonNullable<StoresParts['files']>
}

// The number of a study never changes.
function tablesOf({ repository, ownViews, codeLists }: FlowParts): FlatTables {
  const sids = new Map<string, number>()
  return async (study) => {
    const sid = sids.get(study) ?? (await repository.studies.byId(study))?.sid
    if (sid === undefined) return publishedTables([])
    sids.set(study, sid)
    return publishedTables(await ownViews.tables(sid), await codeLists.files({ id: study, sid }))
  }
}

/** Publication that was stopped is an event of the trail, as is every decision on it. */
async function auditLeak(repository: Repository, clock: Clock, { study, leaks }: { study: string; leaks: readonly StandingLeak[] }) {
  const sid = (await repository.studies.byId(study))?.sid ?? null
  const detail = {
    alarm: 'leak-found',
    leaks: leaks.slice(0, 20).map(({ kind, place, late }) => ({ kind, place, late })),
    count: leaks.length,
  }
  const of = { id: await repository.nextAuditId(), at: clock.now(), request: randomUUID(), actor: 'masking', role: 'none', sid }
  await repository.audits.record([{ ...of, action: 'masking', outcome: 'refused', detail, entries: [] }])
}

export async function openFlow(parts: FlowParts): Promise<Flow> {
  const { config, repository, log, clock, keyring } = parts
  const failed = (stage: string) => (failure: { study: string | null; reason: string }) =>
    log.error({ stage, ...failure }, 'a stage of the pipeline fails')
  const { segmentsRecentMax, mayWrite = () => undefined } = parts
  const lake = await openLake({
    at: parts.objects.lake.fenced(mayWrite),
    keyring,
    ...(segmentsRecentMax === undefined ? {} : { segmentsRecentMax }),
  })
  const reservoir = await openReservoir({
    dir: path.join(config.storeDir, 'reservoir'),
    objects: parts.objects.bucket?.reservoir ?? null,
    clock,
    signer: parts.signer,
    mayWrite,
    flatTables: tablesOf(parts),
    publishing: async (id) => publishingOf(await repository.studies.byId(id)),
    onFailure: failed('reservoir'),
  })
  const pool = openMaskingPool({ threads: maskingThreads(availableParallelism()) })
  const record = shownRecord(repository, clock)
  const asRead = new Map<string, Study>()
  const settings = async (id: string) => {
    const study = await repository.studies.byId(id)
    if (study !== null) asRead.set(id, study)
    return study && { masking: study.masking, publish: study.publish, consentEpoch: await repository.consents.epoch(study.sid) }
  }
  const alarm = openHeldAlarm(parts)
  const masking = new MaskingRun(lake, {
    reservoir,
    keyring,
    clock,
    settings,
    pool,
    policyOf: async (id) => parts.policies.inForce(asRead.get(id)!),
    onShown: async (study, stamp) => {
      await record(study, stamp)
      void reservoir.leaveOldKeys(study).catch((error: unknown) => failed('reservoir')({ study, reason: errorName(error).name }))
    },
    onFailure: failed('masking'),
    onLeak: (found) => auditLeak(repository, clock, found),
    onHeld: alarm.onHeld,
  })
  alarm.watch(masking)
  const replicator = new Replicator({ source: repository, lake, clock, onFailure: failed('replicator') })
  const pipeline = new Pipeline({ replicator, lake, masking, reservoir, clock, otherStages: parts.otherStages })
  for (const gauge of pipeline.gauges()) parts.metrics.gauge(gauge.name, gauge.help, gauge.read)
  const studyRecords = keepStudyRecords({
    records: () => repository.studyRecords.list(),
    lake,
    onFailure: (study, error) => failed('study records')({ study, reason: errorName(error).name }),
  })
  const onRootLost = (block: number): void => log.error({ block }, 'the lake knows a block of the audit trail that the database has not')
  const auditRoots = follow(
    () => keepRoot(repository.seals, parts.objects.lake, onRootLost),
    rootEveryMs,
    (error) => failed('audit roots')({ study: null, reason: errorName(error).name }),
  )
  const stages = { replicator, lake, masking, reservoir, clock, files: parts.files }
  const storeJobs = openStoreJobs({ repository, stages, owner: parts.owner, log })
  parts.policies.onActivated((study) => masking.wake(study.id))
  const personKeys = openPersonKeys(keyring, async (study) => reservoir.opened(study)?.snapshot()?.maskingKey)
  return {
    pipeline,
    cuts: openCutDesk({ reservoir, hand: parts.hand, signatures: repository.signatures }),
    ...heldDoors({ lake, masking, keyring, pool, clock }),
    lake,
    keyring,
    masking,
    reservoir,
    stages,
    ...personKeys,
    async forget(study, person, { readersGone, stopping }) {
      const purge = () => reservoir.purge(study, person, readersGone)
      // What the leak gate has stopped waits for somebody's decision: who is erased has nothing to do with it any more.
      while (masking.leaks(study).length === 0) {
        if (stopping()) return 'left'
        // Under a key or policy that is on its way he would be made anew.
        if (!(await within(lookAgainS, (signal) => masking.catchUp([study], signal)))) continue
        await masking.forget(study, person)
        return await purge()
      }
      return await masking.forgetStopped(study, person, purge)
    },
    arrived: (seconds) => within(seconds, (signal) => replicator.catchUp(signal)),
    wakeJobs: () => storeJobs.wake(),
    leaveCuts(study, act, personUnder) {
      const opened = reservoir.opened(study)
      const displays = opened?.snapshot()?.displays ?? null
      const present = act === 'erase' && opened ? { displays: displays === null ? null : path.join(opened.dir, displays) } : {}
      return reservoir.cuts.remove(study, { act, personUnder, ...present })
    },
    pace: (study) => pipeline.pace(study),
    checks: () => ({
      replicator: replicator.status().state,
      masking: [...masking.statuses()].some(([, status]) => status.state === 'failed') ? 'failed' : 'ok',
    }),
    async close() {
      await storeJobs.stop()
      await auditRoots.stop()
      await studyRecords.stop()
      await replicator.stop()
      await masking.stop()
      await reservoir.close()
      await pool.close()
    },
  }
}

// Two of two cores: only a study that is far behind has work for both, and then masking takes longer than all stages behind it.
const maskingThreads = (cores: number): number => Math.max(Math.min(2, cores), cores - 1)

const lookAgainS = 2
const rootEveryMs = 5_000

/** false: not within this time; the gate may have stopped the study meanwhile. */
async function within(seconds: number, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const signal = AbortSignal.timeout(seconds * 1000)
  try {
    await work(signal)
    return true
  } catch (error) {
    if (!signal.aborted) throw error
    return false
  }
}

function publishingOf(study: Study | null): Publishing {
  const { output, keepSnapshots } = settingsOf(study?.settings ?? {})
  const partition = (study?.partition ?? 'year') as Publishing['partition']
  return { partition, output, keepMs: keepSnapshots === null ? 0 : (durationMs(keepSnapshots) ?? 0) }
}

/** The trail tells which policy and key made what analysts see, each time it became another. */
function shownRecord(repository: Repository, clock: Clock) {
  return async (id: string, stamp: ReservoirStamp): Promise<void> => {
    const study = await repository.studies.byId(id)
    if (study === null) return
    const at = clock.now()
    const { maskingPolicy: policy, maskingKey, modelVersion, asOfYear } = stamp
    const of = { id: await repository.nextAuditId(), at, request: randomUUID(), actor: 'masking', role: 'none', sid: study.sid }
    const record = (n: number): AuditRecord => {
      const detail = { published: policy, key: maskingKey, modelVersion, asOfYear, n }
      return { ...of, action: 'masking', outcome: 'done', detail, entries: [] }
    }
    await repository.maskingPolicies.notePublication(study.sid, { policy, maskingKey, modelVersion, asOfYear }, { at, record })
  }
}
