// The people around a person: parents and guardians of the young, spouses, carers of those who cannot decide for themselves.
import { plusYears } from './calendar.js'
import type { PersonName } from './naming.js'
import { asciiName, drawFamily, drawGiven, fullName, type Spelled } from './naming.js'
import { phone } from './numbers.js'
import type { PersonPlan } from './person.js'
import type { Random } from './random.js'

export interface Relative {
  id: string
  kind: 'mother' | 'father' | 'grandmother' | 'spouse' | 'daughter' | 'son' | 'friend'
  guardian: boolean
  name: PersonName
  female: boolean
  birthDay: number
  phone: string
  email: string
  /** a guardian's right ends when a child comes of age; that of someone who cannot decide does not end */
  until: number | null
}

export interface Parents {
  father: Spelled
  mother: Spelled
  family: Spelled
}

type Person = Omit<PersonPlan, 'relatives'>

export function drawRelatives(random: Random, person: Person, parents: Parents): Relative[] {
  if (person.age < 18) return parentsOf(random, person, parents)
  const list: Relative[] = []
  if (person.incapacitated) list.push(relative(random, person, random.chance(0.5) ? 'daughter' : 'son', { guardian: true, until: null }))
  if (person.married && random.chance(0.6)) list.push(relative(random, person, 'spouse', { guardian: false, until: null }))
  else if (random.chance(0.15)) list.push(relative(random, person, 'friend', { guardian: false, until: null }))
  return list
}

function parentsOf(random: Random, person: Person, parents: Parents): Relative[] {
  const ofAge = plusYears(person.birthDay, 18)
  if (random.chance(0.1)) return [relative(random, person, 'grandmother', { guardian: true, until: ofAge })]
  const mother = relative(random, person, 'mother', { guardian: true, until: ofAge, given: parents.mother, family: parents.family })
  if (random.chance(0.4)) return [mother]
  return [
    mother,
    relative(random, person, 'father', { guardian: random.chance(0.8), until: ofAge, given: parents.father, family: parents.family }),
  ]
}

interface Known {
  guardian: boolean
  until: number | null
  given?: Spelled
  family?: Spelled
}

const yearsOlder: Record<Relative['kind'], readonly [number, number]> = {
  mother: [19, 42],
  father: [20, 48],
  grandmother: [42, 60],
  spouse: [-5, 8],
  daughter: [-38, -20],
  son: [-38, -20],
  friend: [-15, 15],
}

function relative(random: Random, person: Person, kind: Relative['kind'], known: Known): Relative {
  const female = kind === 'spouse' ? !person.female : kind === 'friend' ? random.chance(0.5) : !['father', 'son'].includes(kind)
  const given = known.given ?? drawGiven(person.pool, female, random)
  const family = known.family ?? drawFamily(person.pool, random)
  const own = person.names[0]?.family[0] ?? family.native
  const shares = kind === 'spouse' || kind === 'son' || kind === 'grandmother'
  const [low, high] = yearsOlder[kind]
  return {
    id: random.uuid(),
    kind,
    guardian: known.guardian,
    name: fullName('official', [shares ? own : family.native], [given.native]),
    female,
    birthDay: plusYears(person.birthDay, -random.int(low, high)) - random.int(0, 300),
    phone: phone(random),
    email: `${asciiName(given.latin)}.${asciiName(family.latin)}${random.int(10, 99)}@example.net`,
    until: known.until,
  }
}
