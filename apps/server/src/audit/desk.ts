import type { AuditHeadAnswer, AuditPage } from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository } from '../repository/index.js'
import type { Verifier } from '../storage/index.js'
import { outsideHeadOf, readBlockHead } from './seal/chain.js'

/** The trail as auditors read it: newest first, resources by surrogate number only. */
export interface AuditDesk {
  list(page: { limit: number; before?: bigint; sid?: number }): Promise<AuditPage>
  /** The newest signed block, for keeping where nobody who can write here can. */
  head(): Promise<AuditHeadAnswer | Refusal>
}

export function openAuditDesk(repository: Repository, verifier: Verifier): AuditDesk {
  return {
    async list(page) {
      const [rows, studies] = [await repository.audits.list(page), await repository.studies.list()]
      const last = rows.at(-1)
      return {
        records: rows.map((row) => ({
          id: String(row.id),
          at: new Date(row.at).toISOString(),
          request: row.request,
          actor: row.actor,
          role: row.role,
          action: row.action,
          study: studies.find((study) => study.sid === row.sid)?.id ?? null,
          outcome: row.outcome,
          reason: row.reason,
          detail: row.detail,
          entries: row.entries,
        })),
        next: last === undefined || rows.length < page.limit ? null : String(last.id),
      }
    },
    async head() {
      const last = await repository.seals.last()
      const head = last === null ? null : readBlockHead(last.head)
      if (last === null || head === null) return refuse('unknown', { detail: 'Nothing is sealed yet.' })
      const position = head.first + head.count - 1
      return { ...outsideHeadOf(last), publicKey: verifier.publicKey, kid: verifier.kid, block: head.block, position }
    },
  }
}
