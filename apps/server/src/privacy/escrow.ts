import { createHash } from 'node:crypto'
import { combine, split } from 'shamir-secret-sharing'
import type { Grant } from '@aquifer/core/access'
import type { KeyEscrowRequest, KeyEscrowView, KeyRestored, KeyRestoreRequest, KeyShare } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { keyFingerprint } from '../lake/index.js'
import type { KeyEscrowRow, Study } from '../repository/index.js'
import { escrowView, type KeyParts } from './keys.js'

const fetchWithinMs = 7 * 86_400_000

/** A key in the hands of several people, of whom some together can bring it back, and none alone. */
export interface KeyEscrowDesk {
  make(grant: Grant, study: Study, request: KeyEscrowRequest): Promise<KeyEscrowView | Refusal>
  byId(id: string): Promise<KeyEscrowRow | null>
  fetch(grant: Grant, escrow: KeyEscrowRow): Promise<KeyShare | Refusal>
  restore(escrow: KeyEscrowRow, study: Study, request: KeyRestoreRequest): Promise<KeyRestored | Refusal>
}

export function openKeyEscrow({ repository, keyring, wake, now, newId }: KeyParts & { newId: () => string }): KeyEscrowDesk {
  const { keyEscrows } = repository
  return {
    byId: (id) => keyEscrows.byId(id),
    async make(grant, study, { holders, needed, reason }) {
      const wrong = await unfit(repository, { holders, needed })
      if (wrong !== null) return wrong
      const key = await keyring.studyKey(study.id, 'masking')
      const id = newId()
      const parts = await split(new Uint8Array(key.key), holders.length, needed)
      const shares = holders.map((holder, at) => {
        const text = shareText(id, at + 1, parts[at]!)
        return { n: at + 1, holder, sealed: keyring.seal(shareName(id, at + 1), Buffer.from(text)), collectedAt: null }
      })
      const fingerprint = keyFingerprint(study.id, key)
      const at = now()
      const own = { id, sid: study.sid, keyId: key.id, fingerprint, needed, reason, by: grant.user, at, expiresAt: at + fetchWithinMs }
      await keyEscrows.add({ ...own, shares })
      return escrowView({ ...own, shares }, study.id)
    },
    async fetch(grant, escrow) {
      await keyEscrows.expire(now())
      const share = await keyEscrows.collect(escrow.id, grant.user, now())
      const text = share?.sealed ? keyring.unseal(shareName(escrow.id, share.n), share.sealed) : null
      if (text === null)
        return refuse('unknown', { detail: 'There is no share for you here: none is yours, it was fetched, or its time is over.' })
      return { escrow: escrow.id, holder: grant.user, share: text.toString('latin1') }
    },
    async restore(escrow, study, { shares, use = false }) {
      const key = await keyOf(escrow, study.id, shares)
      if (isRefusal(key)) return key
      const here = (await keyring.studyKeys(study.id, 'masking')).find(({ id }) => id === escrow.keyId)
      const current = await keyring.studyKey(study.id, 'masking')
      const used = current.id === escrow.keyId
      if (here === undefined || (use && !used)) {
        await keyring.restore(study.id, { id: escrow.keyId, purpose: 'masking', key }, { use, at: now() })
        wake(study.id)
      }
      const { fingerprint } = escrow
      return { escrow: escrow.id, key: escrow.keyId, fingerprint, matches: true, present: here !== undefined, used: used || use }
    },
  }
}

async function unfit(
  repository: KeyParts['repository'],
  { holders, needed }: Pick<KeyEscrowRequest, 'holders' | 'needed'>,
): Promise<Refusal | null> {
  const wrong = (path: string, message: string): Refusal =>
    refuse('invalid', { detail: `${path}: ${message}`, issues: [{ severity: 'error', path, code: 'invalid', message }] })
  if (new Set(holders).size < holders.length) return wrong('holders', 'each person holds one share')
  if (needed > holders.length) return wrong('needed', 'more shares than there are holders')
  for (const [at, name] of holders.entries()) {
    const user = await repository.users.byName(name)
    if (user?.status !== 'active') return wrong(`holders.${at}`, 'no active user has this name')
  }
  return null
}

const shareName = (escrow: string, n: number): string => `key share ${escrow} ${n}`
const checksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** As it is written down: which escrow and share it is, its bytes, and a sum by which a slip of the pen is seen. */
function shareText(escrow: string, n: number, bytes: Uint8Array): string {
  const text = `aquifer-share:${escrow}:${n}:${Buffer.from(bytes).toString('hex')}`
  return `${text}:${checksum(text)}`
}

function shareBytes(escrow: string, text: string): { n: number; bytes: Uint8Array } | null {
  const [, named = '', id = '', n = '', hex = '', sum = ''] =
    /^((?:aquifer-share):([0-9a-f-]+):(\d+):([0-9a-f]+)):([0-9a-f]{8})$/.exec(text.trim()) ?? []
  return id === escrow && checksum(named) === sum ? { n: Number(n), bytes: new Uint8Array(Buffer.from(hex, 'hex')) } : null
}

async function keyOf(escrow: KeyEscrowRow, study: string, texts: readonly string[]): Promise<Buffer | Refusal> {
  const shares = texts.map((text) => shareBytes(escrow.id, text))
  const bad = shares.findIndex((share) => share === null)
  if (bad !== -1) return refuse('business-rule', { detail: `Share ${bad + 1} is not one of this escrow, or was copied wrongly.` })
  const byNumber = new Map(shares.map((share) => [share!.n, share!.bytes]))
  if (byNumber.size < escrow.needed)
    return refuse('business-rule', { detail: `${escrow.needed} different shares are needed, and these are ${byNumber.size}.` })
  const key = await combine([...byNumber.values()]).then(
    (bytes) => Buffer.from(bytes),
    () => null,
  )
  if (key === null || keyFingerprint(study, { key }) !== escrow.fingerprint)
    return refuse('business-rule', { detail: 'These shares do not make the key that was escrowed.' })
  return key
}
