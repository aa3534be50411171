import { refuse, type Refusal } from '../refusal/index.js'
import type { RelationshipDetail, RelationshipKind } from './relationships.js'

/** Kinds that somebody may add; the others follow from the account or from an emergency. */
export const addedKinds = [
  'patient-practitioner',
  'guardian',
  'third-party',
  'practitioner-site',
  'site-study',
  'organization-study',
  'integrator-study',
  'person-study',
] as const satisfies readonly RelationshipKind[]
export type AddedKind = (typeof addedKinds)[number]

/** A relationship as somebody asks for it. */
export interface RelationshipDraft {
  kind: AddedKind
  holder: string
  patient: string | null
  study: string | null
  site: string | null
  from: number
  to: number | null
  basis?: 'minority' | 'non-competence' | undefined
  finding?: string | undefined
  phi?: boolean | undefined
}

/** What a kind ties: whom it is given to, and which of person, study and site it needs. */
export interface RelationshipShape {
  holders: readonly string[]
  patient: boolean
  study: 'needed' | 'possible'
  site: 'needed' | 'possible' | 'none'
}
const shapes: Readonly<Record<AddedKind, RelationshipShape>> = {
  'patient-practitioner': { holders: ['Practitioner', 'User'], patient: true, study: 'possible', site: 'none' },
  guardian: { holders: ['RelatedPerson', 'User'], patient: true, study: 'possible', site: 'none' },
  'third-party': { holders: ['RelatedPerson', 'User'], patient: true, study: 'possible', site: 'none' },
  'practitioner-site': { holders: ['Practitioner', 'User'], patient: false, study: 'needed', site: 'needed' },
  'site-study': { holders: ['Organization'], patient: false, study: 'needed', site: 'needed' },
  'organization-study': { holders: ['Organization', 'User'], patient: false, study: 'needed', site: 'possible' },
  'integrator-study': { holders: ['User', 'Organization'], patient: false, study: 'needed', site: 'possible' },
  'person-study': { holders: ['User'], patient: false, study: 'needed', site: 'possible' },
}
export const relationshipShape = (kind: AddedKind): RelationshipShape => shapes[kind]
const integratorMaxMs = 366 * 86_400_000

/** What is wrong with a draft, all of it at once; null: nothing. */
export function draftRefusal(draft: RelationshipDraft, now: number): Refusal<'invalid'> | null {
  const shape = shapes[draft.kind]
  const issues: [string, string][] = []
  const [type = '', id = ''] = draft.holder.split('/', 2)
  if (!shape.holders.includes(type) || id === '') issues.push(['holder', shape.holders.map((each) => `${each}/…`).join(' or ')])
  if (shape.patient !== (draft.patient !== null)) issues.push(['patient', shape.patient ? 'is needed' : `has no place in ${draft.kind}`])
  if (shape.study === 'needed' && draft.study === null) issues.push(['study', 'is needed'])
  if (shape.site === 'needed' && draft.site === null) issues.push(['site', 'is needed'])
  if (shape.site === 'none' && draft.site !== null) issues.push(['site', `has no place in ${draft.kind}`])
  if (draft.to !== null && (draft.to <= draft.from || draft.to <= now)) issues.push(['to', 'lies after the start and after now'])
  if (draft.kind !== 'guardian' && (draft.basis !== undefined || draft.finding !== undefined))
    issues.push(['basis', 'belongs to a guardian'])
  if ((draft.basis === 'non-competence') !== (draft.finding !== undefined))
    issues.push(['finding', 'says where a finding of non-competence is recorded, and stands with that basis only'])
  if (draft.kind === 'integrator-study') {
    if (draft.to === null || draft.to - draft.from > integratorMaxMs) issues.push(['to', 'an integrator works for at most 366 days'])
  } else if (draft.phi !== undefined) issues.push(['phi', 'belongs to an integrator'])
  if (issues.length === 0) return null
  return refuse('invalid', {
    detail: issues.map(([path, message]) => `${path}: ${message}`).join('; '),
    issues: issues.map(([path, message]) => ({ severity: 'error', path, code: 'invalid', message })),
  })
}

export function targetOf(draft: RelationshipDraft): string {
  if (draft.patient !== null) return `Patient/${draft.patient}`
  return draft.kind === 'practitioner-site' ? `Organization/${draft.site ?? ''}` : `Group/${draft.study ?? ''}`
}

/** What is kept beside the columns; whoever adds an integrator approves him. */
export function detailOf(draft: RelationshipDraft, by: string): RelationshipDetail {
  if (draft.kind === 'integrator-study') return { approvedBy: by, phi: draft.phi === true }
  if (draft.kind !== 'guardian') return {}
  return { basis: draft.basis ?? 'minority', ...(draft.finding === undefined ? {} : { finding: draft.finding }) }
}
