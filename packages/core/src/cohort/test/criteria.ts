import fc from 'fast-check'
import type { CohortCriteria, CohortCriterion, CohortLeaf } from '../../contract/index.js'

// Any criteria at all.

const plain = (maxLength: number) =>
  fc
    .oneof(fc.constantFrom('a', "it's", 'AND', '"', '|', 'é', '1e3', '--', ')'), fc.string({ minLength: 1, maxLength }))
    .filter((text) => !/\p{Cc}/u.test(text))
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const maybe = <T>(name: string, of: fc.Arbitrary<T>) =>
  fc.option(of, { nil: undefined }).map((value) => (value === undefined ? {} : { [name]: value }))
const both = (...parts: fc.Arbitrary<object>[]) => fc.tuple(...parts).map((found) => Object.assign({}, ...found) as object)

const codes = fc.oneof(
  plain(12).map((list) => ({ list })),
  both(
    maybe('system', fc.oneof(plain(12), fc.constant('http://loinc.org'))),
    fc
      .array(fc.oneof(plain(8), fc.constantFrom('8480-6', '8310-5', '14749-6')), { minLength: 1, maxLength: 3 })
      .map((found) => ({ codes: found })),
  ),
)
const window = both(maybe('from', day), maybe('to', day)).filter((found) => Object.keys(found).length > 0)
const value = both(
  fc.record({
    comparison: fc.constantFrom('<', '<=', '=', '>=', '>'),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
  }),
  maybe('unit', fc.oneof(plain(6), fc.constantFrom('kPa', 'mm[Hg]', '°F', 'mmol/l'))),
)
const happened = both(
  codes.map((of) => ({ of })),
  maybe('window', window),
  maybe('atLeast', fc.integer({ min: 2, max: 1000 })),
)
const age = both(maybe('min', fc.nat(130)), maybe('max', fc.nat(130))).filter((found) => Object.keys(found).length > 0)
const leaf = fc.oneof(
  both(
    fc.constantFrom('condition', 'medication', 'procedure').map((is) => ({ is })),
    happened,
  ),
  both(fc.constant({ is: 'observation' }), happened, maybe('value', value)),
  both(
    fc.constant({ is: 'age' }),
    age,
    day.map((on) => ({ on })),
  ),
  fc.subarray(['female', 'male', 'other', 'unknown'], { minLength: 1 }).map((found) => ({ is: 'sex', in: found })),
) as fc.Arbitrary<CohortLeaf>

const { rule } = fc.letrec<{ rule: CohortCriterion }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ is: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ is: fc.constant('not' as const), of: tie('rule') }),
  ),
}))
export const anyCriteria: fc.Arbitrary<CohortCriteria> = fc.record({ all: fc.array(rule, { maxLength: 4 }) })
