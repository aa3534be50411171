// The value sets and code systems that DSTU2 itself carries: what is in them, whether a code is, what is below and above one.
// It never guesses: of what is not carried the answer says so. Large, so whoever needs it imports it when asked. Never knows stored resources or HTTP.
export { ownValueSets } from './tables.js'
export type { CodeSystem, Compose, OwnConcept, ValueSetFacts } from './tables.js'
export { codesOf, expansionOf } from './expansion.js'
export type { Expanded } from './expansion.js'
export { codesAbove, codesBelow } from './hierarchy.js'
export type { SystemCode } from './hierarchy.js'
