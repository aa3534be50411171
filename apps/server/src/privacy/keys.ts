import type { MaskingKeyList } from '@aquifer/core/contract'
import { keyFingerprint, type Keyring } from '../lake/index.js'
import type { KeyEscrowRow, Repository, Study } from '../repository/index.js'

const retentionMs = 90 * 86_400_000

/** The keys of studies' pseudonyms: which there are, and another one. */
export interface MaskingKeyDesk {
  list(study: Study): Promise<MaskingKeyList>
  rotate(study: Study): Promise<{ from: string; to: string; dropped: string[] }>
}

export interface KeyParts {
  repository: Repository
  keyring: Keyring
  /** Under which key is what analysts see; null: nothing is shown yet. */
  shownKey: (study: string) => string | null
  wake: (study: string) => void
  now: () => number
}

export function openMaskingKeys({ repository, keyring, shownKey, wake, now }: KeyParts): MaskingKeyDesk {
  return {
    async list(study) {
      const keys = await keyring.studyKeys(study.id, 'masking')
      return {
        study: study.id,
        keys: keys.map((key) => ({
          id: key.id,
          fingerprint: keyFingerprint(study.id, key),
          since: key.since === undefined ? null : instant(key.since),
          retiredAt: key.retiredAt === undefined ? null : instant(key.retiredAt),
        })),
        escrows: (await repository.keyEscrows.list(study.sid)).map((escrow) => escrowView(escrow, study.id)),
      }
    },
    async rotate(study) {
      const from = await keyring.studyKey(study.id, 'masking')
      const to = await keyring.rotate(study.id, 'masking', now())
      wake(study.id)
      const shown = shownKey(study.id)
      // A pseudonym in a report of last month may still be asked about; later than that nobody can tell any more.
      const keep = [from.id, ...(shown === null ? [] : [shown])]
      const dropped = await keyring.dropRetired(study.id, 'masking', { before: now() - retentionMs, keep })
      return { from: from.id, to: to.id, dropped }
    },
  }
}

const instant = (at: number): string => new Date(at).toISOString()
export const escrowView = (escrow: KeyEscrowRow, study: string): MaskingKeyList['escrows'][number] => ({
  id: escrow.id,
  study,
  key: escrow.keyId,
  fingerprint: escrow.fingerprint,
  needed: escrow.needed,
  reason: escrow.reason,
  by: escrow.by,
  at: instant(escrow.at),
  expiresAt: instant(escrow.expiresAt),
  shares: escrow.shares.map(({ holder, collectedAt }) => ({ holder, collectedAt: collectedAt === null ? null : instant(collectedAt) })),
})
