import type { QualityFeed, QualitySite } from '@aquifer/core/contract'

export const found = ({ checks }: Pick<QualityFeed | QualitySite, 'checks'>): number =>
  Object.values(checks).reduce<number>((all, each) => all + (each ?? 0), 0)

/** `15m`, `24h`, `7d` in words; ∅ where nothing could be measured. */
export function spanWords(span: string | null): string {
  if (span === null) return '∅'
  if (span === 'longer') return 'over 1 year'
  const [, number = '', unit = ''] = /^(\d+)([smhd])$/.exec(span) ?? []
  return `${number} ${{ s: 's', m: 'min', h: 'h', d: 'days' }[unit] ?? ''}`
}

export const senderName = (sender: string): string =>
  sender === 'people' ? 'participants themselves' : sender === 'others' ? 'all others' : sender

const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
export const percent = (value: number): string => decimal.format(value)
