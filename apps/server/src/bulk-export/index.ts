// Bulk export: what a caller may read of a study, as files of NDJSON, made by a job and fetched later.
// Never shows more than the caller's own search would, then or when it is fetched.
export { openBulkExport } from './bulk-export.js'
export type { BulkExport, ExportAsk } from './bulk-export.js'
