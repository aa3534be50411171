import type { SurvivalAnswer, SurvivalGroup } from '../contract/index.js'
import { cmsCells, showRounded } from '../small-cells/index.js'
import { drawnCurve } from './draw.js'
import { logRank, type LogRank } from './log-rank.js'
import { atRiskAt, kaplanMeier, medianOf, type FollowUp } from './survival.js'
import { isFew, toldGroups, type Rule } from './told.js'

type Told = Pick<SurvivalAnswer, 'groups' | 'atRisk' | 'logRank'>
export interface FollowUpGroup {
  name: string | null
  people: FollowUp[]
}

/** Curves, medians, numbers at risk and the test, as far as they may be told. */
export function tellSurvival(
  groups: readonly FollowUpGroup[],
  { rule, level, times: asked }: { rule: Rule; level: number; times?: number[] | undefined },
): Told {
  const sizes = toldGroups(
    groups.map(({ people }) => people.length),
    rule,
  )
  const longest = groups.reduce((most, { people }) => people.reduce((max, { time }) => Math.max(max, time), most), 0)
  const times = asked ?? evenTimes(longest)
  return {
    groups: groups.map(({ name, people }, at) => tellGroup(name, people, { rule, level, size: sizes.people[at]! })),
    atRisk: {
      times,
      counts: groups.map(({ people }, at) =>
        atRiskAt(people, times).map((count) => (rule === null ? count : sizes.open[at] ? showRounded(count, rule) : rule.besides)),
      ),
    },
    logRank: tellTest(groups, sizes.all, rule),
  }
}

function tellGroup(
  name: string | null,
  people: FollowUp[],
  { rule, level, size }: { rule: Rule; level: number; size: number | string },
): SurvivalGroup {
  const computed = kaplanMeier(people, level)
  const isOpen = typeof size === 'number'
  const drawn = isOpen
    ? drawnCurve(people, computed, { policy: rule ?? cmsCells, level })
    : { steps: [], ends: { time: 0, because: 'few-at-risk' as const } }
  return {
    name,
    people: size,
    // To the threshold's multiples, as the curve: what is left after its last step would tell a few.
    events: rule === null ? computed.events : isOpen ? showRounded(computed.events, rule) : rule.besides,
    median: rule === null ? computed.median : medianOf(drawn.steps),
    drawn: drawn.steps,
    ends: drawn.ends,
    exact: rule === null ? computed.steps : null,
  }
}

/** Told where every group and its events are; to three digits, from which no person can be computed. */
function tellTest(groups: readonly FollowUpGroup[], areTold: boolean, rule: Rule): LogRank | null {
  const named = groups.filter(({ name }) => name !== null).map(({ people }) => people)
  if (rule !== null && (!areTold || named.some((people) => isFew(people.filter(({ event }) => event).length, rule)))) return null
  const test = logRank(named)
  if (test === null || rule === null) return test
  const rounded = (value: number): number => Number(value.toPrecision(3))
  return { statistic: rounded(test.statistic), df: test.df, p: rounded(test.p) }
}

/** Up to nine times at even distance, as an axis has them. */
export function evenTimes(longest: number): number[] {
  if (longest <= 0) return [0]
  // Many stay long, few longest: what is drawn ends at about two thirds of it.
  const rough = longest / 9
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= rough) ?? 10 * unit
  return Array.from({ length: Math.floor(longest / step) + 1 }, (_, at) => at * step)
}
