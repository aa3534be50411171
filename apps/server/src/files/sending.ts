import type { AskedChecksum } from '@aquifer/core/files'
import { refuse, type Refusal } from '@aquifer/core/refusal'

/** A body and what its sender says of it. */
export interface Sending {
  filename: string | null
  type: string | null
  /** what was announced; null: nothing */
  length: number | null
  checksums: readonly AskedChecksum[]
  attestation: string | null
  patient: string | null
  body: AsyncIterable<Uint8Array>
  /** said when the body is wanted, to a sender that waits for it */
  want(): void
}
/** What a file of the reservoir needs beside its bytes. */
export function vouchedFor({ filename, attestation }: Pick<Sending, 'filename' | 'attestation'>): Refusal | null {
  if (filename === null)
    return refuse('bad-header', {
      detail: 'Name the file: Content-Disposition: attachment; filename="….csv".',
      header: 'Content-Disposition',
    })
  if (attestation !== null && attestation.trim().length >= 10 && attestation.length <= 500) return null
  const detail = 'Vouch for it that nobody can be recognised in the file: X-Aquifer-Attestation, in 10 to 500 characters.'
  return refuse('bad-header', { detail, header: 'X-Aquifer-Attestation' })
}
