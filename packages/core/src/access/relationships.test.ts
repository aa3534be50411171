import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  draftRefusal,
  holdsAt,
  narrowGrant,
  needsRelationship,
  reachOf,
  reachesPlace,
  reachesStudy,
  relationshipKinds,
  roles,
  type Grant,
  type Place,
  type Relationship,
  type RelationshipDraft,
  type Role,
  type Standing,
} from './index.js'

const now = Date.UTC(2026, 5, 1)
const study = { id: 'S', zone: 'Europe/Berlin', jurisdiction: 'DE', sites: ['A', 'B'] }
const relationship = (more: Partial<Relationship>): Relationship => ({
  id: 'r',
  kind: 'person-study',
  holder: 'User/u',
  target: 'Group/S',
  study: 'S',
  site: null,
  from: now - 1000,
  to: null,
  ended: null,
  grantedBy: 'm',
  detail: {},
  ...more,
})
const guardian = (more: Partial<Relationship> = {}) => relationship({ kind: 'guardian', target: 'Patient/p', from: 0, ...more })
const majority = Date.parse('2026-06-14T22:00:00Z')
test.each<[string, Relationship, string | null, number, boolean]>([
  ['a guardian, a millisecond before majority', guardian(), '2008-06-15', majority - 1, true],
  ['a guardian, at majority', guardian(), '2008-06-15', majority, false],
  ['a guardian whose ward’s birth date is unknown', guardian(), null, now, false],
  ['a guardian ended before', guardian({ ended: now }), '2008-06-15', now, false],
  ['a guardian of a non-competent adult', guardian({ detail: { basis: 'non-competence', finding: 'court 7' } }), '1980-01-01', now, true],
  ['the same without a recorded finding', guardian({ detail: { basis: 'non-competence' } }), '1980-01-01', now, false],
  ['a third party of an adult, within its period', guardian({ kind: 'third-party', to: now + 1 }), '1980-01-01', now, true],
  ['a third party at its end', guardian({ kind: 'third-party', to: now }), null, now, false],
  ['a site at its first instant', relationship({ kind: 'practitioner-site', site: 'A', from: now }), null, now, true],
  ['a site before it', relationship({ kind: 'practitioner-site', site: 'A', from: now }), null, now - 1, false],
  ['an integrator without an end', relationship({ kind: 'integrator-study', detail: { approvedBy: 'm' } }), null, now, false],
  ['an integrator whom nobody approved', relationship({ kind: 'integrator-study', to: now + 1 }), null, now, false],
  ['an integrator', relationship({ kind: 'integrator-study', to: now + 1, detail: { approvedBy: 'm' } }), null, now, true],
  ['an emergency without an end', relationship({ kind: 'break-glass', target: 'Patient/p' }), null, now, false],
])('%s', (_, asked, birthDate, at, holds) => {
  expect(holdsAt(asked, { study, birthDate }, at)).toBe(holds)
})

const standing = (more: Partial<Relationship>): Standing => ({
  relationship: relationship(more),
  facts: { study, birthDate: '2010-01-01' },
})
const reached = (role: Role, standings: Standing[], siteStudies: Relationship[] = []) => {
  const here = reachOf(role, standings, siteStudies, now).studies.get('S')
  return here && [here.sites, [...here.people]]
}
test('what each kind lets each role reach', () => {
  const each: Partial<Relationship>[] = [
    { kind: 'self', target: 'Patient/p' },
    { kind: 'patient-practitioner', target: 'Patient/p' },
    { kind: 'guardian', target: 'Patient/p' },
    { kind: 'third-party', target: 'Patient/p' },
    { kind: 'practitioner-site', site: 'A' },
    { kind: 'site-study', site: 'A' },
    { kind: 'organization-study' },
    { kind: 'integrator-study', to: now + 1, detail: { approvedBy: 'm', phi: true } },
    { kind: 'person-study' },
    { kind: 'break-glass', target: 'Patient/p', to: now + 1 },
  ]
  const table = Object.fromEntries(
    each.map((more) => [more.kind, roles.filter((role) => reachOf(role, [standing(more)], [], now).studies.size > 0)]),
  )
  const treating: Role[] = ['practitioner', 'care-manager', 'investigator']
  expect(table).toEqual({
    self: ['patient', 'device'],
    'patient-practitioner': treating,
    guardian: ['guardian'],
    'third-party': ['guardian'],
    'practitioner-site': treating,
    'site-study': [],
    'organization-study': ['care-manager', 'cro-admin'],
    'integrator-study': ['integrator'],
    'person-study': [...treating, 'cro-admin', 'study-manager', 'analyst', 'researcher', 'integrator'],
    'break-glass': treating,
  })
})
test('an integrator sees persons only where that was granted; a closed site is out; one of several sites is in', () => {
  const integrator = { kind: 'integrator-study' as const, to: now + 1 }
  expect(reached('integrator', [standing({ ...integrator, detail: { approvedBy: 'm' } })])).toEqual([[], []])
  expect(reached('integrator', [standing({ ...integrator, detail: { approvedBy: 'm', phi: true } })])).toEqual(['all', []])
  expect(reached('integrator', [standing({ kind: 'person-study' })])).toEqual([[], []])
  const closed = relationship({ kind: 'site-study', site: 'A', to: now })
  expect(reached('cro-admin', [standing({ kind: 'organization-study' })], [closed])).toEqual([['B'], []])
  expect(reached('practitioner', [standing({ kind: 'practitioner-site', site: 'A' })], [closed])).toEqual([[], []])
  expect(reached('practitioner', [standing({ kind: 'practitioner-site', site: 'B' })], [closed])).toEqual([['B'], []])
})
test('a reach is known until the next instant at which one of its relationships begins or ends', () => {
  const until = (more: Partial<Relationship>) =>
    reachOf('practitioner', [standing({ kind: 'practitioner-site', site: 'A', ...more })], [], now).until
  expect([until({ to: now + 5 }), until({ from: now + 3, to: now + 5 }), until({})]).toEqual([now + 5, now + 3, Number.POSITIVE_INFINITY])
  expect(reachOf('guardian', [{ ...standing({ kind: 'guardian', target: 'Patient/p' }) }], [], now).until).toBe(
    Date.parse('2027-12-31T23:00:00Z'),
  )
})

const studies = ['S', 'T']
const sites = ['A', 'B']
const people = ['p', 'q', 'r']
const anyStanding: fc.Arbitrary<Standing> = fc
  .record({
    kind: fc.constantFrom(...relationshipKinds),
    person: fc.option(fc.constantFrom(...people)),
    id: fc.constantFrom(...studies),
    site: fc.option(fc.constantFrom(...sites)),
    from: fc.integer({ min: now - 3, max: now + 2 }),
    to: fc.option(fc.integer({ min: now - 2, max: now + 3 })),
    phi: fc.boolean(),
  })
  .map(({ kind, person, id, site, from, to, phi }) => ({
    relationship: relationship({
      kind,
      target: person === null ? `Group/${id}` : `Patient/${person}`,
      study: id,
      site,
      from,
      to,
      detail: { phi, approvedBy: 'm' },
    }),
    facts: { study: { ...study, id }, birthDate: '2010-01-01' },
  }))
const anyPlace: fc.Arbitrary<Place> = fc.record({
  study: fc.constantFrom(...studies),
  site: fc.option(fc.constantFrom(...sites)),
  patients: fc.uniqueArray(fc.constantFrom(...people), { maxLength: 2 }),
})
const anyRole = fc.constantFrom(...roles.filter(needsRelationship))
const grantBy = (role: Role, standings: Standing[]): Grant => {
  const reach = { ...reachOf(role, standings, [], now), stamp: '', holders: [] }
  return { user: 'u', role, studies: [...reach.studies.keys()], sites: [], people: null, reach }
}
const allows = (grant: Grant | null, place: Place): boolean =>
  grant !== null && reachesStudy(grant, place.study ?? '') && reachesPlace(grant, place)

test('a token never widens', () => {
  const claims = fc.record({
    studies: fc.option(fc.subarray([...studies, 'X'])),
    sites: fc.option(fc.subarray([...sites, 'X'])),
    patient: fc.option(fc.constantFrom(...people)),
  })
  fc.assert(
    fc.property(anyRole, fc.array(anyStanding, { maxLength: 5 }), claims, claims, anyPlace, (role, standings, one, two, place) => {
      const grant = grantBy(role, standings)
      const narrowed = narrowGrant(grant, { role, ...one })
      const twice = narrowed && narrowGrant(narrowed, { role, ...two })
      expect(allows(narrowed, place) && !allows(grant, place)).toBe(false)
      expect(allows(twice, place) && !allows(narrowed, place)).toBe(false)
    }),
  )
})
test('adding a relationship never narrows, so removing one never widens; without any there is nothing', () => {
  fc.assert(
    fc.property(anyRole, fc.array(anyStanding, { maxLength: 5 }), anyStanding, anyPlace, (role, standings, more, place) => {
      const [before, after] = [allows(grantBy(role, standings), place), allows(grantBy(role, [...standings, more]), place)]
      expect(before && !after).toBe(false)
      expect(allows(grantBy(role, []), place)).toBe(false)
    }),
  )
})
test('the reach does not change before the instant it names', () => {
  fc.assert(
    fc.property(anyRole, fc.array(anyStanding, { maxLength: 5 }), fc.integer({ min: 0, max: 5 }), (role, standings, later) => {
      const { studies: found, until } = reachOf(role, standings, [], now)
      if (now + later < until) expect(reachOf(role, standings, [], now + later).studies).toEqual(found)
    }),
  )
})

const draft = (more: Partial<RelationshipDraft>): RelationshipDraft => ({
  kind: 'person-study',
  holder: 'User/u',
  patient: null,
  study: 'S',
  site: null,
  from: now,
  to: null,
  ...more,
})
test.each<[string, Partial<RelationshipDraft>, string[]]>([
  ['a person of a study', {}, []],
  ['a guardian', { kind: 'guardian', holder: 'RelatedPerson/r', patient: 'p' }, []],
  ['a guardian who is a practitioner', { kind: 'guardian', holder: 'Practitioner/r', patient: 'p' }, ['holder']],
  ['a guardian of nobody', { kind: 'guardian', holder: 'RelatedPerson/r' }, ['patient']],
  ['non-competence without a finding', { kind: 'guardian', holder: 'RelatedPerson/r', patient: 'p', basis: 'non-competence' }, ['finding']],
  ['a site that is not named', { kind: 'practitioner-site', holder: 'Practitioner/p' }, ['site']],
  ['an integrator without an end', { kind: 'integrator-study' }, ['to']],
  ['an integrator for years', { kind: 'integrator-study', to: now + 400 * 86_400_000 }, ['to']],
  ['phi for somebody else', { phi: true }, ['phi']],
  ['an end before the start', { to: now - 1 }, ['to']],
])('a draft of %s', (_, more, wrong) => {
  expect(draftRefusal(draft(more), now)?.issues?.map(({ path }) => path) ?? []).toEqual(wrong)
})
