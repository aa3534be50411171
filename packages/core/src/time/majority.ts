import { instantOf } from './zone.js'

/** ISO 3166-1 and 3166-2 codes whose age of majority is not 18, by civil law as of 2026; a subdivision comes before its country. */
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
const birthPattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/

export function ageOfMajority(jurisdiction: string | null): number {
  const code = (jurisdiction ?? '').toUpperCase()
  return ages[code] ?? ages[code.slice(0, 2)] ?? ageDefault
}

/**
 * The instant at which somebody comes of age: the first of that birthday in the zone. A date without day or month counts as its last
 * day, and 29 February as 1 March in other years: nobody is of age before it is sure. null: no date that can be read.
 */
export function majorityAt(birthDate: string | null | undefined, jurisdiction: string | null, zone: string): number | null {
  const match = birthPattern.exec(birthDate ?? '')
  if (!match) return null
  const [year, month] = [Number(match[1]), match[2] === undefined ? 12 : Number(match[2])]
  if (month < 1 || month > 12) return null
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const day = match[3] === undefined ? days : Number(match[3])
  if (day < 1 || day > days) return null
  const birthday = new Date(Date.UTC(year + ageOfMajority(jurisdiction), month - 1, day))
  return instantOf(zone, birthday.getUTCFullYear(), birthday.getUTCMonth() + 1, birthday.getUTCDate())
}
