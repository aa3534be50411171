import type { Pool } from 'pg'
import { givenColumns, givenValues } from './masking-policies.js'
import type { NewStudy, Site, Studies, Study } from './registers.js'

interface StudyRow extends Omit<Study, 'createdAt'> {
  created_at: bigint
}

const columns = `s.sid, s.id, s.name, s.kind, s.status, s.enrolment, s.required, s.masking, s.publish, s.partition, s.zone, s.version, s.settings,
  s.created_at, coalesce((select jsonb_agg(jsonb_build_object('site', t.site, 'id', t.id, 'name', t.name) order by t.site)
    from site t where t.sid = s.sid), '[]') as sites`

function studyOf({ created_at, ...row }: StudyRow): Study {
  return { ...row, createdAt: Number(created_at) }
}

const changeable = ['name', 'kind', 'status', 'enrolment', 'required', 'masking', 'publish', 'partition', 'zone', 'settings'] as const

export function openStudies(writer: Pool): Studies {
  const one = async (where: string, values: unknown[]): Promise<Study | null> => {
    const { rows } = await writer.query<StudyRow>(`select ${columns} from study s where ${where}`, values)
    return rows[0] ? studyOf(rows[0]) : null
  }
  return {
    async create(study, initial) {
      const { rows } = await writer.query<{ sid: number }>(
        `with made as (
           insert into study (sid, id, name, kind, status, enrolment, required, masking, publish, partition, zone, settings, created_at)
           values (nextval('study_sid_seq'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict (lower(id)) do nothing returning sid
         ), sites as (
           insert into site (sid, id, name) select made.sid, x.id, x.name from made, unnest($13::text[], $14::text[]) with ordinality x(id, name, ord)
           order by x.ord on conflict (sid, id) do nothing
         )${initial === undefined ? '' : `, policy as (${initialPolicy})`} select sid from made`,
        [...newStudyValues(study), ...(initial === undefined ? [] : givenValues(initial))],
      )
      const sid = rows[0]?.sid
      return sid === undefined ? 'exists' : ((await one(`s.sid = $1`, [sid])) as Study)
    },
    async update(sid, version, change) {
      const names = changeable.filter((name) => change[name] !== undefined)
      const sets = names.map((name, i) => `${name} = $${i + 3}`)
      const values = names.map((name) => (name === 'settings' ? JSON.stringify(change[name]) : change[name]))
      const { rowCount } = await writer.query(
        `update study set ${[...sets, 'version = version + 1'].join(', ')} where sid = $1 and version = $2`,
        [sid, version, ...values],
      )
      return rowCount === 0 ? 'version-conflict' : ((await one(`s.sid = $1`, [sid])) as Study)
    },
    async noteVersion(sid, { version, at, actor, document }) {
      await writer.query(
        `insert into study_version (sid, version, at, actor, document) values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [sid, version, at, actor, JSON.stringify(document)],
      )
    },
    async versions(sid) {
      const { rows } = await writer.query<{ version: number; at: bigint; actor: string; document: Record<string, unknown> }>(
        `select version, at, actor, document from study_version where sid = $1 order by version desc`,
        [sid],
      )
      return rows.map((row) => ({ ...row, at: Number(row.at) }))
    },
    async addSite(sid, site) {
      const { rows } = await writer.query<Site>(
        `insert into site (sid, id, name) values ($1, $2, $3) on conflict (sid, id) do nothing returning site, id, name`,
        [sid, site.id, site.name],
      )
      return rows[0] ?? 'exists'
    },
    async list() {
      const { rows } = await writer.query<StudyRow>(`select ${columns} from study s order by s.id`)
      return rows.map(studyOf)
    },
    byId: (id) => one(`lower(s.id) = lower($1)`, [id]),
  }
}

// In force from the beginning: nothing was masked by another one before.
const initialPolicy = `insert into masking_policy (sid, ${givenColumns}, initial, activated_at)
  select made.sid, $15, $16, $17, $18, $19::jsonb, $20, $21, $22, $23, $24, $25::int8, true, $25::int8 from made`

function newStudyValues(study: NewStudy): unknown[] {
  const { id, name, kind, status, enrolment, required, masking, publish, partition, zone, settings, createdAt, sites } = study
  const names = [sites.map((site) => site.id), sites.map((site) => site.name)]
  return [id, name, kind, status, enrolment, required, masking, publish, partition, zone, JSON.stringify(settings), createdAt, ...names]
}
