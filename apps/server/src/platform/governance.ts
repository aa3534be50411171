import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { BulkExport } from '../bulk-export/index.js'
import type { Config } from '../config/index.js'
import { openParticipantDesk, type ParticipantDesk } from '../consent/index.js'
import { openErasure, openOutsideLedger, openWithdrawalDesk, repositoryStep, type WithdrawalDesk } from '../erasure/index.js'
import { openConsentClock, type ConsentClock } from '../fhir/index.js'
import type { FileDesk } from '../files/index.js'
import type { OpenStreams } from '../http/index.js'
import type { Jobs } from '../jobs/index.js'
import { errorName, type Log } from '../monitoring/index.js'
import type { MaskingPolicyDesk } from '../privacy/index.js'
import type { Repository } from '../repository/index.js'
import { writeOnce, type Signer } from '../storage/index.js'
import { openStudyFiles, type Studies, type StudyFiles } from '../study/index.js'
import type { Flow } from './flow.js'
import type { Queries } from './queries.js'
import { exportsStep, filesStep, lakeStep, reservoirStep, statementsStep } from './withdrawal-steps.js'

const ledgerKeyFile = 'withdrawal-ledger.key'

/** The key under which erased people's ids are remembered without being kept. */
export async function openLedgerKey(dataDir: string): Promise<Uint8Array> {
  const file = path.join(dataDir, 'keys', ledgerKeyFile)
  const stored = await readFile(file).catch(() => null)
  if (stored !== null) return stored
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeOnce(file, randomBytes(32))
  return readFile(file)
}

export interface GovernanceParts {
  config: Config
  repository: Repository
  signer: Signer
  studies: Studies
  policies: Pick<MaskingPolicyDesk, 'datesOf'>
  jobs: Jobs
  bulkExport: BulkExport
  streams: Pick<OpenStreams, 'end'>
  files: FileDesk
  flow: Flow | null
  queries: Pick<Queries, 'query' | 'downloads'> | null
  log: Log
  now: () => number
  newId: () => string
}

export interface Governance {
  desks: { withdrawals: WithdrawalDesk; participants: ParticipantDesk; studyFiles: StudyFiles }
  consentClock: ConsentClock
  close(): Promise<void>
}

/** Consent over time: withdrawals through every store that is open here, the repository last; what the clock ends; who stands where. */
export async function openGovernance(parts: GovernanceParts): Promise<Governance> {
  const { config, repository, studies, bulkExport, flow, queries, log, now, newId } = parts
  const query = queries?.query ?? null
  const onBug = (error: unknown): void => log.error({ err: errorName(error) }, 'consents that ended cannot be followed')
  const consentClock = openConsentClock({ repository, studies, now, ticks: config.roles.includes('scheduler'), onBug })
  const ledger = openOutsideLedger(path.join(config.dataDir, 'ledger', 'withdrawals.ndjson'), parts.signer)
  const erasure = openErasure({ ...parts, ledger })
  if (queries !== null) erasure.registerStep(statementsStep({ repository, ...queries, masked: flow }))
  erasure.registerStep(exportsStep(bulkExport))
  if (flow !== null) {
    erasure.registerStep(reservoirStep(repository, flow, query))
    erasure.registerStep(lakeStep(repository, flow, query))
  }
  erasure.registerStep(filesStep(parts.files))
  erasure.registerStep(repositoryStep(repository))
  const withdrawals = openWithdrawalDesk({ repository, erasure, now, newId })
  // Before whoever said it is answered: what runs on the study's masked rows is stopped.
  const unheard = repository.onWithdrawal(async (sid, withheld) => {
    erasure.wake()
    parts.streams.end(sid)
    const study = withheld ? await studies.bySid(sid).catch(onBug) : null
    if (study) query?.peopleWithdrew(study.id)
  })
  // A withdrawal goes through the stores where they are written: not in a process that only answers requests for others, and where
  // there is a lake, not in one that cannot reach it.
  const noLake = (): boolean => config.bucket === null && !existsSync(path.join(config.storeDir, 'lake'))
  if (flow !== null || config.roles.includes('scheduler')) erasure.begin(() => flow !== null || noLake())
  return {
    desks: {
      withdrawals,
      participants: openParticipantDesk({ repository, now }),
      studyFiles: openStudyFiles({ repository, studies, now, datesOf: parts.policies.datesOf }),
    },
    consentClock,
    async close() {
      unheard()
      await consentClock.close()
      await erasure.close()
    },
  }
}
