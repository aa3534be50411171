/** A code of a list and, where the list maps, what it is mapped to. */
export interface CodeListEntry {
  system: string
  code: string
  display: string | null
  targetSystem: string | null
  targetCode: string | null
  targetDisplay: string | null
  equivalence: string | null
}
/** A row as it was read, with its place: a line of the file or an element of the resource. */
export interface ListRow {
  place: string
  cells: Readonly<Record<string, string | undefined>>
}
/** What is wrong, by place; a value is never told. */
export interface ListFault {
  place: string
  what: string
}
export type CheckedList = { entries: CodeListEntry[]; warnings: ListFault[] } | { faults: ListFault[] }

export const codeListColumns = ['code', 'display', 'system', 'target_system', 'target_code', 'target_display', 'equivalence'] as const
export const listNamePattern = /^[a-z][a-z0-9_-]{0,62}$/

const known: Readonly<Record<string, string>> = {
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  atc: 'http://www.whocc.no/atc',
  ndc: 'http://hl7.org/fhir/sid/ndc',
  cvx: 'http://hl7.org/fhir/sid/cvx',
  ucum: 'http://unitsofmeasure.org',
  'icd-9-cm': 'http://hl7.org/fhir/sid/icd-9-cm',
  'icd-10': 'http://hl7.org/fhir/sid/icd-10',
  'icd-10-cm': 'http://hl7.org/fhir/sid/icd-10-cm',
}
/** The URI of a code system by its usual short name; any other text is one already. */
export const systemUri = (name: string): string => known[name.toLowerCase()] ?? name

const codeCharactersMax = 200
const textCharactersMax = 2000
const faultsMax = 100
const warningsMax = 20

/** Holds rows against what a list may be: whole, unambiguous, and about codes, not people. */
export function checkEntries(rows: Iterable<ListRow>, system: string | null): CheckedList {
  const entries: CodeListEntry[] = []
  const [faults, warnings]: [ListFault[], ListFault[]] = [[], []]
  const seen = new Map<string, { place: string; display: string | null }>()
  let named = 0
  for (const { place, cells } of rows) {
    const entry = entryOf(cells, system)
    const wrong = [...faultsOf(entry), ...identifiersIn(cells)]
    const key = [entry.system, entry.code, entry.targetSystem, entry.targetCode].join('\u0001')
    const before = seen.get(key)
    if (before !== undefined && before.display !== entry.display) wrong.push(`the same code as in ${before.place} with another text`)
    for (const what of wrong) faults.push({ place, what })
    if (faults.length >= faultsMax) return { faults: faults.slice(0, faultsMax) }
    if (before !== undefined) {
      if (warnings.length < warningsMax) warnings.push({ place, what: `the same row as in ${before.place}: left out` })
      continue
    }
    seen.set(key, { place, display: entry.display })
    if (looksLikeName(entry.display)) named++
    entries.push(entry)
  }
  if (faults.length > 0) return { faults }
  if (entries.length === 0) return { faults: [{ place: 'list', what: 'there is no code in it' }] }
  // Codes have names of things; where most texts are two capitalised words, somebody may have taken the wrong file.
  if (named > 2 && named > entries.length / 2)
    warnings.unshift({ place: 'list', what: 'most texts look like names of people: a code list holds none' })
  return { entries, warnings }
}

const cell = (value: string | undefined): string | null => (value === undefined || value.trim() === '' ? null : value.trim())

function entryOf(cells: ListRow['cells'], system: string | null): CodeListEntry {
  const of = (name: (typeof codeListColumns)[number]): string | null => cell(cells[name])
  const targetSystem = of('target_system')
  return {
    system: systemUri(of('system') ?? system ?? ''),
    code: of('code') ?? '',
    display: of('display'),
    targetSystem: targetSystem === null ? null : systemUri(targetSystem),
    targetCode: of('target_code'),
    targetDisplay: of('target_display'),
    equivalence: of('equivalence'),
  }
}

function faultsOf(entry: CodeListEntry): string[] {
  const wrong: string[] = []
  if (entry.code === '') wrong.push('no code')
  if (entry.system === '') wrong.push('no system: give a column system, or one system for the list')
  else if (!isUri(entry.system)) wrong.push('the system is no URI')
  if (entry.targetSystem !== null && !isUri(entry.targetSystem)) wrong.push('the system of the target is no URI')
  if (entry.targetCode === null && (entry.targetSystem ?? entry.targetDisplay) !== null) wrong.push('a target without a code')
  for (const code of [entry.code, entry.targetCode ?? ''])
    if (code.length > codeCharactersMax || /\s{2}|[^\S ]/.test(code)) wrong.push('not a code: too long, or more than single spaces in it')
  const texts = [entry.system, entry.display, entry.targetSystem, entry.targetDisplay, entry.equivalence].map((each) => each ?? '')
  if (texts.some((each) => each.length > textCharactersMax)) wrong.push(`a text of more than ${textCharactersMax} characters`)
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if ([entry.code, entry.targetCode ?? '', ...texts].some((each) => /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(each)))
    wrong.push('a control character')
  return wrong
}

const isUri = (text: string): boolean => /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(text)

// What no code system has: NDC and LOINC codes have hyphens, too, in other places.
const identifiers: readonly [RegExp, string][] = [
  [/(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/, 'a social security number'],
  [/[\w.+-]+@[\w-]+\.[a-z]{2,}/i, 'an e-mail address'],
  [/(?<![\d-])(?:\+?1[ -])?\(?\d{3}\)?[ -]\d{3}-\d{4}(?![\d-])/, 'a telephone number'],
  [/\b(?:MRN|SSN)\s*[:#=]?\s*\d{4,}/i, 'the number of a person'],
]
function identifiersIn(cells: ListRow['cells']): string[] {
  const texts = [cells['code'], cells['display'], cells['target_code'], cells['target_display']].map((each) => each ?? '')
  return identifiers
    .filter(([pattern]) => texts.some((each) => pattern.test(each)))
    .map(([, what]) => `looks like ${what}: no list of codes has that`)
}

const looksLikeName = (display: string | null): boolean =>
  display !== null && /^(?:\p{Lu}\p{Ll}+,? \p{Lu}(?:\p{Ll}+|\.)|\p{Lu}+, \p{Lu}+|\p{Lu}\p{Ll}+ \p{Lu}\. \p{Lu}\p{Ll}+)$/u.test(display)
