// Files that are stored and given back as they came: those of the lake, which may hold people, sealed under the study's key; those of the
// reservoir, which somebody vouched for, as tables of statements. Never parses a file, and no way leads from the lake's to the reservoir's.
export { openFileDesk } from './desk.js'
export type { FileDesk, FilesAsked, FileTable, OpenedFile, Sending } from './desk.js'
export type { FileKeys } from './sealed-file.js'
export type { UploadDesk, UploadState } from './uploads.js'
