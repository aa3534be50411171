import { instantOf } from '../time/index.js'

/**
 * Ages of majority by jurisdiction (ISO 3166, with a subdivision where it differs), where they are not 18. An age set by law for another
 * matter (contracts, consent to treatment) is not meant here.
 */
export const agesOfMajority: Readonly<Record<string, number>> = {
  'CA-BC': 19,
  'CA-NB': 19,
  'CA-NL': 19,
  'CA-NS': 19,
  'CA-NT': 19,
  'CA-NU': 19,
  'CA-YT': 19,
  EG: 21,
  'GB-SCT': 16,
  KR: 19,
  NZ: 20,
  PR: 21,
  SG: 21,
  TH: 20,
  'US-AL': 19,
  'US-MS': 21,
  'US-NE': 19,
  'US-PR': 21,
}
export const ageOfMajorityDefault = 18

/** Where who is born on 29 February comes of age on 28 February; elsewhere it is 1 March. */
export const leapDayOnFebruary28: ReadonlySet<string> = new Set(['NZ', 'TW'])

const countryOf = (jurisdiction: string): string => jurisdiction.split('-', 1)[0] ?? jurisdiction
export const isJurisdiction = (text: string): boolean => /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(text)

export function ageOfMajority(jurisdiction: string | null): number {
  if (jurisdiction === null) return ageOfMajorityDefault
  return agesOfMajority[jurisdiction] ?? agesOfMajority[countryOf(jurisdiction)] ?? ageOfMajorityDefault
}

/**
 * The first instant of majority: the start of the birthday on the zone's clock. A birth date without day or month means its earliest
 * day, so that a guardian never sees longer than the law lets him; null where it cannot be read.
 */
export function majorityAt(birthDate: string, where: { jurisdiction: string | null; zone: string }): number | null {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(birthDate)
  if (!match) return null
  const year = Number(match[1]) + ageOfMajority(where.jurisdiction)
  const month = Number(match[2] ?? 1)
  const day = Number(match[3] ?? 1)
  if (month < 1 || month > 12 || day < 1 || day > 31) return null
  const isLeapDay = month === 2 && day === 29
  const hasLeapDay = new Date(Date.UTC(year, 2, 0)).getUTCDate() === 29
  if (!isLeapDay || hasLeapDay) return instantOf(where.zone, year, month, day)
  return leapDayOnFebruary28.has(countryOf(where.jurisdiction ?? ''))
    ? instantOf(where.zone, year, 2, 28)
    : instantOf(where.zone, year, 3, 1)
}
