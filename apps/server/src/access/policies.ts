import {
  builtInRolePolicy,
  checkRolePolicy,
  compileRolePolicy,
  diffRolePolicies,
  type Grant,
  type Right,
  type RolePolicy,
  type RolePolicyDocument,
  unnamedRights,
} from '@aquifer/core/access'
import type { RolePolicyChecked, RolePolicyList, RolePolicyVersion, RolePolicyWhole } from '@aquifer/core/contract'
import { isResourceType } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { hashOfDocument, type SignatureHand } from '../audit/index.js'
import { rolePolicyKind, type PolicyRow, type Repository } from '../repository/index.js'
import { dataClassOf } from './fhir-access.js'

// A policy signed at another process counts here after at most this long.
const freshMs = 2_000
const signaturesNeeded = 2

/** What roles may do, as data: versions that are proposed, signed by two people, and then in force. */
export interface PolicyDesk {
  /** in force now, for one request */
  current(): RolePolicy
  /** rights that the policy in force gives to no role */
  unnamed(): Right[]
  refresh(): Promise<void>
  list(): Promise<RolePolicyList>
  /** What is wrong with a text and what it would change; nothing is kept. */
  check(text: string): RolePolicyChecked
  propose(grant: Grant, document: unknown): Promise<RolePolicyVersion | Refusal>
  sign(grant: Grant, signer: { name: string; meaning: string }, version: number): Promise<RolePolicyVersion | Refusal>
  /** 0: the built-in policy */
  version(version: number): Promise<RolePolicyWhole | Refusal>
}

export function openPolicyDesk(parts: { repository: Repository; hand: SignatureHand; now: () => number }): PolicyDesk {
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
  const viewOf = (row: PolicyRow): RolePolicyVersion => viewIn(row, inForce.document, { version: inForce.policy.version, hand })
  return {
    current() {
      if (Math.abs(now() - readAt) > freshMs) void refresh().catch(() => undefined)
      return inForce.policy
    },
    unnamed: () => unnamedRights(inForce.document),
    refresh,
    async list() {
      await refresh()
      const { document, policy } = inForce
      const versions = (await rolePolicies.list()).map(viewOf)
      return { inForce: policy.version, document, builtIn: builtInRolePolicy, unnamed: unnamedRights(document), versions }
    },
    check(text) {
      const { document, findings } = checkRolePolicy(text, classOfType)
      return { findings, changes: document === null ? [] : diffRolePolicies(inForce.document, document) }
    },
    async propose(grant, said) {
      const { document, findings } = checkRolePolicy(JSON.stringify(said ?? null), classOfType)
      const wrong = findings.filter(({ severity }) => severity === 'error')
      if (document === null || wrong.length > 0) return refuse('business-rule', { detail: detailOf(wrong), issues: issuesOf(wrong) })
      const hash = hashOfDocument(document)
      return viewOf(await rolePolicies.propose({ name: document.name, document, hash, proposedBy: grant.user, proposedAt: now() }))
    },
    async sign(grant, { name, meaning }, version) {
      if (grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A policy is signed by a person, not by a service token.' })
      const row = await rolePolicies.byVersion(version)
      if (row === null) return noSuchVersion()
      const subject = { kind: rolePolicyKind, id: String(version), hash: row.hash } as const
      const signature = hand.make({ grant, name }, { meaning, subject, sid: null })
      const signed = await rolePolicies.sign(version, signature, signaturesNeeded)
      if (signed === null) return refuse('conflict', { detail: 'You have signed this version, or it is in force already.' })
      await refresh()
      return viewOf(signed)
    },
    async version(version) {
      await refresh()
      if (version === 0) return builtInVersion(inForce)
      const row = await rolePolicies.byVersion(version)
      return row === null ? noSuchVersion() : { ...viewOf(row), document: row.document as RolePolicyDocument }
    },
  }
}

export const classOfType = (type: string): ReturnType<typeof dataClassOf> | null => (isResourceType(type) ? dataClassOf(type) : null)

const noSuchVersion = (): Refusal => refuse('unknown', { detail: 'There is no such version of the policy.' })
const byActivation = (a: PolicyRow, b: PolicyRow): number => (b.activatedAt ?? 0) - (a.activatedAt ?? 0) || b.version - a.version

/** Two people's signatures that verify over what the document is now; a changed document or a made-up signature is not in force. */
function isInForce(row: PolicyRow, hand: SignatureHand): boolean {
  if (row.activatedAt === null || !hashOfDocument(row.document).equals(row.hash)) return false
  const signers = row.signatures.filter((each) => each.subjectHash.equals(row.hash) && hand.isGenuine(each))
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

/** What the program comes with: it needs no signature, and is what counts until a signed one does. */
function builtInVersion(inForce: { policy: RolePolicy; document: RolePolicyDocument }): RolePolicyWhole {
  const at = new Date(0).toISOString()
  return {
    version: 0,
    name: builtInRolePolicy.name,
    state: inForce.policy.version === 0 ? 'in-force' : 'superseded',
    sha256: hashOfDocument(builtInRolePolicy).toString('hex'),
    proposedBy: 'aquifer',
    proposedAt: at,
    activatedAt: at,
    signatures: [],
    changes: diffRolePolicies(inForce.document, builtInRolePolicy),
    document: builtInRolePolicy,
  }
}

function viewIn(row: PolicyRow, document: RolePolicyDocument, by: { version: number; hand: SignatureHand }): RolePolicyVersion {
  const state = row.activatedAt === null ? 'proposed' : row.version === by.version ? 'in-force' : 'superseded'
  return {
    version: row.version,
    name: row.name,
    state,
    sha256: row.hash.toString('hex'),
    proposedBy: row.proposedBy,
    proposedAt: new Date(row.proposedAt).toISOString(),
    activatedAt: row.activatedAt === null ? null : new Date(row.activatedAt).toISOString(),
    signatures: row.signatures.map((signature) => {
      const { id, signer, name, role, meaning, at } = signature
      const genuine = signature.subjectHash.equals(row.hash) && by.hand.isGenuine(signature)
      return { id, signer, name, role, meaning, at: new Date(at).toISOString(), genuine }
    }),
    changes: diffRolePolicies(document, row.document as RolePolicyDocument),
  }
}
