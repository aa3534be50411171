import { refuse, type Refusal } from '../refusal/index.js'

/** Where somebody stands on the way through a study. */
export const participantStates = [
  'invited',
  'screened',
  'screen-failed',
  'enrolled',
  'completed',
  'discontinued',
  'lost-to-follow-up',
] as const
export type ParticipantState = (typeof participantStates)[number]

const moves: Readonly<Record<ParticipantState | 'new', readonly ParticipantState[]>> = {
  new: ['invited', 'screened', 'enrolled'],
  invited: ['screened', 'screen-failed', 'enrolled', 'discontinued', 'lost-to-follow-up'],
  screened: ['screen-failed', 'enrolled', 'discontinued', 'lost-to-follow-up'],
  // Screening may be repeated, as a protocol allows.
  'screen-failed': ['screened'],
  enrolled: ['completed', 'discontinued', 'lost-to-follow-up'],
  // Somebody lost may be found again.
  'lost-to-follow-up': ['enrolled', 'discontinued', 'completed'],
  completed: [],
  // Only a consent given anew brings somebody back, and it does so through data.
  discontinued: [],
}
const needsReason: ReadonlySet<ParticipantState> = new Set(['screen-failed', 'discontinued', 'lost-to-follow-up'])

export interface ParticipantMove {
  from: ParticipantState | null
  to: ParticipantState
  reason: string | null
  /** when it happened, and when it is told */
  at: number
  since: number | null
  now: number
}

/** null: the step may be written into the log. */
export function judgeMove({ from, to, reason, at, since, now }: ParticipantMove): Refusal<'business-rule' | 'invalid'> | null {
  const allowed = moves[from ?? 'new']
  if (!allowed.includes(to)) {
    const what = allowed.length === 0 ? 'that is the end' : `from there: ${allowed.join(', ')}`
    return refuse('business-rule', {
      detail: `${from === null ? 'A log does not begin with' : `${from} is not followed by`} ${to}; ${what}.`,
    })
  }
  if (needsReason.has(to) && (reason ?? '').trim() === '') return refuse('invalid', { detail: `${to} needs a reason.` })
  if (at > now) return refuse('invalid', { detail: 'What has not happened yet is not logged.' })
  if (since !== null && at < since) return refuse('invalid', { detail: 'The step is earlier than the one before it.' })
  return null
}

export interface LoggedStep {
  subject: number
  site: string | null
  state: ParticipantState
  at: number
}
const stages = ['invited', 'screened', 'enrolled', 'completed'] as const
type Stage = (typeof stages)[number]
export interface FunnelRow {
  site: string | null
  target: number | null
  /** people who reached the stage, whatever came after */
  reached: Record<Stage, number>
  /** people by where they stand */
  standing: Record<ParticipantState, number>
}
export interface Funnel {
  total: FunnelRow
  bySite: FunnelRow[]
  overTime: ({ month: string } & Record<Stage, number>)[]
}

const rank: Readonly<Record<ParticipantState, number>> = {
  invited: 0,
  screened: 1,
  'screen-failed': 1,
  enrolled: 2,
  'lost-to-follow-up': -1,
  discontinued: -1,
  completed: 3,
}
const emptyRow = (site: string | null, target: number | null): FunnelRow => ({
  site,
  target,
  reached: { invited: 0, screened: 0, enrolled: 0, completed: 0 },
  standing: Object.fromEntries(participantStates.map((state) => [state, 0])) as Record<ParticipantState, number>,
})

/** How many came how far until an instant, by site and month. Whoever was enrolled without being invited counts as screened, too. */
export function funnelOf(
  steps: readonly LoggedStep[],
  options: { at: number; targets: Readonly<Record<string, number>>; monthOf: (at: number) => string },
): Funnel {
  const { at, targets, monthOf } = options
  const subjects = new Map<number, LoggedStep[]>()
  for (const step of steps) if (step.at <= at) subjects.set(step.subject, [...(subjects.get(step.subject) ?? []), step])
  const sum = (numbers: number[]): number | null => (numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0))
  const total = emptyRow(null, sum(Object.values(targets)))
  const sites = new Map<string | null, FunnelRow>(Object.entries(targets).map(([site, target]) => [site, emptyRow(site, target)]))
  const months = new Map<string, { month: string } & Record<Stage, number>>()
  for (const own of subjects.values()) {
    const last = own.at(-1)
    if (last === undefined) continue
    const site = sites.get(last.site) ?? emptyRow(last.site, null)
    sites.set(last.site, site)
    for (const row of [total, site]) row.standing[last.state] += 1
    for (const [place, stage] of stages.entries()) {
      const first = own.find((step) => rank[step.state] >= place)
      if (first === undefined) continue
      for (const row of [total, site]) row.reached[stage] += 1
      const month = monthOf(first.at)
      const counts = months.get(month) ?? { month, invited: 0, screened: 0, enrolled: 0, completed: 0 }
      counts[stage] += 1
      months.set(month, counts)
    }
  }
  return {
    total,
    bySite: [...sites.values()].sort((a, b) => (a.site ?? '').localeCompare(b.site ?? '')),
    overTime: [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1)),
  }
}
