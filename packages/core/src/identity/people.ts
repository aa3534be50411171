import { isRole, type Role } from '../access/index.js'

export interface PersonDraft {
  name: string
  display: string
  email: string | null
  /** the name at an outside provider */
  subject: string | null
  role: Role
  studies: readonly string[] | 'all'
  sites: readonly string[]
  patient: string | null
  /** the FHIR resource he is, such as `Practitioner/x` */
  actor: string | null
}

/** No colon: `local:` and `client:` begin the names of what is no person. */
export const isPersonName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/.test(text)
export const isClientName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
const isEmail = (text: string): boolean => text.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+$/.test(text)

/** Devices and headless feeds sign in with keys, not with passwords. */
export const isPersonRole = (role: Role): boolean => role !== 'device' && role !== 'integrator'

const patients = ['Patient']
const relatives = ['RelatedPerson']
const staff = ['Practitioner', 'Organization']
/** What FHIR resource somebody in a role may be: a guardian is never a Practitioner, nor staff somebody's relative. */
export const actorTypes = (role: Role): readonly string[] => (role === 'patient' ? patients : role === 'guardian' ? relatives : staff)
const isActorOf = (role: Role, actor: string): boolean => {
  const [type = '', id = ''] = actor.split('/', 2)
  return actorTypes(role).includes(type) && /^[A-Za-z0-9.-]{1,64}$/.test(id) && actor === `${type}/${id}`
}

export interface LineFault {
  line: number
  what: string
}
const columns = ['name', 'display', 'email', 'role', 'studies', 'sites', 'patient', 'subject', 'actor'] as const

/** Rows of a staff list as drafts, or every fault of every line: half a list is worse than none. */
export function draftsOf(rows: readonly { line: number; cells: Readonly<Record<string, string>> }[]): PersonDraft[] | LineFault[] {
  const faults: LineFault[] = []
  const seen = new Map<string, number>()
  const drafts = rows.map(({ line, cells }) => {
    for (const what of rowFaults(cells)) faults.push({ line, what })
    for (const key of ['name', 'email', 'subject']) {
      const word = (cells[key] ?? '').trim().toLowerCase()
      const before = word === '' ? undefined : seen.get(`${key} ${word}`)
      if (before !== undefined) faults.push({ line, what: `${key} is in line ${before} already` })
      else if (word !== '') seen.set(`${key} ${word}`, line)
    }
    return draftOf(cells)
  })
  if (rows.length === 0) faults.push({ line: 1, what: 'the list names nobody' })
  return faults.length > 0 ? faults : drafts
}

function rowFaults(cells: Readonly<Record<string, string>>): string[] {
  const faults: string[] = []
  const name = (cells['name'] ?? '').trim()
  const email = (cells['email'] ?? '').trim()
  const role = (cells['role'] ?? '').trim()
  if (!isPersonName(name)) faults.push('name: letters, digits and . _ @ + -, at most 64')
  if (((cells['display'] ?? '').trim() || name).length > 128) faults.push('display: at most 128 characters')
  if (email !== '' && !isEmail(email)) faults.push('email is no address')
  if (!isRole(role)) faults.push('role is none of the roles')
  else if (!isPersonRole(role)) faults.push(`role ${role} belongs to clients, not to people`)
  else faults.push(...selfFaults(role, (cells['patient'] ?? '').trim(), (cells['actor'] ?? '').trim()))
  for (const column of Object.keys(cells))
    if (!(columns as readonly string[]).includes(column)) faults.push(`column ${column} is not known`)
  return faults
}

/** A patient is somebody; a guardian reaches by his relationships, which may come later. */
function selfFaults(role: Role, patient: string, actor: string): string[] {
  if (actor !== '' && !isActorOf(role, actor)) return [`actor of a ${role}: ${actorTypes(role).join('/… or ')}/…`]
  if (role !== 'patient') return []
  if (patient === '' && actor === '') return ['role patient needs a patient']
  return patient !== '' && actor !== '' && actor !== `Patient/${patient}` ? ['patient and actor are not the same person'] : []
}

const listed = (text: string | undefined): string[] => (text ?? '').split(/[\s;,]+/).filter((part) => part !== '')

function draftOf(cells: Readonly<Record<string, string>>): PersonDraft {
  const name = (cells['name'] ?? '').trim()
  const role = (cells['role'] ?? '').trim()
  const studies = listed(cells['studies'])
  return {
    name,
    display: (cells['display'] ?? '').trim() || name,
    email: (cells['email'] ?? '').trim() || null,
    subject: (cells['subject'] ?? '').trim() || null,
    role: isRole(role) ? role : 'patient',
    studies: studies.includes('*') ? 'all' : studies,
    sites: listed(cells['sites']),
    patient: (cells['patient'] ?? '').trim() || null,
    actor: (cells['actor'] ?? '').trim() || null,
  }
}

/** Nobody hands on more than he has: what is given lies within the giver's own studies and sites. */
export function withinReach(
  giver: { studies: readonly string[] | 'all'; sites: readonly string[] },
  given: { studies: readonly string[] | 'all'; sites: readonly string[] },
): boolean {
  const studies = giver.studies
  if (studies !== 'all' && (given.studies === 'all' || !given.studies.every((id) => studies.includes(id)))) return false
  return giver.sites.length === 0 || (given.sites.length > 0 && given.sites.every((id) => giver.sites.includes(id)))
}
