import { auditHeadAnswer, auditPage, verifyRequest } from './audit.js'
import type { Endpoint } from './endpoints.js'
import { jobView } from './jobs.js'

const at = (method: Endpoint['method'], path: string, summary: string) => ({
  method,
  path: `/audit/api/v1${path}`,
  system: 'audit',
  summary,
})

export const auditEndpoints = {
  auditRecords: {
    ...at('GET', '/records', 'The trail, newest first'),
    query: ['study', 'limit', 'before'],
    answer: auditPage,
  },
  auditHead: { ...at('GET', '/head', 'The newest signed block, to be kept elsewhere, and the public key'), answer: auditHeadAnswer },
  verifyAudit: {
    ...at('POST', '/verifications', 'Verify the whole trail, as a job; its result says what was found and where'),
    body: verifyRequest,
    answer: jobView,
    status: 202,
  },
} as const satisfies Record<string, Endpoint>
