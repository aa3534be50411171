import { createHash } from 'node:crypto'
import {
  builtInRolePolicy,
  checkRolePolicy,
  compileRolePolicy,
  diffRolePolicies,
  type Grant,
  type RolePolicy,
  type RolePolicyDocument,
} from '@aquifer/core/access'
import type { RolePolicyList, RolePolicyVersion } from '@aquifer/core/contract'
import { canonicalJson, isResourceType } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { PolicyRow, PolicySignature, Repository } from '../repository/index.js'
import { dataClassOf } from './fhir-access.js'

// A policy signed at another process counts here after at most this long.
const freshMs = 2_000
const signaturesNeeded = 2

/** The server's hand under what people signed. */
export interface Hand {
  sign(bytes: Uint8Array): Uint8Array
  verify(bytes: Uint8Array, mark: Uint8Array): boolean
}

/** What roles may do, as data: versions that are proposed, signed by two people, and then in force. */
export interface PolicyDesk {
  /** in force now, for one request */
  current(): RolePolicy
  refresh(): Promise<void>
  list(): Promise<RolePolicyList>
  propose(grant: Grant, document: unknown): Promise<RolePolicyVersion | Refusal>
  sign(grant: Grant, signer: { name: string; meaning: string }, version: number): Promise<RolePolicyVersion | Refusal>
  version(version: number): Promise<RolePolicyVersion | Refusal>
}

export function openPolicyDesk(parts: { repository: Repository; hand: Hand; now: () => number }): PolicyDesk {
  const { repository, hand, now } = parts
  const { rolePolicies } = repository
  let inForce = { policy: compileRolePolicy(builtInRolePolicy, 0), document: builtInRolePolicy }
  let readAt = Number.NEGATIVE_INFINITY

  async function refresh(): Promise<void> {
    readAt = now()
    const active = (await rolePolicies.list()).filter((row) => isInForce(row, hand)).toSorted(byActivation)[0]
    const document = active === undefined ? builtInRolePolicy : (active.document as RolePolicyDocument)
    if ((active?.version ?? 0) !== inForce.policy.version) inForce = { policy: compileRolePolicy(document, active?.version ?? 0), document }
  }
  const viewOf = (row: PolicyRow): RolePolicyVersion => viewIn(row, inForce.document, inForce.policy.version)
  return {
    current() {
      if (Math.abs(now() - readAt) > freshMs) void refresh().catch(() => undefined)
      return inForce.policy
    },
    refresh,
    async list() {
      await refresh()
      return { inForce: inForce.policy.version, document: inForce.document, versions: (await rolePolicies.list()).map(viewOf) }
    },
    async propose(grant, said) {
      const { document, findings } = checkRolePolicy(JSON.stringify(said ?? null), classOfType)
      const wrong = findings.filter(({ severity }) => severity === 'error')
      if (document === null || wrong.length > 0) return refuse('business-rule', { detail: detailOf(wrong), issues: issuesOf(wrong) })
      const hash = hashOf(document)
      return viewOf(await rolePolicies.propose({ name: document.name, document, hash, proposedBy: grant.user, proposedAt: now() }))
    },
    async sign(grant, { name, meaning }, version) {
      if (grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A policy is signed by a person, not by a service token.' })
      const row = await rolePolicies.byVersion(version)
      if (row === null) return noSuchVersion()
      const said = { signer: grant.user, name, role: grant.role, meaning, at: now() }
      const mark = Buffer.from(hand.sign(signedBytes(row, said))).toString('base64')
      const signed = await rolePolicies.sign(version, { ...said, mark })
      if (signed === null) return refuse('conflict', { detail: 'You have signed this version, or it is in force already.' })
      await refresh()
      return viewOf(signed)
    },
    async version(version) {
      const row = await rolePolicies.byVersion(version)
      await refresh()
      return row === null ? noSuchVersion() : viewOf(row)
    },
  }
}

export const classOfType = (type: string): ReturnType<typeof dataClassOf> | null => (isResourceType(type) ? dataClassOf(type) : null)

const noSuchVersion = (): Refusal => refuse('unknown', { detail: 'There is no such version of the policy.' })
const hashOf = (document: unknown): Buffer => createHash('sha256').update(canonicalJson(document)).digest()
const byActivation = (a: PolicyRow, b: PolicyRow): number => (b.activatedAt ?? 0) - (a.activatedAt ?? 0) || b.version - a.version

function signedBytes(row: Pick<PolicyRow, 'version' | 'hash'>, said: Omit<PolicySignature, 'mark'>): Buffer {
  const { signer, name, role, meaning, at } = said
  const subject = { kind: 'access-policy', version: row.version, sha256: row.hash.toString('hex') }
  return Buffer.from(canonicalJson({ subject, signer, name, role, meaning, at }))
}

/** Two people's signatures that verify over what the document is now; a changed document or a made-up signature is not in force. */
function isInForce(row: PolicyRow, hand: Hand): boolean {
  if (row.activatedAt === null || !hashOf(row.document).equals(row.hash)) return false
  const signers = row.signatures.filter((each) => hand.verify(signedBytes(row, each), Buffer.from(each.mark, 'base64')))
  return new Set(signers.map(({ signer }) => signer)).size >= signaturesNeeded
}

type Findings = ReturnType<typeof checkRolePolicy>['findings']
const detailOf = (findings: Findings): string => findings.map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`).join(' ')
const issuesOf = (findings: Findings) =>
  findings.map(({ path, message, remedy }) => ({
    severity: 'error' as const,
    path,
    code: 'business-rule',
    message: `${message} ${remedy}`,
  }))

function viewIn(row: PolicyRow, document: RolePolicyDocument, inForce: number): RolePolicyVersion {
  const state = row.activatedAt === null ? 'proposed' : row.version === inForce ? 'in-force' : 'superseded'
  return {
    version: row.version,
    name: row.name,
    state,
    sha256: row.hash.toString('hex'),
    proposedBy: row.proposedBy,
    proposedAt: new Date(row.proposedAt).toISOString(),
    activatedAt: row.activatedAt === null ? null : new Date(row.activatedAt).toISOString(),
    signatures: row.signatures.map(({ signer, name, role, meaning, at }) => ({
      signer,
      name,
      role,
      meaning,
      at: new Date(at).toISOString(),
    })),
    changes: diffRolePolicies(document, row.document as RolePolicyDocument),
  }
}
