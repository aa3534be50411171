// Openers and handle types for disk and drivers: PostgreSQL, DuckDB, files, clock, fault points.
// Never knows what is stored.
export { systemClock } from './clock.js'
export type { Clock } from './clock.js'
export { packageRoot, programPath } from './program.js'
