// A second look at a file that somebody vouched for. It knows forms, not people: it warns and never decides.

export const scanKinds = ['social-security-number', 'email', 'phone', 'date-of-birth', 'name-column', 'identifier-column'] as const
export type ScanKind = (typeof scanKinds)[number]
export interface ScanFinding {
  kind: ScanKind
  count: number
  /** a column's name, or the line where the first one stands; never a value */
  where: string
}

const forms: readonly (readonly [ScanKind, RegExp])[] = [
  // Area numbers 000, 666 and 900–999, group 00 and serial 0000 were never given out.
  ['social-security-number', /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g],
  ['email', /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}(?!\w)/gi],
  ['phone', /(?<![\w.+-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g],
]
const columns: readonly (readonly [ScanKind, RegExp])[] = [
  ['date-of-birth', /^(?:dob|birth_?date|date_?of_?birth|geburts(?:datum|tag))$/i],
  ['name-column', /^(?:(?:first|last|given|family|full|sur|maiden|middle)_?name|(?:patient|person|subject)_?name)$/i],
  [
    'identifier-column',
    /^(?:ssn|mrn|medical_?record(?:_?(?:number|no))?|social_?security(?:_?number)?|(?:e_?)?mail(?:_?address)?|(?:tele)?phone(?:_?number)?|street|address(?:_?line)?)$/i,
  ],
]
const separators = /[,;\t|]/
const columnsMax = 2_000
const lineMax = 100_000

/** Looks at a text as it comes, line by line; what is not ended by a line end is looked at in pieces. */
export function openScan(): { see(text: string): void; end(): ScanFinding[] } {
  const found = new Map<string, ScanFinding>()
  let [rest, line] = ['', 0]
  const note = (kind: ScanKind, where: string, key: string): void => {
    const known = found.get(key)
    if (known === undefined) found.set(key, { kind, count: 1, where })
    else known.count += 1
  }
  const look = (text: string): void => {
    line += 1
    if (line === 1)
      for (const name of columnsIn(text))
        for (const [kind, form] of columns) if (form.test(name)) note(kind, `column ${name}`, `${kind} ${name}`)
    for (const [kind, form] of forms) for (const _match of text.matchAll(form)) note(kind, `line ${line}`, kind)
  }
  const lookAtNames = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/"(\w{2,40})"\s*:/g))
      for (const [kind, form] of columns) if (form.test(name)) note(kind, `field ${name}`, `${kind} ${name}`)
  }
  return {
    see(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const each of lines) look(each)
      if (rest.length > lineMax) look(rest.slice(0, -200))
      if (rest.length > lineMax) rest = rest.slice(-200)
      lookAtNames(text)
    },
    end() {
      if (rest !== '') look(rest)
      return [...found.values()]
    },
  }
}

const columnsIn = (head: string): string[] =>
  head
    .slice(0, lineMax)
    .split(separators)
    .slice(0, columnsMax)
    .map((name) =>
      name
        .trim()
        .replaceAll(/^["'\uFEFF]+|["']+$/g, '')
        .replaceAll(/[\s.-]+/g, '_'),
    )
