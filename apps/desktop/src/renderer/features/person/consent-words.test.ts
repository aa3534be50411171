import { expect, test } from 'vitest'
import { study } from '../../../../test/answering-server.js'
import { consentsIn, typeOf } from './consent-words.js'

const now = Date.UTC(2026, 10, 26)
const contract = (status: string, more: object = {}) => ({
  resourceType: 'Contract',
  id: `c-${status}`,
  extension: [{ url: 'urn:aquifer:consent-status', valueCode: status }],
  issued: '2026-04-16T11:30:00Z',
  applies: { start: '2026-04-16' },
  subject: [{ reference: 'Patient/p1' }],
  type: { coding: [{ system: 'urn:aquifer:consent-type', code: 'share-data' }] },
  ...more,
})
const stateOf = (...contracts: ReturnType<typeof contract>[]) => consentsIn(contracts, study, now).map(({ state }) => state)

test('a consent counts from its start until its end', () => {
  expect(stateOf(contract('active'))).toEqual(['active'])
  expect(stateOf(contract('active', { applies: { start: '2026-04-16', end: '2026-11-01' } }))).toEqual(['expired'])
  expect(stateOf(contract('active', { applies: { start: '2026-12-01' } }))).toEqual(['proposed'])
})

test('of several the one written last is told', () => {
  const later = contract('withdrawn', { issued: '2026-08-01T09:00:00Z' })
  expect(stateOf(later, contract('active'))).toEqual(['withdrawn'])
})

test('what is no consent, or was written by mistake, is not shown as one', () => {
  expect(stateOf(contract('entered-in-error'), contract('active', { type: { coding: [] } }))).toEqual([])
})

test('form, signer and who to ask come from the Contract', () => {
  const [told] = consentsIn(
    [
      contract('active', {
        authority: [{ reference: 'Organization/o1' }],
        signer: [{ party: { display: 'Orville Greenhalgh' } }],
        legal: [{ contentAttachment: { title: 'Informed consent, version 2' } }],
      }),
    ],
    study,
    now,
  )
  expect(told).toMatchObject({
    form: 'Informed consent, version 2',
    signer: 'Orville Greenhalgh',
    authority: 'Organization/o1',
    until: null,
  })
  expect(typeOf('genetic-research').name).toBe('Genetic research')
})
