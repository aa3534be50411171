import fc from 'fast-check'
import type { CohortCriteria, CohortCriterion, CohortLeaf } from '@aquifer/core/contract'

// Small worlds of people, and what criteria mean of them, said without SQL.

export interface Event {
  system: string | null
  code: string
  status: string | null
  /** null: masking kept the year only */
  at: string | null
  year: number | null
  value: number | null
  unit: string | null
}
type Happened = Extract<CohortLeaf, { of: object }>
export interface Person {
  key: string
  gender: string | null
  birthDate: string | null
  birthYear: number | null
  events: Record<Happened['is'], Event[]>
}
export interface Entry {
  list: string
  system: string
  code: string
}

const day = fc
  .record({ y: fc.integer({ min: 2000, max: 2004 }), m: fc.constantFrom('01', '06', '12'), d: fc.constantFrom('01', '15', '28') })
  .map(({ y, m, d }) => `${y}-${m}-${d}`)
const code = fc.constantFrom('a', 'b', 'c')
const system = fc.constantFrom('s1', 's2')
const event: fc.Arbitrary<Event> = fc
  .record({
    system: fc.option(system),
    code,
    status: fc.constantFrom(null, 'completed', 'entered-in-error', 'refuted', 'draft', 'aborted', 'cancelled'),
    day: fc.option(day),
    isYear: fc.boolean(),
    value: fc.option(fc.integer({ min: 0, max: 3 })),
    unit: fc.constantFrom('u', 'v', null),
  })
  .map(({ day: at, isYear, ...rest }) => ({ ...rest, at: isYear ? null : at, year: at === null ? null : Number(at.slice(0, 4)) }))
const events = fc.array(event, { maxLength: 3 })
const person: fc.Arbitrary<Omit<Person, 'key'>> = fc.record({
  gender: fc.constantFrom('female', 'male', 'other', null),
  birthDate: fc.option(day),
  birthYear: fc.option(fc.integer({ min: 1995, max: 2003 })),
  events: fc.record({ condition: events, medication: events, procedure: events, observation: events }),
})
export const people = fc
  .array(person, { minLength: 1, maxLength: 8 })
  .map((found) => found.map((each, at): Person => ({ ...each, key: `p${at}` })))
export const lists = fc.array(fc.record({ list: fc.constantFrom('l1', 'l2'), system, code }), { maxLength: 4 })

const codes = fc.oneof(
  fc.record({ list: fc.constantFrom('l1', 'l2') }),
  fc.record({ codes: fc.array(code, { minLength: 1, maxLength: 2 }), system }, { requiredKeys: ['codes'] }),
)
const happened = fc.record(
  {
    is: fc.constantFrom('condition', 'medication', 'procedure', 'observation'),
    of: codes,
    window: fc.record({ from: day, to: day }, { requiredKeys: [] }),
    atLeast: fc.constant(2),
    value: fc.record(
      { comparison: fc.constantFrom('<', '<=', '=', '>=', '>'), number: fc.integer({ min: 0, max: 3 }), unit: fc.constant('u') },
      { requiredKeys: ['comparison', 'number'] },
    ),
  },
  { requiredKeys: ['is', 'of'] },
)
const leaf = fc.oneof(
  {
    weight: 3,
    arbitrary: happened.map(({ value, ...rest }) => (rest.is === 'observation' && value !== undefined ? { ...rest, value } : rest)),
  },
  fc.record({ is: fc.constant('age'), min: fc.integer({ min: 0, max: 8 }), on: day }),
  fc.record({ is: fc.constant('age'), max: fc.integer({ min: 0, max: 8 }), min: fc.constant(1), on: day }),
  fc.subarray(['female', 'male', 'other', 'unknown'], { minLength: 1 }).map((found) => ({ is: 'sex', in: found })),
) as fc.Arbitrary<CohortLeaf>
const { rule } = fc.letrec<{ rule: CohortCriterion }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    leaf,
    fc.record({ is: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ is: fc.constant('not' as const), of: tie('rule') }),
  ),
}))
export const criteria: fc.Arbitrary<CohortCriteria> = fc.record({ all: fc.array(rule, { maxLength: 3 }) })

const never: Record<Happened['is'], string[]> = {
  condition: ['refuted', 'entered-in-error'],
  medication: ['draft', 'entered-in-error'],
  procedure: ['aborted', 'entered-in-error'],
  observation: ['cancelled', 'entered-in-error'],
}

export function meets(who: Person, criterion: CohortCriterion, entries: readonly Entry[]): boolean {
  switch (criterion.is) {
    case 'all':
      return criterion.of.every((each) => meets(who, each, entries))
    case 'any':
      return criterion.of.some((each) => meets(who, each, entries))
    case 'not':
      return !meets(who, criterion.of, entries)
    case 'sex':
      return (criterion.in as string[]).includes(who.gender ?? 'unknown')
    case 'age': {
      const age = ageOn(who, criterion.on)
      return age !== null && age >= (criterion.min ?? -Infinity) && age <= (criterion.max ?? Infinity)
    }
    default: {
      const found = who.events[criterion.is].filter(
        (each) => isMeant(each, criterion, entries) && !never[criterion.is].includes(each.status ?? ''),
      )
      return found.length >= (criterion.atLeast ?? 1)
    }
  }
}

function ageOn({ birthDate, birthYear }: Person, on: string): number | null {
  const years = Number(on.slice(0, 4))
  if (birthDate === null) return birthYear === null ? null : years - birthYear
  const whole = years - Number(birthDate.slice(0, 4))
  if (birthDate <= on) return on.slice(5) >= birthDate.slice(5) ? whole : whole - 1
  // Who is born later is that many whole years short.
  return on.slice(5) > birthDate.slice(5) ? whole + 1 : whole
}

function isMeant({ system: of, code: is, at, year, value, unit }: Event, asked: Happened, entries: readonly Entry[]): boolean {
  if ('list' in asked.of) {
    const { list } = asked.of
    if (!entries.some((each) => each.list === list && each.system === of && each.code === is)) return false
  } else if (!asked.of.codes.includes(is) || (asked.of.system !== undefined && asked.of.system !== of)) return false
  const { from, to } = asked.window ?? {}
  const within = (bound: string | undefined, isIn: (a: string | number, b: string | number) => boolean): boolean => {
    if (bound === undefined) return true
    if (at !== null) return isIn(at, bound)
    return year !== null && isIn(year, Number(bound.slice(0, 4)))
  }
  if (!within(from, (a, b) => a >= b) || !within(to, (a, b) => a <= b)) return false
  if (asked.is !== 'observation' || asked.value === undefined) return true
  const { comparison, number, unit: wanted } = asked.value
  if (value === null || (wanted !== undefined && wanted !== unit)) return false
  return { '<': value < number, '<=': value <= number, '=': value === number, '>=': value >= number, '>': value > number }[comparison]
}
