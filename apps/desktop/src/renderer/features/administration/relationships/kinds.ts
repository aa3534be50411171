import type { AddedKind } from '@aquifer/core/access'
import type { RelationshipView } from '@aquifer/core/contract'

export const kindNames: Record<RelationshipView['kind'], string> = {
  self: 'Self',
  'patient-practitioner': 'Treats a patient',
  guardian: 'Guardian',
  'third-party': 'Third party',
  'practitioner-site': 'Works at a site',
  'site-study': 'Site of a study',
  'organization-study': 'Organization in a study',
  'integrator-study': 'Integrator',
  'person-study': 'Person in a study',
  'break-glass': 'Emergency',
}
/** What adding one does, for whoever is about to. */
export const kindEffects: Record<AddedKind, string> = {
  'patient-practitioner': 'Lets a practitioner reach one patient, wherever the patient is.',
  guardian: 'Lets somebody see one ward, until the ward comes of age or a finding of non-competence says otherwise.',
  'third-party': 'Lets somebody see one person, within a period.',
  'practitioner-site': 'Lets a practitioner reach everybody at one site of a study.',
  'site-study': 'Reaches nobody by itself: once recorded, the site counts only within this time.',
  'organization-study': 'Lets a CRO or CMO reach everybody in a study, or at one of its sites.',
  'integrator-study': 'Approves an integrator for at most 366 days. Persons are out of sight unless identified data is granted.',
  'person-study': 'Lets a user do in a study what the role may, or at one site of it.',
}

export type Holding = 'holds' | 'ahead' | 'over' | 'ended'
export function holdingOf({ from, to, ended }: Pick<RelationshipView, 'from' | 'to' | 'ended'>, now: Date): Holding {
  const at = now.getTime()
  if (ended !== null) return 'ended'
  if (to !== null && Date.parse(to) <= at) return 'over'
  return Date.parse(from) > at ? 'ahead' : 'holds'
}
