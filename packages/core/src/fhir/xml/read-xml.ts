import { SaxesParser, type SaxesTagNS } from 'saxes'
import { issuesMax, type Issue } from '../issue.js'
import { jsonDepthMax } from '../json.js'
import type { Resource } from '../resource.js'
import { resourceShape, type Slot } from '../shape.js'
import { fhirNamespace, schemaInstanceNamespace, xhtmlNamespace, xmlnsNamespace } from './names.js'
import { openNarrative, type NarrativeReader } from './read-narrative.js'
import { isAttribute } from './write-xml.js'
import { addComplex, addPrimitive, closeLists, frameOf, type Frame } from './xml-frame.js'

export type XmlProblem = 'not-xml' | 'doctype' | 'encoding' | 'too-deep' | 'not-a-resource'

export interface UnreadXml {
  problem: XmlProblem
  /** Both from 1. Never the text around it: that may be PHI. */
  line: number
  column: number
}
export type ReadXml = { resource: Resource; issues: Issue[]; problem?: undefined } | UnreadXml

class Unreadable extends Error {
  constructor(readonly problem: XmlProblem) {
    super(problem)
  }
}

/** State of one walk through one document. */
interface Walk {
  source: string
  parser: SaxesParser<{ xmlns: true }>
  frames: Frame[]
  /** open elements from one on that is not known: passed over */
  skipped: number
  depth: number
  narrative: NarrativeReader | null
  /** place after the name of the tag that is being opened */
  opening: number
  root: Resource | null
  issues: Issue[]
}

export function readXml(source: string): ReadXml {
  const reading = beginXml(source)
  reading.advance(source.length)
  return reading.result()
}

/**
 * DSTU2 XML to the values that its JSON would have, by the model: no DTD, no entities but XML's five, elements of FHIR's namespace only.
 * What the model does not know is told by path and line. Comments and processing instructions are no content; a narrative keeps its source.
 * Read part by part, a large document need not hold up everything else.
 */
export function beginXml(source: string): { advance(characters: number): boolean; result(): ReadXml } {
  const parser = new SaxesParser<{ xmlns: true }>({ xmlns: true })
  const walk: Walk = {
    source,
    parser,
    frames: [],
    skipped: 0,
    depth: 0,
    narrative: null,
    opening: 0,
    root: null,
    issues: [],
  }
  let problem: UnreadXml | null = null
  let at = 0
  listen(walk)
  if (declaresType(source)) problem = { problem: 'doctype', line: 1, column: 1 }
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      problem = { problem: error.problem, line: parser.line, column: parser.columnIndex + 1 }
    }
  }
  return {
    /** False when there is nothing more to do. */
    advance(characters) {
      if (problem !== null) return false
      const chunk = source.slice(at, at + characters)
      at += characters
      attempt(() => parser.write(chunk))
      return problem === null && at < source.length
    },
    result() {
      if (problem === null)
        attempt(() => {
          parser.close()
          if (walk.root === null) throw new Unreadable('not-xml')
        })
      return problem ?? { resource: walk.root as unknown as Resource, issues: walk.issues }
    },
  }
}

/** Whether a DTD stands before the root: known at once, so that a long one is not read. */
function declaresType(source: string): boolean {
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0
  for (;;) {
    while (/[ \t\r\n]/.test(source.charAt(at))) at++
    const end = source.startsWith('<?', at) ? '?>' : source.startsWith('<!--', at) ? '-->' : null
    if (end === null) return source.startsWith('<!DOCTYPE', at)
    const close = source.indexOf(end, at)
    if (close < 0) return false
    at = close + end.length
  }
}

function listen(walk: Walk): void {
  const { parser } = walk
  parser.on('error', () => {
    throw new Unreadable('not-xml')
  })
  parser.on('doctype', () => {
    throw new Unreadable('doctype')
  })
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || !/^(?:utf-8|us-ascii)$/i.test(encoding ?? 'utf-8')) throw new Unreadable('encoding')
  })
  parser.on('opentagstart', () => {
    walk.opening = parser.position
  })
  parser.on('opentag', (tag) => {
    if (++walk.depth > jsonDepthMax) throw new Unreadable('too-deep')
    if (walk.narrative !== null) walk.narrative.open(tag)
    else if (walk.skipped > 0) walk.skipped++
    else openElement(walk, tag)
  })
  parser.on('closetag', (tag) => {
    walk.depth--
    if (walk.narrative !== null) closeInNarrative(walk, walk.narrative, tag)
    else if (walk.skipped > 0) walk.skipped--
    else closeElement(walk)
  })
  const text = (characters: string): void => {
    if (walk.narrative !== null) walk.narrative.text(characters)
    else if (walk.skipped === 0 && walk.frames.length > 0 && /[^ \t\r\n]/.test(characters)) {
      walk.frames.at(-1)!.children++
      tell(walk, 'an element holds no text; a value is an attribute')
    }
  }
  parser.on('text', text)
  parser.on('cdata', text)
}

function openElement(walk: Walk, tag: SaxesTagNS): void {
  const parent = walk.frames.at(-1)
  if (parent === undefined || parent.kind === 'holder') return openResource(walk, tag, parent)
  const { shape } = parent
  const slot = shape?.slots.get(tag.local)
  const known = slot !== undefined && slot.kind !== 'companion' && tag.local !== 'fhir_comments' && !isAttribute(tag.local, shape!)
  if (!known || tag.uri !== (slot.type === 'xhtml' ? xhtmlNamespace : fhirNamespace)) {
    pass(walk, tag.local, known ? 'the namespace is not the one due' : 'unknown element')
    return
  }
  const before = parent.met.get(tag.local) ?? 0
  parent.met.set(tag.local, before + 1)
  if (before > 0 && !slot.list) return pass(walk, tag.local, 'given more than once')
  if (slot.type === 'xhtml') {
    walk.narrative = openNarrative(walk.source, walk.source.lastIndexOf('<', walk.opening - 1), tag)
    walk.narrative.open(tag)
    return
  }
  openFhir(walk, tag, slot, { parent, place: slot.list ? before : null })
}

function openFhir(walk: Walk, tag: SaxesTagNS, slot: Slot, at: { parent: Frame; place: number | null }): void {
  const kind = slot.kind === 'resource' ? 'holder' : slot.kind === 'primitive' ? 'primitive' : 'complex'
  const shape =
    kind === 'holder' ? null : kind === 'primitive' ? (at.parent.shape?.slots.get(`_${tag.local}`)?.shape() ?? null) : slot.shape()
  const frame = frameOf({ name: tag.local, place: at.place, kind, shape, slot })
  walk.frames.push(frame)
  for (const { name, local, uri, value } of Object.values(tag.attributes)) {
    if (uri === xmlnsNamespace) continue
    if (uri === '' && kind === 'primitive' && local === 'value') frame.value = value
    else if (uri === '' && shape !== null && isAttribute(local, shape)) frame.object[local] = value
    else tell(walk, `unknown attribute${shown(name)}`)
  }
}

function openResource(walk: Walk, tag: SaxesTagNS, holder: Frame | undefined): void {
  const shape = tag.uri === fhirNamespace ? resourceShape(tag.local) : null
  if (shape === null && holder === undefined) throw new Unreadable('not-a-resource')
  if (shape === null) return pass(walk, tag.local, 'not a DSTU2 resource type in the namespace of FHIR')
  if (holder !== undefined && holder.children > 0) return pass(walk, tag.local, 'holds one resource')
  if (holder !== undefined) holder.children++
  walk.frames.push(frameOf({ name: tag.local, place: null, kind: 'resource', shape, slot: null, object: { resourceType: shape.name } }))
  for (const { name, uri } of Object.values(tag.attributes))
    if (uri !== xmlnsNamespace && uri !== schemaInstanceNamespace) tell(walk, `unknown attribute${shown(name)}`)
}

function closeInNarrative(walk: Walk, narrative: NarrativeReader, tag: SaxesTagNS): void {
  const div = narrative.close(tag, walk.parser.position)
  if (div === null) return
  walk.narrative = null
  const parent = walk.frames.at(-1)
  if (parent !== undefined) parent.object['div'] = div
  if (narrative.isForeign()) tell(walk, 'a narrative holds elements of XHTML only, without a prefix', 'div')
}

function closeElement(walk: Walk): void {
  const frame = walk.frames.at(-1)
  if (frame === undefined) return
  closeLists(frame)
  if (frame.kind === 'holder' && frame.children === 0) tell(walk, 'holds no resource')
  const isEmpty = frame.kind === 'primitive' && frame.value === undefined && Object.keys(frame.object).length === 0
  if (isEmpty && frame.children === 0) tell(walk, 'a value or an extension is due')
  walk.frames.pop()
  const parent = walk.frames.at(-1)
  if (parent === undefined) walk.root = frame.object as Resource
  else if (parent.kind === 'holder') parent.object = frame.object
  else if (frame.kind === 'primitive') addPrimitive(parent, frame)
  else if (frame.slot !== null) addComplex(parent, frame.name, frame.slot, frame.object)
}

function pass(walk: Walk, name: string, message: string): void {
  walk.skipped = 1
  const parent = walk.frames.at(-1)
  if (parent !== undefined) parent.children++
  tell(walk, message, name)
}

const shown = (name: string): string => (/^[A-Za-z][A-Za-z:]{0,40}$/.test(name) ? ` ${name}` : '')

/** The name of an unknown element is the sender's text: it is shown only where it looks like the name of one. */
function tell(walk: Walk, message: string, inside?: string): void {
  if (walk.issues.length >= issuesMax) return
  const parts = walk.frames
    .filter((frame, place) => frame.kind !== 'resource' || place === 0)
    .map(({ name, place }) => (place === null ? name : `${name}[${place}]`))
  if (inside !== undefined) parts.push(shown(inside).trim() || '?')
  walk.issues.push({ severity: 'error', code: 'structure', path: parts.join('.'), message: `${message} (line ${walk.parser.line})` })
}
