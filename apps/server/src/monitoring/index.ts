// What operators see: log lines and metrics.
// Never holds PHI, identifiers, query strings or secrets, and never decides anything.
export { errorName, openLog } from './log.js'
export type { Log, LogSink } from './log.js'
export { openMetrics, openRate } from './metrics.js'
export type { Metrics } from './metrics.js'
