// The matrix's rows of masking: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

const keepers: Role[] = ['study-manager', 'auditor', 'privacy-officer', 'administrator']

interface MaskingRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
}

export const maskingRows = {
  maskingPolicies: { may: keepers, url: '/masking/api/v1/policies?study={study}' },
  maskingPolicy: { may: keepers },
  proposeMaskingPolicy: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  rejectMaskingPolicy: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  signMaskingPolicy: { may: ['privacy-officer', 'administrator'], body: () => ({}) },
  checkMaskingPolicy: { may: keepers, body: () => ({}) },
  diffMaskingPolicies: { may: keepers, body: () => ({}) },
  traceMaskingPolicy: { may: [...keepers, 'investigator', 'cro-admin'], body: () => ({}) },
  maskingProgress: { may: keepers, url: '/masking/api/v1/progress?study={study}' },
  maskingKeys: { may: keepers, url: '/masking/api/v1/keys?study={study}' },
  rotateMaskingKey: { may: ['privacy-officer'], body: () => ({}) },
  escrowMaskingKey: { may: ['privacy-officer'], body: () => ({}) },
  fetchKeyShare: { may: [...keepers, 'operator'], body: () => ({}) },
  restoreMaskingKey: { may: ['privacy-officer'], body: () => ({}) },
  reidentifications: { may: ['study-manager', 'privacy-officer', 'auditor'], url: '/masking/api/v1/reidentifications?study={study}' },
  requestReidentification: { may: ['study-manager', 'privacy-officer'], body: () => ({}) },
  decideReidentification: { may: ['privacy-officer'], body: () => ({}) },
  answerReidentification: { may: ['study-manager', 'privacy-officer'] },
} as const satisfies Record<string, MaskingRow>
