const letters: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' }

export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[̀-ͯ]|\p{Cf}/gu, '')
    .toLowerCase()
    .replace(/[łøđðþßæœı]/g, (letter) => letters[letter] ?? letter)
}

/** A text without case, accents, blanks and signs: as identifiers are compared however they were written. */
export const compact = (text: string): string => fold(text).replace(/[^\p{L}\p{N}]+/gu, '')

/** Words of a text as they are compared: without case and accents, one letter alone is none. */
export function wordsOf(text: string): string[] {
  return [...new Set(fold(text).match(/[\p{L}\p{N}]+/gu) ?? [])].filter((word) => word.length > 1)
}
