import { chiSquareTail } from './distributions.js'
import { solve } from './linear.js'
import type { FollowUp } from './survival.js'

export interface LogRank {
  statistic: number
  df: number
  p: number
}

/** Mantel's test over two or more groups with the variance of the hypergeometric distribution, as R's survdiff; null: nothing to compare. */
export function logRank(groups: readonly (readonly FollowUp[])[]): LogRank | null {
  const compared = groups.filter((group) => group.length > 0)
  const size = compared.length
  if (size < 2) return null
  const over = compared.map(() => 0)
  const variance = compared.map(() => compared.map(() => 0))
  for (const { atRisk, events } of tables(compared)) {
    const [n, d] = [total(atRisk), total(events)]
    for (let i = 0; i < size; i++) {
      over[i]! += events[i]! - (d * atRisk[i]!) / n
      if (n < 2) continue
      const weight = (d * (n - d)) / (n - 1)
      for (let j = 0; j < size; j++) variance[i]![j]! += weight * ((i === j ? atRisk[i]! / n : 0) - (atRisk[i]! * atRisk[j]!) / n ** 2)
    }
  }
  // The sum of all is 0, so the last group follows from the others.
  const free = [...over.keys()].slice(0, -1)
  const solved = solve(
    free.map((i) => free.map((j) => variance[i]![j]!)),
    free.map((i) => over[i]!),
  )
  if (solved === null) return null
  const statistic = total(solved.map((each, at) => each * over[at]!))
  return { statistic, df: size - 1, p: chiSquareTail(statistic, size - 1) }
}

const total = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

/** At each time with an event: who is at risk and who has it, by group. */
function* tables(groups: readonly (readonly FollowUp[])[]): Generator<{ atRisk: number[]; events: number[] }> {
  const all = groups.flatMap((group, of) => group.map(({ time, event }) => ({ time, event, of })))
  all.sort((a, b) => a.time - b.time)
  const atRisk = groups.map((group) => group.length)
  for (let at = 0; at < all.length;) {
    const { time } = all[at]!
    const events = groups.map(() => 0)
    const leaving = groups.map(() => 0)
    for (; all[at]?.time === time; at++) {
      const { of, event } = all[at]!
      leaving[of]!++
      if (event) events[of]!++
    }
    if (events.some((each) => each > 0)) yield { atRisk: [...atRisk], events }
    for (const [of, left] of leaving.entries()) atRisk[of]! -= left
  }
}
