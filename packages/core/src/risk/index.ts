// Re-identification risk of masked people: how alike they look, what gives them away, what generalizing would change.
// Works on counts by quasi-identifiers; never sees a row, a key or a name.
export { peopleIn, regroup } from './classes.js'
export type { EquivalenceClass, Population, Value } from './classes.js'
export { combinationDefaults, worstCombinations } from './combinations.js'
export type { Combination, CombinationOptions, Combinations, Pattern } from './combinations.js'
export { diversityOf, rareOf } from './diversity.js'
export type { Diversity, SensitiveValue } from './diversity.js'
export { effectOf, generalizations, generalize, path, proposals } from './generalize.js'
export type { Effect, Generalization } from './generalize.js'
export { measure } from './measures.js'
export type { MeasureOptions, Measures } from './measures.js'
