const ascii = /^[\u0020-\u007e]*$/

/** As string searches compare: without accents and case, blanks single. */
export function normalizeText(text: string): string {
  const plain = ascii.test(text) ? text : text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return plain.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
