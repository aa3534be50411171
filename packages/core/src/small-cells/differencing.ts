import { countBeyond, union, type People } from './people.js'
import { isSmall, type SmallCellPolicy } from './policy.js'

/** How many are in one of two results and not in the other. */
export interface Difference {
  onlyFirst: number
  onlySecond: number
}

export function differenceOf(first: ReadonlySet<string>, second: ReadonlySet<string>): Difference {
  let shared = 0
  for (const key of first) if (second.has(key)) shared++
  return { onlyFirst: first.size - shared, onlySecond: second.size - shared }
}

/**
 * Whether two figures that are each large enough tell one of a small group when subtracted ("all over 20" less "all over 20 but one").
 * Where both sides differ the sum of the two is what subtraction tells, so each of them has to be none or large.
 */
export const tellsBySubtraction = ({ onlyFirst, onlySecond }: Difference, policy: SmallCellPolicy): boolean =>
  isSmall(onlyFirst, policy) || isSmall(onlySecond, policy)

/** Whom the figures of one answer are of: everybody, where that is told, and the groups that were told. */
export interface ToldPeople {
  all: People | null
  groups: readonly People[]
}

/** Two figures of nearly the same people: one less the other is of the few in whom they differ, on either side. */
export function differsByFew(first: People, second: People, { threshold }: SmallCellPolicy): boolean {
  if (Math.abs(first.length - second.length) >= threshold) return false
  const [onlyFirst, onlySecond] = [countBeyond(first, second, threshold), countBeyond(second, first, threshold)]
  return onlyFirst + onlySecond > 0 && onlyFirst < threshold && onlySecond < threshold
}

/**
 * Which groups of an answer would, with what was told before, tell of a few people: by one figure less another, or by one less the groups
 * that make it up. `all`: whether the figure of everybody would.
 */
export function tellingGroups(
  now: ToldPeople,
  before: readonly ToldPeople[],
  policy: SmallCellPolicy,
): { all: boolean; groups: ReadonlySet<number> } {
  const groups = new Set<number>()
  let all = false
  for (const earlier of before) {
    const figures = earlier.all === null ? earlier.groups : [...earlier.groups, earlier.all]
    const tells = (one: People): boolean =>
      figures.some((other) => differsByFew(one, other, policy)) || isMadeUpOf(one, earlier.groups, policy)
    for (const [at, group] of now.groups.entries()) if (!groups.has(at) && tells(group)) groups.add(at)
    all ||= now.all !== null && tells(now.all)
    for (const figure of figures) for (const at of partsOf(figure, now.groups, groups, policy)) groups.add(at)
  }
  return { all, groups }
}

/** Whether some of these groups together are nearly these people; those within count alone first, then those nearly within, too. */
function isMadeUpOf(whole: People, parts: readonly People[], policy: SmallCellPolicy): boolean {
  const fitting = parts.filter((part) => part.length < whole.length + policy.threshold)
  const beyond = fitting.map((part) => countBeyond(part, whole, policy.threshold))
  return [1, policy.threshold].some((below) => {
    const within = fitting.filter((_, at) => beyond[at]! < below)
    return within.length > 1 && differsByFew(whole, union(within), policy)
  })
}

/** The groups by which an earlier figure would tell of the few whom they leave of it: the least of them, until the rest is many or all. */
function partsOf(whole: People, groups: readonly People[], gone: ReadonlySet<number>, policy: SmallCellPolicy): number[] {
  const order = [...groups.keys()].filter((at) => !gone.has(at)).sort((a, b) => groups[a]!.length - groups[b]!.length)
  const hidden: number[] = []
  for (const at of order) {
    const left = order.filter((each) => !hidden.includes(each)).map((each) => groups[each]!)
    if (!isMadeUpOf(whole, left, policy)) break
    hidden.push(at)
  }
  return hidden
}
