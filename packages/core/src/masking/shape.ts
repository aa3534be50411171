import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import type { Place } from './plan.js'
import type { SlotTest } from './rule-book.js'
import type { Handler, Run } from './run.js'
import { completed, isBroken, says } from './absent.js'
import type { Model } from './absent.js'
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
  /** Does it stand in its resource whatever becomes of it? Elements that are required down from the resource. */
  stays: boolean
  /** Invariants of the specification and what stands for an element that lost its value; null where the form is not to be valid FHIR. */
  model: Model | null
  /** Conditions of rules on this object. */
  tests: readonly SlotTest[] | null
}

export type MaskedFields = { out: JsonObject; lostRequired: boolean; broken: boolean; lostModifier: string | null }

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
  return {
    out,
    lostRequired: removed && lostRequired(shape, source, out),
    broken: shape.model !== null && isBroken(shape.model, source, out),
    lostModifier,
  }
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
    const { out, lostRequired, broken, lostModifier } = maskFields(shape, value, {}, run)
    if (lostModifier !== null) {
      run.counts.modifiedElements++
      run.modifierLost = true
      return undefined
    }
    if (isHollow(shape, out) || ((lostRequired || broken) && !mayStay(shape, value, out, run))) {
      run.counts.hollowElements++
      return undefined
    }
    return out
  }
}

// What lost a part may be optional or not, but not where a part that turns the meaning went.
function mayStay(shape: Shape, source: JsonObject, out: JsonObject, run: Run): boolean {
  if (!shape.stays || run.modifierLost) return false
  run.requiredLost = true
  return completed(shape, source, out, run)
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
