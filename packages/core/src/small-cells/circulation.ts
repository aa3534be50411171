// A table with its totals as a circulation: grand → rows → columns → grand. What an attacker knows of each number is a range, and how far
// one number can move within all ranges is a maximal flow: exact, and in whole numbers.

export interface Arc {
  from: number
  to: number
  value: number
  /** A sum is known to be no less than there are counts in it that are not zero. */
  least: number
  /** What is told of the number: its value alone, or a range. */
  low: number
  high: number
  /** What telling of it only that it is not zero would cost; Infinity: nothing more can be hidden of it. */
  cost: number
}

interface Step {
  arc: number
  forward: boolean
  room: number
  cost: number
}

export interface Move {
  arc: number
  way: 'up' | 'down'
}
const ends = (arcs: readonly Arc[], { arc, way }: Move): { start: number; end: number } => {
  const { from, to } = arcs[arc]!
  return way === 'up' ? { start: to, end: from } : { start: from, end: to }
}

/** How far the number of an arc can move with everything told of the others still true, and how they move with it; no more than wanted. */
export function reach(arcs: readonly Arc[], nodes: number, move: Move & { wanted: number }): { moved: number; moves: number[] } {
  const moves = arcs.map(() => 0)
  let moved = 0
  while (moved < move.wanted) {
    const path = cheapest(arcs, nodes, { ...ends(arcs, move), without: move.arc, moves, hiding: false })
    if (path === null) break
    const room = Math.min(move.wanted - moved, ...path.map((step) => step.room))
    for (const { arc, forward } of path) moves[arc] = moves[arc]! + (forward ? room : -room)
    moved += room
  }
  return { moved, moves }
}

/** The numbers that had best be hidden so that this one can move further. */
export function hideFor(arcs: readonly Arc[], nodes: number, move: Move & { moves: readonly number[] }): number[] {
  const path = cheapest(arcs, nodes, { ...ends(arcs, move), without: move.arc, moves: move.moves, hiding: true })
  const hidden = (path ?? []).filter(({ cost }) => cost > 0).map(({ arc }) => arc)
  // All sums hidden, a cell and its sums can move alone.
  if (hidden.length === 0) throw new Error('a small cell cannot be hidden')
  return hidden
}

interface Search {
  start: number
  end: number
  without: number
  moves: readonly number[]
  /** May numbers be hidden on the way? */
  hiding: boolean
}

/** Bellman and Ford's way with a queue: tables are small, and most arcs have no room. */
function cheapest(arcs: readonly Arc[], nodes: number, search: Search): Step[] | null {
  const steps = stepsFrom(arcs, nodes, search)
  const cost = Array.from({ length: nodes }, () => Infinity)
  const came: (Step | undefined)[] = []
  cost[search.start] = 0
  const queue = [search.start]
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    if (!search.hiding && node === search.end) break
    for (const step of steps[node]!) {
      const next = step.forward ? arcs[step.arc]!.to : arcs[step.arc]!.from
      if (cost[node]! + step.cost >= cost[next]!) continue
      cost[next] = cost[node]! + step.cost
      came[next] = step
      queue.push(next)
    }
  }
  return cost[search.end] === Infinity ? null : trace(arcs, came, search)
}

function trace(arcs: readonly Arc[], came: readonly (Step | undefined)[], { start, end }: Search): Step[] {
  const path: Step[] = []
  for (let node = end; node !== start;) {
    const step = came[node]!
    path.unshift(step)
    node = step.forward ? arcs[step.arc]!.from : arcs[step.arc]!.to
  }
  return path
}

function stepsFrom(arcs: readonly Arc[], nodes: number, { without, moves, hiding }: Search): Step[][] {
  const steps: Step[][] = Array.from({ length: nodes }, () => [])
  for (const [at, arc] of arcs.entries()) {
    if (at === without) continue
    const value = arc.value + moves[at]!
    const mayHide = hiding && arc.cost < Infinity
    if (value < arc.high) steps[arc.from]!.push({ arc: at, forward: true, room: arc.high - value, cost: 0 })
    else if (mayHide) steps[arc.from]!.push({ arc: at, forward: true, room: Infinity, cost: arc.cost })
    if (value > arc.low) steps[arc.to]!.push({ arc: at, forward: false, room: value - arc.low, cost: 0 })
    else if (mayHide && value > 1) steps[arc.to]!.push({ arc: at, forward: false, room: value - 1, cost: arc.cost })
  }
  return steps
}
