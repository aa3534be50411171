// What holds of a file that is stored as it came: its name, its checksums, the part that is asked for, whether it is a table, and what in it
// looks like a person. Never opens a file and never decides who may.
export { checksumsAsked, type AskedChecksum } from './checksum.js'
export { dispositionOf, filenameIn, isFilename, wordsIn } from './name.js'
export { partOf, type FilePart } from './part.js'
export { openScan, type ScanFinding, type ScanKind } from './scan.js'
export { tableFormatOf, type TableFormat } from './table.js'
