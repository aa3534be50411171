import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { StageView } from '@aquifer/core/contract'
import { builtInPolicies, createPseudonyms } from '@aquifer/core/masking'
import type { Config } from '../config/index.js'
import type { DisplayDoor, HeldDoor, PipelineDoor } from '../http/index.js'
import { openKeyring, openLake, type Lake } from '../lake/index.js'
import { hmacOf, MaskingRun, openMaskingPool } from '../masking/index.js'
import type { Log, Metrics } from '../monitoring/index.js'
import { Pipeline } from '../pipeline/index.js'
import { Replicator } from '../replicator/index.js'
import type { Repository } from '../repository/index.js'
import { openReservoir, type MaskedPerson, type Reservoir } from '../reservoir/index.js'
import type { Clock } from '../storage/index.js'
import { heldDoors, openHeldAlarm } from './held.js'
import { publishedTables } from './tables.js'

/** The stages behind the repository, running: feed, lake, masking, reservoir. */
export interface Flow {
  pipeline: PipelineDoor
  held: HeldDoor
  displays: DisplayDoor
  lake: Lake
  reservoir: Reservoir
  /** What patient_key is in the study's masked rows. */
  patientKeys(study: string, ids: readonly string[]): Promise<string[]>
  /** The person as the study's masked rows know him. */
  masked(study: string, patientId: string, resources: readonly { type: string; id: string }[]): Promise<MaskedPerson>
  /** Takes a person whose rows have ended out of all that masking remembers and of every file; `readersGone` ends whoever reads them. */
  forget(study: string, person: MaskedPerson, readersGone: () => void): Promise<{ files: number }>
  /** For bulk loads: waits while the stages lag behind. */
  pace(study: string): Promise<void>
  checks(): Record<string, string>
  close(): Promise<void>
}

export interface FlowParts {
  config: Config
  repository: Repository
  metrics: Metrics
  log: Log
  clock: Clock
  /** the stages that other systems tell of */
  otherStages: (study: string | null) => Promise<StageView[]>
}

export async function openFlow(parts: FlowParts): Promise<Flow> {
  const { config, repository, log, clock } = parts
  const failed = (stage: string) => (failure: { study: string | null; reason: string }) =>
    log.error({ stage, ...failure }, 'a stage of the pipeline fails')
  const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile ?? undefined })
  const lake = await openLake({ dir: path.join(config.storeDir, 'lake'), keyring })
  const reservoir = await openReservoir({
    dir: path.join(config.storeDir, 'reservoir'),
    clock,
    flatTables: publishedTables,
    partitionOf: async (study) => ((await repository.studies.byId(study))?.partition ?? 'year') as 'year' | 'month' | 'day',
    onFailure: failed('reservoir'),
  })
  const pool = openMaskingPool({ threads: Math.max(1, availableParallelism() - 1) })
  const settings = async (id: string) => {
    const study = await repository.studies.byId(id)
    return study && { masking: study.masking, publish: study.publish, consentEpoch: await repository.consents.epoch(study.sid) }
  }
  const alarm = openHeldAlarm(parts)
  const masking = new MaskingRun(lake, {
    reservoir,
    keyring,
    clock,
    settings,
    pool,
    policyOf: (name) => builtInPolicies[name] ?? null,
    onFailure: failed('masking'),
    onHeld: alarm.onHeld,
  })
  alarm.watch(masking)
  const replicator = new Replicator({ source: repository, lake, clock, onFailure: failed('replicator') })
  const pipeline = new Pipeline({ replicator, lake, masking, reservoir, clock, otherStages: parts.otherStages })
  for (const gauge of pipeline.gauges()) parts.metrics.gauge(gauge.name, gauge.help, gauge.read)
  const pseudonymsOf = async (study: string) => createPseudonyms(hmacOf((await keyring.studyKey(study, 'masking')).key))
  return {
    pipeline,
    ...heldDoors({ lake, masking, keyring, pool, clock }),
    lake,
    reservoir,
    async patientKeys(study, ids) {
      if (ids.length === 0) return []
      const pseudonyms = await pseudonymsOf(study)
      return ids.map((id) => pseudonyms.id('Patient', id))
    },
    async masked(study, patientId, resources) {
      const pseudonyms = await pseudonymsOf(study)
      return { patientKey: pseudonyms.id('Patient', patientId), ids: resources.map(({ type, id }) => pseudonyms.id(type, id)) }
    },
    async forget(study, person, readersGone) {
      await masking.forget(study, person)
      return await reservoir.purge(study, person, readersGone)
    },
    pace: (study) => pipeline.pace(study),
    checks: () => ({
      replicator: replicator.status().state,
      masking: [...masking.statuses()].some(([, status]) => status.state === 'failed') ? 'failed' : 'ok',
    }),
    async close() {
      await replicator.stop()
      await masking.stop()
      await reservoir.close()
      await pool.close()
    },
  }
}
