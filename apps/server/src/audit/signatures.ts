import { createHash } from 'node:crypto'
import type { Grant } from '@aquifer/core/access'
import type { JobView, SignatureRequest, SignatureView } from '@aquifer/core/contract'
import { canonicalJson } from '@aquifer/core/fhir'
import { globalSid, type Repository, type StoredSignature } from '../repository/index.js'
import type { Signer } from '../storage/index.js'
import { reachOf } from './filters.js'

/** What is signed, found by who may see it: its name and the hash of its bytes as they are kept. */
export interface SignedSubject {
  kind: SignatureRequest['subject']['kind']
  id: string
  hash: Buffer
}
export interface SignatureDesk {
  sign(by: { grant: Grant; name: string }, what: { meaning: string; subject: SignedSubject; sid: number | null }): Promise<SignatureView>
  list(grant: Grant, asked: { sid: number | null; subject: { kind: string; id: string } | null; limit: number }): Promise<SignatureView[]>
}

export const hashOf = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()
export const hashOfJob = ({ id, kind, result }: Pick<JobView, 'id' | 'kind' | 'result'>): Buffer =>
  hashOf(canonicalJson({ id, kind, result: JSON.parse(JSON.stringify(result)) as unknown }))

const markedText = ({ mark: _mark, subjectHash, ...signature }: StoredSignature): Buffer =>
  Buffer.from(`aquifer signature\n${canonicalJson({ ...signature, subjectHash: subjectHash.toString('hex') })}`)

export function openSignatures(parts: { repository: Repository; signer: Signer; now: () => number; newId: () => string }): SignatureDesk {
  const { repository, signer, now, newId } = parts
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
      genuine: signer.verify(markedText(signature), signature.mark),
      matches: current === undefined ? null : (current?.equals(signature.subjectHash) ?? false),
    }
  }
  const studyNames = async (): Promise<Map<number, string>> => new Map((await repository.studies.list()).map(({ sid, id }) => [sid, id]))
  return {
    async sign({ grant, name }, { meaning, subject, sid }) {
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
      const signature = { ...unsigned, mark: Buffer.from(signer.sign(markedText(unsigned))) }
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
  const [, type = '', id = '', version = ''] = subjectForm.exec(subjectId) ?? []
  if (subjectKind !== 'resource' || version === '') return undefined
  for (const place of new Set([sid ?? globalSid, globalSid])) {
    const stored = await repository.vread({ sid: place, type, id }, Number(version))
    if (stored?.content) return hashOf(stored.content)
  }
  return null
}
