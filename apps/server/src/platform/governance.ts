import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/index.js'
import {
  openCertificateSigner,
  openErasure,
  openWithdrawalDesk,
  repositoryStep,
  type Erasure,
  type WithdrawalDesk,
} from '../erasure/index.js'
import type { Jobs } from '../jobs/index.js'
import type { Log } from '../monitoring/index.js'
import type { Query } from '../query/index.js'
import type { Repository } from '../repository/index.js'
import { writeAtomically } from '../storage/index.js'
import type { Studies } from '../study/index.js'
import type { Flow } from './flow.js'
import { lakeStep, reservoirStep, statementsStep } from './withdrawal-steps.js'

const ledgerKeyFile = 'withdrawal-ledger.key'

/** The key under which erased people's ids are remembered without being kept. */
export async function openLedgerKey(dataDir: string): Promise<Uint8Array> {
  const file = path.join(dataDir, 'keys', ledgerKeyFile)
  const stored = await readFile(file).catch(() => null)
  if (stored !== null) return stored
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const key = randomBytes(32)
  await writeAtomically(file, key, { mode: 0o600 })
  return key
}

export interface GovernanceParts {
  config: Config
  repository: Repository
  studies: Studies
  jobs: Jobs
  flow: Flow | null
  query: Query | null
  log: Log
  now: () => number
  newId: () => string
}

/** Withdrawals: every store that is open here takes its step, the repository last. */
export async function openWithdrawals(parts: GovernanceParts): Promise<{ erasure: Erasure; desk: WithdrawalDesk }> {
  const { config, repository, flow, query, now, newId } = parts
  const signer = await openCertificateSigner(path.join(config.dataDir, 'keys'))
  const erasure = openErasure({ ...parts, signer })
  if (query !== null) erasure.registerStep(statementsStep({ repository, query, patientKeys: flow?.patientKeys ?? null }))
  if (flow !== null) {
    erasure.registerStep(reservoirStep(repository, flow))
    erasure.registerStep(lakeStep(repository, flow))
  }
  erasure.registerStep(repositoryStep(repository))
  const desk = openWithdrawalDesk({ repository, erasure, now, newId, onWithheld: (study) => query?.peopleWithdrew(study) })
  // A withdrawal goes through the stores where they are written: not in a process that only answers requests for others.
  if (flow !== null || config.roles.includes('scheduler')) erasure.begin()
  return { erasure, desk }
}
