import { reachesStudy, type Grant } from '@aquifer/core/access'
import { auditActs } from '@aquifer/core/audit'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { AuditFilter, Repository, Study } from '../repository/index.js'

/** What is asked of the trail, as it is written in an address or a command. */
export interface AskedOfTrail {
  study?: Study | null
  actor?: string | undefined
  role?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  from?: string | undefined
  to?: string | undefined
  patient?: string | undefined
  correlation?: string | undefined
}

const dayMs = 86_400_000
const timeForm = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/

/** An instant, or a day: its first moment, or as an end that which follows it. */
function boundOf(text: string | undefined, side: 'from' | 'to'): number | undefined | Refusal {
  if (text === undefined) return undefined
  const at = timeForm.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) return refuse('bad-parameter', { detail: `${side} is a day, or an instant in UTC.`, parameter: side })
  return text.length === 10 && side === 'to' ? at + dayMs : at
}

const isRefused = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'refusal' in value

/** The filter with the caller's own limits in it: studies and sites that he does not reach are not there. */
export async function filterFor(repository: Repository, grant: Grant, asked: AskedOfTrail): Promise<AuditFilter | Refusal> {
  const [from, to] = [boundOf(asked.from, 'from'), boundOf(asked.to, 'to')]
  if (isRefused(from)) return from
  if (isRefused(to)) return to
  if (asked.action !== undefined && !(auditActs as readonly string[]).includes(asked.action))
    return refuse('bad-parameter', { detail: `action is one of ${auditActs.join(', ')}.`, parameter: 'action' })
  if (asked.outcome !== undefined && !['done', 'refused', 'failed'].includes(asked.outcome))
    return refuse('bad-parameter', { detail: 'outcome is done, refused or failed.', parameter: 'outcome' })
  const pid = asked.patient === undefined ? undefined : await repository.personId(asked.patient)
  return {
    ...(await reachOf(repository, grant, asked.study ?? null)),
    ...given({ actor: asked.actor, role: asked.role, outcome: asked.outcome, from, to, request: asked.correlation }),
    ...(asked.action === undefined ? {} : { actions: [asked.action] }),
    // Nobody has the number 0: a person who was never named has no records.
    ...(pid === undefined ? {} : { pids: [pid ?? 0n] }),
  }
}

export async function reachOf(repository: Repository, grant: Grant, study: Study | null): Promise<Pick<AuditFilter, 'sids' | 'sites'>> {
  const all = await repository.studies.list()
  const reached = study === null ? all.filter(({ id }) => reachesStudy(grant, id)) : [study]
  const sites = reached.flatMap((each) => each.sites).filter(({ id }) => grant.sites.includes(id))
  return {
    ...(study === null && grant.studies === 'all' ? {} : { sids: reached.map(({ sid }) => sid) }),
    ...(grant.sites.length === 0 ? {} : { sites: sites.map(({ site }) => site) }),
  }
}

function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
