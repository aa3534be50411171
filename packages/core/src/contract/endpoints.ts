import type { z } from 'zod'
import { accessEndpoints } from './endpoints-access.js'
import { consentSummary, decisionsRequest, decisionsResult, refusedWrites } from './consent.js'
import { consentEndpoints } from './endpoints-consent.js'
import { studyFileEndpoints } from './endpoints-study.js'
import { me, mintedToken, signedIn, signInRequest, tokenRequest } from './identity.js'
import { maskingEndpoints } from './endpoints-masking.js'
import { registrationEndpoints } from './endpoints-registration.js'
import { auditEndpoints } from './endpoints-audit.js'
import { catalogueEndpoints } from './catalogue.js'
import { fhirEndpoint, operationEndpoints } from './endpoints-fhir.js'
import { identityEndpoints } from './endpoints-identity.js'
import { cutEndpoints } from './cuts.js'
import { displayEndpoints } from './displays.js'
import { feedEndpoints } from './feeds.js'
import { fileEndpoints } from './files.js'
import { leakEndpoints } from './leaks.js'
import { heldEndpoints } from './held.js'
import { importReport, jobList, jobView } from './jobs.js'
import { generationRequest, generationView, pipelineStatus, waitRequest, waitResult } from './pipeline.js'
import { catalogue, statementHistory, statementLineage, statementRequest, statementRows, statementStatus } from './query.js'
import { notebook, notebookDraft, notebookList, notebookSave, notebookVersions } from './notebooks.js'
import { qualityEndpoints } from './quality.js'
import { riskEndpoints } from './risk.js'
import { codeListEndpoints } from './code-lists.js'
import { cohortEndpoints } from './cohorts.js'
import { statisticsEndpoints } from './statistics.js'
import { viewEndpoints } from './views.js'
import { resultEndpoints } from './endpoints-results.js'
import { savedQueryEndpoints } from './saved-queries.js'
import { storeEndpoints } from './stores.js'
import { studyList, studyRequest, studyView } from './study.js'

/** One address of the API, as data: the server binds a handler to it, /openapi.json and the documentation list it. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** parameters in braces, as OpenAPI writes them */
  path: string
  system: string
  summary: string
  /** no token needed */
  open?: true
  query?: readonly string[]
  /** mandatory ones beside the token */
  headers?: readonly string[]
  body?: z.ZodType
  bodyType?: string
  answer?: z.ZodType
  answerType?: string
  status?: number
}

export const endpoints = {
  conformance: fhirEndpoint('GET', '/metadata', 'What this server can do, as a Conformance resource', { open: true }),
  conformanceOptions: fhirEndpoint('GET', '/_conformance', 'The same as /metadata, for clients that cannot send OPTIONS', { open: true }),
  bundle: fhirEndpoint('POST', '', 'A transaction or batch Bundle'),
  fhirImport: fhirEndpoint('POST', '/$import', 'Bulk load: NDJSON of resources or of Bundles, one Bundle, or XML; gzip is recognised', {
    query: ['studyid', 'siteid', 'consentOnFile', 'strict', 'dryRun', 'after'],
    bodyType: 'application/x-ndjson',
    answer: importReport,
    answerType: 'application/json',
  }),
  create: fhirEndpoint('POST', '/{type}', 'Create a resource; the server gives the id', { status: 201 }),
  search: fhirEndpoint('GET', '/{type}', 'Search resources of a type'),
  searchByPost: fhirEndpoint('POST', '/{type}/_search', 'Search with the parameters in the body', {
    bodyType: 'application/x-www-form-urlencoded',
  }),
  validate: fhirEndpoint('POST', '/{type}/$validate', 'All that is wrong with a resource; nothing is stored', { query: ['mode'] }),
  validateInstance: fhirEndpoint('POST', '/{type}/{id}/$validate', 'The same for what would be stored under this id', { query: ['mode'] }),
  read: fhirEndpoint('GET', '/{type}/{id}', 'The current version of a resource'),
  update: fhirEndpoint('PUT', '/{type}/{id}', 'A new version of a resource, or a resource under the client’s id'),
  remove: fhirEndpoint('DELETE', '/{type}/{id}', 'Delete a resource; its versions stay', { status: 204 }),
  conditionalUpdate: fhirEndpoint('PUT', '/{type}', 'Update the one resource that meets the condition, or create it where none does'),
  conditionalRemove: fhirEndpoint('DELETE', '/{type}', 'Delete the one resource that meets the condition', { status: 204 }),
  history: fhirEndpoint('GET', '/{type}/{id}/_history', 'All versions of a resource, newest first', {
    query: ['_count', '_since', 'before'],
  }),
  typeHistory: fhirEndpoint('GET', '/{type}/_history', 'Versions of all resources of a type, newest first', {
    query: ['_count', '_since', 'studyid'],
  }),
  systemHistory: fhirEndpoint('GET', '/_history', 'Versions of all resources of a study, newest first', {
    query: ['_count', '_since', 'studyid'],
  }),
  vread: fhirEndpoint('GET', '/{type}/{id}/_history/{vid}', 'One version of a resource'),

  ...operationEndpoints,

  signIn: {
    method: 'POST',
    path: '/identity/api/v1/sign-in',
    system: 'identity',
    summary: 'Sign in with user and password',
    open: true,
    body: signInRequest,
    answer: signedIn,
  },
  me: { method: 'GET', path: '/identity/api/v1/me', system: 'identity', summary: 'Who the token stands for', answer: me },
  refresh: {
    method: 'POST',
    path: '/identity/api/v1/refresh',
    system: 'identity',
    summary: 'A new token with the same grant',
    answer: signedIn,
  },
  mintToken: {
    method: 'POST',
    path: '/identity/api/v1/tokens',
    system: 'identity',
    summary: 'Mint a token on the server’s own machine, with its local secret',
    open: true,
    body: tokenRequest,
    answer: mintedToken,
    status: 201,
  },

  ...identityEndpoints,

  studies: { method: 'GET', path: '/study/api/v1/studies', system: 'study', summary: 'Studies within reach', answer: studyList },
  createStudy: {
    method: 'POST',
    path: '/study/api/v1/studies',
    system: 'study',
    summary: 'Create a study',
    body: studyRequest,
    answer: studyView,
    status: 201,
  },
  study: { method: 'GET', path: '/study/api/v1/studies/{id}', system: 'study', summary: 'One study and its settings', answer: studyView },

  consentSummary: {
    method: 'GET',
    path: '/consent/api/v1/studies/{id}/summary',
    system: 'consent',
    summary: 'Consent figures of a study',
    query: ['asOf'],
    answer: consentSummary,
  },
  refusedWrites: {
    method: 'GET',
    path: '/consent/api/v1/studies/{id}/refusals',
    system: 'consent',
    summary: 'Writes that were refused, newest first',
    query: ['limit', 'before'],
    answer: refusedWrites,
  },
  recordDecisions: {
    method: 'POST',
    path: '/consent/api/v1/studies/{id}/decisions',
    system: 'consent',
    summary: 'Record consent collected elsewhere',
    body: decisionsRequest,
    answer: decisionsResult,
  },

  ...consentEndpoints,
  ...studyFileEndpoints,
  ...registrationEndpoints,

  jobs: {
    method: 'GET',
    path: '/jobs/api/v1',
    system: 'jobs',
    summary: 'Jobs, newest first',
    query: ['study', 'kind', 'limit'],
    answer: jobList,
  },
  job: { method: 'GET', path: '/jobs/api/v1/{id}', system: 'jobs', summary: 'One job: progress and result', answer: jobView },
  cancelJob: { method: 'DELETE', path: '/jobs/api/v1/{id}', system: 'jobs', summary: 'Cancel a job', answer: jobView },

  pipelineStatus: {
    method: 'GET',
    path: '/pipeline/api/v1/status',
    system: 'pipeline',
    summary: 'Watermark and lag of every stage',
    query: ['study'],
    answer: pipelineStatus,
  },
  pipelineWait: {
    method: 'POST',
    path: '/pipeline/api/v1/wait',
    system: 'pipeline',
    summary: 'Answers when all that was written before can be queried',
    body: waitRequest,
    answer: waitResult,
  },
  generation: {
    method: 'GET',
    path: '/pipeline/api/v1/generations/newest',
    system: 'pipeline',
    summary: 'The newest generation for readers outside; the first is made when it is asked for',
    query: ['study'],
    answer: generationView,
  },
  publishGeneration: {
    method: 'POST',
    path: '/pipeline/api/v1/generations',
    system: 'pipeline',
    summary: 'Make a generation of the present snapshot without waiting for its time',
    body: generationRequest,
    answer: generationView,
  },

  ...storeEndpoints,
  ...cutEndpoints,
  ...feedEndpoints,
  ...fileEndpoints,
  ...leakEndpoints,
  ...maskingEndpoints,
  ...heldEndpoints,
  ...displayEndpoints,

  ...auditEndpoints,

  ...accessEndpoints,

  ...qualityEndpoints,
  ...riskEndpoints,
  ...viewEndpoints,
  ...codeListEndpoints,
  ...statisticsEndpoints,
  ...cohortEndpoints,
  ...resultEndpoints,
  ...catalogueEndpoints,
  ...savedQueryEndpoints,

  runStatement: {
    method: 'POST',
    path: '/query/api/v1/statements',
    system: 'query',
    summary: 'Run SQL on the masked reservoir',
    body: statementRequest,
    answer: statementRows,
    answerType: 'application/vnd.apache.arrow.stream',
  },
  statements: {
    method: 'GET',
    path: '/query/api/v1/statements',
    system: 'query',
    summary: 'History of statements, pinned ones first, then the newest, by their text, state and time',
    query: ['study', 'text', 'state', 'from', 'pinned', 'limit'],
    answer: statementHistory,
  },
  statement: {
    method: 'GET',
    path: '/query/api/v1/statements/{id}',
    system: 'query',
    summary: 'State of a statement',
    answer: statementStatus,
  },
  statementResult: {
    method: 'GET',
    path: '/query/api/v1/statements/{id}/result',
    system: 'query',
    summary: 'Rows of a finished statement',
    answerType: 'application/vnd.apache.arrow.stream',
  },
  statementLineage: {
    method: 'GET',
    path: '/query/api/v1/statements/{id}/lineage',
    system: 'query',
    summary: 'Where the columns of a result come from: tables, FHIR elements, masking',
    answer: statementLineage,
  },
  cancelStatement: {
    method: 'DELETE',
    path: '/query/api/v1/statements/{id}',
    system: 'query',
    summary: 'Cancel a statement',
    answer: statementStatus,
  },
  catalogue: {
    method: 'GET',
    path: '/query/api/v1/catalogue',
    system: 'query',
    summary: 'Tables and columns of a study',
    query: ['study'],
    answer: catalogue,
  },
  notebooks: {
    method: 'GET',
    path: '/query/api/v1/notebooks',
    system: 'query',
    summary: 'Notebooks of a study',
    query: ['study'],
    answer: notebookList,
  },
  createNotebook: {
    method: 'POST',
    path: '/query/api/v1/notebooks',
    system: 'query',
    summary: 'Create a notebook',
    body: notebookDraft,
    answer: notebook,
    status: 201,
  },
  notebook: { method: 'GET', path: '/query/api/v1/notebooks/{id}', system: 'query', summary: 'One notebook', answer: notebook },
  saveNotebook: {
    method: 'PUT',
    path: '/query/api/v1/notebooks/{id}',
    system: 'query',
    summary: 'Save a notebook; 409 when somebody saved meanwhile',
    body: notebookSave,
    answer: notebook,
  },
  notebookVersions: {
    method: 'GET',
    path: '/query/api/v1/notebooks/{id}/versions',
    system: 'query',
    summary: 'Saves of a notebook: version, who, when',
    answer: notebookVersions,
  },
  notebookAt: {
    method: 'GET',
    path: '/query/api/v1/notebooks/{id}/versions/{version}',
    system: 'query',
    summary: 'A notebook as a version of it was saved',
    answer: notebook,
  },
  removeNotebook: { method: 'DELETE', path: '/query/api/v1/notebooks/{id}', system: 'query', summary: 'Delete a notebook', status: 204 },

  live: { method: 'GET', path: '/health/live', system: 'operations', summary: 'The process runs', open: true },
  ready: { method: 'GET', path: '/health/ready', system: 'operations', summary: 'The platform takes work', open: true },
  metrics: {
    method: 'GET',
    path: '/metrics',
    system: 'operations',
    summary: 'Figures for Prometheus',
    open: true,
    answerType: 'text/plain',
  },
  openapi: { method: 'GET', path: '/openapi.json', system: 'operations', summary: 'This description', open: true },
  docs: { method: 'GET', path: '/docs', system: 'operations', summary: 'The same for people', open: true, answerType: 'text/html' },
} as const satisfies Record<string, Endpoint>

export type EndpointName = keyof typeof endpoints
