/** What may be done to an element of each PHI class. `keep` stands only where the class identifies nobody by itself. */
export const treatmentsOf = {
  RESOURCE_ID: ['pseudonym', 'remove'],
  REFERENCE: ['pseudonym', 'remove'],
  DISPLAY_REF: ['remove'],
  CODED_TEXT: ['dictionary', 'remove'],
  DATE: ['year', 'shift', 'remove'],
  BIRTH_DATE: ['year', 'shift', 'remove'],
  DEATH_DATE: ['year', 'shift', 'remove'],
  IDENTIFIER: ['pseudonym', 'remove'],
  IDENTIFIER_META: ['allow-list', 'remove'],
  EXTENSION: ['allow-list', 'remove'],
  MODIFIER_EXTENSION: ['allow-list'],
  ELEMENT_ID: ['remove'],
  META: ['allow-list', 'remove'],
  TAG: ['allow-list', 'remove'],
  CONTAINED: ['recurse', 'remove'],
  FREE_TEXT: ['remove'],
  DEFN_TEXT: ['keep', 'remove'],
  NARRATIVE: ['remove'],
  ATTACHMENT: ['remove'],
  NAME: ['remove'],
  STAFF_NAME: ['pseudonym', 'remove'],
  ORG_NAME: ['pseudonym', 'remove'],
  CONTACT: ['remove'],
  URL: ['rewrite', 'remove'],
  ADDRESS_LINE: ['remove'],
  CITY: ['remove'],
  STATE: ['keep', 'remove'],
  ZIP: ['zip3', 'remove'],
  GEO_POINT: ['remove'],
  PHOTO: ['remove'],
  AGE: ['cap', 'remove'],
  QUASI: ['keep', 'remove'],
  ANSWER: ['answer', 'remove'],
  UID: ['pseudonym', 'remove'],
  SIGNATURE: ['remove'],
  SIGNAL: ['keep', 'remove'],
  QUERY: ['remove'],
  LOT: ['pseudonym', 'remove'],
  DEVICE_ID: ['pseudonym', 'remove'],
  SECRET: ['remove'],
  NETWORK: ['remove'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type PhiClass = keyof typeof treatmentsOf
export type Treatment = (typeof treatmentsOf)[PhiClass][number]

export const phiClassNames = Object.keys(treatmentsOf) as readonly PhiClass[]

export function isPhiClass(name: string): name is PhiClass {
  return Object.hasOwn(treatmentsOf, name)
}

/** May this class be treated so? */
export function mayTreat(phiClass: PhiClass, treatment: string): treatment is Treatment {
  return (treatmentsOf[phiClass] as readonly string[]).includes(treatment)
}

// Data types carry the same kinds of content wherever they stand: their leaves have a class even at a path the table does not list
// (inside extensions, below a recursion).
const typeLeaves: Readonly<Record<string, PhiClass>> = {
  'HumanName.text': 'NAME',
  'HumanName.family': 'NAME',
  'HumanName.given': 'NAME',
  'HumanName.prefix': 'NAME',
  'HumanName.suffix': 'NAME',
  'Address.text': 'ADDRESS_LINE',
  'Address.line': 'ADDRESS_LINE',
  'Address.city': 'CITY',
  'Address.district': 'CITY',
  'Address.state': 'STATE',
  'Address.country': 'STATE',
  'Address.postalCode': 'ZIP',
  'ContactPoint.value': 'CONTACT',
  'Identifier.value': 'IDENTIFIER',
  'Identifier.system': 'IDENTIFIER_META',
  'Reference.reference': 'REFERENCE',
  'Reference.display': 'DISPLAY_REF',
  'Coding.display': 'CODED_TEXT',
  'CodeableConcept.text': 'CODED_TEXT',
  'Annotation.authorString': 'STAFF_NAME',
  'Annotation.text': 'FREE_TEXT',
  'Attachment.data': 'ATTACHMENT',
  'Attachment.url': 'ATTACHMENT',
  'Attachment.title': 'ATTACHMENT',
  'Attachment.hash': 'ATTACHMENT',
  'Narrative.div': 'NARRATIVE',
  'Signature.blob': 'SIGNATURE',
  'Signature.whoUri': 'URL',
  'SampledData.data': 'SIGNAL',
  'Meta.versionId': 'META',
  'Meta.profile': 'META',
  'Meta.security': 'TAG',
  'Meta.tag': 'TAG',
}

const primitiveClasses: Readonly<Record<string, PhiClass>> = {
  date: 'DATE',
  dateTime: 'DATE',
  instant: 'DATE',
  base64Binary: 'ATTACHMENT',
  markdown: 'FREE_TEXT',
  string: 'FREE_TEXT',
  xhtml: 'NARRATIVE',
  id: 'ELEMENT_ID',
  oid: 'UID',
  uuid: 'ELEMENT_ID',
  uri: 'URL',
  Extension: 'EXTENSION',
  ElementDefinition: 'DEFN_TEXT',
}

/** Class of an element that the table of paths does not list: by its place in its data type, else by its type; null where the type holds no words. */
export function classByType(typePath: string, type: string): PhiClass | null {
  return typeLeaves[typePath] ?? primitiveClasses[type] ?? null
}
