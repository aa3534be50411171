// One person's record while it is written: the plan, the courses, the visits, and the resources so far.
import { isoInstant, isoMoment } from './calendar.js'
import { openBody, type Body } from './body.js'
import type { DiseaseKey } from './diseases.js'
import { drawProblems, type Problem } from './health.js'
import type { PersonPlan } from './person.js'
import { openRandom, type Random } from './random.js'
import type { Resource } from './shape.js'
import { drawVisits, type Visit } from './visits.js'
import type { Facility, Practitioner, World } from './world.js'

/** How resources of one person name each other: by the Bundle's `urn:uuid:` or as `Type/id`. */
export type ReferenceForm = 'urn' | 'relative'

export interface Reference {
  reference: string
  display?: string
}

export interface Chart {
  person: PersonPlan
  facility: Facility
  world: World
  problems: readonly Problem[]
  body: Body
  visits: readonly Visit[]
  form: ReferenceForm
  resources: Resource[]
}

export function openChart(person: PersonPlan, world: World, setting: { form: ReferenceForm; focus?: DiseaseKey | undefined }): Chart {
  const facility = world.facilities[person.facility]
  if (!facility) throw new Error(`no facility ${person.facility}`)
  const problems = drawProblems(person, setting.focus ?? null)
  const body = openBody(person, problems)
  const visits = drawVisits(person, facility, problems)
  return { person, facility, world, problems, body, visits, form: setting.form, resources: [] }
}

export function streamOf(chart: Chart, topic: string): Random {
  return openRandom(`${chart.person.stream}|${topic}`)
}

/** A reference within the person's own record. */
export function link(chart: Chart, type: string, id: string, display?: string): Reference {
  const reference = chart.form === 'urn' ? `urn:uuid:${id}` : `${type}/${id}`
  return display === undefined ? { reference } : { reference, display }
}

/** The person; `named` writes the name beside the reference, as many systems do. */
export function patientOf(chart: Chart, named = false): Reference {
  return link(chart, 'Patient', chart.person.id, named ? chart.person.names[0]?.text : undefined)
}

export function practitionerOf(practitioner: Practitioner, named = false): Reference {
  const reference = `Practitioner/${practitioner.id}`
  return named ? { reference, display: titled(practitioner) } : { reference }
}

export function titled(practitioner: Practitioner): string {
  return `${practitioner.name.prefix?.[0] ?? ''} ${practitioner.name.text}`.trim()
}

export function houseOf(chart: Chart, named = false): Reference {
  const reference = `Organization/${chart.facility.id}`
  return named ? { reference, display: chart.facility.place.name } : { reference }
}

export function momentOf(chart: Chart, day: number, minute: number, seconds = 0): string {
  return isoMoment(day, minute, chart.facility.zone, seconds)
}

export function instantOf(chart: Chart, day: number, minute: number, seconds = 0): string {
  return isoInstant(day, minute, chart.facility.zone, seconds)
}
