import type { Role } from './roles.js'

/** Acts outside FHIR, each with the roles that may. What is not here nobody may. */
const holders = {
  'study.list': 'all',
  'study.create': ['administrator', 'study-manager'],
  'consent.summary': ['study-manager', 'cro-admin', 'investigator', 'privacy-officer', 'auditor'],
  'consent.refusals': ['study-manager', 'privacy-officer', 'auditor'],
  'consent.decide': ['study-manager', 'administrator'],
  'consent.log': ['study-manager', 'investigator'],
  'consent.participants': ['study-manager', 'cro-admin', 'investigator', 'privacy-officer', 'auditor'],
  'consent.withdraw': ['study-manager', 'privacy-officer'],
  'consent.withdrawals': ['study-manager', 'privacy-officer', 'auditor'],
  'import.run': ['integrator', 'study-manager'],
  'pipeline.status': [
    'integrator',
    'study-manager',
    'investigator',
    'cro-admin',
    'analyst',
    'researcher',
    'operator',
    'auditor',
    'privacy-officer',
    'administrator',
  ],
  'pipeline.control': ['operator', 'administrator'],
  'query.run': ['analyst', 'researcher'],
  'jobs.own': 'all',
  'jobs.all': ['operator', 'administrator'],
  'audit.read': ['auditor', 'privacy-officer'],
} as const satisfies Record<string, 'all' | readonly Role[]>

export type Right = keyof typeof holders
export const rights = Object.keys(holders) as Right[]

export function mayUse(role: Role, right: Right): boolean {
  const who: 'all' | readonly Role[] = holders[right]
  return who === 'all' || who.includes(role)
}
