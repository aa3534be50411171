// Orders with supply and refills, what the pharmacy handed out, what people say they take, what was given at the bedside.
// Gaps between orders grow as adherence falls, so that days covered can be counted.
import { isoDay } from './calendar.js'
import { link, momentOf, patientOf, practitionerOf, streamOf, type Chart } from './chart.js'
import type { Drug } from './diseases.js'
import type { Problem } from './health.js'
import { aside, plain } from './notes.js'
import type { Random } from './random.js'
import { concept, quantity, rxnorm, snomed, v2, type Concept, type Resource } from './shape.js'
import type { Visit } from './visits.js'

const routes = {
  oral: concept(v2('0162'), 'PO', 'Oral'),
  inhaled: concept(v2('0162'), 'IH', 'Inhalation'),
  injected: concept(v2('0162'), 'SC', 'Subcutaneous'),
} as const

const routeOf = (drug: Drug): Concept => (drug.unit === 'puff' ? routes.inhaled : drug.unit === 'mL' ? routes.injected : routes.oral)
const unitOf = (drug: Drug) => (drug.unit === 'TAB' || drug.unit === 'puff' ? `{${drug.unit}}` : drug.unit)

export function addMedications(chart: Chart): void {
  const random = streamOf(chart, 'medications')
  const reports = random.chance(0.33)
  for (const problem of chart.problems) {
    const taken = problem.disease.drugs.filter((_, at) => at === 0 || problem.severity > 0.45 + at * 0.2)
    for (const drug of taken) addCourse(chart, random, { problem, drug, reports })
  }
  for (const visit of chart.visits) {
    const drug = visit.episode?.drug
    if (drug && random.chance(0.6))
      chart.resources.push(order(chart, random, { drug, day: visit.day, visit, repeats: 0, status: 'completed' }))
    if (visit.kind === 'inpatient') addAdministrations(chart, random, visit)
  }
}

interface Course {
  problem: Problem
  drug: Drug
  reports: boolean
}

function addCourse(chart: Chart, random: Random, course: Course): void {
  const { problem, drug, reports } = course
  const { since, until } = chart.person
  const repeats = drug.supplyDays >= 90 ? 3 : drug.supplyDays >= 30 ? 5 : 0
  const covered = drug.supplyDays * (repeats + 1)
  let day = Math.max(problem.onset + random.int(0, 20), since + random.int(0, 60))
  let prior: string | null = null
  while (day < until - 5) {
    const end = day + Math.floor(covered / Math.max(0.3, problem.adherence))
    const stopped = random.chance(0.04)
    const status = stopped ? 'stopped' : end < until ? 'completed' : 'active'
    const visit = chart.visits.find((one) => one.day >= day && one.day < day + 40 && one.problem === problem)
    const written = order(chart, random, { drug, day: visit?.day ?? day, visit, repeats, status, problem, prior })
    chart.resources.push(written)
    prior = written.id
    if (reports) addDispenses(chart, random, { problem, drug, orderId: written.id, day: visit?.day ?? day, fills: repeats + 1 })
    if (stopped && random.chance(0.7)) return
    day = end + random.int(0, 25)
  }
  if (prior && random.chance(0.35)) addStatement(chart, random, course)
}

interface OrderPlan {
  drug: Drug
  day: number
  visit: Visit | undefined
  repeats: number
  status: 'active' | 'completed' | 'stopped'
  problem?: Problem
  prior?: string | null
}

function order(chart: Chart, random: Random, plan: OrderPlan): Resource {
  const { drug, day, visit, repeats, status, problem, prior } = plan
  const contained = random.chance(0.02)
  const prescriber = visit?.practitioner ?? random.pick(chart.facility.practitioners)
  return {
    resourceType: 'MedicationOrder',
    id: random.uuid(),
    ...(contained && { contained: [{ resourceType: 'Medication', id: 'm1', code: drug.concept }] }),
    ...(random.chance(0.3) && {
      identifier: [{ use: 'official', system: 'https://pharmacy.example.org/rx', value: `RX${random.digits(8)}` }],
    }),
    dateWritten: random.chance(0.8) ? momentOf(chart, day, (visit?.minute ?? 600) + 15) : isoDay(day),
    status,
    ...(status === 'stopped' && {
      dateEnded: isoDay(day + random.int(10, 60)),
      reasonEnded: { text: random.chance(0.5) ? 'side effects' : aside(chart, random, day) },
    }),
    patient: patientOf(chart, random.chance(0.15)),
    prescriber: practitionerOf(prescriber, random.chance(0.2)),
    ...(visit && { encounter: link(chart, 'Encounter', visit.id) }),
    ...(problem && { reasonReference: link(chart, 'Condition', problem.id) }),
    ...(random.chance(0.06) && { note: aside(chart, random, day) }),
    ...(contained ? { medicationReference: { reference: '#m1' } } : { medicationCodeableConcept: drug.concept }),
    dosageInstruction: [dosage(drug)],
    dispenseRequest: {
      validityPeriod: { start: isoDay(day), end: isoDay(day + 365) },
      ...(repeats > 0 && { numberOfRepeatsAllowed: repeats }),
      quantity: quantity(drug.perDay * drug.supplyDays, drug.unit, 0, unitOf(drug)),
      expectedSupplyDuration: quantity(drug.supplyDays, 'days', 0, 'd'),
    },
    ...(prior && { priorPrescription: link(chart, 'MedicationOrder', prior) }),
  }
}

function dosage(drug: Drug): object {
  return {
    text: drug.dose,
    timing: { repeat: { frequency: drug.perDay, period: 1, periodUnits: 'd' } },
    asNeededBoolean: drug.asNeeded === true,
    route: routeOf(drug),
    doseQuantity: quantity(1, drug.unit, 0, unitOf(drug)),
  }
}

interface Fills {
  problem: Problem
  drug: Drug
  orderId: string
  day: number
  fills: number
}

function addDispenses(chart: Chart, random: Random, plan: Fills): void {
  const { problem, drug } = plan
  let day = plan.day + random.int(0, 3)
  for (let fill = 0; fill < plan.fills && day < chart.person.until; fill++) {
    chart.resources.push({
      resourceType: 'MedicationDispense',
      id: random.uuid(),
      ...(random.chance(0.5) && { identifier: { system: 'https://pharmacy.example.org/fill', value: `F${random.digits(9)}` } }),
      status: 'completed',
      patient: patientOf(chart, random.chance(0.2)),
      authorizingPrescription: [link(chart, 'MedicationOrder', plan.orderId)],
      quantity: quantity(drug.perDay * drug.supplyDays, drug.unit, 0, unitOf(drug)),
      daysSupply: quantity(drug.supplyDays, 'days', 0, 'd'),
      medicationCodeableConcept: drug.concept,
      whenHandedOver: momentOf(chart, day, random.int(540, 1140)),
      ...(random.chance(0.05) && { note: aside(chart, random, day) }),
    })
    day += Math.floor(drug.supplyDays / Math.max(0.3, problem.adherence)) + random.int(-4, 9)
  }
}

function addStatement(chart: Chart, random: Random, course: Course): void {
  const { problem, drug } = course
  const day = chart.person.until - random.int(1, 60)
  const notTaken = random.chance(0.15)
  const relative = chart.person.relatives[0]
  chart.resources.push({
    resourceType: 'MedicationStatement',
    id: random.uuid(),
    patient: patientOf(chart),
    informationSource:
      relative && random.chance(0.3) ? link(chart, 'RelatedPerson', relative.id, relative.name.text) : patientOf(chart, true),
    dateAsserted: isoDay(day),
    status: 'active',
    wasNotTaken: notTaken,
    ...(notTaken
      ? { reasonNotTaken: [{ text: random.pick(['ran out', 'felt dizzy', 'forgot']) }] }
      : { reasonForUseReference: link(chart, 'Condition', problem.id) }),
    effectivePeriod: { start: isoDay(Math.min(day, Math.max(problem.onset, chart.person.since))) },
    note: random.chance(0.3) ? aside(chart, random, day) : plain(random),
    medicationCodeableConcept: drug.concept,
    dosage: [
      {
        text: drug.dose,
        timing: { repeat: { frequency: drug.perDay, period: 1, periodUnits: 'd' } },
        quantityQuantity: quantity(1, drug.unit, 0, unitOf(drug)),
      },
    ],
  })
}

const bedside = [
  concept(rxnorm, '313988', 'Furosemide 40 MG Oral Tablet', 'Furosemide 40 MG Oral Tablet'),
  concept(rxnorm, '312617', 'predniSONE 5 MG Oral Tablet', 'predniSONE 5 MG Oral Tablet'),
  concept(rxnorm, '313782', 'Acetaminophen 325 MG Oral Tablet', 'Acetaminophen 325 MG Oral Tablet'),
]
const refusal = concept('http://hl7.org/fhir/reason-medication-not-given', 'd', 'Vomit', 'Vomited')
const swallowing = concept(snomed, '738995006', 'Swallow')

function addAdministrations(chart: Chart, random: Random, visit: Visit): void {
  const drug = random.pick(bedside)
  const nurse = chart.facility.practitioners.find((one) => one.role === 'nurse') ?? visit.practitioner
  const days = Math.min(4, Math.floor(visit.length / 1440))
  for (let at = 0; at < days * 2; at++) {
    const notGiven = random.chance(0.06)
    chart.resources.push({
      resourceType: 'MedicationAdministration',
      id: random.uuid(),
      status: notGiven ? 'stopped' : 'completed',
      patient: patientOf(chart, random.chance(0.1)),
      practitioner: practitionerOf(nurse, random.chance(0.3)),
      encounter: link(chart, 'Encounter', visit.id),
      wasNotGiven: notGiven,
      ...(notGiven && { reasonNotGiven: [refusal] }),
      effectiveTimeDateTime: momentOf(chart, visit.day + Math.floor((at + 2) / 2), at % 2 ? 20 * 60 : 8 * 60, random.int(0, 59)),
      medicationCodeableConcept: drug,
      ...(random.chance(0.05) && { note: aside(chart, random, visit.day) }),
      dosage: { text: 'one tablet', route: routes.oral, method: swallowing, quantity: quantity(1, 'TAB', 0, '{TAB}') },
    })
  }
}
