import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aStorage, AnsweringServer, study } from '../../../test/answering-server.js'
import { subjectAccessReport } from './person-queries.js'
import { Session } from './session.js'

const base = '/fhir-server/api/v1'
const person = { id: 'p1', name: 'Orville Greenhalgh', birthDate: '1968-03-05', studies: [study] }
const of = (type: string, id: string, of: string) => ({ resource: { resourceType: type, id, patient: { reference: `Patient/${of}` } } })
const seen = (first: string) => ({
  day: first.slice(0, 10),
  first,
  last: first,
  times: 1,
  who: 'Ivo',
  role: 'investigator',
  self: false,
  what: 'read Patient',
  study: null,
  reason: null,
  words: '',
})

let server: AnsweringServer
let session: Session

beforeEach(async () => {
  server = new AnsweringServer()
  session = new Session(aStorage(), () => Date.now())
  await session.signIn('aoife', 'right', 'own data')
  const asks = (question: string, entry: object[], next?: string) =>
    server.others.set(`${base}/${question}`, {
      entry,
      ...(next && { link: [{ relation: 'next', url: `http://inside:8080${base}/${next}` }] }),
    })
  const rest = [
    {
      resource: [
        { type: 'Patient' },
        { type: 'Goal', searchParam: [{ name: 'patient' }] },
        { type: 'Organization', searchParam: [{ name: 'name' }] },
      ],
    },
  ]
  server.others.set(`${base}/metadata`, { rest })
  asks('Patient?_id=p1&studyid=HARBOR&_count=500', [{ resource: { resourceType: 'Patient', id: 'p1' } }])
  asks('Goal?patient=p1&studyid=HARBOR&_count=500', [of('Goal', 'g1', 'p1')], 'Goal?_page=2')
  asks('Goal?_page=2', [of('Goal', 'g2', 'p1')])
  asks('Coverage?studyid=HARBOR&_count=500', [of('Coverage', 'c1', 'p1'), of('Coverage', 'c2', 'p2')])
  asks('DeviceMetric?studyid=HARBOR&_count=500', [])
  server.others.set('/audit/api/v1/disclosures?patient=p1', {
    disclosures: [seen('2026-11-25T09:00:00.000Z'), seen('2026-11-24T09:00:00.000Z')],
    complete: false,
  })
  server.others.set(`/audit/api/v1/disclosures?patient=p1&to=${encodeURIComponent('2026-11-24T09:00:00.000Z')}`, {
    disclosures: [seen('2026-11-23T09:00:00.000Z')],
    complete: true,
  })
})
afterEach(() => vi.unstubAllGlobals())

test('a report holds every page of every kind, of this person alone, and the whole accounting', async () => {
  const shares: number[] = []
  const report = await subjectAccessReport(session.api, { person, at: '2026-11-26T12:00:00.000Z' }, (share) => shares.push(share))
  expect(report).toMatchObject({
    entry: ['p1', 'g1', 'g2', 'c1'].map((id) => ({ study: 'HARBOR', resource: { id } })),
    disclosures: [{ day: '2026-11-25' }, { day: '2026-11-24' }, { day: '2026-11-23' }],
  })
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
})

test('a report that cannot be whole is not made', async () => {
  server.tokenGood = false
  await expect(subjectAccessReport(session.api, { person, at: '' }, () => undefined)).rejects.toMatchObject({ status: 401 })
})
