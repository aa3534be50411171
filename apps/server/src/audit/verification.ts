import { wordsOfFinding } from '@aquifer/core/audit'
import { auditHead, type AuditVerification } from '@aquifer/core/contract'
import type { Repository } from '../repository/index.js'
import { openVerifier, type Verifier } from '../storage/index.js'
import { readOutsideHead, type OutsideHead } from './seal/chain.js'
import { storedTrail } from './seal/stored-trail.js'
import { verifyTrail, type TrailSource } from './seal/verify.js'
import { isWholeFile, readTrailHead, trailInFile } from './trail-file.js'

/** The part of a running job that the work itself sees. */
export interface Work {
  progress(figures: Record<string, unknown>): void
  readonly cancelled: boolean
}

interface Verifying {
  repository: Repository
  verifier: Verifier
  headFile: string
  /** heads that are kept beside the database and the data folder */
  elsewhere: () => Promise<readonly OutsideHead[]>
}

/** Verifies the stored trail, as a job: `request` may bring a head that was kept elsewhere. */
export async function verifyStored(parts: Verifying, work: Work, request: Record<string, unknown>): Promise<AuditVerification> {
  const given = auditHead.safeParse(request['head'])
  // The head before the last block: it is never ahead of a chain that is whole.
  const kept = await readOutsideHead(parts.headFile)
  const heads = [...(kept === null ? [] : [kept]), ...(await parts.elsewhere()), ...(given.success ? [given.data] : [])]
  const source = await storedTrail(parts.repository)
  const about = Math.max(1, await parts.repository.seals.count())
  return verification(source, {
    verifier: parts.verifier,
    heads,
    onProgress: (records) => {
      work.progress({ progress: Math.min(1, records / about), records })
      return work.cancelled
    },
  })
}

/** An exported trail, by the public key alone: that of the caller, else the one the file brings, which proves only that it fits itself. */
export async function verifyFile(
  file: string,
  given: { publicKey: string | null; heads: readonly OutsideHead[] },
): Promise<AuditVerification | null> {
  const head = await readTrailHead(file)
  if (head === null) return null
  const verifier = openVerifier(given.publicKey ?? head.publicKey)
  const found = await verification(trailInFile(file, head.filtered), { verifier, heads: given.heads })
  if (await isWholeFile(file, verifier)) return found
  const says = wordsOfFinding('file-changed')
  const finding = { kind: 'file-changed', says, record: null, position: null, block: null }
  return { ...found, whole: false, counts: { ...found.counts, 'file-changed': 1 }, findings: [finding, ...found.findings] }
}

export async function verification(
  source: TrailSource,
  options: { verifier: Verifier; heads: readonly OutsideHead[]; onProgress?: (records: number) => boolean },
): Promise<AuditVerification> {
  const started = performance.now()
  const told = await verifyTrail(source, options)
  const elapsedMs = performance.now() - started
  return {
    ...told,
    head: told.head === null ? null : { ...told.head, at: new Date(told.head.at).toISOString() },
    counts: told.counts,
    findings: told.findings.map((finding) => ({ ...finding, says: wordsOfFinding(finding.kind) })),
    elapsedMs: Math.round(elapsedMs),
    recordsPerSecond: Math.round((told.records / Math.max(elapsedMs, 1)) * 1000),
  }
}
