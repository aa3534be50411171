import type { SummaryFigures, TableOneVariable, ToldCount } from '../contract/index.js'
import { bandOf } from '../small-cells/index.js'
import type { StatisticsBody } from './answer.js'
import { incidenceRate } from './incidence.js'
import { isHidden, shareOf } from './told.js'

// Statistics as they are told to who gets counts only: rounded as counts are, and whatever was computed of a count computed of the rounded one.

type RoundCount = (count: number) => number
type Of<Kind extends StatisticsBody['kind']> = Extract<StatisticsBody, { kind: Kind }>

const digits = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(3)))
const ofCount =
  (round: RoundCount) =>
  (count: ToldCount): ToldCount =>
    typeof count === 'number' && count > 0 ? round(count) : count
/** In whole hundredths. */
const share = (part: ToldCount, whole: ToldCount): number | null => {
  const value = shareOf(part, whole)
  return value === null ? null : Math.min(1, Math.round(value * 100) / 100)
}

export function roundedBody(body: StatisticsBody, round: RoundCount): StatisticsBody {
  const policy = `${body.lineage.policy ?? ''} Counts are rounded, and figures have three digits.`.trim()
  const told = { ...body, notes: body.notes.map(roundedNote), lineage: { ...body.lineage, policy } }
  switch (told.kind) {
    case 'table-one':
      return { ...told, ...roundedTable(told, round) }
    case 'survival':
      return { ...told, groups: told.groups.map((group) => roundedCurve(group, round)), logRank: roundedTest(told.logRank) }
    case 'incidence':
      return { ...told, groups: told.groups.map((group) => roundedRate(group, { ...told, round })) }
    case 'missing':
      return { ...told, ...roundedMissing(told, round) }
    case 'adherence':
      throw new Error('adherence is not told in rounded counts')
  }
}

/** How many were left out, and where a curve ends, stand in sentences, too. */
const roundedNote = (note: string): string =>
  note
    .replace(/^Left out: (\d+),/, (_, count: string) => `Left out: ${bandOf(Number(count))},`)
    .replace(/ ends at ([\d.e+-]+) /, (_, time: string) => ` ends at ${digits(Number(time))} `)

function roundedTable(
  { people, groups, variables }: Of<'table-one'>,
  round: RoundCount,
): Pick<Of<'table-one'>, 'people' | 'groups' | 'variables'> {
  const count = ofCount(round)
  return {
    people: count(people),
    groups: groups.map((group) => ({ ...group, people: count(group.people) })),
    variables: variables.map((variable): TableOneVariable => {
      const pairs = variable.pairs.map((pair) => ({ ...pair, smd: hundredths(pair.smd) }))
      const compared = { smd: hundredths(variable.smd), pairs }
      if (variable.as === 'continuous')
        return {
          ...variable,
          ...compared,
          overall: roundedSummary(variable.overall, count),
          groups: variable.groups.map((each) => roundedSummary(each, count)),
        }
      return { ...variable, ...compared, levels: roundedLevels(variable.levels, count) }
    }),
  }
}

const hundredths = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100)

const roundedSummary = (
  { n, missing, mean, sd, median, q1, q3 }: SummaryFigures,
  count: (count: ToldCount) => ToldCount,
): SummaryFigures => ({
  n: count(n),
  missing: count(missing),
  mean: digits(mean),
  sd: digits(sd),
  median: digits(median),
  q1: digits(q1),
  q3: digits(q3),
})

type Level = Extract<TableOneVariable, { as: 'categorical' }>['levels'][number]

/** By name, since an order by exact counts would tell which of two that are rounded to the same is larger. */
function roundedLevels(levels: readonly Level[], count: (count: ToldCount) => ToldCount): Level[] {
  const rounded = levels.map(({ value, overall, groups }) => ({
    value,
    overall: count(overall.n),
    groups: groups.map(({ n }) => count(n)),
  }))
  const valued = rounded.filter(({ value }) => value !== null)
  const wholeOf = (of: (level: (typeof rounded)[number]) => ToldCount): ToldCount =>
    valued.reduce((sum: ToldCount, level) => {
      const n = of(level)
      return typeof sum === 'number' && typeof n === 'number' ? sum + n : ''
    }, 0)
  const shareIn = (n: ToldCount, exact: number | null, whole: ToldCount): number | null => (exact === null ? null : share(n, whole))
  const told = rounded.map(({ value, overall, groups }, at): Level => ({
    value,
    overall: {
      n: overall,
      share:
        value === null
          ? null
          : shareIn(
              overall,
              levels[at]!.overall.share,
              wholeOf((level) => level.overall),
            ),
    },
    groups: groups.map((n, group) => ({
      n,
      share:
        value === null
          ? null
          : shareIn(
              n,
              levels[at]!.groups[group]!.share,
              wholeOf((level) => level.groups[group]!),
            ),
    })),
  }))
  return told.sort((a, b) => (a.value === null ? 1 : b.value === null ? -1 : a.value < b.value ? -1 : 1))
}

/** Its curve is of multiples of the threshold already; times are of few people. */
function roundedCurve(group: Of<'survival'>['groups'][number], round: RoundCount): Of<'survival'>['groups'][number] {
  const { median, drawn, ends } = group
  return {
    ...group,
    people: ofCount(round)(group.people),
    median: { value: digits(median.value), low: digits(median.low), high: digits(median.high) },
    drawn: drawn.map((step) => ({ ...step, time: digits(step.time)! })),
    ends: { ...ends, time: digits(ends.time)! },
    exact: null,
  }
}

/** It is of exact counts: three digits of it would tell of a few whose times are written as one likes. */
const roundedTest = (test: Of<'survival'>['logRank']): Of<'survival'>['logRank'] =>
  test && { ...test, statistic: Number(test.statistic.toPrecision(2)), p: Number(test.p.toPrecision(1)) }

/** Events go with the rounded number of people, and the rate and its limits are of what is told. */
function roundedRate(
  group: Of<'incidence'>['groups'][number],
  { round, per, level }: { round: RoundCount; per: number; level: number },
): Of<'incidence'>['groups'][number] {
  const { people, events, time } = group
  if (typeof people !== 'number' || typeof events !== 'number' || time === null || isHidden(events))
    return { ...group, people: ofCount(round)(people) }
  const rounded = people === 0 ? 0 : round(people)
  const scale = people === 0 ? 1 : rounded / people
  const [told, span] = [Math.round((events * scale) / 5) * 5, digits(time * scale)!]
  const rate = incidenceRate(told, span, { per, level })
  return {
    ...group,
    people: rounded,
    events: told,
    time: span,
    rate: digits(rate?.rate ?? null),
    low: digits(rate?.low ?? null),
    high: digits(rate?.high ?? null),
  }
}

/** A pattern of few people is left out: which of their values are missing together would be theirs. */
function roundedMissing(
  { people, complete, variables, patterns }: Of<'missing'>,
  round: RoundCount,
): Pick<Of<'missing'>, 'people' | 'complete' | 'variables' | 'patterns' | 'patternsLeftOut'> {
  const count = ofCount(round)
  const whole = count(people)
  const told = patterns
    .filter(({ people: n }) => typeof n === 'number')
    .map(({ missing, people: n }) => ({ missing, people: count(n), share: share(count(n), whole) }))
  const name = ({ missing }: { missing: string[] }): string => missing.join('\0')
  return {
    people: whole,
    complete: count(complete),
    variables: variables.map(({ column, missing }) => ({ column, missing: count(missing), share: share(count(missing), whole) })),
    patterns: told.sort((a, b) => Number(b.people) - Number(a.people) || (name(a) < name(b) ? -1 : 1)),
    patternsLeftOut: 0,
  }
}
