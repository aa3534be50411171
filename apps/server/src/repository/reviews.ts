import type { Pool } from 'pg'

export interface ReviewRow {
  id: string
  study: string | null
  site: string | null
  madeBy: string
  madeAt: number
  dueAt: number
  items: Record<string, unknown>[]
  decisions: { holder: string; decision: string; note: string; madeBy: string; madeAt: number }[]
}
export interface Reviews {
  open(review: Omit<ReviewRow, 'decisions'>): Promise<void>
  list(limit: number): Promise<ReviewRow[]> // newest first
  byId(id: string): Promise<ReviewRow | null>
  decide(review: string, decision: ReviewRow['decisions'][number]): Promise<boolean> // false: it was decided before
}

interface Columns {
  id: string
  study: string | null
  site: string | null
  made_by: string
  made_at: bigint
  due_at: bigint
  items: Record<string, unknown>[]
  decisions: { holder: string; decision: string; note: string; made_by: string; made_at: number }[] | null
}
const select = `select r.*, (select jsonb_agg(d order by d.made_at) from access_review_decision d where d.review = r.id) as decisions
  from access_review r`

const reviewOf = (row: Columns): ReviewRow => ({
  id: row.id,
  study: row.study,
  site: row.site,
  madeBy: row.made_by,
  madeAt: Number(row.made_at),
  dueAt: Number(row.due_at),
  items: row.items,
  decisions: (row.decisions ?? []).map((each) => ({
    holder: each.holder,
    decision: each.decision,
    note: each.note,
    madeBy: each.made_by,
    madeAt: each.made_at,
  })),
})

export const openReviews = (pool: Pool): Reviews => ({
  async open(review) {
    await pool.query(`insert into access_review (id, study, site, made_by, made_at, due_at, items) values ($1, $2, $3, $4, $5, $6, $7)`, [
      review.id,
      review.study,
      review.site,
      review.madeBy,
      review.madeAt,
      review.dueAt,
      JSON.stringify(review.items),
    ])
  },
  async list(limit) {
    const { rows } = await pool.query<Columns>(`${select} order by r.made_at desc, r.id desc limit $1`, [limit])
    return rows.map(reviewOf)
  },
  async byId(id) {
    const { rows } = await pool.query<Columns>(`${select} where r.id = $1`, [id])
    return rows[0] ? reviewOf(rows[0]) : null
  },
  async decide(review, { holder, decision, note, madeBy, madeAt }) {
    const { rowCount } = await pool.query(
      `insert into access_review_decision (review, holder, decision, note, made_by, made_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (review, holder) do nothing`,
      [review, holder, decision, note, madeBy, madeAt],
    )
    return rowCount === 1
  },
})
