import type { MaskingKeyList } from '@aquifer/core/contract'
import { auditRecord, type RequestFacts } from '../audit/index.js'
import { keyFingerprint, type Keyring } from '../lake/index.js'
import type { KeyEscrowRow, Repository, Study } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'

const retentionMs = 90 * 86_400_000
const recordsMax = 1_000

/** The keys of studies' pseudonyms: which there are, and another one. */
export interface MaskingKeyDesk {
  list(study: Study): Promise<MaskingKeyList>
  rotate(facts: RequestFacts, study: Study, reason: string): Promise<void>
  /** Ends rotations that were broken off: what is on record is done, what is not has never been. */
  takeUp(studies: readonly Pick<Study, 'id' | 'sid'>[]): Promise<void>
}

export interface KeyParts {
  repository: Repository
  keyring: Keyring
  /** Under which key is what analysts see; null: nothing is shown yet. */
  shownKey: (study: string) => string | null
  /** Keys under which data cuts were made that stand: by them alone a person is found there. */
  keysOfCuts: (study: string) => Promise<readonly string[]>
  wake: (study: string) => void
  now: () => number
}

export function openMaskingKeys({ repository, keyring, shownKey, keysOfCuts, wake, now }: KeyParts): MaskingKeyDesk {
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work)
    turn = next.catch(() => undefined)
    return next
  }
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
    rotate: (facts, study, reason) =>
      inTurn(async () => {
        await settle(study)
        const from = await keyring.studyKey(study.id, 'masking')
        const to = await keyring.prepare(study.id, 'masking', facts.at)
        await faultPoint('privacy.key-prepared')
        const dropped = await overdue(study.id)
        const detail = { ...facts.detail, did: 'rotate-key', from: from.id, key: to.id, dropped: dropped.join(' '), why: reason }
        await repository.audits.record([auditRecord({ ...facts, detail }, await repository.nextAuditId(), 201)])
        facts.recorded = true
        await faultPoint('privacy.rotation-recorded')
        await change(study.id, to, dropped)
      }),
    takeUp: (studies) =>
      inTurn(async () => {
        for (const study of studies) await settle(study)
      }),
  }

  /** A pseudonym in a report of last month may still be asked about; later than that nobody can tell any more. */
  async function overdue(study: string): Promise<string[]> {
    const keys = await keyring.studyKeys(study, 'masking')
    const needed = new Set([shownKey(study), ...(await keysOfCuts(study))])
    return keys
      .filter(({ id, retiredAt }) => retiredAt !== undefined && retiredAt < now() - retentionMs && !needed.has(id))
      .map(({ id }) => id)
  }

  // The record of it is in a database and the key in a folder: a key is made first, and used once it is on record.
  async function change(study: string, to: PreparedKey, dropped: readonly string[]): Promise<void> {
    await keyring.drop(study, dropped)
    await faultPoint('privacy.old-keys-dropped')
    await keyring.use(study, to, now())
    await faultPoint('privacy.key-in-use')
    wake(study)
  }

  async function settle({ id, sid }: Pick<Study, 'id' | 'sid'>): Promise<void> {
    for (const key of await keyring.prepared(id, 'masking')) {
      const from = key.preparedAt ?? 0
      const records = await repository.audits.list({ sids: [sid], actions: ['masking'], outcome: 'done', from, limit: recordsMax })
      const record = records.find(({ detail }) => detail['did'] === 'rotate-key' && detail['key'] === key.id)
      const dropped = record?.detail['dropped']
      if (record === undefined) await keyring.discard(id, key.id)
      else await change(id, key, typeof dropped === 'string' ? dropped.split(' ') : [])
    }
  }
}

type PreparedKey = Awaited<ReturnType<Keyring['prepare']>>

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
