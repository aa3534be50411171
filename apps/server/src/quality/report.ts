import type { FeedView, JobView, QualityFinding, QualityReport } from '@aquifer/core/contract'
import { delayEdgesMs, delayWithin, elementsOf, merged, qualityChecks, rangeOfCode, thresholds, type Cell } from '@aquifer/core/quality'
import { spanText } from '@aquifer/core/time'
import type { Study } from '../repository/index.js'
import type { Found } from './run.js'

interface Told {
  study: Study
  /** sites within reach or asked for; null: all */
  sites: readonly string[] | null
  computedAt: number | null
  current: boolean
  silentFeeds: FeedView[]
  job: JobView | null
}

const findingsShown = 1_000

/** A kept look as it is told to somebody: of the sites he reaches. */
export function reportOf(found: Found, { study, sites, computedAt, current, silentFeeds, job }: Told): QualityReport {
  const isShown = (site: string | null): boolean => sites === null || (site !== null && sites.includes(site))
  const cells = found.cells.filter(({ site }) => isShown(site))
  const findings = findingsOf(cells, found).filter(({ site }) => isShown(site))
  const counted = found.people.filter(({ site }) => isShown(site))
  const names = new Map<string | null, string>(study.sites.map(({ id, name }) => [id, name]))
  const listed = new Set([...study.sites.map(({ id }) => id), ...cells.map(({ site }) => site), ...counted.map(({ site }) => site)])
  return {
    study: study.id,
    computedAt: computedAt === null ? null : new Date(computedAt).toISOString(),
    current,
    resources: cells.reduce((sum, { resources }) => sum + resources, 0),
    people: counted.reduce((sum, each) => sum + each.people, 0),
    limits: qualityChecks.map((check) => ({ ...check })),
    delayClasses: delayEdgesMs.map(spanText),
    sites: [...listed].filter(isShown).map((site) => {
      const { people = 0, withoutData = 0 } = counted.find((each) => each.site === site) ?? {}
      const here = { cells: cells.filter((cell) => cell.site === site), findings: findings.filter((each) => each.site === site) }
      return { site, name: names.get(site) ?? 'No site', people, withoutData, ...figuresOf(here) }
    }),
    feeds: feedsOf(cells, findings),
    elements: [...grouped(cells, ({ site }) => site)].flatMap(([site, here]) =>
      elementsOf(merged(here).types).map((element) => ({ site, ...element })),
    ),
    findings: findings.toSorted((a, b) => b.count - a.count).slice(0, findingsShown),
    silentFeeds,
    job,
  }
}

function feedsOf(cells: readonly Cell[], findings: readonly QualityFinding[]): QualityReport['feeds'] {
  const nameOf = ({ sender, app }: { sender: string; app: string | null }): string => JSON.stringify([sender, app])
  const byFeed = grouped(findings, nameOf)
  return [...grouped(cells, nameOf)]
    .map(([name, here]) => {
      const { sender = '', app = null } = here[0] ?? {}
      return { sender, app, ...figuresOf({ cells: here, findings: byFeed.get(name) ?? [] }) }
    })
    .toSorted((a, b) => b.resources - a.resources)
}

function figuresOf({ cells, findings }: { cells: readonly Cell[]; findings: readonly QualityFinding[] }) {
  const { resources, lastAt, completeness, delays, weeks } = merged(cells)
  const checks: QualityReport['sites'][number]['checks'] = {}
  for (const { check, count } of findings) checks[check] = (checks[check] ?? 0) + count
  return {
    resources,
    lastAt: lastAt === null ? null : new Date(lastAt).toISOString(),
    completeness,
    delay: {
      measured: delays.reduce((sum, each) => sum + each, 0),
      half: within(delays, 0.5),
      most: within(delays, 0.95),
      classes: delays,
    },
    weeks,
    checks,
  }
}

function within(delays: readonly number[], share: number): string | null {
  const ms = delayWithin(delays, share)
  return ms === null ? null : Number.isFinite(ms) ? spanText(ms) : 'longer'
}

/** What the look found, and the elements that too many resources of a type lack. */
function findingsOf(cells: readonly Cell[], found: Found): QualityFinding[] {
  const counts = new Map(cells.map((cell) => [JSON.stringify([cell.site, cell.sender, cell.app]), cell.types]))
  const noted = found.findings.map((finding): QualityFinding => {
    const types = counts.get(JSON.stringify([finding.site, finding.sender, finding.app]))
    return { ...finding, name: rangeOfCode(finding.code)?.name ?? null, of: types?.[finding.type]?.count ?? null }
  })
  const lacking = cells.flatMap(({ site, sender, app, types }) =>
    elementsOf(types)
      .filter(({ missing, of }) => missing > of * thresholds.missing)
      .map(({ type, element, missing, of }): QualityFinding => {
        return { check: 'missing-element', site, sender, app, type, code: element, name: null, count: missing, of }
      }),
  )
  return [...noted, ...lacking]
}

function grouped<Each, Key>(all: readonly Each[], keyOf: (each: Each) => Key): Map<Key, Each[]> {
  const groups = new Map<Key, Each[]>()
  for (const each of all) {
    const key = keyOf(each)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  }
  return groups
}
