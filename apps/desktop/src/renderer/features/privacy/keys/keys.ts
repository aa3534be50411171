import type { KeyEscrowView, MaskingKeyList, MaskingProgress } from '@aquifer/core/contract'

type Key = MaskingKeyList['keys'][number]

/** Two people compare a fingerprint by eye and voice: groups of four. */
export const groupsOf = (fingerprint: string): string => fingerprint.match(/.{1,4}/g)?.join(' ') ?? ''

export const inUse = ({ keys }: Pick<MaskingKeyList, 'keys'>): Key | undefined => keys.findLast(({ retiredAt }) => retiredAt === null)

/** Newest first: the one in use is looked for most. */
export const newestFirst = ({ keys }: Pick<MaskingKeyList, 'keys'>): Key[] => keys.toReversed()

/** That the study is being masked anew by another key than what analysts see was made by. */
export const isTurning = (progress: MaskingProgress | null | undefined): boolean =>
  progress?.state === 'masking-anew' && progress.shown !== null && progress.next !== null && progress.next.key !== progress.shown.key

type Escrow = Pick<KeyEscrowView, 'shares' | 'needed' | 'expiresAt'>

export type Holding = 'fetched' | 'waits' | 'gone'
export function holdingOf(escrow: Escrow, holder: string, now: Date): Holding | null {
  const share = escrow.shares.find((each) => each.holder === holder)
  if (share === undefined) return null
  if (share.collectedAt !== null) return 'fetched'
  return Date.parse(escrow.expiresAt) > now.getTime() ? 'waits' : 'gone'
}

/** Whether the shares that people took with them make the key, may still come to, or never will. */
export function strengthOf(escrow: Escrow, now: Date): 'whole' | 'open' | 'lost' {
  const holdings = escrow.shares.map(({ holder }) => holdingOf(escrow, holder, now))
  const fetched = holdings.filter((each) => each === 'fetched').length
  if (fetched >= escrow.needed) return 'whole'
  return fetched + holdings.filter((each) => each === 'waits').length >= escrow.needed ? 'open' : 'lost'
}

/** User names as somebody types them: by spaces, commas or lines, each once. */
export const namesIn = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))]
