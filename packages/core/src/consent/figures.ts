import { dayAt, instantOf } from '../time/index.js'
import { stateOfType, type Consent, type TypeState } from './decide.js'

export type PersonStatus = 'active' | 'proposed' | 'suspended' | 'withdrawn' | 'expired' | 'missing'
export interface PersonConsents {
  site: string | null
  /** when the person entered the study */
  enrolledAt: number
  consents: readonly Consent[]
}
type Counts = Record<PersonStatus, number>
export interface ConsentFigures {
  total: { enrolled: number; byStatus: Counts }
  bySite: ({ site: string | null; enrolled: number } & Counts)[]
  byType: ({ type: string } & Counts)[]
  overTime: { date: string; enrolled: number; active: number; withdrawn: number }[]
}

const noCounts = (): Counts => ({ active: 0, proposed: 0, suspended: 0, withdrawn: 0, expired: 0, missing: 0 })
const shown: Readonly<Record<TypeState, PersonStatus>> = {
  active: 'active',
  proposed: 'proposed',
  'not-yet-active': 'proposed',
  suspended: 'suspended',
  withdrawn: 'withdrawn',
  expired: 'expired',
  missing: 'missing',
}
const gravity: readonly PersonStatus[] = ['withdrawn', 'suspended', 'expired', 'proposed', 'missing', 'active']

/** A Contract whose period ended when it was withdrawn or had run out was active until then. */
export function atThatTime(consents: readonly Consent[], at: number): Consent[] {
  return consents.map((consent) =>
    (consent.status === 'withdrawn' || consent.status === 'expired') && consent.hi !== null && at < consent.hi
      ? { ...consent, status: 'active' }
      : consent,
  )
}

/** How a person stands as a whole: the gravest state of the required types. */
function statusOf(person: PersonConsents, required: readonly string[], at: number): PersonStatus {
  const consents = atThatTime(person.consents, at)
  let worst: PersonStatus = 'active'
  for (const type of required) {
    const status = shown[stateOfType(consents, type, at)]
    if (gravity.indexOf(status) < gravity.indexOf(worst)) worst = status
  }
  return worst
}

/** Data that was collected elsewhere enters later than the person did: the first consent tells when. */
function enteredAt(person: PersonConsents): number {
  let first = person.enrolledAt
  for (const { lo } of person.consents) if (lo !== null && lo < first) first = lo
  return first
}

const pointsMax = 60
const dayMs = 86_400_000

/** A study's consent figures as they stood at an instant, and on the way there. */
export function consentFigures(
  people: readonly PersonConsents[],
  options: { required: readonly string[]; at: number; zone: string },
): ConsentFigures {
  const { required, at, zone } = options
  const here = people.map((person) => ({ person, entered: enteredAt(person) })).filter(({ entered }) => entered <= at)
  const total = noCounts()
  const sites = new Map<string | null, { site: string | null; enrolled: number } & Counts>()
  const types = new Map(required.map((type) => [type, { type, ...noCounts() }]))
  for (const { person } of here) {
    const status = statusOf(person, required, at)
    total[status] += 1
    const site = sites.get(person.site) ?? { site: person.site, enrolled: 0, ...noCounts() }
    site.enrolled += 1
    site[status] += 1
    sites.set(person.site, site)
    for (const [type, counts] of types) counts[shown[stateOfType(atThatTime(person.consents, at), type, at)]] += 1
  }
  const bySite = [...sites.values()].sort((a, b) => (a.site ?? '').localeCompare(b.site ?? ''))
  return {
    total: { enrolled: here.length, byStatus: total },
    bySite,
    byType: [...types.values()],
    overTime: seriesOf(here, required, at, zone),
  }
}

function seriesOf(
  here: readonly { person: PersonConsents; entered: number }[],
  required: readonly string[],
  at: number,
  zone: string,
): ConsentFigures['overTime'] {
  let first = at
  for (const { entered } of here) if (entered < first) first = entered
  if (here.length === 0) return []
  const days = Math.max(1, Math.ceil((at - first) / dayMs))
  const step = Math.ceil(days / pointsMax)
  const points: ConsentFigures['overTime'] = []
  for (let back = Math.floor(days / step) * step; back >= 0; back -= step) {
    const date = dayAt(at - back * dayMs, zone)
    const moment = back === 0 ? at : endOfDay(date, zone)
    const point = { date, enrolled: 0, active: 0, withdrawn: 0 }
    for (const { person, entered } of here) {
      if (entered > moment) continue
      point.enrolled += 1
      const status = statusOf(person, required, moment)
      if (status === 'active') point.active += 1
      else if (status === 'withdrawn') point.withdrawn += 1
    }
    points.push(point)
  }
  return points
}

/** The last instant of a calendar day in the zone. */
export function endOfDay(date: string, zone: string): number {
  const [year = 1970, month = 1, day = 1] = date.split('-').map(Number)
  const next = new Date(Date.UTC(year, month - 1, day + 1))
  return instantOf(zone, next.getUTCFullYear(), next.getUTCMonth() + 1, next.getUTCDate()) - 1
}
