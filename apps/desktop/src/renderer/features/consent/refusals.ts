import { Ban, CircleDashed, FileX2, Hourglass, Lock, PauseCircle, Send, UserX, type LucideIcon } from 'lucide-react'
import type { RefusedWrite, RefusedWriteCause } from '@aquifer/core/contract'
import { plural } from '../../ui/format.js'

export interface RefusalGroup {
  key: string
  cause: RefusedWriteCause
  site: string | null
  missing: string[]
  /** Resources that were refused, and people they were about as far as these are told apart. */
  count: number
  people: number
  at: string
  remedy: string
}

/** One line per cause, site and missing consent: what has to be done once, not what happened a hundred times. */
export function groupRefusals(rows: readonly RefusedWrite[]): RefusalGroup[] {
  const groups = new Map<string, RefusalGroup & { subjects: Set<string> }>()
  for (const row of rows) {
    const key = [row.cause, row.site ?? '', ...row.missing].join('|')
    const group = groups.get(key) ?? {
      key,
      cause: row.cause,
      site: row.site,
      missing: row.missing,
      count: 0,
      people: 0,
      at: row.at,
      remedy: row.remedy,
      subjects: new Set<string>(),
    }
    group.count += row.count
    if (row.subject !== null) group.subjects.add(row.subject)
    if (row.at > group.at) group.at = row.at
    groups.set(key, group)
  }
  return [...groups.values()].map(({ subjects, ...group }) => ({ ...group, people: subjects.size })).sort((a, b) => b.count - a.count)
}

const people = (group: RefusalGroup) => (group.people > 0 ? plural(group.people, 'person', 'people') : 'People')
const types = (group: RefusalGroup) => group.missing.join(', ') || 'the required types'

interface CauseWords {
  name: string
  icon: LucideIcon
  tone: 'warn' | 'bad' | 'idle'
  say(group: RefusalGroup): string
}

export const causeWords: Record<RefusedWriteCause, CauseWords> = {
  'no-consent': {
    name: 'No consent',
    icon: CircleDashed,
    tone: 'warn',
    say: (group) => `${people(group)} without consent to ${types(group)}`,
  },
  proposed: { name: 'Not signed yet', icon: Send, tone: 'warn', say: (group) => `${people(group)} asked, but not signed: ${types(group)}` },
  suspended: {
    name: 'Suspended',
    icon: PauseCircle,
    tone: 'warn',
    say: (group) => `${people(group)} with suspended consent to ${types(group)}`,
  },
  withdrawn: {
    name: 'Withdrawn',
    icon: Ban,
    tone: 'bad',
    say: (group) => `Data still arrives for ${people(group).toLowerCase()} who withdrew`,
  },
  expired: { name: 'Expired', icon: Hourglass, tone: 'warn', say: (group) => `${people(group)} with expired consent to ${types(group)}` },
  'not-yet-active': {
    name: 'Not active yet',
    icon: Hourglass,
    tone: 'idle',
    say: (group) => `${people(group)} whose consent starts later`,
  },
  'not-enrolled': { name: 'Not enrolled', icon: UserX, tone: 'warn', say: (group) => `${people(group)} not enrolled in this study` },
  'study-not-open': { name: 'Study not open', icon: Lock, tone: 'idle', say: () => 'Data arrives while the study is not open' },
  'no-person': { name: 'Names nobody', icon: UserX, tone: 'idle', say: () => 'Data that names no person' },
  'not-permitted': { name: 'Not permitted', icon: Lock, tone: 'idle', say: () => 'A client writes what its role does not allow' },
  invalid: { name: 'Invalid', icon: FileX2, tone: 'idle', say: () => 'Data that is not valid' },
}
