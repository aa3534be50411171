// Openers and handle types for disk and drivers: PostgreSQL, DuckDB, files, clock, fault points.
// Never knows what is stored.
export { openSigner } from './signer.js'
export { syncFolder, writeAtomically } from './atomic-file.js'
export { systemClock } from './clock.js'
export type { Clock } from './clock.js'
export { openDuckDb } from './duckdb.js'
export { armFaults, disarmFaults, faultPoint } from './fault-points.js'
export { migrate } from './migrate.js'
export { CannotStart, openPostgres, PostgresInUse } from './postgres.js'
export type { Postgres, PostgresOptions } from './postgres.js'
export { findBinaries } from './postgres-binaries.js'
export { packageRoot, programPath } from './program.js'
export { Sleeper } from './sleeper.js'
