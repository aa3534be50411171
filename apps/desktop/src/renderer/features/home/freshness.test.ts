import { expect, test } from 'vitest'
import type { StageView } from '@aquifer/core/contract'
import { freshness, title } from './freshness.js'

const stage = (part: Partial<StageView>): StageView => ({
  stage: 'lake',
  zone: 'identified',
  state: 'ok',
  lagMs: 0,
  rate: null,
  count: null,
  detail: null,
  ...part,
})

test('the head of the panel says the worst that is true', () => {
  expect(title([stage({}), stage({ state: 'idle' })])).toBe('Data is fresh')
  expect(title([stage({}), stage({ state: 'behind' })])).toBe('Data is on its way')
  expect(title([stage({ state: 'behind' }), stage({ state: 'failed' })])).toBe('A stage has failed')
})

test('how old a query may be: the slowest stage, or the schedule', () => {
  expect(freshness([stage({ lagMs: 200 }), stage({ lagMs: null })], 'continuous')).toBe('all that was written can be queried')
  expect(freshness([stage({ lagMs: 4000 }), stage({ lagMs: 38_000 })], 'continuous')).toBe(
    'what is written now can be queried in about 38 s',
  )
  expect(freshness([stage({ lagMs: 0 })], '24h')).toBe('published every 24h')
})
