// A record as it is hashed: the line that COPY writes of these columns. Text forms that hang on no setting of the session.
export const lineColumns = [
  'id',
  'xid',
  'seq',
  'at',
  'request',
  'actor',
  'role',
  'action',
  'sid',
  'outcome',
  'reason',
  'detail',
  'entries',
  'patients',
  'source',
  'external',
  `encode(mark, 'hex')`,
] as const

const escapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** The line as COPY would write it. */
export const lineOf = (fields: readonly (string | null)[]): string =>
  fields.map((field) => (field === null ? '\\N' : field.replaceAll(/[\b\f\n\r\t\v\\]/g, (char) => escapes[char] ?? char))).join('\t')
