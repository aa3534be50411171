import path from 'node:path'
import { exportTrail, openSealer, rootsIn, verifyStored, type Sealer } from '../audit/index.js'
import { isRefusal } from '@aquifer/core/refusal'
import type { Config } from '../config/index.js'
import { openJobWorker, type JobRun, type JobWorker } from '../jobs/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import { openRegistrationClock, type RegistrationClock } from '../registration/index.js'
import type { Repository } from '../repository/index.js'
import type { Clock, Signer } from '../storage/index.js'
import { openObjects } from './objects.js'

/** Work that keeps its own time: the trail's sealer, the queue of long jobs, and what registration does by the clock. */
export interface Background {
  sealer: Sealer
  worker: JobWorker
  registrationClock: RegistrationClock
  checks(): Record<string, string>
  close(): Promise<void>
}

interface Parts {
  config: Config
  repository: Repository
  signer: Signer
  clock: Clock
  log: Log
  metrics: Metrics
  owner: string
  deliver: JobRun
  /** null: no way of delivery is set up */
  remind: ((sid: number) => Promise<void>) | null
  bulkExport: JobRun
  quality: JobRun
}

/** Where exports of the trail lie. */
export const exportDir = (config: Config): string => path.join(config.dataDir, 'files', 'audit')

export function openBackground(parts: Parts): Background {
  const { config, repository, signer, clock, log, metrics, owner } = parts
  const headFile = path.join(config.dataDir, 'keys', 'audit-head.json')
  const sealer = openSealer({
    repository,
    signer,
    headFile,
    clock,
    owner,
    onAlarm: (alarm) => log.error(alarm, 'the audit trail was changed from outside'),
    onFailure: (reason) => log.error({ reason }, 'the audit trail cannot be sealed'),
  })
  metrics.gauge('aquifer_audit_sealed', 'Records in the sealed chain', () => sealer.status().sealed)
  metrics.gauge('aquifer_audit_alarms', 'Changes of the trail from outside, met while sealing', () => sealer.status().alarms)
  const worker = openJobWorker({
    repository,
    owner,
    kinds: {
      'audit-verify': async (job, { request }) => ({
        result: await verifyStored(
          { repository, verifier: signer, headFile, elsewhere: async () => rootsIn((await openObjects(config)).lake) },
          job,
          request,
        ),
      }),
      'audit-export': async (job, asked) => {
        const made = await exportTrail({ repository, signer, dir: exportDir(config), now: () => clock.now() }, job, asked)
        return isRefusal(made) ? { problem: made.detail } : { result: made }
      },
      'invitation-delivery': parts.deliver,
      'fhir-export': parts.bulkExport,
      quality: parts.quality,
    },
    onFailure: (failure) => log.error(failure, 'a job met an error'),
  })
  const onBug = (error: unknown): void => log.error({ err: errorName(error) }, 'registration cannot do what time asks for')
  const registrationClock = openRegistrationClock({ repository, now: () => clock.now(), queue: parts.remind, onBug })
  return {
    sealer,
    worker,
    registrationClock,
    checks: () => ({ audit: sealer.status().alarms > 0 ? 'changed from outside' : sealer.status().state }),
    async close() {
      await registrationClock.close()
      await worker.stop()
      await sealer.stop()
    },
  }
}
