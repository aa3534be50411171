// The matrix's rows of the query service: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

interface QueryRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
}

const ofRows: QueryRow = { may: ['analyst', 'researcher'] }
const statements: QueryRow = { may: ['analyst', 'researcher', 'study-manager'] }
const releasers: Role[] = ['analyst', 'study-manager']
const counters: Role[] = ['analyst', 'researcher', 'study-manager', 'privacy-officer', 'auditor']
const codeReaders: Role[] = [...counters, 'administrator']
const views: QueryRow = { may: counters }

export const queryRows = {
  runStatement: { ...statements, body: () => ({}) },
  statements: { ...statements, url: '/query/api/v1/statements?study={study}' },
  statement: statements,
  statementResult: statements,
  statementLineage: statements,
  cancelStatement: statements,
  statementWindow: statements,
  pinStatement: { ...statements, body: () => ({ pinned: true }) },
  diffStatements: { ...statements, url: '/query/api/v1/statements/none/diff/none' },
  completions: { ...statements, body: () => ({}) },
  savedQueries: { ...ofRows, url: '/query/api/v1/saved-queries?study={study}' },
  saveQuery: { ...ofRows, body: () => ({}) },
  savedQuery: ofRows,
  removeSavedQuery: ofRows,
  runSavedQuery: { ...ofRows, body: () => ({}) },
  downloads: { may: releasers, url: '/query/api/v1/downloads?study={study}' },
  requestDownload: { may: releasers, body: () => ({}) },
  noteRelease: { ...statements, body: () => ({}) },
  download: { may: releasers },
  downloadFile: { may: releasers },
  downloadManifest: { may: releasers },
  downloadCodebook: { may: releasers },
  removeDownload: { may: releasers },
  catalogue: { ...statements, url: '/query/api/v1/catalogue?study={study}' },
  notebooks: { ...statements, url: '/query/api/v1/notebooks?study={study}' },
  createNotebook: { ...statements, body: () => ({}) },
  notebook: statements,
  saveNotebook: { ...statements, body: () => ({}) },
  removeNotebook: statements,
  notebookVersions: statements,
  notebookAt: { ...statements, url: '/query/api/v1/notebooks/none/versions/1' },
  views: { ...views, url: '/query/api/v1/views?study={study}' },
  view: { ...views, url: '/query/api/v1/views/none?study={study}' },
  addView: { may: ['analyst', 'study-manager'], body: () => ({}) },
  removeView: { may: ['analyst', 'study-manager', 'privacy-officer'], url: '/query/api/v1/views/none?study={study}' },
  codeLists: { may: codeReaders, url: '/query/api/v1/code-lists?study={study}' },
  loadCodeList: { may: ['analyst', 'study-manager'], url: '/query/api/v1/code-lists?study={study}', body: () => ({}) },
  codeList: { may: codeReaders, url: '/query/api/v1/code-lists/none?study={study}' },
  unmappedCodes: { may: counters, url: '/query/api/v1/unmapped-codes?study={study}' },
} satisfies Record<string, QueryRow>
