// The lake: every version of every study's identified rows, as encrypted append-only segments under a manifest.
// It never parses or masks a row, and never opens a file whose bytes differ from what was written.
export type { Whose } from './forget.js'
export type { Journal } from './journal.js'
export { KeyMissing, keyFingerprint, openKeyring, type Keyring } from './keyring.js'
export { adoptLake, emptyLake } from './adopt.js'
export { filesOfLake } from './lake-files.js'
export { AnewGone, type LakeAnew } from './anew.js'
export { openLake, type Lake } from './lake.js'
export { compareCursors, feedStart, type Cursor, type LakeSegment } from './manifest.js'
export { rowLines, rowsOf, type StoredRow } from './row.js'
export { TamperedError } from './sealed.js'
export type { RowBatch } from './segment.js'
export type { StudyLake } from './study-lake.js'
