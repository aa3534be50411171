// Dates and periods as FHIR writes them and as a clock in a study's zone shows them.
// Never asks what time it is now: the instant is an argument.
export { dayAt, instantOf, isZone, timeAt } from './zone.js'
export { durationMs, periodBounds, spanOf, spanText } from './fhir-time.js'
export { ageOfMajority, majorityAt } from './majority.js'
