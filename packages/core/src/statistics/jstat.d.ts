declare module 'jstat' {
  const jStat: {
    normal: { inv(p: number, mean: number, sd: number): number }
    chisquare: { cdf(x: number, df: number): number; inv(p: number, df: number): number }
  }
  export default jStat
}
