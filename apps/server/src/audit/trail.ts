import { outcomeOf, type AuditAct } from '@aquifer/core/audit'
import type { AuditRecord, Repository } from '../repository/index.js'

/** One resource a request touched, by surrogate. */
export interface AuditEntry {
  [more: string]: unknown
  op: string
  rid: bigint | null
  version: number | null
}

/** One request as it goes: made when it arrives, filled in by the systems it passes, recorded exactly once. */
export interface RequestFacts {
  readonly at: number
  readonly correlationId: string
  /** method and route template, never the address that was asked for */
  readonly route: string
  readonly reason: string | null
  actor: string
  role: string
  act: AuditAct
  sid: number | null
  refusal: string | null
  /** remote address; for the trail alone, never for a log */
  source: string | null
  /** the caller as his own provider names him, where that is another name */
  external: string | null
  /** Patient ids of people this concerns beside those whose resources are entries */
  people: string[]
  detail: Record<string, string | number | boolean | null>
  entries: AuditEntry[]
  /** true once a writing transaction has taken the record along */
  recorded: boolean
}

export function auditRecord(facts: RequestFacts, id: bigint, status: number): AuditRecord {
  return {
    id,
    at: facts.at,
    request: facts.correlationId,
    actor: facts.actor,
    role: facts.role,
    action: facts.act,
    sid: facts.sid,
    outcome: outcomeOf(status),
    reason: facts.reason,
    detail: { route: facts.route, status, ...(facts.refusal === null ? {} : { refusal: facts.refusal }), ...facts.detail },
    entries: facts.entries,
    people: facts.people,
    source: facts.source,
    external: facts.external,
  }
}

export interface AuditTrail {
  /** Settles when the record is durable. */
  record(facts: RequestFacts, status: number): Promise<void>
}

interface Waiting {
  facts: RequestFacts
  status: number
  done: () => void
  failed: (error: unknown) => void
}
const batchMax = 500

/** Records of requests that write nothing else: what queues while one insert is under way goes with the next. */
export function openAuditTrail(repository: Repository): AuditTrail {
  let waiting: Waiting[] = []
  let flushing = false
  async function flush(): Promise<void> {
    flushing = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batch.length)
      try {
        const records = await Promise.all(
          batch.map(async ({ facts, status }) => auditRecord(facts, await repository.nextAuditId(), status)),
        )
        await repository.audits.record(records)
        for (const each of batch) each.done()
      } catch (error) {
        for (const each of batch) each.failed(error)
      }
    }
    flushing = false
  }
  return {
    record(facts, status) {
      facts.recorded = true
      return new Promise<void>((resolve, reject) => {
        waiting.push({ facts, status, done: resolve, failed: reject })
        if (!flushing) void flush()
      })
    },
  }
}
