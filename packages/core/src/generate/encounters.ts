// Encounters of the visits, and the conditions found at them.
import { isoDay } from './calendar.js'
import { houseOf, link, momentOf, patientOf, practitionerOf, streamOf, titled, type Chart } from './chart.js'
import { aside } from './notes.js'
import { openRandom, type Random } from './random.js'
import { concept, escape, narrative, quantity, snomed, v3, type Concept, type Resource } from './shape.js'
import type { Visit } from './visits.js'

const sct = (code: string, display: string) => concept(snomed, code, display, display)
const types: Readonly<Record<Visit['kind'], Concept>> = {
  checkup: sct('185349003', 'Encounter for check up'),
  followup: sct('390906007', 'Follow-up encounter'),
  acute: sct('185345009', 'Encounter for symptom'),
  virtual: sct('185317003', 'Telephone encounter'),
  inpatient: sct('32485007', 'Hospital admission'),
}
const emergency = sct('50849002', 'Emergency room admission')
const attender = [concept(v3('ParticipationType'), 'ATND', 'attender')]
const home = concept('http://hl7.org/fhir/discharge-disposition', 'home', 'Home')
const expired = concept('http://hl7.org/fhir/discharge-disposition', 'exp', 'Expired')

export function addEncounters(chart: Chart): void {
  const random = streamOf(chart, 'encounters')
  for (const visit of chart.visits) chart.resources.push(encounter(chart, random, visit))
}

function encounter(chart: Chart, random: Random, visit: Visit): Resource {
  const { day, minute, length, kind, problem, episode } = visit
  const urgent = kind === 'acute' && (minute < 7 * 60 || minute > 19 * 60)
  const reason = reasonOf(visit)
  const room = kind === 'inpatient' ? chart.facility.ward : chart.facility.clinic
  const resource: Resource = {
    resourceType: 'Encounter',
    id: visit.id,
    status: 'finished',
    class: kind === 'inpatient' ? 'inpatient' : urgent ? 'emergency' : kind === 'virtual' ? 'virtual' : 'outpatient',
    type: [urgent ? emergency : types[kind]],
    patient: patientOf(chart, random.chance(0.2)),
    participant: [{ type: attender, individual: practitionerOf(visit.practitioner, random.chance(0.4)) }],
    period: { start: momentOf(chart, day, minute), end: momentOf(chart, day, minute + length) },
    ...(reason && { reason: [reason] }),
    ...(kind !== 'virtual' && { location: [{ location: { reference: `Location/${room}` } }] }),
    serviceProvider: houseOf(chart, random.chance(0.15)),
  }
  if (random.chance(0.2))
    resource.identifier = [{ use: 'usual', system: `${chart.facility.mrnSystem}/visit`, value: `V${random.digits(8)}` }]
  if (random.chance(0.06))
    resource.text = narrative(
      `<p>${escape(chart.person.names[0]?.text ?? '')} was seen by ${escape(titled(visit.practitioner))}. ${escape(aside(chart, random, day))}</p>`,
    )
  if (random.chance(0.1)) resource.length = { ...quantity(Math.round(length), 'min') }
  if (kind === 'inpatient') {
    resource.hospitalization = {
      ...(random.chance(0.5) && {
        preAdmissionIdentifier: { system: 'https://transfer.example.org', value: chart.person.numbers.accession },
      }),
      dischargeDisposition: endsInDeath(chart, visit) ? expired : home,
    }
  }
  if (problem && kind !== 'virtual') resource.indication = [link(chart, 'Condition', problem.id)]
  else if (episode) resource.indication = [link(chart, 'Condition', conditionId(chart, visit))]
  return resource
}

function endsInDeath(chart: Chart, visit: Visit): boolean {
  return chart.person.deathDay !== null && visit.day + visit.length / 1440 > chart.person.deathDay - 1
}

function reasonOf(visit: Visit): Concept | { text: string } | null {
  if (visit.problem) return visit.problem.disease.concept
  return visit.episode ? { text: visit.episode.reason } : null
}

/** The id of the condition that an acute visit finds, known before that condition is written. */
function conditionId(chart: Chart, visit: Visit): string {
  return openRandom(`${chart.person.stream}|condition|${visit.id}`).uuid()
}

const diagnosis = concept('http://hl7.org/fhir/condition-category', 'diagnosis', 'Diagnosis')
const complaint = concept('http://hl7.org/fhir/condition-category', 'complaint', 'Complaint')
const severities = [concept(snomed, '255604002', 'Mild'), concept(snomed, '6736007', 'Moderate'), concept(snomed, '24484000', 'Severe')]

export function addConditions(chart: Chart): void {
  const random = streamOf(chart, 'conditions')
  for (const problem of chart.problems) {
    const visit = chart.visits.find((one) => one.day >= problem.onset && one.problem === problem)
    const asAge = random.chance(0.06)
    chart.resources.push({
      ...condition(chart, random, problem.id, visit),
      code: chart.facility.place.units === 'us' && random.chance(0.6) ? problem.disease.billed : problem.disease.concept,
      category: diagnosis,
      clinicalStatus: 'active',
      verificationStatus: 'confirmed',
      severity: severities[Math.min(2, Math.floor(problem.severity * 3))],
      ...(asAge
        ? {
            onsetQuantity: {
              value: Math.floor((problem.onset - chart.person.birthDay) / 365.25),
              unit: 'years',
              system: 'http://unitsofmeasure.org',
              code: 'a',
            },
          }
        : { onsetDateTime: isoDay(problem.onset) }),
      ...(random.chance(0.2) && { notes: aside(chart, random, problem.onset) }),
    })
  }
  for (const visit of chart.visits)
    if (visit.episode) chart.resources.push(acuteCondition(chart, random, visit, visit.episode.days, visit.episode.concept))
}

function acuteCondition(chart: Chart, random: Random, visit: Visit, days: number, code: Concept): Resource {
  const end = visit.day + Math.floor(days * random.between(0.7, 1.4))
  const over = end < chart.person.until
  return {
    ...condition(chart, random, conditionId(chart, visit), visit),
    code,
    category: complaint,
    clinicalStatus: over ? 'resolved' : 'active',
    verificationStatus: random.chance(0.93) ? 'confirmed' : random.pick(['provisional', 'differential', 'refuted']),
    onsetDateTime: momentOf(chart, visit.day - random.int(0, 3), visit.minute),
    ...(over && { abatementDateTime: isoDay(end) }),
    ...(random.chance(0.08) && { notes: aside(chart, random, visit.day) }),
  }
}

function condition(chart: Chart, random: Random, id: string, visit: Visit | undefined): Resource {
  const contained = visit && random.chance(0.03)
  return {
    resourceType: 'Condition',
    id,
    ...(contained && { contained: [referrer(chart, random)], asserter: { reference: '#p1' } }),
    patient: patientOf(chart, random.chance(0.15)),
    ...(visit && { encounter: link(chart, 'Encounter', visit.id) }),
    ...(visit && !contained && { asserter: practitionerOf(visit.practitioner, random.chance(0.2)) }),
    ...(visit && { dateRecorded: isoDay(visit.day) }),
  }
}

/** A doctor from outside who stands nowhere else. */
function referrer(chart: Chart, random: Random): Resource {
  const { pool } = chart.person
  const family = random.pick(pool.families)
  const given = random.pick(random.chance(0.5) ? pool.women : pool.men)
  const part = (spelling: typeof family) => (typeof spelling === 'string' ? spelling : spelling[1])
  return {
    resourceType: 'Practitioner',
    id: 'p1',
    identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: `1${random.digits(9)}` }],
    name: { family: [part(family)], given: [part(given)], prefix: ['Dr.'], text: `Dr. ${part(given)} ${part(family)}` },
  }
}
