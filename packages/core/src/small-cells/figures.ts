import { tellingGroups, type ToldPeople } from './differencing.js'
import type { CellState } from './groups.js'
import type { People } from './people.js'
import type { SmallCellPolicy } from './policy.js'

/**
 * Which of several figures may be told that share people as they like, such as the steps of a funnel: the first comes first, and each is held
 * against those before it as against earlier answers. None and few look the same.
 */
export function protectFigures(
  figures: readonly People[],
  before: readonly ToldPeople[],
  policy: SmallCellPolicy,
): { states: CellState[]; told: ToldPeople } {
  const groups: People[] = []
  const states = figures.map((people): CellState => {
    if (people.length < policy.threshold) return 'primary'
    const now = { all: null, groups: [...groups, people] }
    if (tellingGroups(now, [...before, { all: null, groups }], policy).groups.size > 0) return 'secondary'
    groups.push(people)
    return 'told'
  })
  return { states, told: { all: null, groups } }
}
