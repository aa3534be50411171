import type { MaskingPolicyVersion } from '@aquifer/core/contract'
import { canonicalJson } from '@aquifer/core/fhir'
import { comparePolicies, type Policy } from '@aquifer/core/masking'
import { hashOfDocument, type SignatureHand } from '../audit/index.js'
import type { MaskingPolicyRow, Study } from '../repository/index.js'
import type { Signer } from '../storage/index.js'

export const signaturesNeeded = 2

/** What a signature covers: the file, what it says in full, and what was accepted with it. */
export const contentOf = ({ source, document, accepts }: Pick<MaskingPolicyRow, 'source' | 'document' | 'accepts'>): unknown => ({
  source,
  document,
  accepts,
})

export const markTextOf = (said: { study: string; name: string; version: number; hash: Buffer; initial: boolean }): Buffer =>
  Buffer.from(`aquifer masking policy\n${canonicalJson({ ...said, hash: said.hash.toString('hex') })}`)

/** The version is, for this study, what the server took in: nobody changed document, study or beginning past it. */
export function isGenuine(row: MaskingPolicyRow, study: string, signer: Signer): boolean {
  const { name, version, hash, initial } = row
  return hashOfDocument(contentOf(row)).equals(hash) && signer.verify(markTextOf({ study, name, version, hash, initial }), row.mark)
}

/** A study may be masked by it: it was activated, and two people's signatures verify over what it says now, unless it was the first. */
export function isTrusted(row: MaskingPolicyRow, study: string, by: { hand: SignatureHand; signer: Signer }): boolean {
  if (row.activatedAt === null || !isGenuine(row, study, by.signer)) return false
  const signers = row.signatures.filter((each) => each.subjectHash.equals(row.hash) && by.hand.isGenuine(each))
  return row.initial || new Set(signers.map(({ signer }) => signer)).size >= signaturesNeeded
}

export const labelOf = ({ name, version }: Pick<MaskingPolicyRow, 'name' | 'version'>): string => `${name} v${version}`

function stateOf(row: MaskingPolicyRow, study: Study): MaskingPolicyVersion['state'] {
  if (row.rejectedAt !== null) return 'rejected'
  if (row.activatedAt !== null) return row.retiredAt === null && study.masking === labelOf(row) ? 'active' : 'retired'
  return row.signatures.length === 0 ? 'proposed' : 'in-review'
}

interface Seen {
  against: Policy | null
  hand: SignatureHand
  signer: Signer
}
const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

export function viewOf(row: MaskingPolicyRow, study: Study, { against, hand, signer }: Seen): MaskingPolicyVersion {
  const { rejectedAt, rejectedBy, rejectedReason } = row
  const genuine = isGenuine(row, study.id, signer)
  return {
    id: row.id,
    study: study.id,
    name: row.name,
    version: row.version,
    label: labelOf(row),
    state: stateOf(row, study),
    initial: row.initial,
    accepts: row.accepts as MaskingPolicyVersion['accepts'],
    reason: row.reason,
    sha256: row.hash.toString('hex'),
    genuine,
    proposedBy: row.proposedBy,
    proposedAt: new Date(row.proposedAt).toISOString(),
    activatedAt: instant(row.activatedAt),
    retiredAt: instant(row.retiredAt),
    rejected: rejectedAt === null ? null : { by: rejectedBy ?? '', at: new Date(rejectedAt).toISOString(), reason: rejectedReason ?? '' },
    signaturesNeeded: row.initial ? 0 : signaturesNeeded,
    signatures: row.signatures.map((signature) => {
      const { id, signer: who, name, role, meaning, at } = signature
      const isReal = signature.subjectHash.equals(row.hash) && hand.isGenuine(signature)
      return { id, signer: who, name, role, meaning, at: new Date(at).toISOString(), genuine: isReal }
    }),
    changes: against === null ? [] : comparePolicies(against, row.document as Policy),
  }
}
