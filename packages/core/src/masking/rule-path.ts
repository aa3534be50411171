import type { RuleCondition } from './rule.js'

/** One step of a rule's path: an element, perhaps of one type, perhaps where something holds of it. */
export interface PathStep {
  name: string
  ofType: string | null
  where: readonly RuleCondition[]
}

export type ParsedPath = { root: string; steps: readonly PathStep[]; problem?: undefined } | { problem: string }

const refused: readonly (readonly [RegExp, string])[] = [
  [/descendants\(|children\(|repeat\(|\*/, 'a path names each element: to meet all elements of a kind use match.type'],
  [/resolve\(/, 'a rule sees one resource, and no other by reference: take resolve() out'],
  [/extension\(/, 'a path meets no extension: use match.extension with its url'],
  [/\[\d+\]|first\(|last\(|skip\(|take\(/, 'positions in lists say nothing about content: use where(element = value)'],
  [/\s(as|is)\s|\bas\(/, 'the type of a choice is not named so: write ofType(Type)'],
]
const name = '[A-Za-z][A-Za-z0-9]*'
const stepShape = new RegExp(`^\\.(?:(where|ofType)\\(((?:[^()']|'(?:[^'\\\\]|\\\\.)*'|\\(\\))*)\\)|(${name}))`)

/** The navigational part of FHIRPath: names, ofType(Type), where(element = literal and element.exists()). */
export function parseRulePath(path: string): ParsedPath {
  for (const [shape, remedy] of refused) if (shape.test(outsideQuotes(path))) return { problem: remedy }
  const root = new RegExp(`^${name}`).exec(path)?.[0]
  if (root === undefined) return { problem: 'a path begins with a resource type: name it first' }
  const steps: PathStep[] = []
  for (let rest = path.slice(root.length); rest !== '';) {
    const [all, call, given, element] = stepShape.exec(rest) ?? []
    if (all === undefined) return { problem: 'this cannot stand in a path: use names, ofType(Type) and where(element = value)' }
    rest = rest.slice(all.length)
    const last = steps.at(-1)
    if (element !== undefined) steps.push({ name: element, ofType: null, where: [] })
    else if (last === undefined) return { problem: `${call}() follows an element: write the condition of a resource in where` }
    else if (call === 'ofType') steps[steps.length - 1] = { ...last, ofType: given!.trim() }
    else {
      const where = parseConditions(given!)
      if (where === null) return { problem: "where() cannot hold this: write element = 'value' or element.exists(), joined by and" }
      steps[steps.length - 1] = { ...last, where: [...last.where, ...where] }
    }
  }
  return { root, steps }
}

const outsideQuotes = (path: string): string => path.replace(/'(?:[^'\\]|\\.)*'/g, "''")
const comparison = new RegExp(`^(${name}(?:\\.${name})*)\\s*=\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|(true|false)|(-?\\d+(?:\\.\\d+)?))$`)
const existence = new RegExp(`^(${name}(?:\\.${name})*)\\.exists\\(\\)(\\.not\\(\\))?$`)

function parseConditions(source: string): RuleCondition[] | null {
  const conditions: RuleCondition[] = []
  for (const part of source.split(/\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)/)) {
    const exists = existence.exec(part.trim())
    if (exists) {
      conditions.push({ path: exists[1]!, exists: exists[2] === undefined })
      continue
    }
    const [, path, text, boolean, number] = comparison.exec(part.trim()) ?? []
    if (path === undefined) return null
    const equals = text !== undefined ? text.replace(/\\(.)/g, '$1') : boolean !== undefined ? boolean === 'true' : Number(number)
    conditions.push({ path, equals })
  }
  return conditions
}
