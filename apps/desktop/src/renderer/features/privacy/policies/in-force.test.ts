import { expect, test } from 'vitest'
import type { MaskingProgress } from '@aquifer/core/contract'
import { tellOf } from './in-force.js'

const shown = { policy: 'expert v1', key: 'k', at: '2026-11-22T12:00:00Z' }
const progress: MaskingProgress = { study: 'S', state: 'current', shown, next: null, done: 5, total: 5, held: 0, reason: null }

test('what the gate stopped is told as that, by kind and place, and any other failure by its reason', () => {
  const blocked = tellOf({ ...progress, state: 'failed', reason: 'LeakFound: name at QuestionnaireResponse linkId' }, 'expert v1')
  expect(blocked.state).toBe('blocked')
  expect(blocked.why).toContain('It found: name at QuestionnaireResponse linkId.')
  expect(blocked.why).not.toContain('LeakFound')
  expect(tellOf({ ...progress, state: 'failed', reason: 'NoSpace' }, 'expert v1')).toMatchObject({ state: 'failed' })
})

test('while all is masked anew it says what analysts see', () => {
  const told = tellOf({ ...progress, state: 'masking-anew', next: { ...shown, policy: 'quiet v1' }, done: 1 }, 'quiet v1')
  expect([told.state, told.what]).toEqual(['turning', 'Masking anew under quiet v1, 1 of 5'])
  expect(told.why).toContain('analysts see expert v1')
})

test('without a policy that can be trusted nothing is said to be masked', () => {
  expect(tellOf(progress, null).state).toBe('untrusted')
  expect(tellOf({ ...progress, state: 'empty' }, 'expert v1').state).toBe('empty')
  expect(tellOf(progress, 'expert v1').state).toBe('current')
})
