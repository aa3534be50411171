import { reachesPlace, type Grant } from '@aquifer/core/access'
import { endOfDay, funnelOf, judgeMove, participantStates, type LoggedStep, type ParticipantState } from '@aquifer/core/consent'
import type { FunnelView, ParticipantList, ParticipantRequest, ParticipantStepRequest, ParticipantView } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { dayAt, spanOf } from '@aquifer/core/time'
import type { ParticipantRow, Repository, Study } from '../repository/index.js'

const pageSize = 5_000
const noSuchParticipant = (): Refusal => refuse('unknown', { detail: 'There is no such participant here.' })

/** The participant log as study managers and investigators keep it; people appear by subject number. */
export interface ParticipantDesk {
  list(
    study: Study,
    grant: Grant,
    asked: { state?: string; site?: string; limit: number; after: string | null },
  ): Promise<ParticipantList | Refusal>
  add(study: Study, grant: Grant, asked: ParticipantRequest): Promise<ParticipantView | Refusal>
  see(study: Study, grant: Grant, subject: string): Promise<ParticipantView | Refusal>
  move(study: Study, grant: Grant, subject: string, asked: ParticipantStepRequest): Promise<ParticipantView | Refusal>
  funnel(study: Study, grant: Grant, asOf: string | null): Promise<FunnelView | Refusal>
}

export const subjectNumber = (text: string): number | null => {
  const digits = /^(?:[A-Za-z0-9-]+-)?0*(\d{1,12})$/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}
export const subjectText = (study: { id: string }, subject: number): string => `${study.id}-${String(subject).padStart(5, '0')}`
/** Whether figures and log of a site are within reach as a whole; null: what stands at no site. */
export const reachesSiteOf = (grant: Grant, study: Study, site: number | null): boolean =>
  reachesPlace(grant, { study: study.id, site: siteId(study, site), patients: [] })
/** The sites within reach; null: all, and what stands at none. */
export const sitesWithin = (grant: Grant, study: Study): number[] | null =>
  reachesSiteOf(grant, study, null) ? null : study.sites.map(({ site }) => site).filter((site) => reachesSiteOf(grant, study, site))
const siteId = (study: Study, site: number | null): string | null => study.sites.find((each) => each.site === site)?.id ?? null

export function openParticipantDesk({ repository, now }: { repository: Repository; now: () => number }): ParticipantDesk {
  const { participants } = repository
  const found = async (study: Study, grant: Grant, subject: string): Promise<ParticipantRow | null> => {
    const number = subjectNumber(subject)
    const row = number === null ? null : await participants.bySubject(study.sid, number)
    return row !== null && reachesSiteOf(grant, study, row.site) ? row : null
  }
  const see = async (study: Study, grant: Grant, subject: string): Promise<ParticipantView | Refusal> => {
    const row = await found(study, grant, subject)
    if (row === null) return noSuchParticipant()
    const steps = await participants.steps(study.sid, { subject: row.subject, limit: pageSize })
    return {
      ...viewOf(study, row),
      steps: steps.map(({ state, at, reason, actor }) => ({ state, at: new Date(at).toISOString(), reason, by: actor })),
    }
  }
  return {
    see,
    async list(study, grant, { state, site, limit, after }) {
      if (state !== undefined && !isState(state)) return refuse('bad-parameter', { detail: 'There is no such state.', parameter: 'state' })
      const from = after === null ? 0 : subjectNumber(after)
      if (from === null) return refuse('bad-parameter', { detail: 'after is the next of an earlier page.', parameter: 'after' })
      const sites = sitesOf(study, grant, site)
      const page = { after: from, limit, ...(state === undefined ? {} : { state }), ...(sites === null ? {} : { sites }) }
      const rows = await participants.list(study.sid, page)
      const last = rows.at(-1)
      return {
        participants: rows.map((row) => viewOf(study, row)),
        next: last && rows.length === limit ? subjectText(study, last.subject) : null,
      }
    },
    async add(study, grant, asked) {
      const site = siteFor(study, grant, asked.site)
      if (isRefusal(site)) return site
      const at = instant(study, asked.at, now())
      const [state, reason] = [asked.state ?? 'invited', asked.reason ?? null]
      const refusal = judgeMove({ from: null, to: state, reason, at, since: null, now: now() })
      if (refusal !== null) return refusal
      const told = { site, at, now: now(), reason, actor: grant.user }
      const made = await participants.add({ ...told, sid: study.sid, patientId: asked.patient ?? null, state })
      if (made !== 'exists') return viewOf(study, made)
      // Who is at another site is as unknown as who is nowhere.
      const known = asked.patient === undefined ? null : await participants.ofPatient(study.sid, asked.patient)
      return known !== null && reachesSiteOf(grant, study, known.site)
        ? refuse('already-exists', { detail: 'The person is in the log already.' })
        : noSuchParticipant()
    },
    async move(study, grant, subject, asked) {
      const row = await found(study, grant, subject)
      if (row === null) return noSuchParticipant()
      const at = instant(study, asked.at, now())
      const reason = asked.reason ?? null
      const refusal = judgeMove({ from: row.state, to: asked.state, reason, at, since: row.since, now: now() })
      if (refusal !== null) return refusal
      const told = { at, now: now(), reason, actor: grant.user }
      const moved = await participants.move({
        sid: study.sid,
        subject: row.subject,
        site: row.site,
        from: row.state,
        to: asked.state,
        ...told,
      })
      return moved ? see(study, grant, subject) : refuse('conflict', { detail: 'Somebody logged another step meanwhile.' })
    },
    funnel: (study, grant, asOf) => funnelAt(repository, study, { grant, asOf, now: now() }),
  }
}

const isState = (text: string): text is ParticipantState => (participantStates as readonly string[]).includes(text)

function viewOf(study: Study, row: ParticipantRow): ParticipantView {
  return {
    subject: subjectText(study, row.subject),
    site: siteId(study, row.site),
    state: row.state,
    since: new Date(row.since).toISOString(),
  }
}

// A day stands for its end, but never for a time to come.
function instant(study: Study, text: string | undefined, now: number): number {
  if (text === undefined) return now
  const span = spanOf(text, study.zone)
  if (span === null) return now
  return text.includes('T') ? span.lo : Math.max(span.lo, Math.min(span.hi - 1, now))
}

function sitesOf(study: Study, grant: Grant, site: string | undefined): number[] | null {
  const within = sitesWithin(grant, study)
  if (site === undefined) return within
  return study.sites.filter(({ id, site: n }) => id === site && within?.includes(n) !== false).map((each) => each.site)
}

function siteFor(study: Study, grant: Grant, named: string | undefined): number | null | Refusal {
  const [own, another] = study.sites.filter(({ site }) => reachesSiteOf(grant, study, site))
  const wanted = named ?? (another === undefined ? own?.id : undefined)
  if (wanted === undefined && study.sites.length > 0) return refuse('scope-missing', { detail: 'Name the site.' })
  if (wanted === undefined && reachesSiteOf(grant, study, null)) return null
  const site = study.sites.find(({ id }) => id === wanted)
  if (site === undefined || !reachesSiteOf(grant, study, site.site))
    return refuse('bad-parameter', { detail: 'The study has no such site within your reach.', parameter: 'site' })
  return site.site
}

async function funnelAt(
  repository: Repository,
  study: Study,
  asked: { grant: Grant; asOf: string | null; now: number },
): Promise<FunnelView | Refusal> {
  const today = dayAt(asked.now, study.zone)
  const asOf = asked.asOf ?? today
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf) || spanOf(asOf, study.zone) === null)
    return refuse('bad-parameter', { detail: 'asOf is a day, YYYY-MM-DD.', parameter: 'asOf' })
  const steps: LoggedStep[] = []
  for (let after = 0n; ;) {
    const page = await repository.participants.steps(study.sid, { after, limit: pageSize })
    for (const { subject, site, state, at } of page) {
      if (reachesSiteOf(asked.grant, study, site)) steps.push({ subject, site: siteId(study, site), state, at })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    after = last.id
  }
  const reached = (id: string): boolean => reachesPlace(asked.grant, { study: study.id, site: id, patients: [] })
  const targets = Object.fromEntries(
    Object.entries((study.settings['targets'] ?? {}) as Record<string, number>).filter(([site]) => reached(site)),
  )
  const at = asOf >= today ? asked.now : endOfDay(asOf, study.zone)
  return { study: study.id, asOf, ...funnelOf(steps, { at, targets, monthOf: (when) => dayAt(when, study.zone).slice(0, 7) }) }
}
