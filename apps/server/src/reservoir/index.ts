// The reservoir: every study's masked rows as Parquet under an immutable snapshot, and generations of them for readers outside.
// It never sees an unmasked row, never shows half a commit, and never removes a file that a snapshot in use names.
export type { Generation } from './generation.js'
export type { FlatTable, FlatTableInput, FlatTables, StudyTables } from './generation-tables.js'
export { cutFolder, cutsFolder, filesOfCut, isCutName, readCut, type Cut, type CutMade, type PersonUnder } from './cuts.js'
export { listFile } from './list-files.js'
export { livingRowsSql } from './living-sql.js'
export {
  filesOf as filesOfReservoir,
  having,
  listsApart,
  readReservoirManifest,
  type MaskedPerson,
  type ReservoirManifest,
  type ReservoirStamp,
} from './manifest.js'
export { modelVersion, nestedColumns, nestedColumnTypes, nestedTypeSql } from './nested-schema.js'
export { openReservoir, type Beside, type Reservoir } from './reservoir.js'
export type { Publishing } from './upkeep.js'
export type { ReservoirBatch, StudyReservoir } from './study-reservoir.js'
