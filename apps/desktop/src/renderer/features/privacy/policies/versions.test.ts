import { expect, test } from 'vitest'
import type { MaskingPolicyList, MaskingPolicyVersion } from '@aquifer/core/contract'
import { inForceOf, isShown, keyOf, namedBy, policyChoices, tryFirst, waitsForSigning } from './versions.js'

const version = (id: string, state: MaskingPolicyVersion['state'], signers: string[] = []): MaskingPolicyVersion => ({
  id,
  study: 'S',
  name: id,
  version: 1,
  label: `${id} v1`,
  state,
  initial: false,
  accepts: [],
  reason: null,
  sha256: '',
  genuine: true,
  proposedBy: 'ann',
  proposedAt: '2026-11-22T09:10:00Z',
  activatedAt: null,
  retiredAt: null,
  rejected: null,
  signaturesNeeded: 2,
  signatures: signers.map((signer) => ({
    id: signer,
    signer,
    name: signer,
    role: 'privacy-officer',
    meaning: 'approval',
    at: '2026-11-22T09:10:00Z',
    genuine: true,
  })),
  changes: [],
})
const list = (inForce: MaskingPolicyList['inForce'], versions: MaskingPolicyVersion[] = []): MaskingPolicyList => ({
  builtIn: [
    { name: 'safe-harbor', label: 'safe-harbor v1' },
    { name: 'expert', label: 'expert v1' },
  ],
  inForce,
  versions,
})

test('what is in force is a stored version, a built-in policy, or nothing that can be trusted', () => {
  expect(inForceOf(list([{ study: 'S', label: 'quiet v1', id: '7' }]))).toEqual({ id: '7' })
  expect(inForceOf(list([{ study: 'S', label: 'expert v1', id: null }]))).toEqual({ name: 'expert' })
  expect(inForceOf(list([{ study: 'S', label: null, id: null }]))).toBe(null)
})

test('a choice names a stored version or a built-in policy, and says which is in force', () => {
  const choices = policyChoices(
    list([{ study: 'S', label: 'quiet v1', id: 'quiet' }], [version('quiet', 'active'), version('loud', 'in-review')]),
  )
  expect(choices.map(({ label }) => label)).toEqual([
    'quiet v1, active',
    'loud v1, in review',
    'safe-harbor v1, built in',
    'expert v1, built in',
  ])
  expect(choices.map(({ id }) => keyOf(namedBy(id)) === id)).toEqual([true, true, true, true])
})

test('a version waits for whoever has not signed it, as long as it can be signed', () => {
  const review = version('a', 'in-review', ['ann'])
  expect([waitsForSigning(review, 'ann'), waitsForSigning(review, 'bea')]).toEqual([false, true])
  expect(waitsForSigning(version('a', 'rejected'), 'bea')).toBe(false)
  expect([isShown(review, 'waiting'), isShown(review, 'past'), isShown(version('a', 'retired'), 'past')]).toEqual([true, false, true])
})

test('on what is held another policy is tried first than the one that holds it', () => {
  const inForce: MaskingPolicyList['inForce'] = [{ study: 'S', label: 'safe-harbor v1', id: null }]
  expect(tryFirst(list(inForce))).toBe('expert')
  expect(namedBy(tryFirst(list(inForce, [version('quiet', 'retired'), version('loud', 'in-review')])))).toEqual({ id: 'loud' })
})
