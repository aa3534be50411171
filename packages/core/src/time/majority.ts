import { instantOf } from './zone.js'

/**
 * Ages of majority by jurisdiction (ISO 3166-1, with a subdivision where it differs), where they are not 18, by civil law as of 2026. An
 * age set by law for another matter (contracts, consent to treatment) is not meant here.
 */
const ages: Readonly<Record<string, number>> = {
  'GB-SCT': 16,
  'CA-BC': 19,
  'CA-NB': 19,
  'CA-NL': 19,
  'CA-NS': 19,
  'CA-NT': 19,
  'CA-NU': 19,
  'CA-YT': 19,
  DZ: 19,
  KR: 19,
  'US-AL': 19,
  'US-NE': 19,
  NZ: 20,
  TH: 20,
  BH: 21,
  CM: 21,
  EG: 21,
  HN: 21,
  KW: 21,
  PR: 21,
  SG: 21,
  'US-MS': 21,
  'US-PR': 21,
}
const ageDefault = 18
/** Where who is born on 29 February comes of age on 28 February; elsewhere it is 1 March. */
const leapDayOnFebruary28: ReadonlySet<string> = new Set(['NZ', 'TW'])
const birthPattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/

const countryOf = (code: string): string => code.split('-', 1)[0] ?? code

export function ageOfMajority(jurisdiction: string | null): number {
  const code = (jurisdiction ?? '').toUpperCase()
  return ages[code] ?? ages[countryOf(code)] ?? ageDefault
}

/**
 * The instant at which somebody comes of age: the start of the birthday on the zone's clock. A birth date without day or month is its
 * first day to who must not rely on minority any longer than is sure, and its last to who must not take somebody for grown up before it
 * is sure. null: no date that can be read.
 */
export function majorityAt(
  birthDate: string | null | undefined,
  where: { jurisdiction: string | null; zone: string },
  unsure: 'first-day' | 'last-day',
): number | null {
  const match = birthPattern.exec(birthDate ?? '')
  if (!match) return null
  const born = Number(match[1])
  const last = unsure === 'last-day'
  const month = match[2] === undefined ? (last ? 12 : 1) : Number(match[2])
  if (month < 1 || month > 12) return null
  const days = new Date(Date.UTC(born, month, 0)).getUTCDate()
  const day = match[3] === undefined ? (last ? days : 1) : Number(match[3])
  if (day < 1 || day > days) return null
  const year = born + ageOfMajority(where.jurisdiction)
  const isDay = day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (isDay) return instantOf(where.zone, year, month, day)
  return leapDayOnFebruary28.has(countryOf((where.jurisdiction ?? '').toUpperCase()))
    ? instantOf(where.zone, year, 2, 28)
    : instantOf(where.zone, year, 3, 1)
}
