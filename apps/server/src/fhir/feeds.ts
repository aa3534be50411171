import { randomUUID } from 'node:crypto'
import { reachesStudy, type Grant } from '@aquifer/core/access'
import type { FeedList, FeedView } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { feedApp, feedDueAt } from '@aquifer/core/study'
import { spanText } from '@aquifer/core/time'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import type { FeedKey, FeedRow, Repository, Study } from '../repository/index.js'
import type { Studies } from '../study/index.js'
import type { Unit, UnitOutcome } from './store.js'
import { conflicts } from './write-queue.js'

/** Who sends into which study, when something came last, and the alarm when it stays away for longer than was declared. */
export interface Feeds {
  /** Notes in memory that something came; what was refused or stored nothing at all is no arrival. */
  arrived(units: readonly Unit[], outcomes: readonly (UnitOutcome | undefined)[]): void
  /** Raises and ends what is due now. */
  run(): Promise<{ raised: number; ended: number }>
  list(grant: Grant, study: Study | null): Promise<FeedList>
  expect(
    study: Study,
    feed: { sender: string; app: string | null },
    expectation: { withinMs: number | null; by: string },
  ): Promise<FeedView>
  forget(study: Study, feed: { sender: string; app: string | null }): Promise<null | Refusal>
  close(): Promise<void>
}

const flushMs = 5_000
const roundMs = 60_000
const listMax = 2_000
// A sender that made up programs would fill the table; what comes after these counts for the sender alone.
const appsMax = 50
// People about themselves are no feeds: whether somebody writes is his own affair.
const people: ReadonlySet<string> = new Set(['patient', 'guardian'])

export interface FeedParts {
  repository: Repository
  studies: Studies
  metrics: Metrics
  log: Log
  now: () => number
  /** whether this process watches the clock */
  ticks: boolean
}

export function openFeeds(parts: FeedParts): Feeds {
  const { repository, studies, log, now } = parts
  const arrivals = openArrivals(now)
  let silent = 0
  if (parts.ticks) parts.metrics.gauge('aquifer_feeds_silent', 'Feeds that sent nothing for longer than was declared', () => silent)
  async function flush(): Promise<number> {
    const gathered = arrivals.take()
    const heard = await repository.feeds.arrived(gathered).catch((error: unknown) => {
      arrivals.giveBack(gathered)
      throw error
    })
    return heard.length === 0 ? 0 : (await settle(heard)).ended
  }
  async function settle(rows: readonly FeedRow[]): Promise<{ raised: number; ended: number }> {
    const changed = { raised: 0, ended: 0 }
    for (const row of rows) {
      const study = await studies.bySid(row.sid)
      const isDue = study !== null && isSilent(row, study, now())
      if (isDue === (row.alarmAt !== null) || !(await setAlarm(repository, row, isDue ? now() : null, now()))) continue
      changed[isDue ? 'raised' : 'ended'] += 1
      // The sender may be a person’s account, so the log has the study only; who it is stands in the trail and in the list.
      if (isDue) log.warn({ study: study.id, withinMs: row.withinMs }, 'a feed is silent')
      else log.info({ study: study?.id ?? null }, 'a feed is no longer silent')
    }
    silent += changed.raised - changed.ended
    return changed
  }
  async function run(): Promise<{ raised: number; ended: number }> {
    const ended = await flush()
    const watched = await repository.feeds.watched()
    silent = watched.filter(({ alarmAt }) => alarmAt !== null).length
    const settled = await settle(watched)
    return { raised: settled.raised, ended: ended + settled.ended }
  }
  let closed = false
  let running: Promise<unknown> = Promise.resolve()
  const onBug = (error: unknown): void => log.error({ err: errorName(error) }, 'feeds cannot be followed')
  const every = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => void (running = running.then(() => (closed ? null : work())).catch(onBug)), ms)
  const timers = [every(flushMs, flush), ...(parts.ticks ? [every(roundMs, run)] : [])]
  const keyOf = (study: Study, { sender, app }: { sender: string; app: string | null }): FeedKey => ({
    sid: study.sid,
    sender,
    app: app ?? '',
  })
  return {
    arrived: arrivals.note,
    run,
    async list(grant, study) {
      await flush()
      const reached = study === null ? (await studies.list()).filter((each) => reachesStudy(grant, each.id)) : [study]
      const names = new Map(reached.map(({ sid, id }) => [sid, id]))
      const rows = await repository.feeds.list([...names.keys()], listMax)
      const feeds = rows.map((row) => viewOf(row, names.get(row.sid) ?? ''))
      return { feeds, silent: feeds.filter(({ silentSince }) => silentSince !== null).length }
    },
    async expect(study, feed, { withinMs, by }) {
      await flush()
      const row = await repository.feeds.expect(keyOf(study, feed), { withinMs, at: now(), by })
      // A longer time, or none, ends an alarm at once; a new one waits for the clock.
      const { ended } = row.alarmAt === null ? { ended: 0 } : await settle([row])
      return viewOf(ended > 0 ? { ...row, alarmAt: null } : row, study.id)
    },
    async forget(study, feed) {
      await flush()
      const row = await repository.feeds.forget(keyOf(study, feed))
      if (row === null) return refuse('unknown', { detail: 'There is no such feed here.' })
      if (row.alarmAt !== null) silent -= 1
      return null
    },
    async close() {
      closed = true
      for (const timer of timers) clearInterval(timer)
      await running
      await flush().catch(onBug)
    },
  }
}

interface Arrivals {
  note: Feeds['arrived']
  take(): (FeedKey & { at: number })[]
  giveBack(gathered: readonly (FeedKey & { at: number })[]): void
}

/** The hot path: nothing but a look into a map for each write. */
function openArrivals(now: () => number): Arrivals {
  let gathered = new Map<string, FeedKey & { at: number }>()
  const apps = new Map<string, Set<string>>()
  function add(key: FeedKey, at: number): void {
    const name = `${key.sid}\n${key.sender}\n${key.app}`
    const known = gathered.get(name)
    if (known === undefined) gathered.set(name, { ...key, at })
    else known.at = Math.max(known.at, at)
  }
  function isKnown(sid: number, sender: string, app: string): boolean {
    const name = `${sid}\n${sender}`
    const known = apps.get(name) ?? new Set()
    apps.set(name, known)
    if (known.size < appsMax) known.add(app)
    return known.has(app)
  }
  return {
    note(units, outcomes) {
      const at = now()
      for (const [place, { study, grant, items }] of units.entries()) {
        const outcome = outcomes[place]
        if (study === null || people.has(grant.role) || !hasArrived(outcome)) continue
        // A change of the study’s settings, and nothing sent into it.
        if (items.every(({ type, id }) => type === 'Group' && id === study.id)) continue
        const { sid } = study
        const sender = grant.user
        add({ sid, sender, app: '' }, at)
        for (const item of items) {
          const app = item.app === null ? null : feedApp(item.app)
          if (app !== null && isKnown(sid, sender, app)) add({ sid, sender, app }, at)
        }
      }
    },
    take() {
      const taken = [...gathered.values()]
      gathered = new Map()
      return taken
    },
    giveBack(taken) {
      for (const { at, ...key } of taken) add(key, at)
    },
  }
}

const hasArrived = (outcome: UnitOutcome | undefined): boolean =>
  outcome !== undefined && !isRefusal(outcome) && outcome.stored.length > 0 && !conflicts(outcome)

/** A study that takes no data is not waited for. */
function isSilent(row: FeedRow, study: Study, now: number): boolean {
  const dueAt = feedDueAt(row)
  return study.status === 'open' && dueAt !== null && dueAt <= now
}

async function setAlarm(repository: Repository, row: FeedRow, alarmAt: number | null, now: number): Promise<boolean> {
  const id = await repository.nextAuditId()
  return await repository.transact(async (tx) => {
    if (!(await tx.alarmFeed(row, alarmAt))) return false
    const { sid, sender, app, lastAt, withinMs } = row
    const detail = { alarm: alarmAt === null ? 'feed-heard' : 'feed-silent', sender, app: app === '' ? null : app, lastAt, withinMs }
    const of = { id, at: now, request: randomUUID(), actor: 'clock', role: 'none', sid }
    await tx.audit([{ ...of, action: 'pipeline', outcome: 'done', detail, entries: [] }])
    return true
  })
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
function viewOf(row: FeedRow, study: string): FeedView {
  return {
    study,
    sender: row.sender,
    app: row.app === '' ? null : row.app,
    lastAt: instant(row.lastAt),
    within: row.withinMs === null ? null : spanText(row.withinMs),
    dueAt: instant(feedDueAt(row)),
    silentSince: instant(row.alarmAt),
  }
}
