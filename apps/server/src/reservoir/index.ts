// The reservoir: every study's masked rows as Parquet under an immutable snapshot, and generations of them for readers outside.
// It never sees an unmasked row, never shows half a commit, and never removes a file that a snapshot in use names.
export type { FlatTable, FlatTableInput, FlatTables } from './generation.js'
export type { Pin } from './garbage.js'
export type { PartitionLevel } from './jobs.js'
export { livingRowsSql } from './living-sql.js'
export { readReservoirManifest, type ReservoirFile, type ReservoirManifest, type ReservoirStamp, type ReservoirType } from './manifest.js'
export { modelVersion, nestedColumns, nestedTypeSql, rowColumns, type NestedField, type NestedType } from './nested-schema.js'
export { openReservoir, Reservoir, type ReservoirOptions } from './reservoir.js'
export type { Committed, DisplayText, ReservoirBatch, StudyReservoir } from './study-reservoir.js'
