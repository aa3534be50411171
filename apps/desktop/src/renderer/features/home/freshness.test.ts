import { expect, test } from 'vitest'
import type { StageView } from '@aquifer/core/contract'
import { doneWords, freshness, title } from './freshness.js'

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

test('each number says what it counts', () => {
  const ingest = stage({ stage: 'ingest', count: 0, detail: 'since start' })
  expect(doneWords(ingest)).toBe('nothing since start')
  expect(doneWords({ ...ingest, count: 1200, rate: 2.5 })).toBe('2.5 / s, 1,200 since start')
  expect(doneWords(stage({ stage: 'replicator', count: 7 }))).toBe('7 copied in all')
  expect(doneWords(stage({ stage: 'lake', count: 7, detail: '8.7 MB, encrypted' }))).toBe('8.7 MB, encrypted')
  expect(doneWords(stage({ stage: 'reservoir', count: 0 }))).toBe('')
})
