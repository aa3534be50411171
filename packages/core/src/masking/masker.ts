import { isObject, isResource } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { compilePlan } from './compile.js'
import type { MaskedForm, Plan } from './plan.js'
import type { Policy } from './policy.js'
import { maskedElements, writeProvenance } from './provenance.js'
import type { MaskedElement } from './provenance.js'
import { createPseudonyms } from './pseudonyms.js'
import type { Hmac, Pseudonyms } from './pseudonyms.js'
import { isDefinitional, maskResourceObject, nestedHandler, patientsOf, personOf, setPerson } from './resource.js'
import { noRemovals } from './run.js'
import type { DisplaySink, HoldReason, KnownWords, RemovalCounts, Run } from './run.js'
import type { Shape } from './shape.js'
import { watchElement } from './trace.js'
import type { TraceStep } from './trace.js'

/** Rises when the same policy gives another result than before: what is stored was masked by an earlier one, and is masked anew. */
export const maskerVersion = 4

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
    watched || policy.provenance === 'elements' ? watchElement : (_, handler) => handler,
  )
  return { policy, form, plan, shapes }
}

export interface MaskerOptions {
  hmac: Hmac
  /** Year to which the age of the living is counted. */
  asOfYear: number
  /** `system|code` → text: the only source of displays. */
  displays?: ReadonlyMap<string, string> | null
  /** Of people whose own resource lies elsewhere: what texts about them are scrubbed of. */
  knownWords?: KnownWords | null
}

export interface Masked {
  /** null where the resource is held. */
  resource: JsonObject | null
  held: HoldReason | null
  /** Why resources inside this one are missing from it. */
  heldInside: readonly HoldReason[]
  removed: RemovalCounts
  /** Element by element, where the policy asks for it; in FHIR it stands in the resource too. */
  provenance?: readonly MaskedElement[]
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
  const run = newRun(compiled.plan, pseudonyms, options)
  return {
    policy: compiled.policy,
    pseudonyms,
    mask: (resource, patient, onDisplay) => maskWith(compiled, run, resource, patient, onDisplay ?? null),
  }
}

function newRun(plan: Plan, pseudonyms: Pseudonyms, { asOfYear, displays, knownWords }: MaskerOptions): Run {
  return {
    policy: plan.policy,
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
    requiredLost: false,
    trace: null,
    tracePath: [],
    rule: null,
    ruled: null,
    slots: Array.from({ length: plan.rules?.slots ?? 0 }, () => false),
    applied: 0,
    inside: false,
    source: null,
    names: null,
    knownWords: knownWords ?? null,
  }
}

function maskWith(
  compiled: CompiledPolicy,
  run: Run,
  resource: unknown,
  patient: string | null | undefined,
  onDisplay: DisplaySink | null,
  steps: TraceStep[] | null = null,
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
  run.requiredLost = false
  const recorded = compiled.policy.provenance === 'elements'
  run.trace = steps ?? (recorded ? [] : null)
  run.tracePath.length = 0
  run.applied = 0
  if (run.slots.length > 0) run.slots.fill(false)
  run.inside = false
  run.source = resource
  run.names = null
  run.onDisplay = onDisplay
  setPerson(run, personFor(resource, patient))
  const masked = maskResourceObject(compiled.plan, compiled.shapes, resource, run)
  const { heldInside, counts: removed } = run
  if (typeof masked === 'string') return { resource: null, held: masked, heldInside, removed }
  const done: Masked = { resource: masked, held: null, heldInside, removed }
  if (!recorded) return done
  const provenance = maskedElements(run.trace!)
  if (compiled.form === 'fhir') writeProvenance(masked, provenance)
  return { ...done, provenance }
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
  const run = newRun(compiled.plan, createPseudonyms(options.hmac), options)
  const steps: TraceStep[] = []
  return { masked: maskWith(compiled, run, resource, undefined, null, steps), steps }
}
