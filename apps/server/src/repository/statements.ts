import type { Pool } from 'pg'
import type { StatementRecord, Statements } from './registers.js'

interface Row extends Omit<StatementRecord, 'at' | 'elapsedMs'> {
  at: bigint
  elapsed_ms: bigint | null
}

const columns = `id, sid, actor, purpose, sql, state, at, elapsed_ms, basis, problem, parameters, cut, question`

function statementOf({ at, elapsed_ms, ...row }: Row): StatementRecord {
  return { ...row, at: Number(at), elapsedMs: elapsed_ms === null ? null : Number(elapsed_ms) }
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

export function openStatements(writer: Pool): Statements {
  return {
    async record(statement) {
      const { id, sid, actor, purpose, sql, state, at, elapsedMs, basis, problem, parameters, cut, question } = statement
      await writer.query(
        `insert into statement_history (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (id) do update set state = $6, elapsed_ms = $8, basis = $9, problem = $10, question = $13`,
        // prettier-ignore
        [id, sid, actor, purpose, sql, state, at, elapsedMs === null ? null : Math.round(elapsedMs), json(basis), json(problem), json(parameters), cut, json(question)],
      )
    },
    async byId(id) {
      const { rows } = await writer.query<Row>(`select ${columns}, pinned from statement_history where id = $1`, [id])
      return rows[0] ? statementOf(rows[0]) : null
    },
    async pin(id, pinned) {
      await writer.query('update statement_history set pinned = $2 where id = $1', [id, pinned])
    },
    async naming(sid, names) {
      const { rows } = await writer.query<{ statements: bigint; notebooks: bigint }>(
        `select (select count(*) from statement_history where sid = $1 and exists (select 1 from unnest($2::text[]) n where position(n in sql) > 0 or position(n in problem::text) > 0 or position(n in parameters::text) > 0 or position(n in question::text) > 0))
             + (select count(*) from saved_query where sid = $1 and exists (select 1 from unnest($2::text[]) n where position(n in concat_ws(' ', sql, title, purpose, parameters::text)) > 0)) as statements,
           (select count(*) from notebook b where sid = $1 and exists (select 1 from unnest($2::text[]) n where position(n in cells::text) > 0 or position(n in title) > 0
             or exists (select 1 from notebook_version v where v.id = b.id and (position(n in v.cells::text) > 0 or position(n in v.title) > 0)))) as notebooks`,
        [sid, names],
      )
      return { statements: Number(rows[0]?.statements ?? 0n), notebooks: Number(rows[0]?.notebooks ?? 0n) }
    },
    async redact(sid, names) {
      const counts = { statements: 0, notebooks: 0 }
      for (const name of names) {
        const statements = await writer.query(
          `update statement_history set sql = replace(sql, $2, 'withdrawn'), problem = replace(problem::text, $2, 'withdrawn')::jsonb,
             parameters = replace(parameters::text, $2, 'withdrawn')::jsonb, question = replace(question::text, $2, 'withdrawn')::json
           where sid = $1 and (position($2 in sql) > 0 or position($2 in problem::text) > 0 or position($2 in parameters::text) > 0
             or position($2 in question::text) > 0)`,
          [sid, name],
        )
        const notebooks = await writer.query(
          `with changed as (
             update notebook set cells = replace(cells::text, $2, 'withdrawn')::jsonb, title = replace(title, $2, 'withdrawn'), version = version + 1
             where sid = $1 and (position($2 in cells::text) > 0 or position($2 in title) > 0) returning *
           ) insert into notebook_version (id, version, title, by_user, at, cells, cut) select id, version, title, owner, updated_at, cells, cut from changed`,
          [sid, name],
        )
        const versions = await writer.query(
          `update notebook_version v set cells = replace(v.cells::text, $2, 'withdrawn')::jsonb, title = replace(v.title, $2, 'withdrawn')
           from notebook n where n.id = v.id and n.sid = $1 and (position($2 in v.cells::text) > 0 or position($2 in v.title) > 0)`,
          [sid, name],
        )
        await writer.query(
          `update reidentification set pseudonym = replace(pseudonym, $2, ''), reason = replace(reason, $2, 'withdrawn')
           where sid = $1 and (position($2 in pseudonym) > 0 or position($2 in reason) > 0)`,
          [sid, name],
        )
        await writer.query(
          `update saved_query set sql = replace(sql, $2, 'withdrawn'), title = replace(title, $2, 'withdrawn'), purpose = replace(purpose, $2, 'withdrawn'),
             parameters = replace(parameters::text, $2, 'withdrawn')::jsonb
           where sid = $1 and position($2 in concat_ws(' ', sql, title, purpose, parameters::text)) > 0`,
          [sid, name],
        )
        counts.statements += statements.rowCount ?? 0
        counts.notebooks += Math.max(notebooks.rowCount ?? 0, versions.rowCount ?? 0)
      }
      return counts
    },
    async list(sid, { actor, limit, before, text, state, from, pinned }) {
      const { rows } = await writer.query<Row>(
        `select ${columns}, pinned from statement_history where sid = $1 and ($2::text is null or actor = $2)
         and ($3::int8 is null or (at, id) < ($3, $4)) and ($6::text is null or position(lower($6) in lower(sql || ' ' || purpose)) > 0)
         and ($7::text is null or state = $7) and ($8::int8 is null or at >= $8)
         and ($9::boolean is null or pinned = $9) order by pinned desc, at desc, id desc limit $5`,
        [sid, actor ?? null, before?.at ?? null, before?.id ?? null, limit, text ?? null, state ?? null, from ?? null, pinned ?? null],
      )
      return rows.map(statementOf)
    },
  }
}
