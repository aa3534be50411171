import type { AuditPage } from '@aquifer/core/contract'
import type { Repository } from '../repository/index.js'

/** The trail as auditors read it: newest first, resources by surrogate number only. */
export interface AuditDesk {
  list(page: { limit: number; before?: bigint; sid?: number }): Promise<AuditPage>
}

export function openAuditDesk(repository: Repository): AuditDesk {
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
  }
}
