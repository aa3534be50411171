import type { CodeSets } from './code-sets.js'
import type { ElementDefinition, StructureDefinition } from './definitions.js'

// What every resource, backbone element and data type begins with: left out of the table, put back by the decoder.
export const implied = {
  Resource: ['id', 'meta', 'implicitRules', 'language'],
  DomainResource: ['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension'],
  BackboneElement: ['id', 'extension', 'modifierExtension'],
  Element: ['id', 'extension'],
}

/** One structure as lines: a header `R Observation DomainResource` or `T Period Element`, then one indented line per element. */
export function structureLines(structure: StructureDefinition, codeSets: CodeSets): string[] {
  const base = (structure.base ?? '').split('/').pop() as keyof typeof implied
  const [root, ...elements] = structure.snapshot.element
  const lines = [`${structure.kind === 'resource' ? 'R' : 'T'} ${structure.id} ${base}`]
  return [...lines, ...childLines(root!.path, base, elements, 1, codeSets)]
}

function childLines(
  parent: string,
  kind: keyof typeof implied,
  elements: ElementDefinition[],
  depth: number,
  codeSets: CodeSets,
): string[] {
  const children = elements.filter((element) => element.path.slice(0, element.path.lastIndexOf('.')) === parent)
  const names = new Set(children.map(nameOf))
  for (const name of implied[kind]) if (!names.has(name)) throw new Error(`${parent} has no ${name}`)
  const lines: string[] = []
  for (const child of children) {
    if (implied[kind].includes(nameOf(child))) continue
    lines.push(' '.repeat(depth) + elementFields(child, elements, codeSets).join(' '))
    const backbone = child.type?.find((type) => type.code === 'BackboneElement' || type.code === 'Element')
    if (backbone) lines.push(...childLines(child.path, backbone.code as keyof typeof implied, elements, depth + 1, codeSets))
  }
  return lines
}

const nameOf = (element: ElementDefinition): string => element.path.slice(element.path.lastIndexOf('.') + 1).replace('[x]', '')

// Reference(Patient|Group) tells targets, Quantity(Age) a profile.
// name types cardinality [flags]: `?` choice, `!` modifier, `#set` codes, `>path` same children as path
function elementFields(element: ElementDefinition, all: ElementDefinition[], codeSets: CodeSets): string[] {
  const fields = [nameOf(element), typesOf(element, all), `${element.min}${element.max}`]
  if (element.path.endsWith('[x]')) fields.push('?')
  if (element.isModifier) fields.push('!')
  const codeSet = codeSets.nameFor(element)
  if (codeSet) fields.push(`#${codeSet}`)
  if (element.nameReference) fields.push(`>${named(element.nameReference, element.path, all)}`)
  return fields
}

function typesOf(element: ElementDefinition, all: ElementDefinition[]): string {
  if (element.nameReference) return 'BackboneElement'
  const targets = (element.type ?? [])
    .filter((type) => type.code === 'Reference')
    .map((type) => type.profile?.[0]?.split('/').pop() ?? 'Any')
  const open = targets.includes('Any') || targets.includes('Resource')
  const codes = new Set((element.type ?? []).map((type) => type.code ?? 'string'))
  if (codes.size === 0) throw new Error(`${element.path} of ${all[0]?.path} has no type`)
  return [...codes]
    .map((code) => {
      if (code === 'Reference' && !open) return `Reference(${[...new Set(targets)].join('|')})`
      return code === 'Quantity' ? quantityOf(element) : code
    })
    .join(',')
}

// Age, Duration, Money, SimpleQuantity are Quantities under further invariants.
function quantityOf(element: ElementDefinition): string {
  const profile = element.type
    ?.find((type) => type.code === 'Quantity')
    ?.profile?.[0]?.split('/')
    .pop()
  return profile ? `Quantity(${profile})` : 'Quantity'
}

// A name reference points to the element with that name, which is not always unique across the structure: the nearest above wins.
function named(name: string, from: string, all: ElementDefinition[]): string {
  const found = all.filter((element) => element.name === name || (!element.name && element.path.endsWith(`.${name}`)))
  const target = found.find((element) => from.startsWith(`${element.path}.`)) ?? found[0]
  if (!target) throw new Error(`${from} points to an unknown ${name}`)
  return target.path
}
