export const roles = [
  'patient',
  'guardian',
  'practitioner',
  'care-manager',
  'investigator',
  'cro-admin',
  'study-manager',
  'analyst',
  'researcher',
  'device',
  'integrator',
  'operator',
  'auditor',
  'privacy-officer',
  'administrator',
] as const
export type Role = (typeof roles)[number]
export const isRole = (value: string): value is Role => (roles as readonly string[]).includes(value)
