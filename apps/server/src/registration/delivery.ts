import { letterOf } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import { dayAt } from '@aquifer/core/time'
import type { InvitationRow, Repository, Study } from '../repository/index.js'
import { codeOf } from './codes.js'

/** A letter on its way to one person. */
export interface Sending {
  /** the same for every attempt */
  id: string
  to: string
  study: string
  site: string | null
  language: string
  subject: string
  text: string
  link: string
  /** one that the clock sent, under the code of the letter before */
  reminder: boolean
  /** what a webhook calls it; a letter to somebody who is invited unless said */
  event?: string
}
/** A way by which letters go; throws where it did not take one. */
export interface Carrier {
  carry(sending: Sending): Promise<void>
}

const waitsMs = [5_000, 30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000]

interface Parts {
  repository: Repository
  carriers: readonly Carrier[]
  key: Uint8Array
  linkOf(code: string): string
  now: () => number
  /** Waits this long, or shorter where the job is stopped. */
  rest(ms: number): Promise<void>
}

/** Sends what is due and waits for what is due later, until nothing is left. Begun again after a kill it goes on where it was. */
export async function deliverInvitations(
  parts: Parts,
  job: { readonly cancelled: boolean },
): Promise<{ delivered: number; failed: number }> {
  const { repository, now } = parts
  const counts = { delivered: 0, failed: 0 }
  while (!job.cancelled) {
    const waiting = await repository.invitations.due()
    const [first] = waiting
    if (first === undefined) break
    if ((first.dueAt ?? 0) > now()) {
      await parts.rest((first.dueAt ?? 0) - now())
      continue
    }
    // Read for each letter: its words may have been changed since the job began.
    const study = (await repository.studies.list()).find(({ sid }) => sid === first.sid)
    const end = await attempt(parts, study, first)
    if (end !== null) counts[end] += 1
  }
  return counts
}

async function attempt(parts: Parts, study: Study | undefined, row: InvitationRow): Promise<'delivered' | 'failed' | null> {
  const { repository, now } = parts
  const attempts = row.attempts + 1
  if (study === undefined || row.address === null || now() >= row.expiresAt) {
    await repository.invitations.change(row.id, { dueAt: null, problem: 'There was nobody to send it to any more.' })
    return 'failed'
  }
  try {
    const sending = sendingOf(parts, study, row, row.address)
    for (const carrier of parts.carriers) await carrier.carry(sending)
    await repository.invitations.change(row.id, { dueAt: null, deliveredAt: now(), attempts, problem: null })
    return 'delivered'
  } catch {
    // What the other side says may repeat the address: it is not kept.
    const wait = waitsMs[row.attempts]
    const problem = wait === undefined ? 'It could not be delivered.' : 'It is tried again.'
    await repository.invitations.change(row.id, { dueAt: wait === undefined ? null : now() + wait, attempts, problem })
    return wait === undefined ? 'failed' : null
  }
}

function sendingOf(parts: Parts, study: Study, row: InvitationRow, to: string): Sending {
  const link = parts.linkOf(codeOf(parts.key, row))
  const reminder = row.reminders > 0
  const { letters } = settingsOf(study.settings)
  const told = { study: study.name, until: dayAt(row.expiresAt, study.zone), link }
  const letter = letterOf(row.language, told, { own: letters, reminder })
  const site = study.sites.find((each) => each.site === row.site)?.id ?? null
  const id = [row.id, row.generation, ...(reminder ? [row.reminders] : [])].join('/')
  return { id, to, study: study.id, site, language: row.language, ...letter, link, reminder }
}
