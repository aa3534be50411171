import type { TrailRecord } from './event.js'

/** Acts that show somebody's data to the caller. */
export const disclosingActs = ['read', 'vread', 'history', 'search', 'batch', 'transaction', 'export', 'query', 'reidentify'] as const
const disclosingOps = new Set(['read', 'vread', 'history', 'search', 'export', 'reidentify'])

/** Who saw a person's data, on one day, in one role and way. */
export interface Disclosure {
  day: string
  first: string
  last: string
  times: number
  who: string
  role: string
  /** the person himself, or who stands in for him */
  self: boolean
  what: string
  study: string | null
  reason: string | null
  /** the whole as one sentence for the person concerned */
  words: string
}

const roleWords: Readonly<Record<string, string>> = {
  patient: 'patient',
  guardian: 'guardian',
  practitioner: 'your practitioner',
  'care-manager': 'care manager',
  investigator: 'investigator of the study',
  'cro-admin': 'research organisation',
  'study-manager': 'study manager',
  integrator: 'a connected system',
  device: 'a device',
  'privacy-officer': 'privacy officer',
  auditor: 'auditor',
}
const whatWords: Readonly<Record<string, string>> = {
  read: 'read',
  vread: 'read earlier versions of',
  history: 'read the history of',
  search: 'found in a search and read',
  export: 'took a copy of',
  query: 'evaluated',
  reidentify: 'was told who stands behind a pseudonym of',
}

interface Seen {
  record: TrailRecord
  act: string
  types: string[]
}

/** What the trail knows of a record as a disclosure; null where it shows nobody's data. */
function seenIn(record: TrailRecord): Seen | null {
  if (record.outcome !== 'done') return null
  const shown = record.entries.filter(({ op }) => typeof op === 'string' && disclosingOps.has(op))
  // Asking and approving show nobody: only an answer has the person as an entry.
  const inBundle = record.action === 'batch' || record.action === 'transaction' || record.action === 'reidentify'
  if (inBundle && shown.length === 0) return null
  const act = inBundle ? String(shown[0]?.['op']) : record.action
  if (!disclosingOps.has(act) && act !== 'query') return null
  // Of a record that shows several people, which resources are whose is not for one of them to know.
  const types = record.patients.length === 1 ? shown.flatMap(({ type }) => (typeof type === 'string' ? [type] : [])) : []
  return { record, act, types: [...new Set(types)].sort() }
}

/** The accounting: one line for each day, person, role, way, study and reason, newest first. */
export function disclosuresOf(
  records: readonly TrailRecord[],
  asked: { dayOf: (at: string) => string; subject: string | null },
): Disclosure[] {
  const groups = new Map<string, { seen: Seen; day: string; ats: string[]; types: Set<string> }>()
  for (const record of records) {
    const seen = seenIn(record)
    if (seen === null) continue
    const day = asked.dayOf(record.at)
    const key = JSON.stringify([day, record.actor, record.role, seen.act, record.study, record.reason ?? purposeOf(record)])
    const group = groups.get(key) ?? { seen, day, ats: [], types: new Set<string>() }
    group.ats.push(record.at)
    for (const type of seen.types) group.types.add(type)
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(({ seen, day, ats, types }) => disclosureOf(seen, { day, ats: ats.sort(), types: [...types].sort(), subject: asked.subject }))
    .sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0))
}

const purposeOf = ({ detail }: TrailRecord): string | null => (typeof detail['purpose'] === 'string' ? detail['purpose'] : null)

function disclosureOf({ record, act }: Seen, of: { day: string; ats: string[]; types: string[]; subject: string | null }): Disclosure {
  const who = record.name ?? record.external ?? record.actor
  const self = record.actor === of.subject
  const what = `${whatWords[act] ?? act} ${of.types.length === 0 ? 'parts of the record' : of.types.join(', ')}`
  const reason = record.reason ?? purposeOf(record)
  const times = of.ats.length
  const words = [
    `${self ? 'You' : `${who} (${roleWords[record.role] ?? record.role})`} ${what}`,
    times === 1 ? `on ${of.day}` : `${times} times on ${of.day}`,
    record.study === null ? '' : `in study ${record.study}`,
  ]
  return {
    day: of.day,
    first: of.ats[0] ?? record.at,
    last: of.ats.at(-1) ?? record.at,
    times,
    who,
    role: record.role,
    self,
    what,
    study: record.study,
    reason,
    words: `${words.filter((part) => part !== '').join(' ')}.${reason === null ? '' : ` Reason given: ${reason}`}`,
  }
}
