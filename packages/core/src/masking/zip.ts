/** Initial three digits of US zip codes whose area holds 20,000 people or fewer: 45 CFR 164.514(b)(2)(i)(B) has them become 000. */
export const lowPopulationZip3 = {
  census: '2000',
  codes: ['036', '059', '063', '102', '203', '556', '692', '790', '821', '823', '830', '831', '878', '879', '884', '890', '893'],
} as const

const unitedStates: ReadonlySet<string> = new Set(['us', 'usa', 'united states', 'united states of america', 'u.s.', 'u.s.a.'])
const zip = /^(\d{3})\d{2}(-?\d{4})?$/

export function isUnitedStates(country: unknown): boolean {
  return country === undefined || (typeof country === 'string' && unitedStates.has(country.trim().toLowerCase()))
}

/** First three digits of a US zip code, 000 for small areas; null for anything else: postcodes elsewhere can be one house. */
export function zip3(postalCode: string, country: unknown, lowPopulation: ReadonlySet<string>): string | null {
  const match = isUnitedStates(country) ? zip.exec(postalCode.trim()) : null
  const three = match?.[1]
  if (three === undefined) return null
  return lowPopulation.has(three) ? '000' : three
}
