import { codeSetTable, elementTable } from './elements.generated.js'

export interface ElementFact {
  name: string
  /** 'string', 'CodeableConcept', 'Reference', 'BackboneElement', 'Resource' …; a choice is listed once under its base name. */
  types: readonly string[]
  min: number
  max: 1 | '*'
  choice?: true
  /** Target types of a Reference; none means any type. */
  ref?: readonly string[]
  /** Of a Quantity: the profile whose invariants hold too, 'Age', 'Duration', 'Money', 'SimpleQuantity'. */
  quantity?: string
  /** Codes of a required binding, where the definitions enumerate them. */
  codes?: readonly string[]
  modifier?: true
  children?: readonly ElementFact[]
  /** Path of the element whose children apply here too: 'Questionnaire.group'. */
  same?: string
}

const idFact: ElementFact = { name: 'id', types: ['id'], min: 0, max: 1 }
const extensionFact: ElementFact = { name: 'extension', types: ['Extension'], min: 0, max: '*' }
const modifierFact: ElementFact = { name: 'modifierExtension', types: ['Extension'], min: 0, max: '*', modifier: true }
const resourceHead: ElementFact[] = [
  idFact,
  { name: 'meta', types: ['Meta'], min: 0, max: 1 },
  { name: 'implicitRules', types: ['uri'], min: 0, max: 1, modifier: true },
  { name: 'language', types: ['code'], min: 0, max: 1 },
]
const heads: Readonly<Record<string, readonly ElementFact[]>> = {
  Resource: resourceHead,
  DomainResource: [
    ...resourceHead,
    { name: 'text', types: ['Narrative'], min: 0, max: 1 },
    { name: 'contained', types: ['Resource'], min: 0, max: '*' },
    extensionFact,
    modifierFact,
  ],
  BackboneElement: [idFact, extensionFact, modifierFact],
  Element: [idFact, extensionFact],
}

const linesOf = (table: string): string[] => table.slice(1, -1).split('\n')

const codeSets = new Map(
  linesOf(codeSetTable).map((line) => {
    const [name = '', ...codes] = line.split(' ')
    return [name, codes] as const
  }),
)

function decodeElement(fields: string[]): ElementFact {
  const [name = '', typeList = '', cardinality = '', ...flags] = fields
  const fact: ElementFact = { name, types: [], min: Number(cardinality[0]), max: cardinality[1] === '*' ? '*' : 1 }
  fact.types = typeList.split(',').map((type) => {
    if (type.startsWith('Quantity(')) {
      fact.quantity = type.slice('Quantity('.length, -1)
      return 'Quantity'
    }
    if (!type.startsWith('Reference(')) return type
    fact.ref = type.slice('Reference('.length, -1).split('|')
    return 'Reference'
  })
  for (const flag of flags) {
    if (flag === '?') fact.choice = true
    else if (flag === '!') fact.modifier = true
    else if (flag.startsWith('#')) fact.codes = codeSets.get(flag.slice(1)) ?? []
    else if (flag.startsWith('>')) fact.same = flag.slice(1)
  }
  return fact
}

function decodeStructure(header: string, lines: readonly string[]): readonly ElementFact[] {
  const root = [...(heads[header.split(' ')[2] ?? ''] ?? [])]
  const open: ElementFact[][] = [[], root]
  for (const line of lines) {
    const depth = line.search(/\S/)
    const fact = decodeElement(line.slice(depth).split(' '))
    open[depth]?.push(fact)
    const head = fact.same ? undefined : heads[fact.types[0] ?? '']
    if (head) {
      const children = [...head]
      fact.children = children
      open[depth + 1] = children
    }
  }
  return root
}

/** Records by name whose values are decoded when first asked for: a program start pays for the types it meets, not for 114. */
function decodeTable(kind: 'R' | 'T'): Readonly<Record<string, readonly ElementFact[]>> {
  const record: Record<string, readonly ElementFact[]> = {}
  for (const block of elementTable.slice(1, -1).split(/\n(?=[RT] )/)) {
    if (!block.startsWith(kind)) continue
    const name = block.slice(2, block.indexOf(' ', 2))
    let decoded: readonly ElementFact[] | undefined
    const get = (): readonly ElementFact[] => {
      if (!decoded) {
        const [header = '', ...lines] = block.split('\n')
        decoded = decodeStructure(header, lines)
      }
      return decoded
    }
    Object.defineProperty(record, name, { enumerable: true, get })
  }
  return record
}

/** Elements of the 94 resource types of DSTU2 1.0.2, by type. */
export const resourceFacts: Readonly<Record<string, readonly ElementFact[]>> = decodeTable('R')
/** Elements of the complex data types: HumanName, Period, Extension … */
export const typeFacts: Readonly<Record<string, readonly ElementFact[]>> = decodeTable('T')

export const resourceTypes: readonly string[] = Object.keys(resourceFacts)

export const primitiveTypes: ReadonlySet<string> = new Set(
  'base64Binary boolean code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt uri uuid xhtml'.split(
    ' ',
  ),
)

export function isResourceType(type: unknown): type is string {
  return typeof type === 'string' && numbers.has(type)
}

// Stored in database rows, so never renumbered: DSTU2 1.0.2 is final, its types in alphabetical order are 1 to 94.
const numbers = new Map(resourceTypes.map((type, index) => [type, index + 1]))

export function typeNumber(type: string): number {
  const number = numbers.get(type)
  if (number === undefined) throw new Error('not a DSTU2 resource type')
  return number
}

export function typeName(number: number): string {
  const name = resourceTypes[number - 1]
  if (name === undefined) throw new Error('no DSTU2 resource type has this number')
  return name
}

/** The facts at a path such as 'Questionnaire.group', to follow `same`. */
export function childrenAt(path: string): readonly ElementFact[] {
  const [root = '', ...names] = path.split('.')
  let facts = resourceFacts[root] ?? typeFacts[root] ?? []
  for (const name of names) {
    const fact = facts.find((candidate) => candidate.name === name)
    facts = fact ? childrenOf(fact) : []
  }
  return facts
}

export function childrenOf(fact: ElementFact): readonly ElementFact[] {
  return fact.same ? childrenAt(fact.same) : (fact.children ?? [])
}

/** JSON property name of a choice of this type: ('value', 'dateTime') → 'valueDateTime'. */
export function choiceName(base: string, type: string): string {
  return base + type.charAt(0).toUpperCase() + type.slice(1)
}
