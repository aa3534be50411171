import { roundedFollowUp, survivalShiftMax, type SmallCellPolicy } from '../small-cells/index.js'
import { survivalAt, withBand, type FollowUp, type KaplanMeier } from './survival.js'

export interface DrawnCurve {
  steps: { time: number; survival: number; low: number | null; high: number | null }[]
  ends: { time: number; because: 'end' | 'few-at-risk' | 'rounding' }
}

/** The curve that may be drawn: the same product and band over rounded numbers, cut where it would leave the computed curve too far. */
export function drawnCurve(
  people: readonly FollowUp[],
  computed: KaplanMeier,
  { policy, level }: { policy: SmallCellPolicy; level: number },
): DrawnCurve {
  const rounded = roundedFollowUp(people, policy)
  const steps = withBand(rounded.events, rounded.people, level)
  const isFar = (time: number, until: number): boolean =>
    Math.abs(survivalAt(steps, time) - survivalAt(computed.steps, until)) > survivalShiftMax
  const far = rounded.events.findIndex(({ time, until }) => isFar(time, until))
  const kept = far === -1 ? steps : steps.filter(({ time }) => time < rounded.events[far]!.time)
  const last = kept.at(-1)?.time ?? 0
  // After the last step the line is level, while the computed curve goes on falling.
  const begun = rounded.events.find(({ time }) => time === last)?.until ?? 0
  const fallen = computed.steps.find(({ time }) => time > begun && isFar(last, time))?.time ?? Infinity
  const most = far === -1 ? rounded.ends : rounded.events[far]!.time
  const ends = Math.min(most, fallen)
  return {
    steps: kept.map(({ time, survival, low, high }) => ({ time, survival, low, high })),
    ends: { time: roundedDown(ends, last), because: far !== -1 || fallen < rounded.ends ? 'rounding' : rounded.because },
  }
}

/** No person's time: two digits, rounded down, but not before the last step. */
function roundedDown(time: number, least: number): number {
  if (time <= 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(time)) - 1)
  return Math.max(least, Math.floor(time / unit) * unit)
}
