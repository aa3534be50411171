import jStat from 'jstat'

/** Quantile of the standard normal distribution on both sides: 1.96 for 0.95. */
export const normalQuantile = (level: number): number => jStat.normal.inv(1 - (1 - level) / 2, 0, 1)

/** What is subtracted from 1 is right to 1e-12, and so is what is left: a smaller probability is told as that bound. */
export const smallestP = 1e-12
export const chiSquareTail = (x: number, df: number): number => Math.max(smallestP, 1 - jStat.chisquare.cdf(x, df))

export const chiSquareQuantile = (p: number, df: number): number => jStat.chisquare.inv(p, df)
