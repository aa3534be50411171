import type { DisplayView } from '@aquifer/core/contract'

export const keyOf = ({ system, code, text }: Pick<DisplayView, 'system' | 'code' | 'text'>): string => JSON.stringify([system, code, text])

/** The end of an address tells systems apart; their beginnings are all alike. */
export const systemEnd = (system: string): string =>
  /^https?:\/\//.test(system)
    ? system
        .replace(/^https?:\/\//, '')
        .split('/')
        .slice(-2)
        .join('/')
    : system

/** Those of which a word names somebody of the study: approved only when that was read. */
export const namingOf = (displays: readonly DisplayView[]): DisplayView[] => displays.filter(({ waits }) => waits === 'names-somebody')
