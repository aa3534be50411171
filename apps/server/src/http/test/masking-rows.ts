// The matrix's rows of masking: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

const keepers: Role[] = ['study-manager', 'auditor', 'privacy-officer', 'administrator']
const holding: Role[] = ['study-manager', 'operator', 'auditor', 'privacy-officer']
const risks: { readers: Role[]; makers: Role[] } = {
  readers: ['study-manager', 'privacy-officer', 'auditor'],
  makers: ['study-manager', 'privacy-officer'],
}

interface MaskingRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
  elsewhere?: 503
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
  leaks: { may: ['privacy-officer', 'auditor', 'operator'], url: '/masking/api/v1/leaks?study={study}', elsewhere: 503 },
  acceptLeak: { may: ['privacy-officer'], url: '/masking/api/v1/leaks/acceptances', body: () => ({}) },
  heldGroups: { may: holding, url: '/pipeline/api/v1/held?study={study}' },
  heldResources: { may: ['privacy-officer'], url: '/pipeline/api/v1/held/resources?study={study}' },
  previewHeld: { may: ['privacy-officer'], body: () => ({}) },
  releaseHeld: { may: ['privacy-officer'], body: () => ({}) },
  displays: { may: ['privacy-officer'], url: '/masking/api/v1/displays?study={study}' },
  decideDisplays: { may: ['privacy-officer'], body: () => ({}) },
  risk: { may: risks.readers, url: '/masking/api/v1/risk?study={study}' },
  riskPreview: { may: risks.makers, body: () => ({}) },
} as const satisfies Record<string, MaskingRow>
