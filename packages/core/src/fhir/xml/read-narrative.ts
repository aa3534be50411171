import type { SaxesTagNS } from 'saxes'
import { attributeText, elementText } from './escape.js'
import { xhtmlNamespace, xmlNamespace, xmlnsNamespace } from './names.js'
import { divFromXml } from './narrative.js'

/** One div while it is read. */
export interface NarrativeReader {
  open(tag: SaxesTagNS): void
  text(text: string): void
  /** The div, once its last tag is closed; `end` is the place after that tag. */
  close(tag: SaxesTagNS, end: number): string | null
  /** whether something in it stands in another namespace than XHTML’s */
  isForeign(): boolean
}

/**
 * A div that declares its own namespace is kept as its source. One that has it from further out, by a prefix or without, would not stand
 * alone in JSON: it is written anew without prefixes.
 */
export function openNarrative(source: string, start: number, div: SaxesTagNS): NarrativeReader {
  const keepsSource = div.prefix === '' && div.ns[''] === xhtmlNamespace
  const parts: string[] = []
  let depth = 0
  let foreign = false
  return {
    open(tag) {
      if (tag.uri !== xhtmlNamespace || (keepsSource && tag.prefix !== '')) foreign = true
      depth++
      if (!keepsSource) parts.push(`<${tag.local}${depth === 1 ? ` xmlns="${xhtmlNamespace}"` : ''}${attributesOf(tag)}>`)
    },
    text(text) {
      if (!keepsSource) parts.push(elementText(text))
    },
    close(tag, end) {
      depth--
      if (!keepsSource) parts.push(`</${tag.local}>`)
      if (depth > 0) return null
      return keepsSource ? divFromXml(source.slice(start, end)) : parts.join('')
    },
    isForeign: () => foreign,
  }
}

function attributesOf(tag: SaxesTagNS): string {
  return Object.values(tag.attributes)
    .filter(({ uri }) => uri !== xmlnsNamespace)
    .map(({ uri, local, value }) => ` ${uri === xmlNamespace ? 'xml:' : ''}${local}="${attributeText(value)}"`)
    .join('')
}
