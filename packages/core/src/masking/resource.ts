import { compartmentPatients, isGlobal, isObject, isReferenceData, isResourceType } from '../fhir/index.js'
import type { JsonObject, Resource } from '../fhir/index.js'
import { resourceShape } from './compile.js'
import type { Plan } from './plan.js'
import type { Policy } from './policy.js'
import { idKey } from './id-key.js'
import { completed, dropUnreferenced } from './absent.js'
import { addLabels, applied } from './labels.js'
import { removalsOf } from './run.js'
import type { Handler, HoldReason, Run } from './run.js'
import { maskFields } from './shape.js'
import type { Shape } from './shape.js'

const depthMax = 12

/** Key of a person as a compartment or a lake row names one; null where the reference would have to be looked up. */
export function personKey(patient: string): string | null {
  if (patient.includes('?')) return null
  if (patient.startsWith('Patient/')) return idKey('Patient', patient.slice('Patient/'.length))
  const isUrn = patient.length === 45 && /^urn:uuid:/i.test(patient)
  return idKey('Patient', isUrn ? patient.slice('urn:uuid:'.length) : patient)
}

/** Patients whose compartment the resource is in. What is masked was not always validated: an id may be anything. */
export function patientsOf(resource: JsonObject): string[] {
  const patients: unknown[] = compartmentPatients(resource as Resource)
  return patients.filter((patient) => typeof patient === 'string')
}

/** The one person whose data this is; undefined where it names none, null where it names several or one that is not known. */
export function personOf(patients: readonly string[]): string | null | undefined {
  if (patients[0] === undefined) return undefined
  const first = personKey(patients[0])
  for (let at = 1; at < patients.length; at++) if (personKey(patients[at]!) !== first) return null
  return first
}

/** From here on the data is this person's: dates move by that person's shift, nobody's dates become years. */
export function setPerson(run: Run, key: string | null): void {
  if (run.person === key) return
  run.person = key
  run.patient = key === null ? null : run.pseudonyms.id('Patient', key.startsWith('Patient/') ? key.slice('Patient/'.length) : key)
  run.shift = key === null ? null : run.pseudonyms.shiftDays(key)
}

const holdFor = (element: string): HoldReason => {
  if (element === 'modifierExtension') return 'unknown-modifier-extension'
  return element === 'implicitRules' ? 'unknown-implicit-rules' : 'unreadable-modifier'
}

/** Is this one of the types whose own texts stay? */
export function isDefinitional(policy: Policy, value: unknown): boolean {
  return isObject(value) && typeof value['resourceType'] === 'string' && policy.definitional.includes(value['resourceType'])
}

/** The masked resource, or why there is none. */
export function maskResourceObject(plan: Plan, shapes: Map<string, Shape>, source: unknown, run: Run): JsonObject | HoldReason {
  if (!isObject(source)) return 'not-a-resource'
  const type = source['resourceType']
  if (type === undefined) return 'not-a-resource'
  if (!isResourceType(type)) return 'unknown-type'
  if (plan.policy.withheld.includes(type)) return 'type-withheld'
  if (run.depth >= depthMax) return 'nested-too-deep'
  let shape = shapes.get(type)
  if (!shape) shapes.set(type, (shape = resourceShape(plan, type)))
  const outside = run.contained
  if (Array.isArray(source['contained'])) run.contained = containedIds(source['contained'], run)
  if (type === 'Bundle') run.bundlePatient = bundlePatient(source)
  run.depth++
  const before = plan.labelled ? removalsOf(run.counts) : 0
  const { out, lostRequired, broken, lostModifier } = maskFields(shape, source, { resourceType: type }, run)
  run.depth--
  run.contained = outside
  if (run.held !== null) {
    const reason = run.held
    run.held = null
    return reason
  }
  if (lostModifier !== null) return holdFor(lostModifier)
  if ((lostRequired || run.requiredLost) && run.modifierLost) return 'unreadable-modifier'
  if (plan.form === 'rows') run.counts.requiredElements += lostRequired ? 1 : 0
  else {
    if (lostRequired || broken) completed(shape, source, out, run)
    if (out['contained'] !== undefined) dropUnreferenced(source, out, run)
  }
  if (run.applied !== 0 || plan.labelled) label(plan, out, run, removalsOf(run.counts) > before)
  return out
}

// Text that was scrubbed is labelled whatever the policy says: nobody can tell by looking at it.
function label(plan: Plan, out: JsonObject, run: Run, anyRemoved: boolean): void {
  if (run.inside) return
  if (!plan.labelled) return addLabels(out, run.applied & applied.scrubbed)
  addLabels(out, run.applied | (anyRemoved ? applied.redacted : 0))
}

function containedIds(contained: readonly unknown[], run: Run): ReadonlyMap<string, string> {
  const ids = new Map<string, string>()
  for (const resource of contained) {
    if (!isObject(resource)) continue
    const { resourceType, id } = resource
    if (isResourceType(resourceType) && typeof id === 'string') ids.set(id, run.pseudonyms.id(resourceType, id))
  }
  return ids
}

// Of a Bundle that holds one Patient, what names nobody is that person's.
function bundlePatient(bundle: JsonObject): string | null {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as unknown[]) : []
  const patients = entries.flatMap((entry) => {
    const resource = isObject(entry) ? entry['resource'] : null
    if (!isObject(resource) || resource['resourceType'] !== 'Patient') return []
    if (typeof resource['id'] === 'string') return [resource['id']]
    const fullUrl = isObject(entry) ? entry['fullUrl'] : null
    return typeof fullUrl === 'string' && /^urn:(uuid|oid):/i.test(fullUrl) ? [fullUrl] : []
  })
  return personOf(patients) ?? null
}

function personOfEntry(resource: JsonObject, type: string, run: Run): string | null {
  const own = personOf(patientsOf(resource))
  if (own !== undefined) return own
  const namesNobody = isReferenceData(type) || (isGlobal(type) && type !== 'Patient')
  return namesNobody ? null : (run.bundlePatient ?? run.person)
}

/**
 * The handler of a resource inside a resource. A contained one belongs to the person of its container; an entry to its own.
 * One that is held takes its contained parent with it; of a Bundle or Parameters only the entry goes.
 */
export function nestedHandler(plan: Plan, shapes: Map<string, Shape>, kind: 'contained' | 'entry'): Handler {
  return (value, run) => {
    const { person, patient, shift, contained, bundlePatient, modifierLost, requiredLost, ageCoded, yearsSince, definition, inside } = run
    const outside = run.applied
    run.inside = kind === 'contained'
    if (kind === 'entry') run.applied = 0
    run.definition = (kind === 'entry' || definition) && isDefinitional(plan.policy, value)
    if (kind === 'entry') {
      run.contained = null
      if (isObject(value) && isResourceType(value['resourceType'])) setPerson(run, personOfEntry(value, value['resourceType'], run))
    }
    run.modifierLost = false
    run.requiredLost = false
    run.ageCoded = false
    run.yearsSince = 0
    const masked = maskResourceObject(plan, shapes, value, run)
    Object.assign(run, {
      person,
      patient,
      shift,
      contained,
      bundlePatient,
      modifierLost,
      requiredLost,
      ageCoded,
      yearsSince,
      definition,
      inside,
    })
    // What is contained is a part of its container, and told with it.
    run.applied = kind === 'entry' ? outside : run.applied | outside
    if (typeof masked !== 'string') return masked
    if (kind === 'contained') run.held ??= masked
    else run.heldInside.push(masked)
    return undefined
  }
}
