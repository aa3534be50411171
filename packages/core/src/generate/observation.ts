// Writes one Observation. Values arrive rounded and in the unit of the house.
import { instantOf, link, momentOf, patientOf, practitionerOf, type Chart, type Reference } from './chart.js'
import { interpretations } from './measures.js'
import type { Random } from './random.js'
import type { Concept, Quantity, Resource } from './shape.js'
import type { Visit } from './visits.js'

export interface Reading {
  code: Concept
  category: Concept
  day: number
  minute: number
  seconds?: number
  value?: Quantity | Concept | string
  components?: readonly { code: Concept; value?: Quantity; absent?: Concept }[]
  visit?: Visit
  device?: Reference
  performer?: Reference
  absent?: Concept
  /** below low and above high is marked */
  range?: { low: number; high: number }
  comments?: string
}

export function addObservation(chart: Chart, random: Random, reading: Reading): string {
  const { code, category, day, minute, seconds = 0, visit, components, range, value, absent, comments, device } = reading
  const id = random.uuid()
  const status = drawStatus(random)
  const resource: Resource = {
    resourceType: 'Observation',
    id,
    status,
    category,
    code,
    subject: patientOf(chart, random.chance(0.12)),
    ...(visit && { encounter: link(chart, 'Encounter', visit.id) }),
    effectiveDateTime: momentOf(chart, day, minute, seconds),
    issued: instantOf(chart, day, minute + (device ? random.int(0, 4) : random.int(2, 90)), seconds),
  }
  const performer = reading.performer ?? (visit ? practitionerOf(visit.practitioner, random.chance(0.1)) : undefined)
  if (performer) resource.performer = [performer]
  writeValue(resource, value)
  if (absent && value === undefined) resource.dataAbsentReason = absent
  if (range && typeof value === 'object' && 'value' in value) {
    const { low, high } = range
    const unit = { unit: value.unit, system: value.system, code: value.code }
    resource.interpretation = value.value < low ? interpretations.low : value.value > high ? interpretations.high : interpretations.normal
    if (random.chance(0.5)) resource.referenceRange = [{ low: { value: low, ...unit }, high: { value: high, ...unit } }]
  }
  if (comments !== undefined) resource.comments = comments
  if (device) resource.device = device
  if (components) {
    resource.component = components.map((component) => ({
      code: component.code,
      ...(component.value && { valueQuantity: component.value }),
      ...(component.absent && { dataAbsentReason: component.absent }),
    }))
  }
  chart.resources.push(resource)
  return id
}

function writeValue(resource: Resource, value: Quantity | Concept | string | undefined): void {
  if (value === undefined) return
  if (typeof value === 'string') resource.valueString = value
  else if ('coding' in value) resource.valueCodeableConcept = value
  else resource.valueQuantity = value
}

function drawStatus(random: Random): string {
  const at = random.next()
  return at < 0.97 ? 'final' : at < 0.985 ? 'amended' : at < 0.997 ? 'preliminary' : 'entered-in-error'
}
