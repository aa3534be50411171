/** Bytes from `start` to `end`, both included. */
export interface FilePart {
  start: number
  end: number
}

/** The part that a Range header asks for (RFC 9110, 14.2); null: all of it, several parts included; 'none': there is no such part. */
export function partOf(header: string | null, size: number): FilePart | null | 'none' {
  const asked = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '')
  if (asked === null || (asked[1] === '' && asked[2] === '')) return null
  const [first, last] = [asked[1] ?? '', asked[2] ?? '']
  if (first === '') return Number(last) === 0 || size === 0 ? 'none' : { start: Math.max(0, size - Number(last)), end: size - 1 }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return null
  return start >= size ? 'none' : { start, end }
}
