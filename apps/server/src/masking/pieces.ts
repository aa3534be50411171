import type { LakeSegment } from '../lake/index.js'
import type { MaskedBatch } from './worker-messages.js'

const pieceBytesMax = 1024 * 1024

export const rowsIn = (segments: readonly LakeSegment[]): number => segments.reduce((sum, segment) => sum + segment.rows, 0)

export const bytesIn = (segments: readonly LakeSegment[]): number => segments.reduce((sum, segment) => sum + segment.plainBytes, 0)

// Cut between rows, so that every worker has its share and none holds much at once.
export function* piecesOf(rows: Buffer): Generator<Uint8Array> {
  let from = 0
  while (from < rows.length) {
    const cut = from + pieceBytesMax >= rows.length ? -1 : rows.indexOf(0x0a, from + pieceBytesMax)
    const to = cut === -1 ? rows.length : cut + 1
    yield rows.subarray(from, to)
    from = to
  }
}

export function joined(masked: MaskedBatch[]): Map<string, Uint8Array[]> {
  const byType = new Map<string, Uint8Array[]>()
  for (const { byType: part } of masked) {
    for (const [type, bytes] of part) {
      const list = byType.get(type)
      if (list) list.push(bytes)
      else byType.set(type, [bytes])
    }
  }
  return byType
}
