/** How often a saved query runs by itself, in words: `24h` and `1d` are every day. */
export function rhythm(every: string | null): string {
  const [, number, unit] = /^(\d+)([hd])$/.exec(every ?? '') ?? []
  if (number === undefined) return 'when asked'
  const hours = Number(number) * (unit === 'd' ? 24 : 1)
  if (hours === 1) return 'every hour'
  if (hours === 24) return 'every day'
  if (hours === 168) return 'every week'
  return hours % 24 === 0 ? `every ${hours / 24} days` : `every ${hours} hours`
}

export const rhythms = [
  { id: 'asked', label: 'Only when asked' },
  { id: '1h', label: 'Every hour' },
  { id: '1d', label: 'Every day' },
  { id: '7d', label: 'Every week' },
] as const
