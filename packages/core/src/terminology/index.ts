// The value sets and code systems that DSTU2 itself carries: what is in them, and whether a code is.
// Large, so whoever needs it imports it when asked. Never knows stored resources or HTTP.
export { ownValueSets } from './tables.js'
export type { CodeSystem, Compose, OwnConcept, ValueSetFacts } from './tables.js'
export { expansionOf } from './expansion.js'
export type { Expanded } from './expansion.js'
