// Code lists: what codes are called and mapped to, read from files and resources, checked row by row.
// A list holds no people: what looks like somebody’s identifier is refused by its place, and its content is never told.
export { checkEntries, codeListColumns, listNamePattern, systemUri } from './entries.js'
export type { CheckedList, CodeListEntry, ListFault, ListRow } from './entries.js'
export { rowsOfResource } from './resources.js'
