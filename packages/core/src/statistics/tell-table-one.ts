import type { SummaryFigures, TableOneAnswer, TableOneVariable } from '../contract/index.js'
import type { Description } from './describe.js'
import { meanOfPairs, type CategoricalVariable, type ContinuousVariable, type Pair, type TableOne } from './table-one.js'
import { isHidden, shareOf, toldCount, toldFigure, toldGroups, toldTable, type Rule } from './told.js'
import type { Shown } from '../small-cells/index.js'

type Told = Pick<TableOneAnswer, 'people' | 'groups' | 'variables'>
interface Context {
  rule: Rule
  names: (string | null)[]
  /** which groups' sizes are told */
  open: boolean[]
  /** whether what is said of everybody cannot be subtracted from to get at a group that is not told */
  all: boolean
}

/** What may be told of a Table 1. Of a group that is not told nothing is, and then nothing of everybody, either. */
export function tellTableOne({ people, groups, variables }: TableOne, rule: Rule): Told {
  const sizes = toldGroups(
    groups.map((group) => group.people),
    rule,
  )
  const context = { rule, names: groups.map(({ name }) => name), ...sizes }
  return {
    people: toldCount(people, rule),
    groups: groups.map(({ name }, at) => ({ name, people: sizes.people[at]! })),
    variables: variables.map((variable): TableOneVariable =>
      variable.as === 'continuous' ? tellNumbers(variable, context) : tellLevels(variable, context),
    ),
  }
}

/** Counts by part and group with those of everybody beside them, groups that are not told blanked. */
function tellCounts(
  counts: { overall: number; groups: readonly number[] }[],
  { rule, open, all }: Context,
): { overall: Shown; groups: Shown[] }[] {
  const shown = open.flatMap((isOpen, at) => (isOpen ? [at] : []))
  if (open.length === 0) {
    const { cells } = toldTable(
      counts.map(({ overall }) => [overall]),
      rule,
      { overall: false },
    )
    return cells.map(([overall]) => ({ overall: overall!, groups: [] }))
  }
  const { cells, sums } = toldTable(
    counts.map(({ groups }) => shown.map((at) => groups[at]!)),
    rule,
    { overall: all },
  )
  return counts.map((_, row) => ({
    overall: all ? sums[row]! : rule!.besides,
    groups: open.map((isOpen, at) => (isOpen ? cells[row]![shown.indexOf(at)]! : rule!.besides)),
  }))
}

function tellNumbers({ column, overall, groups, pairs }: ContinuousVariable, context: Context): TableOneVariable {
  const [n, missing] = tellCounts(
    [
      { overall: overall.n, groups: groups.map((each) => each.n) },
      { overall: overall.missing, groups: groups.map((each) => each.missing) },
    ],
    context,
  ) as [{ overall: Shown; groups: Shown[] }, { overall: Shown; groups: Shown[] }]
  const told = groups.map((figures, at) => summaryOf(figures, n.groups[at]!, missing.groups[at]!, context.rule))
  // The figures of everybody less those of the other groups are those of the group that is left.
  const hasFew = groups.some((each, at) => each.n > 0 && told[at]!.mean === null)
  return {
    as: 'continuous',
    column,
    overall: summaryOf(hasFew && context.rule !== null ? nothing(overall) : overall, n.overall, missing.overall, context.rule),
    groups: told,
    ...tellPairs(pairs, context, (at) => told[at]!.mean !== null),
  }
}

const nothing = ({ n }: Description): Description => ({ n, mean: null, sd: null, median: null, q1: null, q3: null })

export function summaryOf(figures: Description, n: Shown, missing: Shown, rule: Rule): SummaryFigures {
  const told = (value: number | null): number | null => (isHidden(n) ? null : toldFigure(value, figures.n, rule))
  const { mean, sd, median, q1, q3 } = figures
  return { n, missing, mean: told(mean), sd: told(sd), median: told(median), q1: told(q1), q3: told(q3) }
}

function tellLevels({ column, levels, pairs }: CategoricalVariable, context: Context): TableOneVariable {
  const told = tellCounts(levels, context)
  // A share is of those with a value, so it tells how many have none.
  const gaps = levels.findIndex(({ value }) => value === null)
  const isOpen = (of: (row: { overall: Shown; groups: Shown[] }) => Shown): boolean => gaps === -1 || !isHidden(of(told[gaps]!))
  const valued = levels.filter(({ value }) => value !== null)
  const whole = valued.reduce((total, { overall }) => total + overall, 0)
  const wholes = context.names.map((_, at) => valued.reduce((total, { groups }) => total + groups[at]!, 0))
  const everybody = levels.reduce((total, { overall }) => total + overall, 0)
  const sizes = context.names.map((_, at) => levels.reduce((total, { groups }) => total + groups[at]!, 0))
  const share = (n: Shown, of: { valued: number; all: number; isMissing: boolean; open: boolean }): number | null =>
    of.open ? shareOf(n, of.isMissing ? of.all : of.valued) : null
  return {
    as: 'categorical',
    column,
    levels: levels.map(({ value }, row) => {
      const isMissing = value === null
      const { overall, groups } = told[row]!
      const at = (group: number) => ({ valued: wholes[group]!, all: sizes[group]!, isMissing, open: isOpen((each) => each.groups[group]!) })
      return {
        value,
        overall: { n: overall, share: share(overall, { valued: whole, all: everybody, isMissing, open: isOpen((each) => each.overall) }) },
        groups: groups.map((n, group) => ({ n, share: share(n, at(group)) })),
      }
    }),
    ...tellPairs(pairs, context, (group) => told.every(({ groups }) => !isHidden(groups[group]!))),
  }
}

/** A difference is told of two groups of which all is told that it was computed from. */
function tellPairs(
  pairs: readonly Pair[],
  { rule, names }: Context,
  isTold: (group: number) => boolean,
): { smd: number | null; pairs: Pair[] } {
  const told = pairs.map(({ groups, smd }): Pair => {
    const open = groups.every((name) => isTold(names.indexOf(name)))
    return { groups, smd: rule === null || open ? smd : null }
  })
  return { smd: meanOfPairs(told), pairs: told }
}
