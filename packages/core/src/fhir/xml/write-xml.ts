import { ExactNumber, isObject, type JsonObject, type Resource } from '../resource.js'
import { resourceShape, type Shape, type Slot } from '../shape.js'
import { attributeText } from './escape.js'
import { fhirNamespace } from './names.js'
import { divForXml } from './narrative.js'

/** Where the text grows; `line` begins a new element. */
interface Output {
  parts: string[]
  /** null: everything on one line */
  depth: number | null
}

/**
 * A resource as DSTU2 XML: elements in the model's order, every digit as it was written, a narrative by its own bytes. `fhir_comments`,
 * which is no content, is left out.
 */
export function writeXml(resource: Resource, options: { pretty?: boolean } = {}): string {
  const out: Output = { parts: ['<?xml version="1.0" encoding="UTF-8"?>'], depth: options.pretty === true ? 0 : null }
  writeResource(out, resource, ` xmlns="${fhirNamespace}"`)
  if (out.depth !== null) out.parts.push('\n')
  return out.parts.join('')
}

function line(out: Output): void {
  if (out.depth !== null) out.parts.push('\n', '  '.repeat(out.depth))
}

function inside(out: Output, write: () => void): void {
  if (out.depth !== null) out.depth++
  write()
  if (out.depth !== null) out.depth--
}

function writeResource(out: Output, resource: JsonObject, attributes: string): void {
  const shape = resourceShape(resource['resourceType'])
  if (shape !== null) writeElement(out, shape.name, attributes, () => writeChildren(out, resource, shape))
}

function writeElement(out: Output, name: string, attributes: string, write: () => void): void {
  line(out)
  out.parts.push('<', name, attributes)
  const opened = out.parts.push('>')
  inside(out, write)
  if (out.parts.length === opened) out.parts[opened - 1] = '/>'
  else {
    line(out)
    out.parts.push('</', name, '>')
  }
}

function writeChildren(out: Output, object: JsonObject, shape: Shape): void {
  for (const [name, slot] of shape.slots) {
    if (slot.kind === 'companion' || name === 'fhir_comments' || isAttribute(name, shape)) continue
    if (slot.kind === 'primitive') writePrimitives(out, name, slot, object, shape)
    else for (const value of listOf(object[name])) if (isObject(value)) writeComplex(out, name, slot, value)
  }
}

/** What XML says by an attribute: ids of elements, and what an extension means. */
export const isAttribute = (name: string, shape: Shape): boolean =>
  !shape.isResource && (name === 'id' || (name === 'url' && shape.name === 'Extension'))

const listOf = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value])

const attribute = (name: string, value: unknown): string => {
  const text = primitiveText(value)
  return text === null ? '' : ` ${name}="${attributeText(text)}"`
}

function attributesOf(object: JsonObject, shape: Shape): string {
  return attribute('id', object['id']) + (shape.name === 'Extension' ? attribute('url', object['url']) : '')
}

function writeComplex(out: Output, name: string, slot: Slot, value: JsonObject): void {
  if (slot.kind === 'resource') return writeElement(out, name, '', () => writeResource(out, value, ''))
  const shape = slot.shape()
  writeElement(out, name, attributesOf(value, shape), () => writeChildren(out, value, shape))
}

function writePrimitives(out: Output, name: string, slot: Slot, object: JsonObject, shape: Shape): void {
  const values = listOf(object[name])
  const companions = listOf(object[`_${name}`])
  const companionShape = shape.slots.get(`_${name}`)?.shape()
  for (let place = 0; place < Math.max(values.length, companions.length); place++) {
    const value = values[place]
    if (slot.type === 'xhtml') {
      line(out)
      out.parts.push(divForXml(typeof value === 'string' ? value : ''))
      continue
    }
    const companion = companions[place]
    const element = isObject(companion) && companionShape !== undefined ? companion : null
    const attributes = (element === null ? '' : attribute('id', element['id'])) + attribute('value', value)
    const extensions = element === null ? [] : listOf(element['extension'])
    if (attributes === '' && extensions.length === 0) continue
    writeElement(out, name, attributes, () => {
      if (element !== null && companionShape !== undefined) writeChildren(out, element, companionShape)
    })
  }
}

function primitiveText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value instanceof ExactNumber ? value.text : null
}
