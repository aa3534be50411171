/** Chapters of ICD-10 (WHO, version 2019): first and last category of each. */
export const icd10Chapters = {
  version: '2019',
  ranges: [
    'A00-B99',
    'C00-D48',
    'D50-D89',
    'E00-E90',
    'F00-F99',
    'G00-G99',
    'H00-H59',
    'H60-H95',
    'I00-I99',
    'J00-J99',
    'K00-K93',
    'L00-L99',
    'M00-M99',
    'N00-N99',
    'O00-O99',
    'P00-P96',
    'Q00-Q99',
    'R00-R99',
    'S00-T98',
    'U00-U99',
    'V01-Y98',
    'Z00-Z99',
  ],
} as const

const icd10 = /^([A-Z]\d[\dA-Z])(?:\.?[\dA-Z]{1,4})?$/

/** The three characters of an ICD-10 code, or its chapter; null where the text is no such code. */
export function icd10Category(code: string, level: 'category' | 'chapter'): string | null {
  const category = icd10.exec(code.toUpperCase())?.[1]
  if (category === undefined) return null
  if (level === 'category') return category
  return icd10Chapters.ranges.find((range) => category >= range.slice(0, 3) && category <= range.slice(4)) ?? null
}
