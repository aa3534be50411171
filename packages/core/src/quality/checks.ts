/** One kind of mistake in the data of a site: what it is, from where on it counts, and what mends it. */
export interface QualityCheck {
  id: string
  name: string
  what: string
  threshold: string
  remedy: string
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export const thresholds = {
  /** arrival later than this after the event */
  lateMs: 7 * dayMs,
  /** clocks and days without a zone differ by less */
  futureMs: dayMs,
  /** events are told of the day of death itself, and of papers of the day after */
  deathMs: dayMs,
  birthMs: dayMs,
  /** share of resources that may lack an expected element */
  missing: 0.05,
  /** a device is silent after so many of its own usual intervals, and never before so long a time */
  silentIntervals: 5,
  silentMs: 7 * dayMs,
  silentReadings: 5,
} as const

export const qualityChecks = [
  {
    id: 'missing-element',
    name: 'Missing elements',
    what: 'An element that an analysis of this type needs is not there, and no reason for its absence is told',
    threshold: `more than ${thresholds.missing * 100} % of the resources of the type`,
    remedy: 'Map the element at the sender, or send a data-absent-reason.',
  },
  {
    id: 'late-arrival',
    name: 'Late arrival',
    what: 'Stored long after it happened; what happened before the person entered or the study was created is not counted',
    threshold: `${thresholds.lateMs / dayMs} days`,
    remedy: 'Look at the sender’s queue and its schedule; enter papers of visits sooner.',
  },
  {
    id: 'future-date',
    name: 'Dates in the future',
    what: 'Said to have happened after it was stored',
    threshold: `${thresholds.futureMs / hourMs} hours`,
    remedy: 'Check clock and time zone of the device, and days typed by hand.',
  },
  {
    id: 'after-death',
    name: 'Events after death',
    what: 'Happened after the day the person died',
    threshold: `${thresholds.deathMs / hourMs} hours`,
    remedy: 'Check the date of death and whether two people share a record.',
  },
  {
    id: 'before-birth',
    name: 'Events before birth',
    what: 'Happened before the person was born',
    threshold: `${thresholds.birthMs / hourMs} hours`,
    remedy: 'Check the birth date, and default dates such as 1900-01-01 at the sender.',
  },
  {
    id: 'implausible-value',
    name: 'Impossible values',
    what: 'A measured value that no living person has, in the unit it was sent with',
    threshold: 'limits by LOINC code',
    remedy: 'Check unit, decimal point and calibration; send a correction.',
  },
  {
    id: 'unexpected-unit',
    name: 'Units that do not fit',
    what: 'A unit in which this LOINC code is not measured, or none at all',
    threshold: 'units by LOINC code',
    remedy: 'Send the UCUM code of the unit.',
  },
  {
    id: 'repeated-reading',
    name: 'Repeated readings',
    what: 'The same reading once more under another id: person, code, instant, value and device',
    threshold: 'each beyond the first',
    remedy: 'Let the sender update by one id, or create on condition (If-None-Exist).',
  },
  {
    id: 'silent-device',
    name: 'Silent devices',
    what: 'A device that read regularly has sent nothing for long',
    threshold: `${thresholds.silentIntervals} of its usual intervals, at least ${thresholds.silentMs / dayMs} days`,
    remedy: 'Ask the site whether the device is worn, charged and connected.',
  },
] as const satisfies readonly QualityCheck[]

export type QualityCheckId = (typeof qualityChecks)[number]['id']
export const qualityCheckIds = qualityChecks.map(({ id }) => id)
