import type { Pool } from 'pg'
import type { StatementRecord, Statements } from './registers.js'

interface Row extends Omit<StatementRecord, 'at' | 'elapsedMs'> {
  at: bigint
  elapsed_ms: bigint | null
}

const columns = `id, sid, actor, purpose, sql, state, at, elapsed_ms, basis, problem`

function statementOf({ at, elapsed_ms, ...row }: Row): StatementRecord {
  return { ...row, at: Number(at), elapsedMs: elapsed_ms === null ? null : Number(elapsed_ms) }
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

export function openStatements(writer: Pool): Statements {
  return {
    async record(statement) {
      const { id, sid, actor, purpose, sql, state, at, elapsedMs, basis, problem } = statement
      await writer.query(
        `insert into statement_history (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update set state = $6, elapsed_ms = $8, basis = $9, problem = $10`,
        [id, sid, actor, purpose, sql, state, at, elapsedMs === null ? null : Math.round(elapsedMs), json(basis), json(problem)],
      )
    },
    async byId(id) {
      const { rows } = await writer.query<Row>(`select ${columns} from statement_history where id = $1`, [id])
      return rows[0] ? statementOf(rows[0]) : null
    },
    async list(sid, { actor, limit, before }) {
      const { rows } = await writer.query<Row>(
        `select ${columns} from statement_history where sid = $1 and ($2::text is null or actor = $2)
         and ($3::int8 is null or (at, id) < ($3, $4)) order by at desc, id desc limit $5`,
        [sid, actor ?? null, before?.at ?? null, before?.id ?? null, limit],
      )
      return rows.map(statementOf)
    },
  }
}
