// What somebody fills in to accept an invitation, what is still wrong with it, and what is sent.
import type { OpenedInvitation } from '@aquifer/core/contract'
import { passwordFaults } from '@aquifer/core/identity'
import type { Words } from './words.js'

export interface Draft {
  given: string
  family: string
  birthDate: string
  gender: 'female' | 'male' | 'other' | 'unknown' | undefined
  /** null: not typed, so that it follows the name of who takes part */
  display: string | null
  user: string
  password: string
  agreed: readonly string[]
}
export const emptyDraft: Draft = {
  given: '',
  family: '',
  birthDate: '',
  gender: undefined,
  display: null,
  user: '',
  password: '',
  agreed: [],
}

export type Faults = Readonly<Record<string, string>>
type Asked = Pick<OpenedInvitation, 'kind' | 'patientNeeded'> & { required: readonly string[] }

const userPattern = /^[a-z][a-z0-9._-]{1,62}$/

export const displayOf = (draft: Draft, { kind, patientNeeded }: Asked): string =>
  draft.display ?? (kind === 'patient' && patientNeeded ? `${draft.given} ${draft.family}`.trim() : '')

/** By the name of the field, in the order of the page; `own`: the account is kept here and not at an outside provider. */
export function faultsOf(draft: Draft, asked: Asked, { words, own, today }: { words: Words; own: boolean; today: string }): Faults {
  const faults: Record<string, string> = {}
  if (asked.patientNeeded) {
    for (const field of ['given', 'family'] as const) if (draft[field].trim() === '') faults[field] = words.needed
    if (draft.birthDate === '') faults['birthDate'] = words.needed
    else if (draft.birthDate > today || draft.birthDate < '1880-01-01') faults['birthDate'] = words.wrongDate
  }
  for (const type of asked.required) if (!draft.agreed.includes(type)) faults[`consent ${type}`] = words.needsTick
  const display = displayOf(draft, asked)
  if ((own || asked.kind !== 'patient') && display.trim() === '') faults['display'] = words.needed
  return own ? { ...faults, ...accountFaults({ ...draft, display }, words) } : faults
}

export function accountFaults({ user, display, password }: { user: string; display: string; password: string }, words: Words): Faults {
  const faults: Record<string, string> = {}
  if (user === '') faults['user'] = words.needed
  else if (!userPattern.test(user)) faults['user'] = words.wrongUser
  const [weak] = password === '' ? [words.needed] : passwordFaults(password, [user, display]).map(words.weak)
  if (weak !== undefined) faults['password'] = weak
  return faults
}

export function acceptanceOf(code: string, draft: Draft, asked: Asked, own: boolean): Record<string, unknown> {
  const display = displayOf(draft, asked).trim()
  return {
    code,
    decision: 'accept',
    consents: asked.required,
    ...(asked.patientNeeded ? { patient: patientOf(draft) } : {}),
    ...(asked.kind === 'patient' ? {} : { relatedPerson: { resourceType: 'RelatedPerson', name: { text: display } } }),
    ...(own ? { account: { user: draft.user, display, password: draft.password } } : {}),
  }
}

const patientOf = ({ given, family, birthDate, gender }: Draft): Record<string, unknown> => ({
  resourceType: 'Patient',
  name: [{ use: 'official', given: [given.trim()], family: [family.trim()] }],
  birthDate,
  ...(gender === undefined ? {} : { gender }),
})
