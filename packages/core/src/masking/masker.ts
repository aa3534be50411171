import { isObject, isResource } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { compilePlan } from './compile.js'
import type { MaskedForm, Plan } from './plan.js'
import type { Policy } from './policy.js'
import { createPseudonyms } from './pseudonyms.js'
import type { Hmac, Pseudonyms } from './pseudonyms.js'
import { isDefinitional, maskResourceObject, nestedHandler, patientsOf, personOf, setPerson } from './resource.js'
import { noRemovals } from './run.js'
import type { DisplaySink, HoldReason, RemovalCounts, Run } from './run.js'
import type { Shape } from './shape.js'
import { watchElement } from './trace.js'
import type { TraceStep } from './trace.js'

/** A policy compiled: the same for every key and every study that uses it. */
export interface CompiledPolicy {
  readonly policy: Policy
  readonly form: MaskedForm
  readonly plan: Plan
  readonly shapes: Map<string, Shape>
}

export function compilePolicy(policy: Policy, form: MaskedForm = 'fhir', watched = false): CompiledPolicy {
  const shapes = new Map<string, Shape>()
  const plan: Plan = compilePlan(
    policy,
    form,
    (kind) => nestedHandler(plan, shapes, kind),
    watched ? watchElement : (_, handler) => handler,
  )
  return { policy, form, plan, shapes }
}

export interface MaskerOptions {
  hmac: Hmac
  /** Year to which the age of the living is counted. */
  asOfYear: number
  /** `system|code` → text: the only source of displays. */
  displays?: ReadonlyMap<string, string> | null
}

export interface Masked {
  /** null where the resource is held. */
  resource: JsonObject | null
  held: HoldReason | null
  /** Why resources inside this one are missing from it. */
  heldInside: readonly HoldReason[]
  removed: RemovalCounts
}

export interface Masker {
  readonly policy: Policy
  readonly pseudonyms: Pseudonyms
  /**
   * Masks one resource as parsed. `patient` says whose data it is where that is known beside the resource (null: nobody's or
   * more than one person's); without it, its compartment says so.
   */
  mask(resource: unknown, patient?: string | null, onDisplay?: DisplaySink): Masked
}

export function createMasker(compiled: CompiledPolicy, options: MaskerOptions): Masker {
  const pseudonyms = createPseudonyms(options.hmac)
  const run = newRun(compiled.policy, pseudonyms, options)
  return {
    policy: compiled.policy,
    pseudonyms,
    mask: (resource, patient, onDisplay) => maskWith(compiled, run, resource, patient, onDisplay ?? null),
  }
}

function newRun(policy: Policy, pseudonyms: Pseudonyms, { asOfYear, displays }: MaskerOptions): Run {
  return {
    policy,
    pseudonyms,
    asOfYear,
    displays: displays ?? null,
    onDisplay: null,
    counts: noRemovals(),
    person: null,
    patient: null,
    shift: null,
    contained: null,
    bundlePatient: null,
    held: null,
    heldInside: [],
    depth: 0,
    definition: false,
    level: 0,
    ageCoded: false,
    yearsSince: 0,
    modifierLost: false,
    trace: null,
    tracePath: [],
  }
}

function maskWith(
  compiled: CompiledPolicy,
  run: Run,
  resource: unknown,
  patient: string | null | undefined,
  onDisplay: DisplaySink | null,
): Masked {
  run.counts = noRemovals()
  run.contained = null
  run.bundlePatient = null
  run.held = null
  run.heldInside = []
  run.depth = 0
  run.definition = isDefinitional(compiled.policy, resource)
  run.level = 0
  run.ageCoded = false
  run.yearsSince = 0
  run.modifierLost = false
  run.onDisplay = onDisplay
  setPerson(run, personFor(resource, patient))
  const masked = maskResourceObject(compiled.plan, compiled.shapes, resource, run)
  const held = typeof masked === 'string' ? masked : null
  return { resource: typeof masked === 'string' ? null : masked, held, heldInside: run.heldInside, removed: run.counts }
}

// Two people's resource moves by nobody's shift: each would see the other's dates moved by the wrong one.
function personFor(resource: unknown, patient: string | null | undefined): string | null {
  if (patient === null || !isObject(resource) || !isResource(resource)) return null
  const named = patientsOf(resource)
  if (patient === undefined) return personOf(named) ?? null
  const known = named.every((name) => name === patient) ? [patient] : [patient, ...named.filter((name) => !name.includes('?'))]
  return personOf(known) ?? null
}

/** What a policy does to one resource, element by element, without any value. */
export function traceResource(policy: Policy, options: MaskerOptions, resource: unknown): { masked: Masked; steps: readonly TraceStep[] } {
  const compiled = compilePolicy(policy, 'fhir', true)
  const run = newRun(policy, createPseudonyms(options.hmac), options)
  const steps: TraceStep[] = []
  run.trace = steps
  return { masked: maskWith(compiled, run, resource, undefined, null), steps }
}
