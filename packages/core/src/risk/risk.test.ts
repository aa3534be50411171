import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  diversityOf,
  effectOf,
  generalize,
  measure,
  path,
  peopleIn,
  proposals,
  rareOf,
  regroup,
  worstCombinations,
  type Population,
  type SensitiveValue,
  type Value,
} from './index.js'

const options = { threshold: 11, sampled: 1 }
const population = (attributes: string[], ...classes: [Value[], number][]): Population => ({
  attributes,
  classes: classes.map(([values, people]) => ({ values, people })),
})

// Worked by hand: 20 people in four classes.
const twenty = population(
  ['gender', 'birth_year'],
  [['female', '1970'], 12],
  [['female', '1971'], 1],
  [['male', '1970'], 5],
  [['male', null], 2],
)

test('k, uniques and risks of a population worked by hand', () => {
  expect(measure(twenty, options)).toEqual({
    people: 20,
    classes: 4,
    minimum: 1,
    median: 12,
    unique: 1,
    below: 8,
    risk: { highest: 1, mean: 0.2, above: 0.4, journalist: 1, marketer: 0.2 },
  })
  expect(measure(twenty, { threshold: 11, sampled: 0.1 }).risk).toMatchObject({ journalist: 0.1, marketer: 0.2 * 0.1 })
  expect(measure(population(['gender']), options)).toMatchObject({ people: 0, minimum: null, risk: { highest: null, mean: null } })
  // A class of 11 has the risk that EMA writes as 0.09: not above it.
  expect(measure(population(['gender'], [['female'], 11]), options).risk.above).toBe(0)
})

// Twelve people in three classes, each with one diagnosis.
test('l and t of single values, worked by hand', () => {
  const classes = population(['zip3'], [['1'], 4], [['2'], 4], [['3'], 4])
  const value = (zip: string, sensitive: string, people: number): SensitiveValue => ({ values: [zip], sensitive, people })
  const sensitive = [
    value('1', 'heart', 2),
    value('1', 'viral', 2),
    value('2', 'cancer', 4),
    value('3', 'heart', 1),
    value('3', 'viral', 1),
    value('3', 'cancer', 2),
  ]
  const { distinct, entropy, shared, closeness } = diversityOf(classes, sensitive)
  expect({ distinct, entropy, shared }).toEqual({ distinct: 1, entropy: 1, shared: { classes: 1, people: 4 } })
  // Everybody: heart 3, viral 3, cancer 6 of 12. The class of cancer alone lies 1 − 6/12 away.
  expect(closeness).toBeCloseTo(0.5)
  const both = diversityOf(population(['zip3'], [['1'], 4]), sensitive.slice(0, 2))
  expect([both.distinct, both.entropy]).toEqual([2, expect.closeTo(2)])
  expect(diversityOf(classes, [])).toEqual({ distinct: null, entropy: null, shared: { classes: 0, people: 0 }, closeness: null })
})

test('a diagnosis that all of a class have is known of each, whatever else they have', () => {
  const classes = population(['zip3'], [['1'], 3], [['2'], 3])
  const has = (zip: string, sensitive: string, people: number): SensitiveValue => ({ values: [zip], sensitive, people })
  const { distinct, shared } = diversityOf(classes, [has('1', 'flu', 3), has('1', 'gout', 1), has('1', 'hiv', 1), has('2', 'flu', 2)])
  expect({ distinct, shared }).toEqual({ distinct: 1, shared: { classes: 1, people: 3 } })
  expect(rareOf([has('1', 'flu', 12), has('1', 'hiv', 1), has('2', 'hiv', 2)], 11)).toEqual({ values: 2, rare: 1 })
})

test('the attributes that give people away, fewest first', () => {
  const people = population(
    ['gender', 'birth_year', 'race'],
    [['female', '1970', 'a'], 1],
    [['female', '1970', 'b'], 1],
    [['male', '1970', 'a'], 1],
    [['male', '1970', 'b'], 1],
    [['male', '1999', 'b'], 1],
  )
  const { worst, patterns, upTo } = worstCombinations(people)
  expect(upTo).toBe(3)
  // 1999 alone tells one. Gender and race tell both women and the man of race a; the two men of race b need the year.
  expect(worst.find(({ attributes }) => attributes.join() === 'birth_year')).toEqual({ attributes: ['birth_year'], unique: 1, minimal: 1 })
  expect(worst.find(({ attributes }) => attributes.join() === 'gender,race')).toEqual({
    attributes: ['gender', 'race'],
    unique: 3,
    minimal: 3,
  })
  expect(worst.find(({ attributes }) => attributes.length === 3)).toEqual({
    attributes: ['gender', 'birth_year', 'race'],
    unique: 5,
    minimal: 1,
  })
  expect(patterns[0]).toEqual({ values: [{ attribute: 'birth_year', value: '1999' }], people: 1 })
  expect(worstCombinations(people, { attributesMax: 3, worst: 20, patterns: 1, workMax: 20 }).upTo).toBe(1)
})

test('what generalizing changes and what it costs', () => {
  const years = population(
    ['birth_year', 'zip3'],
    ...Array.from({ length: 40 }, (_, at): [Value[], number] => [[String(1960 + at), '021'], 3]),
  )
  expect(effectOf(years, [{ attribute: 'birth_year', to: 'decade' }], options).measures).toMatchObject({
    classes: 4,
    minimum: 30,
    below: 0,
  })
  const { loss } = effectOf(years, [{ attribute: 'birth_year', to: 'decade' }], options)
  // 40 equal years carry log2 40 bits, 4 decades 2.
  expect(loss).toBeCloseTo(1 - 2 / Math.log2(40))
  expect(effectOf(years, [], options).loss).toBe(0)
  expect(effectOf(years, [{ attribute: 'birth_year', to: 'drop' }], options).measures.classes).toBe(1)
  expect(
    generalize(population(['zip3'], [['021'], 1], [['023'], 1], [['1'], 1]), [{ attribute: 'zip3', to: 'two-digits' }]).classes,
  ).toEqual([
    { values: ['02'], people: 2 },
    { values: ['1'], people: 1 },
  ])
  expect(generalize(twenty, [{ attribute: 'birth_year', to: 'decade' }]).classes.map(({ values }) => values[1])).toContain(null)
})

// ---- beside a count that goes person by person

const person = fc.record({
  gender: fc.constantFrom('f', 'm', null),
  birth_year: fc.constantFrom('1970', '1971', '1980'),
  race: fc.constantFrom('a', 'b'),
})
type Person = { gender: Value; birth_year: Value; race: Value }
const names = ['gender', 'birth_year', 'race'] as const
const ofPeople = (people: readonly Person[]): Population =>
  regroup({ attributes: names, classes: people.map((each) => ({ values: names.map((name) => each[name]), people: 1 })) }, names)
const alike = (people: readonly Person[], one: Person, by: readonly (keyof Person)[]): number =>
  people.filter((other) => by.every((name) => other[name] === one[name])).length

test('measures and minimal uniques are those of a count person by person', () => {
  const subsets: (keyof Person)[][] = [
    ['gender'],
    ['birth_year'],
    ['race'],
    ['gender', 'birth_year'],
    ['gender', 'race'],
    ['birth_year', 'race'],
    [...names],
  ]
  fc.assert(
    fc.property(fc.array(person, { minLength: 1, maxLength: 25 }), (people) => {
      const all = ofPeople(people)
      const sizes = people.map((one) => alike(people, one, names))
      const mean = sizes.reduce((sum, size) => sum + 1 / size, 0) / people.length
      expect(measure(all, options)).toMatchObject({
        people: people.length,
        minimum: Math.min(...sizes),
        unique: sizes.filter((size) => size === 1).length,
        below: sizes.filter((size) => size < 11).length,
        risk: { mean: expect.closeTo(mean, 9) as number },
      })
      const { worst } = worstCombinations(all)
      for (const subset of subsets) {
        const unique = people.filter((one) => alike(people, one, subset) === 1)
        const isMinimal = (one: Person): boolean =>
          subsets.every(
            (less) => less.length >= subset.length || !less.every((name) => subset.includes(name)) || alike(people, one, less) > 1,
          )
        const told = worst.find(({ attributes }) => attributes.join() === subset.join())
        expect([subset, told?.unique ?? 0, told?.minimal ?? 0]).toEqual([subset, unique.length, unique.filter(isMinimal).length])
      }
    }),
  )
})

test('no generalization makes a class smaller or loses a person, and the path ends with nobody too easily found, or all alike', () => {
  fc.assert(
    fc.property(fc.array(person, { minLength: 1, maxLength: 60 }), (people) => {
      const all = ofPeople(people)
      const before = measure(all, options)
      for (const each of proposals(all)) {
        const { measures, loss } = effectOf(all, [each], options)
        expect(measures.people).toBe(people.length)
        expect(measures.minimum).toBeGreaterThanOrEqual(before.minimum!)
        expect(measures.below).toBeLessThanOrEqual(before.below)
        expect(loss).toBeGreaterThanOrEqual(0)
        expect(loss).toBeLessThanOrEqual(1)
      }
      const last = path(all, options).at(-1)
      const end = last === undefined ? before : last.measures
      expect(end.below === 0 || end.people < 11 || end.classes <= 2).toBe(true)
      expect(peopleIn(all)).toBe(people.length)
    }),
  )
})
