// Nothing is counted so far, and what is measured so high is rounded: longer numbers are somebody's. A file may be long.
const countMax = 999_999
const measureMax = 99_999_999
const wholeThousand = 1000

/** Has the number of an element of this type and name as many digits as an identifier? */
export function isLong(value: number, type: string, name: string): boolean {
  const size = Math.abs(value)
  return size > (type === 'decimal' || name === 'size' ? measureMax : countMax) && !(type === 'decimal' && size % wholeThousand === 0)
}

/** A measurement of seven digits and more, to the nearest thousand: its last digits measure nothing, and could be those of a record. */
export function withoutLongTail(value: unknown, size: number): unknown {
  return Math.abs(size) > countMax && size % wholeThousand !== 0 ? Math.round(size / wholeThousand) * wholeThousand : value
}

const decimalsOf = (step: number): number => String(step).split('.')[1]?.length ?? 0

/** To the nearest multiple, without the digits that binary fractions would add. */
export function roundedTo(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(decimalsOf(step))) + 0
}

/** The bin of a number: from `low` to below `high`; null where that side is open. */
export interface Bin {
  low: number | null
  high: number | null
}

export function binOf(value: number, width: number | undefined, edges: readonly number[] | undefined): Bin {
  if (width !== undefined) {
    const low = Number((Math.floor(value / width + 1e-9) * width).toFixed(decimalsOf(width))) + 0
    return { low, high: Number((low + width).toFixed(decimalsOf(width))) }
  }
  const at = edges!.findLastIndex((edge) => edge <= value)
  return { low: edges![at] ?? null, high: edges![at + 1] ?? null }
}

export function binText({ low, high }: Bin): string {
  if (low === null) return `<${high}`
  return high === null ? `>=${low}` : `${low} to <${high}`
}
