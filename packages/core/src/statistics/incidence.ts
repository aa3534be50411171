import { chiSquareQuantile } from './distributions.js'

export interface Rate {
  rate: number
  low: number
  high: number
}

/**
 * Events per person-time with the exact interval of Poisson counts (Garwood 1936, by chi-square quantiles: Ulm, Am J Epidemiol 1990), as
 * R's poisson.test gives. null: no time was observed.
 */
export function incidenceRate(events: number, time: number, { per, level }: { per: number; level: number }): Rate | null {
  if (time <= 0) return null
  const side = (1 - level) / 2
  const low = events === 0 ? 0 : chiSquareQuantile(side, 2 * events) / 2
  const high = chiSquareQuantile(1 - side, 2 * (events + 1)) / 2
  return { rate: (events / time) * per, low: (low / time) * per, high: (high / time) * per }
}
