// Proves http://hl7.org/fhir/DSTU2/search.html for _id, identifier, patient, code, date, _count, _sort and paging.
import { dateRange, extractIndex, indexKeys } from '@aquifer/core/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SearchPrefix, SearchClause, SearchQuery, Study } from './index.js'
import { observation, openWorld, patient, put, remove } from './test/world.js'
import type { World } from './test/world.js'

let world: World
let study: Study
let other: Study
const loinc = 'http://loinc.org'
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: loinc, code })) })

beforeAll(async () => {
  world = await openWorld()
  study = await world.study('SEARCH', {
    sites: [
      { id: 'A', name: 'A' },
      { id: 'B', name: 'B' },
    ],
  })
  other = await world.study('ELSEWHERE')
  const [a, b] = study.sites.map((site) => site.site)
  const both = { sid: study.sid, from: 0 }
  await world.repository.transact(async (tx) => {
    await tx.enrol([
      { ...both, patientId: 'p1', site: a! },
      { ...both, patientId: 'p2', site: b! },
    ])
    await tx.write([
      put(0, patient('p1', { identifier: [{ system: 'urn:mrn', value: '123' }], name: [{ family: ['Müller'], given: ['Ada'] }] })),
      put(0, patient('p2', { identifier: [{ system: 'urn:mrn', value: '456' }] })),
      put(0, patient('p3', { identifier: [{ system: 'urn:mrn', value: '123' }] })),
    ])
    const about = (id: string, patientId: string, more: object, site = a!) =>
      put(study.sid, observation(id, patientId, { ...more }), { patients: [patientId], site })
    await tx.write([
      about('o1', 'p1', {
        code: coded('8302-2'),
        effectiveDateTime: '2015-01-10',
        valueQuantity: { value: 170, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
      }),
      about('o2', 'p1', { code: coded('8302-2'), effectiveDateTime: '2015-03' }),
      about('o3', 'p1', { code: coded('29463-7', '8302-2'), effectiveDateTime: '2016-01-01T10:00:00Z' }),
      about('o4', 'p2', { code: coded('8302-2'), effectivePeriod: { start: '2014-12-31', end: '2015-01-05' } }, b),
      about('o5', 'p2', { code: { coding: [{ code: 'local' }] } }, b),
      about('o6', 'p2', { code: coded('29463-7'), effectiveDateTime: '2014' }, b),
      put(study.sid, observation('o7', 'p2', { code: coded('8302-2'), performer: [{ reference: 'Patient/p1' }] }), {
        patients: ['p2', 'p1'],
      }),
      put(other.sid, observation('o1', 'p1', { code: coded('8302-2') }), { patients: ['p1'] }),
      about('gone', 'p1', { code: coded('8302-2') }),
    ])
    await tx.write([remove(study.sid, 'Observation', 'gone')])
  })
})
afterAll(() => world.close())

const query = (clauses: SearchClause[], more: Partial<SearchQuery> = {}): SearchQuery => ({
  scope: { sid: study.sid },
  type: 'Observation',
  clauses,
  count: 50,
  ...more,
})
async function ids(clauses: SearchClause[], more: Partial<SearchQuery> = {}): Promise<string[]> {
  const page = await world.repository.search(query(clauses, more))
  expect(page.total).toBe(page.rows.length)
  return page.rows.map((row) => row.id)
}
const code = (...any: { system?: string | null; code: string }[]): SearchClause => ({ kind: 'token', param: 'code', any })
const date = (prefix: SearchPrefix, text: string): SearchClause => ({ kind: 'date', param: 'date', any: [{ prefix, ...dateRange(text)! }] })
const ofPatient = (id: string): SearchClause => ({ kind: 'reference', param: 'patient', any: [{ type: 'Patient', id }] })

test('no clause: all living resources of the type in the study, by id', async () => {
  expect(await ids([])).toEqual(['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7'])
})

test('_id', async () => {
  expect(await ids([{ kind: 'id', ids: ['o2', 'o9', 'o1'] }])).toEqual(['o1', 'o2'])
})

test('code: with its system as first or further coding, without, in alternatives, of no system', async () => {
  expect(await ids([code({ system: loinc, code: '8302-2' })])).toEqual(['o1', 'o2', 'o3', 'o4', 'o7'])
  expect(await ids([code({ code: '8302-2' })])).toEqual(['o1', 'o2', 'o3', 'o4', 'o7'])
  expect(await ids([code({ system: 'urn:other', code: '8302-2' })])).toEqual([])
  expect(await ids([code({ system: loinc, code: '8302-2' }, { system: loinc, code: '29463-7' })])).toEqual([
    'o1',
    'o2',
    'o3',
    'o4',
    'o6',
    'o7',
  ])
  expect(await ids([code({ system: null, code: 'local' })])).toEqual(['o5'])
  expect(await ids([{ kind: 'token', param: 'code', any: [{ system: loinc, code: '8302-2' }], not: true }])).toEqual(['o5', 'o6'])
})

test('patient: who the resource is about, not who else it names', async () => {
  expect(await ids([ofPatient('p1')])).toEqual(['o1', 'o2', 'o3'])
  expect(await ids([{ ...ofPatient('p2'), param: 'subject' } as SearchClause])).toEqual(['o4', 'o5', 'o6', 'o7'])
  expect(await ids([ofPatient('nobody')])).toEqual([])
  expect(await ids([ofPatient('p1'), code({ system: loinc, code: '8302-2' })])).toEqual(['o1', 'o2', 'o3'])
  expect(await ids([{ kind: 'reference', param: 'performer', any: [{ type: 'Patient', id: 'p1' }] }])).toEqual(['o7'])
})

test('date: every prefix against days, months, years, instants and periods', async () => {
  expect(await ids([date('eq', '2015-01-10')])).toEqual(['o1'])
  expect(await ids([date('eq', '2015')])).toEqual(['o1', 'o2'])
  expect(await ids([date('ne', '2015')])).toEqual(['o3', 'o4', 'o6'])
  expect(await ids([date('gt', '2015-03-15')])).toEqual(['o2', 'o3'])
  expect(await ids([date('lt', '2015')])).toEqual(['o4', 'o6'])
  expect(await ids([date('ge', '2015-01-10')])).toEqual(['o1', 'o2', 'o3'])
  expect(await ids([date('le', '2015-01-10')])).toEqual(['o1', 'o4', 'o6'])
  expect(await ids([date('sa', '2015-01')])).toEqual(['o2', 'o3'])
  expect(await ids([date('eb', '2015-01-06')])).toEqual(['o4', 'o6'])
  expect(await ids([date('ge', '2015-01-01'), date('lt', '2016-01-01')])).toEqual(['o1', 'o2', 'o4'])
})

test('quantity, string, missing, lastUpdated', async () => {
  const value = (prefix: SearchPrefix, n: number) =>
    ({
      kind: 'quantity',
      param: 'value-quantity',
      any: [{ prefix, value: n, lo: n - 0.5, hi: n + 0.5, unit: indexKeys.verbatimUnit('http://unitsofmeasure.org', 'cm') }],
    }) as SearchClause
  expect(await ids([value('gt', 169)])).toEqual(['o1'])
  expect(await ids([value('eq', 170)])).toEqual(['o1'])
  expect(await ids([value('lt', 170)])).toEqual([])
  const name = (text: string): SearchClause => ({ kind: 'string', param: 'name', any: [text], match: 'starts' })
  expect(await ids([name('MUL')], { type: 'Patient' })).toEqual(['p1'])
  expect(await ids([{ ...name('ulle'), match: 'contains' } as SearchClause], { type: 'Patient' })).toEqual(['p1'])
  expect(await ids([{ kind: 'missing', param: 'date', missing: true }])).toEqual(['o5', 'o7'])
  const updated = (prefix: SearchPrefix): SearchClause => ({
    kind: 'lastUpdated',
    any: [{ prefix, lo: world.clock.at, hi: world.clock.at + 1 }],
  })
  expect(await ids([updated('ge')])).toHaveLength(7)
  expect(await ids([updated('lt')])).toEqual([])
})

test('profiles are found where their person is enrolled, within the sites and people of the scope', async () => {
  const mrn: SearchClause = { kind: 'token', param: 'identifier', any: [{ system: 'urn:mrn', code: '123' }] }
  expect(await ids([mrn], { type: 'Patient' })).toEqual(['p1'])
  expect(await ids([mrn], { type: 'Patient', scope: { sid: 0 } })).toEqual(['p1', 'p3'])
  expect(await ids([], { type: 'Patient' })).toEqual(['p1', 'p2'])
  const b = study.sites[1]!.site
  expect(await ids([], { type: 'Patient', scope: { sid: study.sid, sites: [b] } })).toEqual(['p2'])
  expect(await ids([], { scope: { sid: study.sid, sites: [b] } })).toEqual(['o4', 'o5', 'o6'])
  expect(await ids([], { scope: { sid: study.sid, patientIds: ['p1'] } })).toEqual(['o1', 'o2', 'o3'])
  expect(await ids([], { scope: { sid: study.sid, patientIds: ['p2'] } })).toEqual(['o4', 'o5', 'o6'])
  expect(await ids([], { scope: { sid: study.sid, patientIds: ['p1', 'p2'] } })).toHaveLength(7)
  const reached = (sites: number[], ...patientIds: string[]) => ({ scope: { sid: study.sid, reached: { sites, patientIds } } })
  expect(await ids([], reached([b], 'p1'))).toEqual(['o1', 'o2', 'o3', 'o4', 'o5', 'o6'])
  expect(await ids([], { type: 'Patient', ...reached([b], 'p1') })).toEqual(['p1', 'p2'])
  expect(await ids([], reached([]))).toEqual([])
  const many = Array.from({ length: 5_000 }, (_, n) => `x${n}`)
  expect(await ids([], reached([], 'p2', ...many))).toEqual(['o4', 'o5', 'o6'])
  expect(await ids([], { scope: { sid: other.sid } })).toEqual(['o1'])
})

test('reference data: the study’s own and what it names of the global', async () => {
  const named = { refers: [{ type: 'Organization', id: 'global-named' }], patients: ['p1'] }
  await world.repository.transact((tx) =>
    tx.write([
      put(0, { resourceType: 'Organization', id: 'global-named' }),
      put(0, { resourceType: 'Organization', id: 'global-other' }),
      put(study.sid, { resourceType: 'Organization', id: 'own' }),
      put(study.sid, { resourceType: 'Encounter', id: 'e1' }, named),
    ]),
  )
  expect(await ids([], { type: 'Organization' })).toEqual(['global-named', 'own'])
  expect(await ids([], { type: 'Organization', scope: { sid: other.sid } })).toEqual([])
  expect(await ids([], { type: 'Organization', scope: { sid: 0 } })).toEqual(['global-named', 'global-other'])
})

const sorts = [
  { by: '_id', descending: true },
  { by: 'date', descending: false },
  { by: 'date', descending: true },
  { by: '_lastUpdated', descending: false },
  { by: '_lastUpdated', descending: true },
] as const

test('sorted either way, those without a date last, in pages of any size the same', async () => {
  const sorted = await Promise.all(sorts.map((sort) => ids([], { sort: [sort] })))
  expect(sorted[0]).toEqual(['o7', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1'])
  expect(sorted[1]).toEqual(['o6', 'o4', 'o1', 'o2', 'o3', 'o5', 'o7'])
  expect(sorted[2]).toEqual(['o3', 'o2', 'o1', 'o4', 'o6', 'o7', 'o5'])
  for (const [i, sort] of sorts.entries()) {
    for (const count of [1, 2, 3, 7]) {
      const walked: string[] = []
      for (let cursor: string | null = null; ;) {
        const page = await world.repository.search(query([], { sort: [sort], count, cursor }))
        expect(page.total).toBe(7)
        walked.push(...page.rows.map((row) => row.id))
        cursor = page.next
        if (cursor === null) break
      }
      expect(walked).toEqual(sorted[i])
    }
  }
})

test('a count of 0 is the total alone; a cursor of another search is unusable', async () => {
  expect(await world.repository.search(query([], { count: 0 }))).toMatchObject({ rows: [], total: 7, next: null })
  const { next } = await world.repository.search(query([], { count: 1 }))
  for (const cursor of [next, 'nonsense', Buffer.from('[1,2,3,4]').toString('base64url')]) {
    const page = await world.repository.search(query([ofPatient('p1')], { cursor }))
    expect(page).toEqual({ rows: [], total: 0, next: null, outcome: 'unusable' })
  }
})

test('what an earlier version indexed is indexed anew, once, from where it was cut off', async () => {
  const found = async () => [await ids([code({ code: '8302-2' })]), await ids([date('ge', '2015')]), await nameOf('mul')]
  const nameOf = (text: string) => ids([{ kind: 'string', param: 'name', any: [text], match: 'starts' }], { type: 'Patient' })
  const before = await found()
  const owner = world.database.postgres.pool('owner', { max: 1 })
  await owner.query(`update current set toks = '{}', dlo = null, dhi = null, present = 0, hcode = null`)
  await owner.query(`truncate str, qty, dat`)
  await owner.query(`update search_index set keys = 0`)
  expect(await found()).toEqual([[], [], []])
  const told: number[] = []
  const cutOff = world.repository.reindex(extractIndex, ({ done }) => {
    told.push(done)
    throw new Error('cut off')
  })
  await expect(cutOff).rejects.toThrow('cut off')
  await world.repository.reindex(extractIndex, ({ done, total }) => told.push(done, total))
  expect(await found()).toEqual(before)
  expect(before.map((each) => each.length > 0)).toEqual([true, true, true])
  expect(await world.repository.reindex(extractIndex, () => told.push(-1))).toBe(0)
  expect(told).not.toContain(-1)
  await owner.end()
})

test('a chain over more people than are named: each of theirs, and what names several of them', async () => {
  const crowd = await world.study('CROWD')
  const people = Array.from({ length: 230 }, (_, i) => ({ id: `c${i}`, gender: i < 210 ? 'female' : 'male' }))
  await world.repository.transact(async (tx) => {
    await tx.enrol(people.map(({ id }) => ({ sid: crowd.sid, patientId: id, site: null, from: 0 })))
    await tx.write(people.map(({ id, gender }) => put(0, patient(id, { gender }))))
    await tx.write(people.map(({ id }) => put(crowd.sid, observation(`of-${id}`, id), { patients: [id] })))
    const { subject, ...unnamed } = observation('of-nobody-named', 'c0')
    await tx.write([put(crowd.sid, unnamed, { patients: [subject.reference.slice('Patient/'.length)] })])
  })
  const scope = { sid: crowd.sid }
  const isOf = (gender: string): SearchClause => ({
    kind: 'chain',
    param: 'patient',
    targets: [{ type: 'Patient', scope, clauses: [{ kind: 'token', param: 'gender', any: [{ code: gender }] }] }],
  })
  const found = async (gender: string, more: SearchClause[] = []) => (await ids([isOf(gender), ...more], { scope, count: 500 })).length
  expect(await found('female')).toBe(210)
  expect(await found('male')).toBe(20)
  expect(await found('female', [code({ system: loinc, code: '8302-2' })])).toBe(210)
  expect(await found('female', [ofPatient('c7')])).toBe(1)
  expect(await found('female', [ofPatient('c220')])).toBe(0)
  // Whose data it is first need not be whom the parameter names.
  await world.repository.transact(async (tx) => {
    await tx.write([
      put(crowd.sid, observation('of-two', 'c1'), { patients: ['c229', 'c1'] }),
      put(crowd.sid, observation('of-two-more', 'c228'), { patients: ['c2', 'c228'] }),
    ])
  })
  expect(await found('female')).toBe(211)
  expect(await found('male')).toBe(21)
  const owner = world.database.postgres.pool('owner', { max: 1 })
  await owner.query(
    `update enrolment set withheld = true where sid = $1 and patient in (select pid from person where id in ('c1', 'c3'))`,
    [crowd.sid],
  )
  expect(await found('female')).toBe(208)
  expect(await ids([ofPatient('c1')], { scope })).toEqual([])
  expect((await ids([], { scope, count: 500 })).length).toBe(230)
  await owner.end()
})

test('amounts with a code: a few or thousands, the same total on each page and each hit once', async () => {
  const weighed = await world.study('WEIGHED')
  const kg = (value: number) => ({ value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' })
  const heavy = Array.from({ length: 2_010 }, (_, i) => {
    const id = `w-${String(i).padStart(4, '0')}`
    return put(weighed.sid, observation(id, 'p1', { code: coded(i % 100 === 0 ? 'rare' : 'often'), valueQuantity: kg(i) }), {
      patients: ['p1'],
    })
  })
  await world.repository.transact((tx) => tx.write(heavy))
  const unit = indexKeys.anyUnit
  const from = (value: number): SearchClause => ({
    kind: 'quantity',
    param: 'value-quantity',
    any: [{ prefix: 'ge', value, lo: value, hi: value, unit }],
  })
  const walk = async (clauses: SearchClause[], count: number): Promise<string[]> => {
    const seen: string[] = []
    const totals = new Set<number>()
    for (let cursor: string | null = null; ;) {
      const page = await world.repository.search(query(clauses, { scope: { sid: weighed.sid }, count, cursor }))
      seen.push(...page.rows.map((row) => row.id))
      totals.add(page.total)
      cursor = page.next
      if (cursor === null) break
    }
    expect([...totals]).toEqual([seen.length])
    return seen
  }
  const rare = await walk([from(500), code({ system: loinc, code: 'rare' })], 4)
  expect(rare).toEqual(Array.from({ length: 16 }, (_, i) => `w-${(i + 5) * 100}`.replace(/-(\d{3})$/, '-0$1')))
  expect(await walk([from(5_000), code({ system: loinc, code: 'often' })], 4)).toEqual([])
  const all = await walk([from(0), code({ system: loinc, code: 'often' }, { system: loinc, code: 'rare' })], 700)
  expect([all.length, new Set(all).size, all.join() === all.toSorted().join()]).toEqual([2_010, 2_010, true])
})

test('walked while others write: every match that stays comes once', async () => {
  const walkers = await world.study('WALK')
  const stays = Array.from({ length: 120 }, (_, i) => `stays-${String(i).padStart(3, '0')}`)
  const dated = (id: string, more = {}) =>
    put(walkers.sid, observation(id, 'p1', { effectiveDateTime: `2015-01-0${1 + (id.length % 3)}`, ...more }), { patients: ['p1'] })
  await world.repository.transact((tx) => tx.write(stays.map((id) => dated(id))))
  let walking = true
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; walking; i += 1) {
      const id = `comes-${writer}-${i % 20}`
      await world.repository.transact((tx) => tx.write(i % 3 === 2 ? [remove(walkers.sid, 'Observation', id)] : [dated(id)]))
      // What it is sorted by changes under the walk.
      const change = { encounter: { reference: `Encounter/${i % 9}` }, effectiveDateTime: `2015-02-0${1 + (i % 9)}` }
      await world.repository.transact((tx) => tx.write([dated(stays[(i * 7 + writer) % stays.length]!, change)]))
    }
  })
  for (const sort of [
    undefined,
    [{ by: 'date', descending: true }],
    [{ by: '_lastUpdated', descending: true }],
    [{ by: '_lastUpdated', descending: false }],
    [
      { by: 'status', descending: false },
      { by: 'encounter', descending: true },
    ],
  ]) {
    const seen: string[] = []
    for (let cursor: string | null = null; ;) {
      const page = await world.repository.search(
        query([code({ system: loinc, code: '8302-2' })], { scope: { sid: walkers.sid }, count: 7, cursor, ...(sort ? { sort } : {}) }),
      )
      seen.push(...page.rows.map((row) => row.id))
      cursor = page.next
      if (cursor === null) break
    }
    expect(seen.filter((id) => id.startsWith('stays')).sort()).toEqual(stays)
  }
  walking = false
  await Promise.all(writers)
})

test('of sixteen identical conditional creates one creates', async () => {
  const mrn: SearchClause = { kind: 'token', param: 'identifier', any: [{ system: 'urn:x', code: 'cond' }] }
  const outcomes = await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      world.repository.transact(async (tx) => {
        await tx.lockName('Observation?identifier=urn:x|cond')
        const found = await tx.search(query([mrn]))
        if (found.total > 0) return 'found'
        return (await tx.write([put(study.sid, observation(`cond-${i}`, 'p1', { identifier: [{ system: 'urn:x', value: 'cond' }] }))]))[0]!
          .outcome
      }),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
})
