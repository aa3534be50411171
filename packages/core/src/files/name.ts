import { refuse, type Refusal } from '../refusal/index.js'

const nameMax = 200
// Path separators, control characters, and those that turn the direction of what is shown.
const unsafe = /[/\\\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** A name that may stand in a listing, a header and a table's quotes; never a path. */
export const isFilename = (name: string): boolean =>
  name.length <= nameMax && name.trim() === name && /[^.\s]/.test(name) && !unsafe.test(name)

/** The file name that a Content-Disposition says (RFC 6266; `filename*` counts before `filename`); null: it says none. */
export function filenameIn(header: string | null): string | null | Refusal<'bad-header'> {
  if (header === null) return null
  const extended = /;\s*filename\*\s*=\s*(UTF-8''[^\s;]*)/i.exec(header)?.[1]
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1')
  const plain = /;\s*filename\s*=\s*([^\s";]+)/i.exec(header)?.[1]
  const name = extended === undefined ? (quoted ?? plain ?? null) : wordsIn(extended)
  if (name === null && extended === undefined) return null
  if (name !== null && isFilename(name)) return name
  const detail = `A file name has at most ${nameMax} characters, no path and no control characters.`
  return refuse('bad-header', { detail, header: 'Content-Disposition' })
}

/** A header's text: as it is, or in the form of RFC 8187 (`UTF-8''…`) where it is more than ASCII; null: not well formed. */
export function wordsIn(value: string): string | null {
  const encoded = /^UTF-8'[^']*'(.*)$/i.exec(value)?.[1]
  if (encoded === undefined) return value
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

/** The header under which the bytes are saved and never shown in the page's place. */
export function dispositionOf(name: string | null): string {
  if (name === null) return 'attachment'
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  if (ascii === name) return `attachment; filename="${ascii}"`
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
