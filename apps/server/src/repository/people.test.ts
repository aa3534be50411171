import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContractConsents, Study } from './index.js'
import { observation, openWorld, patient, put } from './test/world.js'
import type { World } from './test/world.js'

let world: World
let study: Study
beforeAll(async () => {
  world = await openWorld()
  study = await world.study('PEOPLE')
})
afterAll(() => world.close())

async function contract(
  patientId: string,
  id: string,
  entries: ContractConsents['entries'],
  how: 'enrolled' | 'not-enrolled' = 'enrolled',
): Promise<ContractConsents> {
  return await world.repository.transact(async (tx) => {
    await tx.lockPeople([{ sid: study.sid, patientId }], 'exclusive')
    if (how === 'enrolled') await tx.enrol([{ sid: study.sid, patientId, site: null, from: world.clock.at }])
    const [made] = await tx.write([put(study.sid, { resourceType: 'Contract', id }, { patients: [patientId] })])
    const consents = { sid: study.sid, patientId, contract: made!.rid!, version: made!.version, entries }
    await tx.recordConsents([consents])
    return consents
  })
}

const active = { type: 'share-data', status: 'active', lo: 5, hi: null }
const key = (patientId: string) => ({ sid: study.sid, patientId })

test('a person is known by enrolment and by what the Contracts say, in the order of the question', async () => {
  const made = await contract('p1', 'c1', [active, { type: 'cloud', status: 'proposed', lo: null, hi: 9 }])
  const states = await world.repository.transact((tx) => tx.lockPeople([key('nobody'), key('p1')], 'share'))
  expect(states[0]).toEqual({ ...key('nobody'), pid: null, enrolment: null, birthDate: null, consents: [] })
  expect(states[1]).toMatchObject({ patientId: 'p1', enrolment: { from: world.clock.at, to: null } })
  const said = [...states[1]!.consents].sort((a, b) => Number(a.order - b.order))
  expect(said).toMatchObject([
    { type: 'share-data', status: 'active', lo: 5, hi: null, contract: made.contract, contractId: 'c1', version: 1 },
    { type: 'cloud', status: 'proposed', lo: null, hi: 9 },
  ])
})

test('what a Contract says replaces what it said, and every word raises the epoch', async () => {
  const before = await world.repository.consents.epoch(study.sid)
  const first = await contract('p2', 'c2', [active])
  await contract('p2', 'c3', [active])
  expect(await world.repository.consents.epoch(study.sid)).toBe(before + 2)
  await world.repository.transact((tx) => tx.recordConsents([{ ...first, entries: [{ ...active, status: 'withdrawn' }] }]))
  const [state] = await world.repository.people([key('p2')])
  const newest = [...state!.consents].sort((a, b) => Number(b.order - a.order))
  expect(newest.map(({ contractId, status }) => [contractId, status])).toEqual([
    ['c2', 'withdrawn'],
    ['c3', 'active'],
  ])
  expect(await world.repository.consents.withdrawn(study.sid)).toEqual([{ patientId: 'p2', types: ['share-data'] }])
  await world.repository.transact((tx) => tx.recordConsents([{ ...first, entries: [] }]))
  expect((await world.repository.people([key('p2')]))[0]!.consents).toHaveLength(1)
  expect(await world.repository.consents.epoch(study.sid)).toBe(before + 4)
})

test('a withdrawal waits for writers that were let in, and later writers see it', async () => {
  const made = await contract('p3', 'c4', [active])
  const order: string[] = []
  let letGo = (): void => undefined
  const held = new Promise<void>((resolve) => (letGo = resolve))
  let inside = (): void => undefined
  const entered = new Promise<void>((resolve) => (inside = resolve))
  const writer = world.repository.transact(async (tx) => {
    await tx.lockPeople([key('p3')], 'share')
    inside()
    await held
    order.push('written')
  })
  await entered
  const withdrawal = world.repository.transact(async (tx) => {
    await tx.lockPeople([key('p3')], 'exclusive')
    order.push('withdrawn')
    await tx.recordConsents([{ ...made, entries: [{ ...active, status: 'withdrawn' }] }])
  })
  const later = world.repository.transact(async (tx) => (await tx.lockPeople([key('p3')], 'share'))[0]!.consents[0]!.status)
  const shared = world.repository.transact(async (tx) => (await tx.lockPeople([key('p1')], 'share'))[0]!.consents.length)
  expect(await shared).toBe(2)
  letGo()
  await Promise.all([writer, withdrawal])
  expect(order).toEqual(['written', 'withdrawn'])
  expect(['active', 'withdrawn']).toContain(await later)
  expect((await world.repository.transact((tx) => tx.lockPeople([key('p3')], 'share')))[0]!.consents[0]!.status).toBe('withdrawn')
})

test('an enrolment that ended opens again; the profile of a stranger is not counted', async () => {
  await world.repository.transact((tx) =>
    tx.write([put(0, patient('p1')), put(0, patient('stranger')), put(study.sid, observation('o1', 'p1'))]),
  )
  const enrol = () => world.repository.transact((tx) => tx.enrol([{ ...key('p1'), site: study.sites[0]!.site, from: 7 }]))
  expect(await enrol()).toEqual([{ patientId: 'p1', outcome: 'already-enrolled' }])
  await world.repository.transact((tx) => tx.endEnrolment([{ ...key('p1'), to: 6 }]))
  expect((await world.repository.enrolments('p1'))[0]).toMatchObject({ sid: study.sid, to: 6 })
  expect(await enrol()).toEqual([{ patientId: 'p1', outcome: 'enrolled' }])
  expect((await world.repository.enrolments('p1'))[0]).toMatchObject({ from: 7, to: null, site: study.sites[0]!.site })
  expect(await world.repository.counts(study.sid)).toEqual({ Contract: 4, Observation: 1, Patient: 1 })
})

test('everyone of a study comes page by page with the consents', async () => {
  const first = await world.repository.consents.people(study.sid, { limit: 2 })
  const rest = await world.repository.consents.people(study.sid, { limit: 10, after: first[1]!.pid })
  expect([...first, ...rest].map((person) => [person.patientId, person.consents.length])).toEqual([
    ['p1', 2],
    ['p2', 1],
    ['p3', 1],
  ])
})

test.each([1, 300])('a withdrawal waits for writers that are about to enrol its person, be they %i people', async (people) => {
  const made = await contract(`coming-${people}`, `c-coming-${people}`, [active], 'not-enrolled')
  const coming = key(`coming-${people}`)
  const strangers = Array.from({ length: people - 1 }, (_, n) => key(`stranger-${n}`))
  const order: string[] = []
  const withdrawals: Promise<void>[] = []
  await world.repository.transact(async (tx) => {
    await tx.lockPeople([...strangers, coming], 'share')
    let asked = (): void => undefined
    const started = new Promise<void>((resolve) => (asked = resolve))
    withdrawals.push(
      world.repository.transact(async (other) => {
        asked()
        const [state] = await other.lockPeople([coming], 'exclusive')
        order.push(`withdrawn of ${state?.enrolment === null ? 'nobody' : 'one enrolled'}`)
        await other.recordConsents([{ ...made, entries: [{ ...active, status: 'withdrawn' }] }])
      }),
    )
    await started
    await tx.enrol([{ ...coming, site: null, from: 1 }])
    order.push('enrolled')
  })
  await Promise.all(withdrawals)
  expect(order).toEqual(['enrolled', 'withdrawn of one enrolled'])
})
