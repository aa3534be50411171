import { randomUUID } from 'node:crypto'
import { asTheyCount, consentStatusUrl } from '@aquifer/core/consent'
import { isObject, parseJson, type Resource } from '@aquifer/core/fhir'
import { isRefusal } from '@aquifer/core/refusal'
import { asCounted, factsOfStudy, peopleOf } from '../consent/index.js'
import type { PersonState, Repository, Study, Tx } from '../repository/index.js'
import type { Studies } from '../study/index.js'
import { itemOf } from './item.js'
import { storeUnits, type Unit } from './store.js'

/**
 * Writes down what time has done: a Contract that says active though it counts no more becomes expired. The decision needs none of
 * this, it asks the clock itself; readers, figures and the lake see it through this.
 */
export interface ConsentClock {
  /** Does what is due now; how many Contracts changed. */
  run(): Promise<number>
  close(): Promise<void>
}

const planMs = 3_600_000
const roundMs = 60_000

interface Due {
  at: number
  sid: number
  patientId: string
}

export interface ConsentClockParts {
  repository: Repository
  studies: Studies
  now: () => number
  /** whether this process does it by itself */
  ticks: boolean
  onBug: (error: unknown) => void
}

export function openConsentClock(parts: ConsentClockParts): ConsentClock {
  const { repository, studies, now } = parts
  let plan: { until: number; due: Due[] } | null = null
  let closed = false
  async function planned(): Promise<Due[]> {
    if (plan !== null && now() < plan.until) return plan.due
    // What ended between the last plan and this one is due at once, so each plan looks back to the beginning.
    const due: Due[] = []
    const until = now() + planMs
    for (const study of await studies.list()) {
      for await (const person of peopleOf(repository, study))
        for (const { status, hi } of asTheyCount(person.consents, person.facts, factsOfStudy(study), now()))
          if (status === 'active' && hi !== null && hi <= until) due.push({ at: hi, sid: study.sid, patientId: person.patientId })
    }
    plan = { until, due: due.sort((a, b) => a.at - b.at) }
    return plan.due
  }
  async function run(): Promise<number> {
    const due = await planned()
    let changed = 0
    while (due[0] !== undefined && due[0].at <= now()) {
      const [{ sid, patientId }] = due.splice(0, 1) as [Due]
      const study = await studies.bySid(sid)
      if (study !== null) changed += await repository.transact((tx) => expire(tx, { repository, study, patientId, now: now() }))
    }
    return changed
  }
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    if (parts.ticks) running = running.then(() => (closed ? 0 : run())).catch(parts.onBug)
  }, roundMs)
  return {
    async run() {
      plan = null
      return await run()
    },
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}

async function expire(tx: Tx, work: { repository: Repository; study: Study; patientId: string; now: number }): Promise<number> {
  const { repository, study, patientId, now } = work
  const [state] = await tx.lockPeople([{ sid: study.sid, patientId }], 'exclusive')
  if (state === undefined) return 0
  const auditId = await repository.nextAuditId()
  const units: Unit[] = []
  for (const [id, endedAt] of endedContracts(study, state, now)) {
    const stored = await tx.read({ sid: study.sid, type: 'Contract', id })
    const resource = stored?.content ? asExpired(stored.content, endedAt) : null
    if (resource === null) continue
    const item = itemOf(resource, { study, id, op: 'update', unchanged: 'version' })
    if (isRefusal(item)) continue
    const grant = { user: 'clock', role: 'study-manager', studies: [study.id], sites: [], people: null } as const
    units.push({ study, site: { kind: 'none' }, grant, items: [item], auditId })
  }
  if (units.length === 0) return 0
  const outcomes = await storeUnits(tx, units, { now, newId: randomUUID })
  const entries = outcomes.flatMap((outcome) =>
    isRefusal(outcome) ? [] : outcome.stored.map(({ rid, version }) => ({ op: 'update', type: 'Contract', rid, version })),
  )
  await tx.audit([
    {
      id: auditId,
      at: now,
      request: randomUUID(),
      actor: 'clock',
      role: 'none',
      action: 'consent',
      sid: study.sid,
      outcome: 'done',
      entries,
    },
  ])
  return entries.length
}

/** Contracts all of whose consents have run out, and when they did; one that still speaks for another type stays as it is. */
function endedContracts(study: Study, state: PersonState, now: number): Map<string, number> {
  const site = study.sites.find((each) => each.site === state.enrolment?.site)?.id ?? null
  const counted = asCounted(study, state, site, now)
  const ended = new Map<string, number>()
  const speaking = new Set<string>()
  for (const [place, row] of state.consents.entries()) {
    const hi = counted[place]?.hi ?? null
    if (row.status === 'active' && hi !== null && hi <= now) ended.set(row.contractId, hi)
    else speaking.add(row.contractId)
  }
  for (const id of speaking) ended.delete(id)
  return ended
}

function asExpired(content: Buffer, endedAt: number): Resource | null {
  const parsed = parseJson(content.toString())
  if (parsed.problem !== undefined || !isObject(parsed.resource)) return null
  const resource = parsed.resource as Resource & { applies?: Record<string, unknown>; extension?: Record<string, unknown>[] }
  // What ended before its period says keeps the instant; a period that ran out says it itself.
  const end = typeof resource.applies?.['end'] === 'string' ? Date.parse(resource.applies['end']) : Number.POSITIVE_INFINITY
  if (end > endedAt) resource.applies = { ...resource.applies, end: new Date(endedAt).toISOString() }
  for (const extension of resource.extension ?? []) {
    if (extension['url'] !== consentStatusUrl) continue
    for (const name of ['valueString', 'valueCode', 'valueUri', 'valueId']) if (name in extension) extension[name] = 'expired'
  }
  return resource
}
