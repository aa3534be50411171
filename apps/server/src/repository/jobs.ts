import type { Pool } from 'pg'
import type { Job, Jobs, Leases } from './registers.js'

interface JobRow extends Omit<Job, 'createdAt' | 'updatedAt' | 'fence'> {
  created_at: bigint
  updated_at: bigint
  fence: bigint
}

const columns = `id, kind, sid, state, actor, created_at, updated_at, request, progress, result, problem, cancel, attempts, fence`

function jobOf({ created_at, updated_at, fence, ...row }: JobRow): Job {
  return { ...row, createdAt: Number(created_at), updatedAt: Number(updated_at), fence: Number(fence) }
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

// Leases are judged by the database's clock, the one clock all processes share.
const nowMs = `(extract(epoch from clock_timestamp()) * 1000)::int8`
const free = `(state = 'queued' or (state = 'running' and lease_until < ${nowMs}))`
const take = `update job set state = 'running', owner = $2, fence = fence + 1, attempts = attempts + 1, lease_until = ${nowMs} + $3, updated_at = ${nowMs}`

export function openJobs(writer: Pool): Jobs {
  const one = async (text: string, values: unknown[]): Promise<Job | null> => {
    const { rows } = await writer.query<JobRow>(text, values)
    return rows[0] ? jobOf(rows[0]) : null
  }
  return {
    async create(job) {
      const made = await one(
        `insert into job (id, kind, sid, state, actor, created_at, updated_at, request) values ($1, $2, $3, 'queued', $4, ${nowMs}, ${nowMs}, $5)
         returning ${columns}`,
        [job.id, job.kind, job.sid, job.actor, JSON.stringify(job.request)],
      )
      return made as Job
    },
    claim: (kind, owner, leaseMs) =>
      one(
        `${take} where id = (select id from job where kind = $1 and state in ('queued', 'running') and ${free}
           order by created_at, id limit 1 for update skip locked) returning ${columns}`,
        [kind, owner, leaseMs],
      ),
    claimOne: (id, owner, leaseMs) => one(`${take} where id = $1 and ${free} returning ${columns}`, [id, owner, leaseMs]),
    async report(id, fence, progress, leaseMs) {
      const job = await one(
        `update job set progress = $3, lease_until = ${nowMs} + $4, updated_at = ${nowMs}
         where id = $1 and fence = $2 and state = 'running' returning ${columns}`,
        [id, fence, JSON.stringify(progress), leaseMs],
      )
      return { owned: job !== null, cancel: job?.cancel ?? false }
    },
    async finish(id, fence, end) {
      const { rowCount } = await writer.query(
        `update job set state = $3, result = $4, problem = $5, lease_until = null, updated_at = ${nowMs}
         where id = $1 and fence = $2 and state = 'running'`,
        [id, fence, end.state, json(end.result), json(end.problem)],
      )
      return rowCount === 1
    },
    async cancel(id) {
      const asked = await one(
        `update job set cancel = true, updated_at = ${nowMs}, state = case when state = 'queued' then 'cancelled' else state end
         where id = $1 and state in ('queued', 'running') returning ${columns}`,
        [id],
      )
      return asked ?? (await one(`select ${columns} from job where id = $1`, [id]))
    },
    byId: (id) => one(`select ${columns} from job where id = $1`, [id]),
    async list({ sid, kind, actor, hidden = [], limit, before }) {
      const { rows } = await writer.query<JobRow>(
        `select ${columns} from job where ($1::int2 is null or sid = $1) and ($2::text is null or kind = $2)
         and ($3::int8 is null or (created_at, id) < ($3, $4)) and ($6::text is null or actor = $6)
         and (sid is null or sid <> all($7::int2[])) order by created_at desc, id desc limit $5`,
        [sid ?? null, kind ?? null, before?.createdAt ?? null, before?.id ?? null, limit, actor ?? null, hidden],
      )
      return rows.map(jobOf)
    },
  }
}

export function openLeases(writer: Pool): Leases {
  return {
    async acquire(name, owner, ttlMs) {
      const { rows } = await writer.query<{ fence: bigint }>(
        `insert into lease (name, owner, fence, until) values ($1, $2, 1, ${nowMs} + $3)
         on conflict (name) do update set owner = $2, until = ${nowMs} + $3,
           fence = case when lease.owner = $2 then lease.fence else lease.fence + 1 end
         where lease.owner = $2 or lease.until < ${nowMs} returning fence`,
        [name, owner, ttlMs],
      )
      return rows[0] ? { fence: Number(rows[0].fence) } : null
    },
    async release(name, owner) {
      await writer.query(`update lease set until = 0 where name = $1 and owner = $2`, [name, owner])
    },
  }
}
