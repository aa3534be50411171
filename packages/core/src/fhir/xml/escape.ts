// Line ends and tabs as references: read plain, an attribute would have blanks in their place. What XML 1.0 cannot say at all
// is refused when written here (characters.ts); the replacement only keeps an older resource readable.
const inAttribute = /[&<>"\t\n\r]|[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const inText = /[&<>\r]|[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

const referenceOf = (character: string): string => references[character] ?? '\ufffd'

export const attributeText = (text: string): string => text.replace(inAttribute, referenceOf)
export const elementText = (text: string): string => text.replace(inText, referenceOf)
