import type { Endpoint } from './endpoints.js'
import { statementPin } from './query.js'
import {
  downloadCodebook,
  completions,
  completionsRequest,
  downloadList,
  downloadManifest,
  downloadRequest,
  downloadView,
  releaseNotice,
  resultWindow,
  statementDiff,
} from './results.js'

const system = 'query'
const downloads = '/query/api/v1/downloads'
export const resultEndpoints = {
  statementWindow: {
    method: 'GET',
    path: '/query/api/v1/statements/{id}/rows',
    system,
    summary: 'Some rows of a kept result, sorted and filtered by the engine',
    query: ['offset', 'limit', 'sort', 'dir', 'filter'],
    answer: resultWindow,
  },
  diffStatements: {
    method: 'GET',
    path: '/query/api/v1/statements/{id}/diff/{other}',
    system,
    summary: 'How two statements of the caller differ: text, parameters, what they rest on, rows',
    answer: statementDiff,
  },
  pinStatement: {
    method: 'PUT',
    path: '/query/api/v1/statements/{id}/pin',
    system,
    summary: 'Keep a statement before the others of the history, or not any more',
    body: statementPin,
    answer: statementPin,
  },
  completions: {
    method: 'POST',
    path: '/query/api/v1/completions',
    system,
    summary: 'What may be written next at a place of a statement',
    body: completionsRequest,
    answer: completions,
  },
  downloads: {
    method: 'GET',
    path: downloads,
    system,
    summary: 'Downloads of a study, newest first: the caller’s own, or all for who oversees them',
    query: ['study'],
    answer: downloadList,
  },
  requestDownload: {
    method: 'POST',
    path: downloads,
    system,
    summary: 'Write the whole result of a statement into a file; a job does it',
    body: downloadRequest,
    answer: downloadView,
    status: 202,
  },
  noteRelease: {
    method: 'POST',
    path: '/query/api/v1/releases',
    system,
    summary: 'Record a file of results that the caller’s program is about to write; rows need the right to release',
    body: releaseNotice,
    status: 204,
  },
  download: { method: 'GET', path: `${downloads}/{id}`, system, summary: 'State of a download', answer: downloadView },
  downloadFile: {
    method: 'GET',
    path: `${downloads}/{id}/file`,
    system,
    summary: 'The file of a finished download',
    answerType: 'application/octet-stream',
  },
  downloadManifest: {
    method: 'GET',
    path: `${downloads}/{id}/manifest`,
    system,
    summary: 'What the file of a download rests on, with its checksum and row counts',
    answer: downloadManifest,
  },
  downloadCodebook: {
    method: 'GET',
    path: `${downloads}/{id}/codebook`,
    system,
    summary: 'Columns of a download: type, where from, how masked',
    answer: downloadCodebook,
  },
  removeDownload: {
    method: 'DELETE',
    path: `${downloads}/{id}`,
    system,
    summary: 'Cancel a download, or remove its file',
    answer: downloadView,
  },
} as const satisfies Record<string, Endpoint>
