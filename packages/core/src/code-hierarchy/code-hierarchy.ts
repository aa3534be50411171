import { systemTable, valueSetTable } from './terminology.generated.js'

export interface SystemCode {
  system: string
  code: string
}

/** A code may stand at several places of its system, so it may have several parents. */
interface Concept {
  code: string
  parents: Concept[]
  children: Concept[]
}
type System = ReadonlyMap<string, Concept>

/** Headed blocks of a table, decoded when first asked for. */
function blocks(table: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of table.slice(1, -1).split('\n')) {
    if (line.startsWith(' ')) lines.push(line)
    else found.set(line, (lines = []))
  }
  return found
}

let systemBlocks: Map<string, string[]> | undefined
const systems = new Map<string, System>()

function systemNamed(name: string): System | null {
  const known = systems.get(name)
  if (known) return known
  systemBlocks ??= blocks(systemTable)
  const lines = systemBlocks.get(name)
  if (!lines) return null
  const system = decodeSystem(lines)
  systems.set(name, system)
  return system
}

function decodeSystem(lines: readonly string[]): System {
  const system = new Map<string, Concept>()
  const open: Concept[] = []
  for (const line of lines) {
    const depth = line.search(/\S/)
    const code = line.slice(depth)
    const concept = system.get(code) ?? { code, parents: [], children: [] }
    system.set(code, concept)
    const parent = open[depth - 1]
    if (depth > 1 && parent) {
      concept.parents.push(parent)
      parent.children.push(concept)
    }
    open[depth] = concept
  }
  return system
}

function reached(from: Concept | undefined, next: (concept: Concept) => Concept[]): string[] {
  const found = new Set<Concept>(from ? [from] : [])
  for (const concept of found) for (const other of next(concept)) found.add(other)
  return [...found].map(({ code }) => code)
}

/** A code and those it subsumes; null where the system is not carried. A code that the system does not know subsumes itself. */
export function codesBelow({ system, code }: SystemCode): string[] | null {
  const carried = systemNamed(system)
  return carried && (carried.has(code) ? reached(carried.get(code), ({ children }) => children) : [code])
}

/** A code and those that subsume it. */
export function codesAbove({ system, code }: SystemCode): string[] | null {
  const carried = systemNamed(system)
  return carried && (carried.has(code) ? reached(carried.get(code), ({ parents }) => parents) : [code])
}

let setBlocks: Map<string, string[]> | undefined

/** All codes of a value set, by its url; null where DSTU2 has none of this url, or one that cannot be written out (SNOMED, LOINC …). */
export function codesOf(valueSet: string): SystemCode[] | null {
  setBlocks ??= blocks(valueSetTable)
  const lines = setBlocks.get(valueSet)
  if (!lines) return null
  const found = new Map<string, SystemCode>()
  const put = (each: SystemCode): unknown => found.set(`${each.system}|${each.code}`, each)
  for (const line of lines) {
    const part = line.slice(2)
    if (line[1] === '=') for (const each of codesOf(part) ?? []) put(each)
    else if (line[1] === '-') for (const { system, code } of partCodes(part)) found.delete(`${system}|${code}`)
    else for (const each of partCodes(part)) put(each)
  }
  return [...found.values()]
}

function partCodes(part: string): SystemCode[] {
  const [head = '', ...listed] = part.split('|')
  if (listed.length > 0) return listed.map((code) => ({ system: head, code }))
  const caret = head.indexOf('^')
  const system = caret < 0 ? head : head.slice(0, caret)
  const codes = caret < 0 ? [...(systemNamed(system)?.keys() ?? [])] : (codesBelow({ system, code: head.slice(caret + 1) }) ?? [])
  return codes.map((code) => ({ system, code }))
}
