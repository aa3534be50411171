import type { Endpoint } from './endpoints.js'
import {
  maskingPolicyChecked,
  maskingPolicyComparison,
  maskingPolicyDiff,
  maskingPolicyList,
  maskingPolicyProposal,
  maskingPolicyRejection,
  maskingPolicySigning,
  maskingPolicyText,
  maskingPolicyVersion,
  maskingPolicyWhole,
  maskingProgressList,
  maskingTrace,
  maskingTraceRequest,
} from './masking.js'

const system = 'masking'
const at = (path: string) => `/masking/api/v1${path}`

export const maskingEndpoints = {
  maskingPolicies: {
    method: 'GET',
    path: at('/policies'),
    system,
    summary: 'Masking policies of the studies within reach, and which is in force',
    query: ['study'],
    answer: maskingPolicyList,
  },
  maskingPolicy: { method: 'GET', path: at('/policies/{id}'), system, summary: 'One version, with its text', answer: maskingPolicyWhole },
  proposeMaskingPolicy: {
    method: 'POST',
    path: at('/policies'),
    system,
    summary: 'Propose a masking policy for a study; it counts when two people have signed it',
    body: maskingPolicyProposal,
    answer: maskingPolicyVersion,
    status: 201,
  },
  rejectMaskingPolicy: {
    method: 'POST',
    path: at('/policies/{id}/reject'),
    system,
    summary: 'Reject a proposed version, with the reason',
    body: maskingPolicyRejection,
    answer: maskingPolicyVersion,
  },
  signMaskingPolicy: {
    method: 'POST',
    path: at('/policies/{id}/signatures'),
    system,
    summary: 'Sign a proposed version; the second signature puts it in force and the study is masked anew',
    body: maskingPolicySigning,
    answer: maskingPolicyVersion,
    status: 201,
  },
  checkMaskingPolicy: {
    method: 'POST',
    path: at('/policies/check'),
    system,
    summary: 'What is wrong with a masking policy, by line and path; nothing is kept',
    body: maskingPolicyText,
    answer: maskingPolicyChecked,
  },
  diffMaskingPolicies: {
    method: 'POST',
    path: at('/policies/diff'),
    system,
    summary: 'What two masking policies treat differently',
    body: maskingPolicyComparison,
    answer: maskingPolicyDiff,
  },
  traceMaskingPolicy: {
    method: 'POST',
    path: at('/policies/trace'),
    system,
    summary: 'What a policy does to one resource, field by field, without a value of it',
    body: maskingTraceRequest,
    answer: maskingTrace,
  },
  maskingProgress: {
    method: 'GET',
    path: at('/progress'),
    system,
    summary: 'Which policy and key made what is shown, and how far masking anew is',
    query: ['study'],
    answer: maskingProgressList,
  },
} as const satisfies Record<string, Endpoint>
