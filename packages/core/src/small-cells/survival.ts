import { isSmall, type Shown, type SmallCellPolicy } from './policy.js'

/** How far a drawn curve may lie from the computed one; beyond it ends. */
export const survivalShiftMax = 0.05

/** So many events at one time, after so many were at risk. */
export interface RoundedEvents {
  time: number
  atRisk: number
  events: number
  /** The events it stands for end here; the computed curve is compared from here on. */
  until: number
}
export interface RoundedFollowUp {
  people: number
  events: RoundedEvents[]
  /** The last time with as many at risk as the policy asks for. */
  ends: number
  because: 'end' | 'few-at-risk'
}

/**
 * What may be drawn of a group's follow-up. A raw step of a survival curve is one person's time; OpenSAFELY draws from rounded cumulative
 * counts, and so do we, but by the threshold: as many events as the policy asks for are drawn as one step at their mean time, and
 * people and those who left without are rounded to its multiples. So no number below the threshold, and no person's time, can be
 * worked out of the curve. It ends where fewer than the threshold are at risk.
 */
export function roundedFollowUp(people: readonly { time: number; event: boolean }[], { threshold }: SmallCellPolicy): RoundedFollowUp {
  const round = (count: number): number => Math.round(count / threshold) * threshold
  const all = people.map(({ time }) => time).toSorted((a, b) => a - b)
  const events = people.flatMap(({ time, event }) => (event ? [time] : [])).toSorted((a, b) => a - b)
  const left = people.flatMap(({ time, event }) => (event ? [] : [time])).toSorted((a, b) => a - b)
  const last = all[all.length - threshold] ?? 0
  const rounded: RoundedEvents[] = []
  for (let at = 0; at + threshold <= events.length; at += threshold) {
    const batch = events.slice(at, at + threshold)
    const until = batch.at(-1)!
    if (until > last) break
    const time = batch.reduce((total, each) => total + each, 0) / threshold
    const atRisk = round(people.length) - at - round(left.filter((each) => each < time).length)
    if (atRisk <= threshold) break
    rounded.push({ time, atRisk, events: threshold, until })
  }
  const because = events.some((time) => time > last) || all.at(-1) !== last ? 'few-at-risk' : 'end'
  return { people: round(people.length), events: rounded, ends: last, because }
}

/** A mark where it is small, else a multiple of the threshold: so two counts, of which one holds the other, do not tell of the few between. */
export function showRounded(count: number, policy: SmallCellPolicy): Shown {
  if (isSmall(count, policy)) return policy.show
  return Math.round(count / policy.threshold) * policy.threshold
}
