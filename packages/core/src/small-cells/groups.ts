import { tellingGroups, type ToldPeople } from './differencing.js'
import { countBeyond, union, type People } from './people.js'
import { isSmall, type SmallCellPolicy } from './policy.js'

/** `primary`: of few people. `secondary`: hidden so that few people do not follow from it. */
export type CellState = 'told' | 'primary' | 'secondary'
/** Whom the figures of a group are of; the first: everybody in it. */
export type GroupPeople = readonly People[]
export interface ProtectedGroups {
  /** Groups of few people: they are told together and without what tells them apart, which would be theirs. */
  small: number[]
  /** By group and figure. */
  states: CellState[][]
  told: ToldPeople
  /** Nothing is left because of what was told before. */
  spent: boolean
}

/**
 * What of a GROUP BY may be told, decided on the people themselves, so that it is right whether groups share people or not: no small
 * group, none that is everybody of a larger one but a few, and nothing that tells of a few beside what was told before.
 */
export function protectGroups(groups: readonly GroupPeople[], before: readonly ToldPeople[], policy: SmallCellPolicy): ProtectedGroups {
  const small = [...groups.keys()].filter((at) => isSmall(groups[at]![0]!.length, policy))
  const hidden = new Set<number>()
  const open = (): number[] => [...groups.keys()].filter((at) => !small.includes(at) && !hidden.has(at))
  const everybody = union(groups.map(([people]) => people!))
  const toldNow = (): ToldPeople => {
    const left = countBeyond(everybody, union(open().map((at) => groups[at]![0]!)))
    const most = isSmall(everybody.length, policy) || isSmall(left, policy)
    return { all: most ? null : everybody, groups: open().map((at) => groups[at]![0]!) }
  }
  hideBeside(groups, everybody, { open, hidden }, policy)
  const asked = open().flatMap((at) => figuresOf(groups[at]!, policy).map((figure) => ({ at, figure, people: groups[at]![figure]! })))
  const telling = tellingGroups({ all: toldNow().all, groups: asked.map(({ people }) => people) }, before, policy)
  const alone = new Set<string>()
  for (const each of telling.groups) {
    const { at, figure } = asked[each]!
    if (figure === 0) hidden.add(at)
    else alone.add(`${at} ${figure}`)
  }
  hideBeside(groups, everybody, { open, hidden }, policy)
  const state = (at: number, figure: number): CellState => {
    if (small.includes(at)) return 'primary'
    if (hidden.has(at) || alone.has(`${at} ${figure}`)) return 'secondary'
    return stateOf(groups[at]![figure]!, groups[at]![0]!, policy)
  }
  const told = toldNow()
  const figures = asked.filter(({ at, figure }) => figure > 0 && state(at, figure) === 'told').map(({ people }) => people)
  return {
    small,
    states: groups.map((group, at) => group.map((_, figure) => state(at, figure))),
    told: { all: telling.all ? null : told.all, groups: [...told.groups, ...figures] },
    spent: telling.groups.size > 0 && open().every((at) => groups[at]![0]!.length === 0),
  }
}

/** The figures that are of others than the whole group, and the group itself. */
function figuresOf(group: GroupPeople, policy: SmallCellPolicy): number[] {
  const [whole] = group
  const differ = (people: People): boolean =>
    people.length > 0 && people.length < whole!.length && stateOf(people, whole!, policy) === 'told'
  return [...group.keys()].filter((figure) => figure === 0 || differ(group[figure]!))
}

/** Hides the least until those who are in no told group are many or none. */
function hideBeside(
  groups: readonly GroupPeople[],
  everybody: People,
  { open, hidden }: { open: () => number[]; hidden: Set<number> },
  policy: SmallCellPolicy,
): void {
  for (;;) {
    const left = open().filter((at) => groups[at]![0]!.length > 0)
    if (left.length === 0) return
    if (!isSmall(countBeyond(everybody, union(left.map((at) => groups[at]![0]!))), policy)) return
    hidden.add(left.reduce((least, at) => (groups[at]![0]!.length < groups[least]![0]!.length ? at : least)))
  }
}

/** A figure of some of a group: neither they nor the rest may be few. */
function stateOf(people: People, group: People, policy: SmallCellPolicy): CellState {
  if (isSmall(people.length, policy)) return 'primary'
  return isSmall(countBeyond(group, people), policy) ? 'secondary' : 'told'
}
