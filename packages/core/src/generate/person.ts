// Plans one person from seed and number alone: any person can be made without making those before. Twins are neighbours (2k, 2k+1)
// that share what a family shares. Age bands follow the number, so that small samples also hold children, over-90s and twins.
import { isoDay, plusYears, yearsBetween } from './calendar.js'
import type { PersonName, Spelled } from './naming.js'
import { asciiName, drawFamily, drawGiven, drawPool, fullName } from './naming.js'
import type { NamePool } from './names.js'
import { employers } from './names.js'
import type { PersonNumbers } from './numbers.js'
import { drawNumbers } from './numbers.js'
import { drawAddress, type PersonAddress } from './address.js'
import { facilityPlaces } from './places.js'
import type { Random } from './random.js'
import { hashOf, openRandom } from './random.js'
import { drawRelatives, type Relative } from './relatives.js'

export interface PersonPlan {
  index: number
  id: string
  /** `seed|person|index`: streams of single topics are opened under it */
  stream: string
  facility: number
  female: boolean
  gender: 'female' | 'male' | 'other' | 'unknown'
  birthDay: number
  birthMinute: number
  deathDay: number | null
  /** in whole years at the reference date or at death */
  age: number
  minor: boolean
  incapacitated: boolean
  twin: 1 | 2 | null
  pool: NamePool
  /** the first is the one that displays and texts use */
  names: readonly PersonName[]
  latin: { given: string; family: string }
  mothersMaidenName: string
  relatives: readonly Relative[]
  address: PersonAddress
  oldAddress: PersonAddress | null
  numbers: PersonNumbers
  email: string
  workEmail: string | null
  url: string
  employer: string
  married: boolean
  /** first and last day on which records are made */
  since: number
  until: number
  photographed: boolean
}

export interface PersonSetting {
  seed: string
  asOf: number
  /** put the person into this facility */
  facility?: number
  /** deaths lie within so many days before the reference date */
  diedWithin?: number
}

interface Household {
  facility: number
  pool: NamePool
  birthDay: number
  fatherFamily: Spelled
  motherFamily: Spelled
  fatherGiven: Spelled
  motherGiven: Spelled
  address: PersonAddress
  oldAddress: PersonAddress | null
  homePhone: string
}

export function planPerson(index: number, setting: PersonSetting): PersonPlan {
  const { seed, asOf } = setting
  const pair = Math.floor(index / 2)
  const twins = isTwinPair(seed, pair)
  const household = drawHousehold(openRandom(`${seed}|home|${twins ? `pair ${pair}` : index}`), twins ? pair * 2 : index, setting)
  const stream = `${seed}|person|${index}`
  const random = openRandom(stream)
  const id = random.uuid()
  const female = random.chance(0.51)
  const gender = random.chance(0.985) ? (female ? 'female' : 'male') : random.pick(['other', 'unknown'] as const)
  const reached = yearsBetween(household.birthDay, asOf)
  const since = drawSince(random, household, asOf)
  const deathDay = drawDeath(random, reached, since, setting)
  const age = yearsBetween(household.birthDay, deathDay ?? asOf)
  const minor = age < 18 && deathDay === null
  const married = age >= 24 && random.chance(0.55)
  const names = drawNames(random, household, { female, married, age })
  const latin = names.latin
  const numbers = { ...drawNumbers(random, facilityPlaces[household.facility]?.code ?? 'XX'), homePhone: household.homePhone }
  const handle = `${asciiName(latin.given)}.${asciiName(latin.family)}`
  const plan: Omit<PersonPlan, 'relatives'> = {
    index,
    id,
    stream,
    facility: household.facility,
    female,
    gender,
    birthDay: household.birthDay,
    birthMinute: random.int(0, 1439),
    deathDay,
    age,
    minor,
    incapacitated: age >= 80 && random.chance(0.12),
    twin: twins ? ((1 + (index % 2)) as 1 | 2) : null,
    pool: household.pool,
    names: names.all,
    latin,
    mothersMaidenName: `${household.motherGiven.latin} ${household.motherFamily.latin}`,
    address: household.address,
    oldAddress: household.oldAddress,
    numbers,
    email: `${handle}${random.int(1, 99)}@example.${random.pick(['com', 'net', 'org'])}`,
    workEmail: age >= 20 && age < 67 && random.chance(0.4) ? `${handle}@mail.example.org` : null,
    url: `https://people.example.org/~${handle}`,
    employer: random.pick(employers),
    married,
    since,
    until: deathDay ?? asOf,
    photographed: random.chance(0.18),
  }
  const parents = { father: household.fatherGiven, mother: household.motherGiven, family: household.fatherFamily }
  return { ...plan, relatives: drawRelatives(openRandom(`${stream}|relatives`), plan, parents) }
}

/** One pair in forty, where the seed says. */
export function isTwinPair(seed: string, pair: number): boolean {
  return (pair + hashOf(`${seed}|twins`)) % 40 === 0
}

const bandsInFifty = [
  { from: 0, to: 17, slots: 6 },
  { from: 18, to: 29, slots: 4 },
  { from: 30, to: 44, slots: 7 },
  { from: 45, to: 59, slots: 11 },
  { from: 60, to: 74, slots: 12 },
  { from: 75, to: 89, slots: 8 },
  { from: 90, to: 102, slots: 2 },
]

function drawHousehold(random: Random, index: number, setting: PersonSetting): Household {
  const drawn = facilityPlaces.indexOf(random.weigh(facilityPlaces, (place) => place.share))
  const facility = setting.facility ?? drawn
  const place = facilityPlaces[facility] as (typeof facilityPlaces)[number]
  const pool = drawPool(random)
  let slot = (index * 7 + hashOf(`${setting.seed}|bands`)) % 50
  const band = bandsInFifty.find(({ slots }) => (slot -= slots) < 0) ?? { from: 30, to: 44 }
  const years = random.int(band.from, band.to)
  const birthDay = plusYears(setting.asOf, -years) - random.int(1, 364)
  const address = drawAddress(random, place)
  return {
    facility,
    pool,
    birthDay,
    fatherFamily: drawFamily(pool, random),
    motherFamily: drawFamily(pool, random),
    fatherGiven: drawGiven(pool, false, random),
    motherGiven: drawGiven(pool, true, random),
    address,
    oldAddress: random.chance(0.15) ? drawAddress(random, place) : null,
    homePhone: drawNumbers(random, place.code).homePhone,
  }
}

function drawSince(random: Random, household: Household, asOf: number): number {
  const opened = facilityPlaces[household.facility]?.openedYears ?? 5
  const years = Math.min(opened, random.between(0.6, 6.4))
  return Math.max(household.birthDay + 1, asOf - Math.floor(years * 365.25))
}

function drawDeath(random: Random, reached: number, since: number, setting: PersonSetting): number | null {
  const risk = reached >= 90 ? 0.35 : reached >= 75 ? 0.12 : reached >= 60 ? 0.04 : reached >= 18 ? 0.008 : 0
  if (!random.chance(risk)) return null
  return Math.max(since + 30, setting.asOf - random.int(20, setting.diedWithin ?? 900))
}

interface DrawnNames {
  all: readonly PersonName[]
  latin: { given: string; family: string }
}

function drawNames(random: Random, household: Household, who: { female: boolean; married: boolean; age: number }): DrawnNames {
  const { pool } = household
  const given = drawGiven(pool, who.female, random)
  const second = random.chance(0.35) ? drawGiven(pool, who.female, random) : null
  const changed = who.female && who.married && !pool.double && random.chance(0.6)
  const own = changed ? drawFamily(pool, random) : household.fatherFamily
  const families = pool.double ? [own, household.motherFamily] : [own]
  const givens = second && second.native !== given.native ? [given, second] : [given]
  const official = fullName(
    'official',
    families.map((family) => family.native),
    givens.map((name) => name.native),
  )
  const all: PersonName[] = [decorated(random, official, who)]
  if (given.native !== given.latin) all.push(fullName('usual', [own.latin], [given.latin]))
  if (changed) all.push({ ...fullName('maiden', [household.fatherFamily.native], [given.native]) })
  if (random.chance(0.08))
    all.push({ use: 'nickname', family: [], given: [`${given.latin.slice(0, 3)}ie`], text: `${given.latin.slice(0, 3)}ie` })
  return { all, latin: { given: given.latin, family: own.latin } }
}

function decorated(random: Random, name: PersonName, who: { female: boolean; age: number }): PersonName {
  const prefix = who.age >= 18 && random.chance(0.3) ? [random.chance(0.08) ? 'Dr.' : who.female ? 'Ms.' : 'Mr.'] : undefined
  const suffix = !who.female && random.chance(0.04) ? [random.pick(['Jr.', 'Sr.', 'III'])] : undefined
  return { ...name, ...(prefix && { prefix }), ...(suffix && { suffix }) }
}

/** How free text spells a birth date: ISO, US with and without zeros, European, long and short words. */
export function spellDate(day: number, style: number): string {
  const iso = isoDay(day)
  const [year, month, date] = iso.split('-') as [string, string, string]
  const name = monthNames[Number(month) - 1] as string
  const styles = [iso, `${month}/${date}/${year}`, `${Number(month)}/${Number(date)}/${year}`, `${Number(date)} ${name} ${year}`]
  return [...styles, `${name.slice(0, 3)} ${Number(date)}, ${year}`, `${name} ${date}, ${year}`][style % 6] as string
}

const monthNames = 'January February March April May June July August September October November December'.split(' ')
