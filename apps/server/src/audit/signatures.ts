import { createHash } from 'node:crypto'
import type { Grant } from '@aquifer/core/access'
import type { JobView, SignatureRequest, SignatureView } from '@aquifer/core/contract'
import { canonicalJson } from '@aquifer/core/fhir'
import { globalSid, maskingPolicyKind, rolePolicyKind, type Repository, type StoredSignature } from '../repository/index.js'
import type { Signer } from '../storage/index.js'
import { reachOf } from './filters.js'

/** What is signed, found by who may see it: its name and the hash of its bytes as they are kept. */
export interface SignedSubject {
  kind: SignatureRequest['subject']['kind'] | typeof rolePolicyKind | typeof maskingPolicyKind | 'data-cut'
  id: string
  hash: Buffer
}
/** Makes signatures and knows its own; who keeps what is signed may keep them with it. */
export interface SignatureHand {
  make(by: Signing['by'], what: Signing['what']): StoredSignature
  isGenuine(signature: StoredSignature): boolean
}
interface Signing {
  by: { grant: Grant; name: string }
  what: { meaning: string; subject: SignedSubject; sid: number | null }
}
export interface SignatureDesk {
  sign(by: Signing['by'], what: Signing['what']): Promise<SignatureView>
  list(grant: Grant, asked: { sid: number | null; subject: { kind: string; id: string } | null; limit: number }): Promise<SignatureView[]>
}

export const hashOf = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()
export const hashOfJob = ({ id, kind, result }: Pick<JobView, 'id' | 'kind' | 'result'>): Buffer =>
  hashOf(canonicalJson({ id, kind, result: JSON.parse(JSON.stringify(result)) as unknown }))

export const hashOfDocument = (document: unknown): Buffer => hashOf(canonicalJson(document))

const markedText = ({ mark: _mark, subjectHash, ...signature }: StoredSignature): Buffer =>
  Buffer.from(`aquifer signature\n${canonicalJson({ ...signature, subjectHash: subjectHash.toString('hex') })}`)

// Role policies were signed in a form of their own before they joined the other signatures.
function formerText({ subjectId, subjectHash, signer, name, role, meaning, at }: StoredSignature): Buffer {
  const subject = { kind: 'access-policy', version: Number(subjectId), sha256: subjectHash.toString('hex') }
  return Buffer.from(canonicalJson({ subject, signer, name, role, meaning, at }))
}

export function openSignatureHand({ signer, now, newId }: { signer: Signer; now: () => number; newId: () => string }): SignatureHand {
  return {
    make({ grant, name }, { meaning, subject, sid }) {
      const unsigned: StoredSignature = {
        id: newId(),
        at: now(),
        signer: grant.user,
        name,
        role: grant.role,
        meaning,
        subjectKind: subject.kind,
        subjectId: subject.id,
        subjectHash: subject.hash,
        sid,
        mark: Buffer.alloc(0),
      }
      return { ...unsigned, mark: Buffer.from(signer.sign(markedText(unsigned))) }
    },
    isGenuine: (signature) =>
      signer.verify(markedText(signature), signature.mark) ||
      (signature.subjectKind === rolePolicyKind && signer.verify(formerText(signature), signature.mark)),
  }
}

export function openSignatures({ repository, hand }: { repository: Repository; hand: SignatureHand }): SignatureDesk {
  async function viewOf(signature: StoredSignature, studies: ReadonlyMap<number, string>): Promise<SignatureView> {
    const current = await currentHash(repository, signature)
    return {
      id: signature.id,
      at: new Date(signature.at).toISOString(),
      signer: signature.signer,
      name: signature.name,
      role: signature.role,
      meaning: signature.meaning,
      subject: { kind: signature.subjectKind, id: signature.subjectId, sha256: signature.subjectHash.toString('hex') },
      study: signature.sid === null ? null : (studies.get(signature.sid) ?? null),
      genuine: hand.isGenuine(signature),
      matches: current === undefined ? null : (current?.equals(signature.subjectHash) ?? false),
    }
  }
  const studyNames = async (): Promise<Map<number, string>> => new Map((await repository.studies.list()).map(({ sid, id }) => [sid, id]))
  return {
    async sign(by, what) {
      const signature = hand.make(by, what)
      await repository.signatures.add(signature)
      return viewOf(signature, await studyNames())
    },
    async list(grant, { sid, subject, limit }) {
      const { sids } = await reachOf(repository, grant, null)
      const reached = sid === null ? sids : [sid]
      const found = await repository.signatures.list({
        limit,
        ...(reached === undefined ? {} : { sids: reached }),
        ...(subject === null ? {} : { subject }),
      })
      const names = await studyNames()
      return Promise.all(found.map((signature) => viewOf(signature, names)))
    },
  }
}

const subjectForm = /^([A-Za-z]+)\/([A-Za-z0-9.-]{1,64})\/_history\/(\d{1,9})$/

/** The hash of what is there now; null where it is gone, undefined where it was never kept here. */
async function currentHash(repository: Repository, { subjectKind, subjectId, sid }: StoredSignature): Promise<Buffer | null | undefined> {
  if (subjectKind === 'job') {
    const job = await repository.jobs.byId(subjectId)
    return job === null ? null : hashOfJob({ id: job.id, kind: job.kind as JobView['kind'], result: job.result ?? null })
  }
  if (subjectKind === rolePolicyKind) {
    const policy = await repository.rolePolicies.byVersion(Number(subjectId))
    return policy === null ? null : hashOfDocument(policy.document)
  }
  if (subjectKind === maskingPolicyKind) {
    const policy = await repository.maskingPolicies.byId(subjectId)
    if (policy === null) return null
    const { source, document, accepts } = policy
    return hashOfDocument({ source, document, accepts })
  }
  const [, type = '', id = '', version = ''] = subjectForm.exec(subjectId) ?? []
  if (subjectKind !== 'resource' || version === '') return undefined
  for (const place of new Set([sid ?? globalSid, globalSid])) {
    const stored = await repository.vread({ sid: place, type, id }, Number(version))
    if (stored?.content) return hashOf(stored.content)
  }
  return null
}
