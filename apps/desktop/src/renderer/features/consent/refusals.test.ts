import { expect, test } from 'vitest'
import type { RefusedWrite } from '@aquifer/core/contract'
import { causeWords, groupRefusals } from './refusals.js'

const refused = (part: Partial<RefusedWrite>): RefusedWrite => ({
  id: '1',
  at: '2026-11-22T09:00:00Z',
  site: 'Lowell',
  resourceType: 'Observation',
  cause: 'no-consent',
  missing: ['share-data'],
  client: 'device',
  count: 1,
  remedy: 'Ask',
  subject: 'S-1',
  ...part,
})

test('what has to be done once stands once, the most pressing first', () => {
  const groups = groupRefusals([
    refused({ count: 2 }),
    refused({ id: '2', count: 3, subject: 'S-2', at: '2026-11-22T10:00:00Z' }),
    refused({ id: '3', cause: 'withdrawn', missing: [], count: 1 }),
    refused({ id: '4', cause: 'withdrawn', missing: [], count: 9, site: 'Quincy', subject: null }),
  ])
  expect(groups.map(({ cause, site, count, people, at }) => ({ cause, site, count, people, at }))).toEqual([
    { cause: 'withdrawn', site: 'Quincy', count: 9, people: 0, at: '2026-11-22T09:00:00Z' },
    { cause: 'no-consent', site: 'Lowell', count: 5, people: 2, at: '2026-11-22T10:00:00Z' },
    { cause: 'withdrawn', site: 'Lowell', count: 1, people: 1, at: '2026-11-22T09:00:00Z' },
  ])
  expect(causeWords['no-consent'].say(groups[1]!)).toBe('2 people without consent to share-data')
})
