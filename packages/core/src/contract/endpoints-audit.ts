import {
  auditExportRequest,
  auditHeadAnswer,
  auditPage,
  disclosureList,
  signatureList,
  signatureRequest,
  signatureView,
  verifyRequest,
} from './audit.js'
import type { Endpoint } from './endpoints.js'
import { jobView } from './jobs.js'

const at = (method: Endpoint['method'], path: string, summary: string) => ({
  method,
  path: `/audit/api/v1${path}`,
  system: 'audit',
  summary,
})

const trailQuery = ['study', 'actor', 'role', 'action', 'outcome', 'from', 'to', 'patient', 'correlation', 'limit', 'before']

export const auditEndpoints = {
  auditRecords: {
    ...at('GET', '/records', 'The trail, newest first'),
    query: trailQuery,
    answer: auditPage,
  },
  auditEvents: {
    ...at('GET', '/events', 'The trail as a Bundle of DSTU2 AuditEvents, newest first'),
    query: trailQuery,
    answerType: 'application/json+fhir',
  },
  disclosures: {
    ...at('GET', '/disclosures', 'Who saw a person’s data: for himself, who stands in for him, and those who watch over it'),
    query: ['patient', 'from', 'to'],
    answer: disclosureList,
  },
  exportAudit: {
    ...at('POST', '/exports', 'A Part 11 report or the trail itself, as a job; its result is the manifest'),
    body: auditExportRequest,
    answer: jobView,
    status: 202,
  },
  auditExportFile: { ...at('GET', '/exports/{id}/file', 'The file of a finished export'), answerType: 'application/octet-stream' },
  signatures: {
    ...at('GET', '/signatures', 'Electronic signatures, newest first, each compared with what was signed'),
    query: ['study', 'kind', 'subject', 'limit'],
    answer: signatureList,
  },
  sign: {
    ...at('POST', '/signatures', 'Sign a record, a job’s result or a document electronically, with the password asked again'),
    body: signatureRequest,
    answer: signatureView,
    status: 201,
  },
  auditHead: { ...at('GET', '/head', 'The newest signed block, to be kept elsewhere, and the public key'), answer: auditHeadAnswer },
  verifyAudit: {
    ...at('POST', '/verifications', 'Verify the whole trail, as a job; its result says what was found and where'),
    body: verifyRequest,
    answer: jobView,
    status: 202,
  },
} as const satisfies Record<string, Endpoint>
