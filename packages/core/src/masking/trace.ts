import type { JsonObject } from '../fhir/index.js'
import type { PhiClass, Treatment } from './phi-class.js'
import type { Place } from './plan.js'
import type { AppliedRule, Handler, Run } from './run.js'
import type { Shape } from './shape.js'

/** What happened to one element. Never its value. */
export interface TraceStep {
  /** As in the resource, with list positions: 'name.0.family'. */
  path: string
  phiClass: PhiClass | null
  treatment: Treatment | null
  outcome: 'kept' | 'changed' | 'removed'
  /** The rule that decided, and what it did; null where the class of the element did. */
  rule: string | null
  method: string | null
}

function outcomeOf(before: unknown, after: unknown): TraceStep['outcome'] {
  if (after === undefined) return 'removed'
  return before === after || JSON.stringify(before) === JSON.stringify(after) ? 'kept' : 'changed'
}

const byRule = (rule: AppliedRule | null): Pick<TraceStep, 'rule' | 'method'> => ({ rule: rule?.id ?? null, method: rule?.method ?? null })

/** Around the handler of an element: one step for a leaf, and one more where an element goes although parts of it would have stayed. */
export function watchElement({ name, phiClass, treatment }: Place, handler: Handler): Handler {
  return (value, run) => {
    if (!run.trace) return handler(value, run)
    run.tracePath.push(name)
    const steps = run.trace.length
    run.rule = null
    const masked = handler(value, run)
    if (run.trace.length === steps || masked === undefined) {
      const by = byRule(run.rule)
      run.trace.push({ path: run.tracePath.join('.'), phiClass, treatment, outcome: outcomeOf(value, masked), ...by })
    }
    run.rule = null
    run.tracePath.pop()
    return masked
  }
}

export function traceUnknown(run: Run): void {
  // The name of an unknown element may itself be a value.
  run.trace?.push({
    path: [...run.tracePath, '(unknown element)'].join('.'),
    phiClass: null,
    treatment: null,
    outcome: 'removed',
    ...byRule(null),
  })
}

export function traceWritten(shape: Shape, source: JsonObject, out: JsonObject, run: Run): void {
  for (const name in source) {
    const place = shape.fields.get(name)?.written
    if (!place) continue
    const { phiClass, treatment } = place
    const by = byRule(run.ruled?.get(name) ?? null)
    run.trace?.push({ path: [...run.tracePath, name].join('.'), phiClass, treatment, outcome: outcomeOf(source[name], out[name]), ...by })
  }
  run.ruled = null
}
