// Masking at work: keys, worker threads that take and return bytes, the study's dictionary of displays.
// It never decides what is masked (that is the policy, in core), never stores a row, and never reports a value.
export { countDifferences, type CountedDifference } from './count-differences.js'
export { createDisplayDictionary, displayPeopleMin, type Display, type DisplayDictionary, type DisplayState } from './displays.js'
export { hmacOf, maskingKeyFor, randomMaskingKey, readMaskingKey } from './keys.js'
export { LineTooLong, maskStream, type StreamSummary } from './mask-stream.js'
export { openMaskingPool, type MaskingPool, type MaskingSettings, type StudyMasking } from './pool.js'
export type { HeldLine, MaskedBatch } from './worker-messages.js'
export { DisplayDesk } from './display-desk.js'
export { HeldDesk, policyNamedOrRead } from './held-desk.js'
export type { HeldResource } from './held-list.js'
export type { Replayed } from './replays.js'
export { MaskingRun } from './run.js'
export type { LeakAcceptance, StandingLeak } from './leak-gate.js'
