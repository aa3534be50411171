import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countsOnly, differsByFew, isSmall, protectGroups, union, type People, type ToldPeople } from './index.js'

const people = (...numbers: number[]): People => Uint32Array.from(numbers).sort()
const from = (first: number, last: number): People => Uint32Array.from({ length: last - first }, (_, at) => first + at)

test('a small group is hidden, and the least of the others beside it; two small ones hide each other', () => {
  const one = protectGroups([[from(0, 40)], [from(40, 43)], [from(43, 63)]], [], countsOnly)
  expect(one.small).toEqual([1])
  expect(one.states).toEqual([['told'], ['primary'], ['secondary']])
  const two = protectGroups([[from(0, 40)], [from(40, 48)], [from(48, 56)]], [], countsOnly)
  expect(two.states).toEqual([['told'], ['primary'], ['primary']])
})

test('a figure of some of a group is hidden where they or the rest are few', () => {
  const group = from(0, 40)
  const { states } = protectGroups([[group, from(0, 3), from(0, 38), from(0, 20), people()]], [], countsOnly)
  expect(states).toEqual([['told', 'primary', 'secondary', 'told', 'told']])
})

test('nearly the same people, and groups that nearly make up a whole, tell of the difference', () => {
  expect(differsByFew(from(0, 40), from(0, 37), countsOnly)).toBe(true)
  expect(differsByFew(from(0, 40), from(3, 43), countsOnly)).toBe(true)
  expect(differsByFew(from(0, 40), from(0, 20), countsOnly)).toBe(false)
  expect(differsByFew(from(0, 40), from(0, 40), countsOnly)).toBe(false)
  const told: ToldPeople = { all: null, groups: [from(0, 20), from(20, 40)] }
  expect(protectGroups([[from(0, 43)]], [told], countsOnly).spent).toBe(true)
  expect(protectGroups([[from(0, 80)]], [told], countsOnly).states).toEqual([['told']])
  const whole: ToldPeople = { all: null, groups: [from(0, 43)] }
  expect(protectGroups([[from(0, 20)], [from(20, 40)]], [whole], countsOnly).states).toEqual([['secondary'], ['told']])
})

// Ninety people in three groups, asked again and again with a few left out, moved, or two groups as one: what an attacker would do. What he
// has is every set that was told, and unions of one answer's.
const crowd = 90
const asking = fc.record({
  without: fc.uniqueArray(fc.integer({ min: 0, max: crowd - 1 }), { maxLength: 4 }),
  moved: fc.uniqueArray(fc.integer({ min: 0, max: crowd - 1 }), { maxLength: 4 }),
  asOne: fc.boolean(),
  only: fc.constantFrom([0, 1, 2], [0, 1], [0], [2]),
})
type Asking = { without: number[]; moved: number[]; asOne: boolean; only: readonly number[] }
function answerOf({ without, moved, asOne, only }: Asking): People[][] {
  const groups: number[][] = [[], [], []]
  for (let person = 0; person < crowd; person++) {
    const group = (person + (moved.includes(person) ? 1 : 0)) % 3
    if (!without.includes(person) && only.includes(group)) groups[asOne && group === 1 ? 0 : group]!.push(person)
  }
  return groups.filter((group) => group.length > 0).map((group) => [Uint32Array.from(group)])
}

const unions = (groups: readonly People[]): People[] =>
  Array.from({ length: 2 ** groups.length - 1 }, (_, mask) => union(groups.filter((_group, at) => ((mask + 1) >> at) & 1)))

test('whatever is asked in turn, no few people follow from one told figure and the told groups of another answer', () => {
  fc.assert(
    fc.property(fc.array(asking, { minLength: 2, maxLength: 4 }), (asked) => {
      const told: ToldPeople[] = []
      for (const each of asked) {
        const shown = protectGroups(answerOf(each), told, countsOnly)
        if (shown.spent) continue
        for (const group of shown.told.groups) expect(isSmall(group.length, countsOnly)).toBe(false)
        told.push(shown.told)
      }
      for (const one of told)
        for (const whole of one.all === null ? one.groups : [...one.groups, one.all])
          for (const other of told)
            for (const together of unions(other.groups)) {
              const inside = together.every((each) => whole.includes(each))
              expect(inside && isSmall(whole.length - together.length, countsOnly)).toBe(false)
            }
    }),
    { numRuns: 300 },
  )
})
