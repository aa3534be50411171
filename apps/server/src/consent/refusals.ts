import type { RefusedWrite, RefusedWrites } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { dayAt, instantOf } from '@aquifer/core/time'
import { subjectText } from './participants.js'
import type { RefusedWriteRow, Repository, Study } from '../repository/index.js'

const remedies: Readonly<Record<string, string>> = {
  'no-consent': 'Record an active consent of each missing type, then send again.',
  proposed: 'The consent is proposed only: have it signed and recorded as active.',
  suspended: 'The consent is suspended: ask the person, then record it anew.',
  withdrawn: 'Stop sending this person’s data to the study.',
  expired: 'The consent has run out: ask again and record a new one.',
  'not-yet-active': 'The consent begins later: send again then.',
  'not-enrolled': 'Send the Patient first, or together with the data.',
  'study-not-open': 'The study takes no data now: ask the study manager.',
  'no-person': 'Refer to the Patient, or add the extension urn:aquifer:patient-id.',
}

/** Writes that were refused, newest first; people appear by subject number only. */
export async function refusedWritesOf(
  repository: Repository,
  study: Study,
  asked: { limit: number; before: string | null; sites: number[] | null; now: number },
): Promise<RefusedWrites | Refusal> {
  const before = positionOf(asked.before)
  if (before === null) return refuse('bad-parameter', { detail: 'before is the next of an earlier page.', parameter: 'before' })
  const sites = asked.sites === null ? {} : { sites: asked.sites }
  const [year = 1970, month = 1, day = 1] = dayAt(asked.now, study.zone).split('-').map(Number)
  const today = instantOf(study.zone, year, month, day)
  const totals = await repository.refusals.totals(study.sid, today, sites.sites)
  const rows = await repository.refusals.list(study.sid, { limit: asked.limit, ...(before === undefined ? {} : { before }), ...sites })
  const last = rows.at(-1)
  return {
    total: totals.total,
    today: totals.since,
    rows: rows.map((row) => toRefusedWrite(study, row)),
    next: last === undefined || rows.length < asked.limit ? null : `${last.at}.${last.id}`,
  }
}

function positionOf(text: string | null): { at: number; id: number } | undefined | null {
  if (text === null) return undefined
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(text)
  return match ? { at: Number(match[1]), id: Number(match[2]) } : null
}

function toRefusedWrite(study: Study, row: RefusedWriteRow): RefusedWrite {
  return {
    id: String(row.id),
    at: new Date(row.at).toISOString(),
    site: study.sites.find((site) => site.site === row.site)?.id ?? null,
    resourceType: row.type,
    cause: row.cause as RefusedWrite['cause'],
    missing: [...row.missing],
    client: row.client,
    count: row.count,
    remedy: remedies[row.cause] ?? 'See the cause.',
    subject: row.subject === null ? null : subjectText(study, row.subject),
  }
}
