import type { DisplayView } from '@aquifer/core/contract'

export const keyOf = ({ system, code, text }: Pick<DisplayView, 'system' | 'code' | 'text'>): string => JSON.stringify([system, code, text])

/** Those of which a word names somebody of the study: approved only when that was read. */
export const namingOf = (displays: readonly DisplayView[]): DisplayView[] => displays.filter(({ waits }) => waits === 'names-somebody')
