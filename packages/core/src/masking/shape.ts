import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import type { Place } from './plan.js'
import type { SlotTest } from './rule-book.js'
import type { Handler, Run } from './run.js'
import { traceUnknown, traceWritten } from './trace.js'

export interface Field {
  mask: Handler
  /** Losing its value changes what the object means: modifierExtension, and elements the specification calls modifiers. */
  modifier: boolean
  /** Set where the object's finish writes it, from the source. */
  written: Place | null
}

/** What one kind of object may hold. Anything else in it is removed: that is the default-deny of the masker. */
export interface Shape {
  fields: ReadonlyMap<string, Field>
  /** Names of each required element (several for a choice). */
  required: readonly (readonly string[])[]
  /** Without one of these the object says nothing; empty means any content will do. */
  needs: readonly string[]
  /** What depends on several elements at once. */
  finish: ((source: JsonObject, out: JsonObject, run: Run) => void) | null
  /** Does the object say that the quantities in it are ages? */
  agesIn: ((source: JsonObject, run: Run) => boolean) | null
  /** Conditions of rules on this object. */
  tests: readonly SlotTest[] | null
}

const says = (value: unknown): boolean => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)

export type MaskedFields = { out: JsonObject; lostRequired: boolean; lostModifier: string | null }

/** Around an object on which rules depend: their conditions are asked once, and hold for all that is inside it. */
function maskTested(tests: readonly SlotTest[], shape: Shape, source: JsonObject, out: JsonObject, run: Run): MaskedFields {
  const { slots } = run
  const before = tests.map(({ slot }) => slots[slot]!)
  for (const { slot, test } of tests) slots[slot] = test(source)
  const masked = maskEach(shape, source, out, run)
  tests.forEach(({ slot }, index) => (slots[slot] = before[index]!))
  return masked
}

export function maskFields(shape: Shape, source: JsonObject, out: JsonObject, run: Run): MaskedFields {
  return shape.tests === null ? maskEach(shape, source, out, run) : maskTested(shape.tests, shape, source, out, run)
}

/** One pass over the properties of an object. */
function maskEach(shape: Shape, source: JsonObject, out: JsonObject, run: Run): MaskedFields {
  let removed = false
  let lostModifier: string | null = null
  const agesAround = run.ageCoded
  if (shape.agesIn) run.ageCoded = shape.agesIn(source, run)
  for (const name in source) {
    const field = shape.fields.get(name)
    if (field === undefined) {
      if (name === 'resourceType') continue
      run.counts.unknownElements++
      if (run.trace) traceUnknown(run)
      removed = true
      continue
    }
    const value = source[name]
    const masked = field.mask(value, run)
    if (masked !== undefined) out[name] = masked
    else {
      removed = true
      if (field.modifier && says(value)) lostModifier ??= name
    }
  }
  if (shape.finish) shape.finish(source, out, run)
  if (run.trace) traceWritten(shape, source, out, run)
  run.ageCoded = agesAround
  return { out, lostRequired: removed && lostRequired(shape, source, out), lostModifier }
}

function lostRequired(shape: Shape, source: JsonObject, out: JsonObject): boolean {
  return shape.required.some((names) => names.some((name) => says(source[name])) && !names.some((name) => out[name] !== undefined))
}

function isHollow(shape: Shape, out: JsonObject): boolean {
  if (shape.needs.length > 0) return !shape.needs.some((name) => out[name] !== undefined)
  for (const _ in out) return false
  return true
}

/** Masks an object that is no resource; what has lost its point, or a part that turned its meaning, goes as a whole. */
export function objectHandler(shapeOf: () => Shape): Handler {
  let shape: Shape | null = null
  return (value, run) => {
    if (!isObject(value)) {
      run.counts.wrongShapes++
      return undefined
    }
    shape ??= shapeOf()
    const { out, lostRequired, lostModifier } = maskFields(shape, value, {}, run)
    if (lostModifier !== null) {
      run.counts.modifiedElements++
      run.modifierLost = true
      return undefined
    }
    if (lostRequired || isHollow(shape, out)) {
      run.counts.hollowElements++
      return undefined
    }
    return out
  }
}

/** Masks each item; nulls and removed items leave no gap. */
export function listHandler(item: Handler): Handler {
  return (value, run) => {
    if (!Array.isArray(value)) {
      run.counts.wrongShapes++
      return undefined
    }
    const out: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      const entry: unknown = value[index]
      if (entry === null) continue
      if (run.trace) run.tracePath.push(String(index))
      const masked = item(entry, run)
      if (run.trace) run.tracePath.pop()
      if (masked !== undefined) out.push(masked)
    }
    return out.length === 0 ? undefined : out
  }
}
