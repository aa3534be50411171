// Quality of the data that sites send: named checks, limits and expected elements as data, one resource judged at a time, counts by
// site and feed. Keeps counts and published codes only: never a value, an id or a text of a resource.
export { qualityCheckIds, qualityChecks, thresholds } from './checks.js'
export type { QualityCheck, QualityCheckId } from './checks.js'
export { elementName, expectedElements } from './expected.js'
export { deviceOf, judge, mainCode, readingKey } from './judge.js'
export type { Judged, Standing } from './judge.js'
export { plausibility, plausibleRanges, rangeOfCode, rangeSources } from './ranges.js'
export type { PlausibleRange } from './ranges.js'
export { delayEdgesMs, delayWithin, elementsOf, merged, QualityTally } from './tally.js'
export type { Cell, Finding, Place, Tallied } from './tally.js'
export { openSilence } from './silence.js'
export type { Silence } from './silence.js'
