import { addIssue, prefixIssues } from './issue.js'
import type { Issue } from './issue.js'
import { ExactNumber, isObject } from './resource.js'
import type { JsonObject } from './resource.js'
import type { Within } from './invariants/conditions.js'
import type { Invariant, Rule } from './invariants/table.js'
import { resourceShape } from './shape.js'
import type { Shape, Slot } from './shape.js'
import { checkCoded, checkTarget } from './validate-values.js'

/** State of one walk through one resource. */
interface Walk extends Within {
  issues: Issue[]
  skipEntries: boolean
  warnings: boolean
}

export interface ValidateOptions {
  /** 'skip' leaves the resources in a Bundle's entries to the caller. */
  entries?: 'check' | 'skip'
  /** Tell also what the specification only warns of. */
  warnings?: boolean
}

/**
 * Validation by the model: elements, shapes, cardinalities, formats, choices, required codes, reference types, and the invariants of the
 * specification. No issue: valid.
 */
export function validate(resource: unknown, options?: ValidateOptions): Issue[] {
  const issues: Issue[] = []
  if (!isObject(resource)) {
    addIssue(issues, 'structure', 'a resource is a JSON object')
    return issues
  }
  checkResource(resource, {
    issues,
    container: { resource, ids: null },
    inContained: false,
    skipEntries: options?.entries === 'skip',
    warnings: options?.warnings === true,
  })
  if (issues.length > 0) prefixIssues(issues, 0, resourceShape(resource['resourceType'])?.name ?? 'Resource')
  return issues
}

function checkResource(resource: JsonObject, walk: Walk): void {
  const shape = resourceShape(resource['resourceType'])
  if (shape) checkObject(resource, shape, walk)
  else addIssue(walk.issues, 'structure', 'resourceType has to name a DSTU2 resource type')
}

function checkObject(object: JsonObject, shape: Shape, walk: Walk): void {
  const { issues } = walk
  let seen = 0
  let choices = 0
  let empty = true
  for (const key in object) {
    empty = false
    const slot = shape.slots.get(key)
    if (slot === undefined) {
      if (key !== 'resourceType' || !shape.isResource) unknownElement(issues, key)
      continue
    }
    const value = object[key]
    const before = issues.length
    if (slot.kind === 'companion') checkCompanion(object, key, value, slot, walk)
    else if (slot.list) checkList(object, key, value, slot, walk)
    else checkOne(value, slot, walk)
    if (slot.choice !== 0) {
      if ((choices & slot.choice) !== 0) checkChoice(object, shape, slot.choice, issues)
      choices |= slot.choice
    }
    seen |= slot.required
    if (issues.length > before) prefixIssues(issues, before, key)
  }
  if ((seen & shape.required) !== shape.required) missingElements(issues, shape, seen)
  if (empty) addIssue(issues, 'structure', 'an object may not be empty')
  if (shape.rules !== null) checkRules(object, shape.rules, walk)
}

function checkRules(object: JsonObject, rules: readonly Rule[], walk: Walk): void {
  for (const { invariant, holds } of rules) if (!holds(object, walk)) brokenInvariant(walk, invariant)
}

function brokenInvariant({ issues, warnings }: Walk, { key, human, severity }: Invariant): void {
  if (severity === 'error' || warnings) addIssue(issues, 'invariant', `${key}: ${human}`, severity)
}

// Met twice: fine for `valueString` and its companion `_valueString`, not for two types.
function checkChoice(object: JsonObject, shape: Shape, choice: number, issues: Issue[]): void {
  const types = new Set<string>()
  for (const key of Object.keys(object)) {
    const slot = shape.slots.get(key)
    if (slot?.choice === choice) types.add(slot.type)
  }
  if (types.size > 1) addIssue(issues, 'structure', 'only one type of a choice may be given')
}

function checkList(object: JsonObject, key: string, value: unknown, slot: Slot, walk: Walk): void {
  const { issues } = walk
  if (!Array.isArray(value)) {
    addIssue(issues, 'structure', 'a list is due')
    return
  }
  if (value.length === 0) addIssue(issues, 'structure', 'a list may not be empty')
  for (let index = 0; index < value.length; index++) {
    const before = issues.length
    const item: unknown = value[index]
    if (item === null && slot.kind === 'primitive') checkGap(object[`_${key}`], index, issues)
    else checkOne(item, slot, walk)
    if (issues.length > before) prefixIssues(issues, before, `[${index}]`)
  }
}

// A gap in a list of primitives is filled by the extensions at the same place of its companion.
function checkGap(companion: unknown, index: number, issues: Issue[]): void {
  if (!Array.isArray(companion) || !isObject(companion[index])) addIssue(issues, 'structure', 'null needs an extension in its place')
}

function checkOne(value: unknown, slot: Slot, walk: Walk): void {
  const { issues } = walk
  if (slot.kind === 'primitive') {
    if (!slot.test(value)) wrongPrimitive(issues, value, slot)
    else if (slot.valueRules !== null)
      for (const { invariant, holdsOf } of slot.valueRules) if (!holdsOf(value)) brokenInvariant(walk, invariant)
    return
  }
  if (!isObject(value)) {
    addIssue(issues, 'structure', Array.isArray(value) ? 'one value is due, not a list' : 'an object is due')
    return
  }
  if (slot.kind === 'resource') {
    checkInner(value, slot, walk)
    return
  }
  checkObject(value, slot.shape(), walk)
  if (slot.codes) checkCoded(value, slot.codes, issues)
  if (slot.targets) checkTarget(value, slot.targets, issues)
  if (slot.rules !== null) checkRules(value, slot.rules, walk)
}

// A contained resource shares the container's `#` names; a Bundle's entry stands for itself.
function checkInner(resource: JsonObject, slot: Slot, walk: Walk): void {
  if (slot.list) checkResource(resource, { ...walk, inContained: true })
  else if (!walk.skipEntries) checkResource(resource, { ...walk, container: { resource, ids: null }, inContained: false })
}

/** `_name`: an Element per value, in a list with nulls where a value has none. */
function checkCompanion(object: JsonObject, key: string, value: unknown, slot: Slot, walk: Walk): void {
  const { issues } = walk
  const values = object[key.slice(1)]
  if (!slot.list) {
    if (isObject(value)) checkObject(value, slot.shape(), walk)
    else addIssue(issues, 'structure', 'an object is due')
    return
  }
  if (!Array.isArray(value) || value.length === 0) {
    addIssue(issues, 'structure', 'a list is due')
    return
  }
  if (Array.isArray(values) && values.length !== value.length) addIssue(issues, 'structure', 'not as long as the list it belongs to')
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index]
    if (item === null) continue
    const before = issues.length
    if (isObject(item)) checkObject(item, slot.shape(), walk)
    else addIssue(issues, 'structure', 'an object or null is due')
    if (issues.length > before) prefixIssues(issues, before, `[${index}]`)
  }
}

function wrongPrimitive(issues: Issue[], value: unknown, slot: Slot): void {
  if (Array.isArray(value)) addIssue(issues, 'structure', 'one value is due, not a list')
  else if (value === null) addIssue(issues, 'structure', 'null is not a value')
  else if (typeof value === 'object' && !(value instanceof ExactNumber))
    addIssue(issues, 'structure', `a ${slot.type} is due, not an object`)
  else if (slot.codes && typeof value === 'string') addIssue(issues, 'code-invalid', 'not a code of the required value set')
  else addIssue(issues, 'value', `not a valid ${slot.type}`)
}

// The name of an unknown property is the sender's text: it is shown only where it looks like the name of an element.
function unknownElement(issues: Issue[], key: string): void {
  const before = issues.length
  addIssue(issues, 'structure', 'unknown element')
  prefixIssues(issues, before, /^_?[a-z][A-Za-z]{0,40}$/.test(key) ? key : '?')
}

function missingElements(issues: Issue[], shape: Shape, seen: number): void {
  shape.requiredNames.forEach((name, bit) => {
    if ((seen & (1 << bit)) !== 0) return
    const before = issues.length
    addIssue(issues, 'required', 'a required element is missing')
    prefixIssues(issues, before, name)
  })
}
