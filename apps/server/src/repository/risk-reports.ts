import type { Pool } from 'pg'

/** Summaries of risk reports, by study and snapshot. */
export interface RiskReports {
  keep(sid: number, snapshot: string, summary: object): Promise<void>
  byId(sid: number, snapshot: string): Promise<unknown>
  /** Snapshots of which one is kept, newest first. */
  snapshots(sid: number): Promise<string[]>
}

const keptMax = 200

export function openRiskReports(writer: Pool, reader: Pool): RiskReports {
  return {
    async keep(sid, snapshot, summary) {
      await writer.query(
        `insert into risk_report (sid, snapshot, summary) values ($1, $2, $3) on conflict (sid, snapshot) do update set summary = $3`,
        [sid, snapshot, JSON.stringify(summary)],
      )
      await writer.query(
        `delete from risk_report where sid = $1 and snapshot < (select snapshot from risk_report where sid = $1 order by snapshot desc offset $2 limit 1)`,
        [sid, keptMax - 1],
      )
    },
    async byId(sid, snapshot) {
      const { rows } = await reader.query<{ summary: unknown }>(`select summary from risk_report where sid = $1 and snapshot = $2`, [
        sid,
        snapshot,
      ])
      return rows[0]?.summary ?? null
    },
    async snapshots(sid) {
      const { rows } = await reader.query<{ snapshot: Date }>(
        `select snapshot from risk_report where sid = $1 order by snapshot desc limit ${keptMax}`,
        [sid],
      )
      return rows.map(({ snapshot }) => new Date(snapshot).toISOString())
    },
  }
}
