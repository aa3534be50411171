import { forbiddenCharacter } from './characters.js'
import { closingQuote, jsonDepthMax, parseJson, type ParsedJson, type UnparsedJson } from './json.js'

// A text is cut only between items of a list of its outermost object, as a Bundle's entries are: what lies between two cuts can be read by
// itself as an object whose first list goes on with the last one of the part before.

/** How much a text may hold; an object or list, and each item after the first, count as values. */
export interface JsonLimits {
  values: number
  /** of one item of an outermost list */
  valuesOfItem: number
}

export type JsonInParts =
  (ParsedJson & { /** path of the first string that no FHIR string may be */ forbidden: string | null }) | UnparsedJson

export interface JsonReading {
  /** Reads on by about so many characters; false when there is nothing more to do. */
  advance(characters: number): boolean
  result(): JsonInParts
}

const partCharacters = 64 * 1024
// A name that no element has, for the list that goes on.
const opening = '{"":['
const closing = ']}'

/** JSON as parseJson reads it, part by part: a large document need not hold up everything else. */
export function beginJson(text: string, limits: JsonLimits): JsonReading {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const scan: Scan = {
    at: 0,
    depth: 0,
    values: 0,
    valuesBefore: 0,
    inObject: false,
    inList: false,
    key: '',
    cuts: [],
    ended: false,
    problem: null,
  }
  const joined: Joined = { resource: undefined, exact: true, forbidden: null }
  let part = 0
  let problem: UnparsedJson | null = null
  return {
    advance(characters) {
      if (problem !== null || part > scan.cuts.length) return false
      if (!scan.ended) {
        scanOn(source, scan, Math.min(source.length, scan.at + characters), limits)
        problem = scan.problem
      } else {
        problem = joinPart(joined, source, scan.cuts, part)
        part += 1
      }
      return problem === null && part <= scan.cuts.length
    },
    result: () => problem ?? { resource: joined.resource, exact: joined.exact, forbidden: joined.forbidden },
  }
}

interface Cut {
  /** place of the comma */
  at: number
  /** name of the list it stands in, as it is written */
  key: string
}

interface Scan {
  at: number
  depth: number
  values: number
  valuesBefore: number
  /** whether the outermost value is an object, and the one in it that is open a list */
  inObject: boolean
  inList: boolean
  key: string
  cuts: Cut[]
  ended: boolean
  problem: UnparsedJson | null
}

const QUOTE = 34
const COMMA = 44
const COLON = 58

function scanOn(text: string, scan: Scan, until: number, limits: JsonLimits): void {
  let keyFrom = scan.at
  let keyTo = scan.at
  while (scan.at < until && scan.problem === null) {
    const char = text.charCodeAt(scan.at)
    if (char === QUOTE) {
      const end = closingQuote(text, scan.at + 1)
      if (end < 0) break
      keyFrom = scan.at
      keyTo = end + 1
      scan.at = end
    } else if (char === COLON) {
      if (scan.depth === 1) scan.key = text.slice(keyFrom, keyTo)
    } else if (char === 123 || char === 91) open(scan, char === 91, limits)
    else if (char === 125 || char === 93) scan.depth--
    else if (char === COMMA) pass(scan, limits)
    scan.at++
  }
  scan.ended = scan.at >= text.length || scan.at < until
}

function open(scan: Scan, isList: boolean, limits: JsonLimits): void {
  scan.depth++
  if (scan.depth === 1) scan.inObject = !isList
  if (scan.depth === 2) scan.inList = isList
  if (scan.depth > jsonDepthMax) scan.problem = { problem: 'too-deep', offset: scan.at }
  count(scan, limits)
}

function pass(scan: Scan, limits: JsonLimits): void {
  const { at, depth, cuts } = scan
  if (depth === 2 && scan.inObject && scan.inList) {
    scan.valuesBefore = scan.values
    if (at - (cuts.at(-1)?.at ?? 0) >= partCharacters) cuts.push({ at, key: scan.key })
  }
  count(scan, limits)
}

function count(scan: Scan, { values, valuesOfItem }: JsonLimits): void {
  scan.values++
  if (scan.values > values || scan.values - scan.valuesBefore > valuesOfItem) scan.problem = { problem: 'too-many', offset: scan.at }
}

interface Joined {
  resource: unknown
  exact: boolean
  forbidden: string | null
}

function joinPart(joined: Joined, source: string, cuts: readonly Cut[], part: number): UnparsedJson | null {
  const before = cuts[part - 1]
  const after = cuts[part]
  const from = before === undefined ? 0 : before.at + 1
  const head = before === undefined ? '' : opening
  const text = `${head}${source.slice(from, after?.at)}${after === undefined ? '' : closing}`
  const read = parseJson(text)
  if (read.problem !== undefined) {
    const offset = read.offset === null ? null : Math.min(from + Math.max(0, read.offset - head.length), after?.at ?? source.length)
    return { problem: read.problem, offset }
  }
  joined.exact &&= read.exact
  if (before === undefined) {
    joined.resource = read.resource
    joined.forbidden = forbiddenCharacter(text, read.resource)
    return after === undefined ? null : emptyAt(read.resource as Record<string, unknown>, after)
  }
  return goOn(joined, read.resource as Record<string, unknown>, { text, before, after })
}

const nameOf = ({ key }: Cut): string => JSON.parse(key) as string

/** `[,1]` and `[1,]` are no JSON, though both of their halves are. */
function emptyAt(holder: Record<string, unknown>, cut: Cut): UnparsedJson | null {
  const list = holder[nameOf(cut)]
  return Array.isArray(list) && list.length > 0 ? null : { problem: 'not-json', offset: cut.at }
}

function goOn(
  joined: Joined,
  { '': more, ...rest }: Record<string, unknown>,
  { text, before, after }: { text: string; before: Cut; after: Cut | undefined },
): UnparsedJson | null {
  const whole = joined.resource as Record<string, unknown>
  const name = nameOf(before)
  const list = whole[name] as unknown[]
  const items = more as unknown[]
  if (items.length === 0) return { problem: 'not-json', offset: before.at }
  if (joined.forbidden === null) {
    const path = forbiddenCharacter(text, items)
    const within = path === null ? null : path.replace(/^\[(\d+)\]/, (_all, place: string) => `[${Number(place) + list.length}]`)
    joined.forbidden = within === null ? forbiddenCharacter(text, rest) : `${/^[a-z][A-Za-z]{0,40}$/.test(name) ? name : '?'}${within}`
  }
  for (const item of items) list.push(item)
  for (const [key, value] of Object.entries(rest)) {
    if (Object.hasOwn(whole, key)) return { problem: 'duplicate-key', offset: null }
    whole[key] = value
  }
  return after === undefined ? null : emptyAt(whole, after)
}
