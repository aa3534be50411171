import type { StageView } from '@aquifer/core/contract'
import type { Metrics } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'
import type { Studies } from '../study/index.js'

interface Parts {
  repository: Repository
  studies: Studies
  metrics: Metrics
  now: () => number
}

const windowMs = 60_000
const dayMs = 86_400_000

/** The stages before the feed, as the pipeline’s status shows them: what came in, what consent refused, what is stored. */
export function frontStages({ repository, studies, metrics, now }: Parts): (study: string | null) => Promise<StageView[]> {
  const samples: { at: number; total: number }[] = []
  async function writtenRate(): Promise<{ total: number; rate: number }> {
    const counted = [await metrics.written.get(), await metrics.importedResources.get()]
    const total = counted
      .flatMap((each) => each.values)
      .reduce((sum, each) => sum + (each.labels.outcome === 'unchanged' ? 0 : each.value), 0)
    const at = now()
    samples.push({ at, total })
    while (samples.length > 2 && (samples[1]?.at ?? at) < at - windowMs) samples.shift()
    const first = samples[0] ?? { at, total }
    return { total, rate: at > first.at ? ((total - first.total) * 1000) / (at - first.at) : 0 }
  }
  return async (study) => {
    const all = await studies.list()
    const meant = study === null ? all : all.filter((each) => each.id === study)
    const { total, rate } = await writtenRate()
    let refusedToday = 0
    let stored = 0
    const sids = new Set(meant.map(({ sid }) => sid))
    const silent = (await repository.feeds.watched()).filter(({ sid, alarmAt }) => alarmAt !== null && sids.has(sid)).length
    const silence = silent === 0 ? '' : `; ${silent} ${silent === 1 ? 'feed is' : 'feeds are'} silent`
    for (const each of meant) {
      refusedToday += (await repository.refusals.totals(each.sid, now() - dayMs)).since
      for (const count of Object.values(await repository.counts(each.sid))) stored += count
    }
    const here = { zone: 'identified', lagMs: 0 } as const
    return [
      { ...here, stage: 'ingest', state: rate > 0 ? 'ok' : 'idle', rate, count: total, detail: `since start${silence}` },
      {
        ...here,
        stage: 'consent',
        state: 'ok',
        rate: null,
        count: refusedToday,
        detail: refusedToday === 0 ? null : `${refusedToday} refused in the last day`,
      },
      { ...here, stage: 'repository', state: stored > 0 ? 'ok' : 'idle', rate, count: stored, detail: null },
    ]
  }
}
