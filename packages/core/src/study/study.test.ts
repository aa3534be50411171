import { expect, test } from 'vitest'
import { isRefusal } from '../refusal/index.js'
import { completeStudy, type StudyRequest } from './index.js'

const complete = (request: Partial<StudyRequest>) => completeStudy({ id: 'S1', name: 'One', ...request })
const faults = (request: Partial<StudyRequest>) => {
  const result = complete(request)
  return isRefusal(result) ? result.issues?.map((issue) => issue.path) : []
}

test('defaults are those of the contract', () => {
  expect(complete({})).toEqual({
    id: 'S1', name: 'One', kind: 'program', status: 'open', enrolment: 'closed', sites: [], required: [],
    masking: 'safe-harbor', publish: 'continuous', partition: 'year', zone: 'UTC',
  }) // prettier-ignore
  expect(complete({ masking: 'expert' })).toMatchObject({ publish: '24h' })
})
test('an id is a name that SQL takes without quotes', () => {
  for (const id of ['select', 'Order', '1A', 'a_b', 'a'.repeat(33), '', 'main']) expect(faults({ id })).toEqual(['id'])
  for (const id of ['A', 'ASTHMA-1', 'a'.repeat(32)]) expect(faults({ id })).toEqual([])
})
test('settings that contradict each other are named together', () => {
  expect(faults({ kind: 'regulated', enrolment: 'open', partition: 'day' })).toEqual(['enrolment', 'partition'])
  expect(faults({ masking: 'expert', publish: 'continuous' })).toEqual(['publish'])
  expect(faults({ masking: 'expert', partition: 'month' })).toEqual([])
  expect(faults({ masking: 'none.json' })).toEqual(['masking'])
  expect(faults({ publish: '5s' })).toEqual(['publish'])
})
