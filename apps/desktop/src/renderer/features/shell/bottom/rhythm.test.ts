import { expect, test } from 'vitest'
import { rhythm, rhythms } from './rhythm.js'

test('how often a query runs is said as people say it', () => {
  expect(['1h', '24h', '1d', '7d', '6h', '48h', '90d', null].map(rhythm)).toEqual([
    'every hour',
    'every day',
    'every day',
    'every week',
    'every 6 hours',
    'every 2 days',
    'every 90 days',
    'when asked',
  ])
  expect(rhythms.map(({ id }) => rhythm(id))).toEqual(['when asked', 'every hour', 'every day', 'every week'])
})
