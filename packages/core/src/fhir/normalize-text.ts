const ascii = /^[\u0020-\u007e]*$/

/** Without case; by way of capitals, since some letters have only those in common: ß and SS. */
export function withoutCase(text: string): string {
  return ascii.test(text) ? text.toLowerCase() : text.toUpperCase().toLowerCase()
}

/** As string searches compare: without accents and case, blanks single. */
export function normalizeText(text: string): string {
  const plain = ascii.test(text) ? text : text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return withoutCase(plain).replaceAll(/\s+/g, ' ').trim()
}
