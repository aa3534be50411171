import { normalQuantile } from './distributions.js'

/** One person's follow-up. */
export interface FollowUp {
  time: number
  /** false: follow-up ended without the event */
  event: boolean
}
/** What happened at one time. */
export interface EventTime {
  time: number
  /** just before */
  atRisk: number
  events: number
}
export interface KaplanMeierStep extends EventTime {
  /** from this time up to the next */
  censored: number
  survival: number
  error: number | null
  low: number | null
  high: number | null
}
export interface KaplanMeier {
  people: number
  events: number
  /** begins at 0 with survival 1; then one for each time with an event */
  steps: KaplanMeierStep[]
  median: { value: number | null; low: number | null; high: number | null }
}

/** Kaplan and Meier 1958 with Greenwood's variance. Who is censored at a time of an event was still at risk then. */
export function kaplanMeier(people: readonly FollowUp[], level: number): KaplanMeier {
  const times = eventTimes(people)
  const steps = withBand(times, people.length, level).map((step, at, all): KaplanMeierStep => {
    const leftAfter = step.atRisk - step.events
    return { ...step, censored: leftAfter - (all[at + 1]?.atRisk ?? 0) }
  })
  return { people: people.length, events: people.filter(({ event }) => event).length, steps, median: medianOf(steps) }
}

function eventTimes(people: readonly FollowUp[]): EventTime[] {
  const sorted = people.toSorted((a, b) => a.time - b.time)
  const times: EventTime[] = []
  for (let at = 0; at < sorted.length;) {
    const { time } = sorted[at]!
    let [next, events] = [at, 0]
    for (; sorted[next]?.time === time; next++) if (sorted[next]!.event) events++
    if (events > 0) times.push({ time, atRisk: sorted.length - at, events })
    at = next
  }
  return times
}

type Banded = EventTime & Pick<KaplanMeierStep, 'survival' | 'error' | 'low' | 'high'>

/**
 * The product over the times, with a band of log(-log S): R's survfit with conf.type = "log-log", lifelines' exponential Greenwood. It
 * stays within 0 and 1. Where survival is 0 there is none.
 */
export function withBand(times: readonly EventTime[], people: number, level: number): Banded[] {
  const z = normalQuantile(level)
  let survival = 1
  let greenwood = 0
  const steps: Banded[] = [{ time: 0, atRisk: people, events: 0, survival: 1, error: 0, low: 1, high: 1 }]
  for (const { time, atRisk, events } of times) {
    // The same as the product of (1 - d / n), and 0 exactly where nobody is left.
    survival *= (atRisk - events) / atRisk
    greenwood += events / (atRisk * (atRisk - events))
    const step = { time, atRisk, events, survival, ...bandOf(survival, greenwood, z) }
    if (time === 0) steps[0] = step
    else steps.push(step)
  }
  return steps
}

function bandOf(survival: number, greenwood: number, z: number): Pick<KaplanMeierStep, 'error' | 'low' | 'high'> {
  if (survival === 0) return { error: null, low: null, high: null }
  const log = Math.log(survival)
  const half = (z * Math.sqrt(greenwood)) / log
  const at = (exponent: number): number => Math.exp(log * Math.exp(exponent))
  return { error: survival * Math.sqrt(greenwood), low: at(-half), high: at(half) }
}

// The product of fractions may come out a trace above the half that it is.
const half = 0.5 + 1e-9

/** The first time with survival of a half or less; its limits are where the band's edges get there (Brookmeyer and Crowley 1982). */
export function medianOf(steps: readonly Pick<KaplanMeierStep, 'time' | 'survival' | 'low' | 'high'>[]): KaplanMeier['median'] {
  const first = (of: (step: (typeof steps)[number]) => number | null): number | null =>
    steps.find((step) => {
      const value = of(step)
      return value !== null && value <= half
    })?.time ?? null
  return { value: first(({ survival }) => survival), low: first(({ low }) => low), high: first(({ high }) => high) }
}

/** How many are at risk at each time: just before what happens then. */
export function atRiskAt(people: readonly FollowUp[], times: readonly number[]): number[] {
  return times.map((time) => people.filter((each) => each.time >= time).length)
}

/** Survival at a time, by steps in their order. */
export function survivalAt(steps: readonly { time: number; survival: number }[], time: number): number {
  return steps.findLast((step) => step.time <= time)?.survival ?? 1
}
