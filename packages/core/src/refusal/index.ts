// The closed set of reasons for which Aquifer says no, as plain values that travel up to the edge.
// Never throws, never knows HTTP status codes or FHIR outcomes: apps/server/src/http/refusals.ts alone maps these.
export { refuse, isRefusal, refusalTitles } from './refusal.js'
export type { ConsentCause, Refusal, RefusalCode, RefusalIssue } from './refusal.js'
