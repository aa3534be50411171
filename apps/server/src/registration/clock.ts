import { randomUUID } from 'node:crypto'
import { invitationState, reminderDaysMax, reminderIsDue } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import type { InvitationRow, Repository, Study } from '../repository/index.js'

/** What time asks for: reminders that have come due, and answers that were kept long enough. */
export interface RegistrationClock {
  run(): Promise<{ reminded: number; forgotten: number }>
  close(): Promise<void>
}

const roundMs = 60_000
const dayMs = 86_400_000
const pageSize = 500
/** So long a request that is sent again under its correlation id gets the answer of the first. */
export const answersKeptMs = 90 * dayMs

interface Parts {
  repository: Repository
  now: () => number
  /** null: letters go by hand, and nobody can be reminded */
  queue: ((sid: number) => Promise<void>) | null
  onBug: (error: unknown) => void
}

export function openRegistrationClock(parts: Parts): RegistrationClock {
  const { repository, now } = parts
  let closed = false
  async function run(): Promise<{ reminded: number; forgotten: number }> {
    let reminded = 0
    if (parts.queue !== null)
      for (const study of await repository.studies.list()) {
        const count = await remindIn(repository, study, now())
        if (count > 0) await parts.queue(study.sid)
        reminded += count
      }
    return { reminded, forgotten: await repository.erasure.forgetAnswers(now() - answersKeptMs) }
  }
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => (closed ? null : run())).catch(parts.onBug)
  }, roundMs)
  return {
    run,
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}

async function remindIn(repository: Repository, study: Study, now: number): Promise<number> {
  const { reminders } = settingsOf(study.settings)
  if (reminders.length === 0 || study.status !== 'open') return 0
  let reminded = 0
  for (let after = ''; ;) {
    const page = await repository.invitations.undecided(study.sid, { now, until: now + reminderDaysMax * dayMs, after, limit: pageSize })
    for (const row of page)
      if (isDue(row, reminders, now) && (await repository.transact((tx) => remind(tx, { repository, study, id: row.id, reminders, now }))))
        reminded += 1
    const last = page.at(-1)
    if (page.length < pageSize || last === undefined) return reminded
    after = last.id
  }
}

const isDue = (row: InvitationRow, reminders: readonly number[], now: number): boolean =>
  reminderIsDue({ expiresAt: row.expiresAt, toldAt: row.reminderAt ?? row.remindedAt ?? row.sentAt }, reminders, now)

interface Reminding {
  repository: Repository
  study: Study
  id: string
  reminders: readonly number[]
  now: number
}

/** Under the code that the person has: a letter of his that still lies about stays good, and so does its end. */
async function remind(tx: Parameters<Parameters<Repository['transact']>[0]>[0], work: Reminding): Promise<boolean> {
  const { repository, study, id, reminders, now } = work
  const row = await tx.registration.invitation(id)
  const state = row === null ? 'revoked' : invitationState(row, now)
  // Another process may have reminded meanwhile, or the person answered.
  if (row === null || (state !== 'sent' && state !== 'opened') || row.dueAt !== null || !isDue(row, reminders, now)) return false
  await tx.registration.change(id, { reminders: row.reminders + 1, reminderAt: now, dueAt: now, attempts: 0, problem: null })
  await tx.audit([
    {
      id: await repository.nextAuditId(),
      at: now,
      request: randomUUID(),
      actor: 'clock',
      role: 'none',
      action: 'registration',
      sid: study.sid,
      outcome: 'done',
      detail: { operation: 'remindByClock', invitation: id, reminder: row.reminders + 1 },
      entries: [],
    },
  ])
  return true
}
