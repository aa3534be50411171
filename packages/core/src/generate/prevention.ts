// Vaccinations by age and season, procedures, allergies.
import { civil, dayNumber, isoDay } from './calendar.js'
import { link, momentOf, patientOf, practitionerOf, streamOf, type Chart } from './chart.js'
import { aside, plain } from './notes.js'
import { problemOf } from './health.js'
import type { Random } from './random.js'
import { concept, cvx, quantity, snomed, v2, v3, type Concept } from './shape.js'
import type { Visit } from './visits.js'

const vaccine = (code: string, display: string): Concept => concept(cvx, code, display, display)
const flu = vaccine('140', 'Influenza, seasonal, injectable, preservative free')
const byAge: readonly { vaccine: Concept; from: number; to: number; share: number }[] = [
  { vaccine: vaccine('20', 'DTaP'), from: 0, to: 6, share: 0.9 },
  { vaccine: vaccine('10', 'IPV'), from: 0, to: 6, share: 0.85 },
  { vaccine: vaccine('03', 'MMR'), from: 1, to: 6, share: 0.9 },
  { vaccine: vaccine('21', 'varicella'), from: 1, to: 6, share: 0.8 },
  { vaccine: vaccine('08', 'Hep B, adolescent or pediatric'), from: 0, to: 17, share: 0.4 },
  { vaccine: vaccine('62', 'HPV, quadrivalent'), from: 11, to: 17, share: 0.6 },
  { vaccine: vaccine('115', 'Tdap'), from: 11, to: 64, share: 0.4 },
  { vaccine: vaccine('113', 'Td (adult) preservative free'), from: 25, to: 99, share: 0.2 },
  { vaccine: vaccine('121', 'zoster'), from: 60, to: 110, share: 0.4 },
  { vaccine: vaccine('33', 'pneumococcal polysaccharide vaccine, 23 valent'), from: 65, to: 110, share: 0.55 },
]
const muscle = concept(v3('RouteOfAdministration'), 'IM', 'Injection, intramuscular')
const leftArm = concept(v3('ActSite'), 'LA', 'left arm')
const declined = concept(v3('ActReason'), 'PATOBJ', 'patient objection')

export function addImmunizations(chart: Chart): void {
  const random = streamOf(chart, 'immunizations')
  const { person } = chart
  for (let year = civil(person.since).year; year <= civil(person.until).year; year++) {
    const day = dayNumber(year, 9, 10) + random.int(0, 75)
    if (day > person.since && day < person.until && random.chance(person.age > 64 ? 0.7 : 0.42)) immunize(chart, random, flu, day)
  }
  for (const one of byAge) {
    const visit = chart.visits.find((candidate) => {
      const age = (candidate.day - person.birthDay) / 365.25
      return candidate.kind === 'checkup' && age >= one.from && age <= one.to
    })
    if (visit && random.chance(one.share)) immunize(chart, random, one.vaccine, visit.day, visit)
  }
}

function immunize(chart: Chart, random: Random, code: Concept, day: number, visit?: Visit): void {
  const refused = random.chance(0.05)
  const nurse = chart.facility.practitioners.find((one) => one.role === 'nurse')
  chart.resources.push({
    resourceType: 'Immunization',
    id: random.uuid(),
    status: 'completed',
    date: visit ? momentOf(chart, day, visit.minute + 20) : isoDay(day),
    vaccineCode: code,
    patient: patientOf(chart, random.chance(0.1)),
    wasNotGiven: refused,
    reported: !visit && random.chance(0.3),
    ...(nurse && !refused && { performer: practitionerOf(nurse, random.chance(0.2)) }),
    ...(visit && { encounter: link(chart, 'Encounter', visit.id) }),
    ...(!refused && {
      lotNumber: `${random.mark(2)}${random.digits(4)}`,
      site: leftArm,
      route: muscle,
      doseQuantity: quantity(0.5, 'mL', 1),
    }),
    ...(random.chance(0.05) && { note: [{ authorString: nurse?.name.text ?? 'desk', text: aside(chart, random, day) }] }),
    ...(refused && { explanation: { reasonNotGiven: [declined] } }),
  })
}

const sct = (code: string, display: string): Concept => concept(snomed, code, display, display)
const procedures: readonly {
  code: Concept
  from: number
  needs?: 'diabetes' | 'asthma' | 'copd' | 'coronary' | 'heart-failure'
  female?: true
  share: number
}[] = [
  { code: sct('428191000124101', 'Documentation of current medications'), from: 0, share: 0.5 },
  { code: sct('73761001', 'Colonoscopy'), from: 50, share: 0.14 },
  { code: sct('71651007', 'Mammography'), from: 42, female: true, share: 0.3 },
  { code: sct('29303009', 'Electrocardiographic procedure'), from: 50, share: 0.18 },
  { code: sct('401191002', 'Diabetic foot examination'), from: 18, needs: 'diabetes', share: 0.55 },
  { code: sct('127783003', 'Spirometry'), from: 6, needs: 'asthma', share: 0.5 },
  { code: sct('127783003', 'Spirometry'), from: 6, needs: 'copd', share: 0.6 },
  { code: sct('40701008', 'Echocardiography'), from: 18, needs: 'heart-failure', share: 0.7 },
  { code: sct('415070008', 'Percutaneous coronary intervention'), from: 18, needs: 'coronary', share: 0.3 },
]

export function addProcedures(chart: Chart): void {
  const random = streamOf(chart, 'procedures')
  for (const visit of chart.visits) {
    const age = (visit.day - chart.person.birthDay) / 365.25
    if (visit.kind !== 'checkup' && visit.kind !== 'inpatient') continue
    for (const one of procedures) {
      const problem = one.needs ? problemOf(chart.problems, one.needs) : undefined
      const fits = age >= one.from && (!one.female || chart.person.female) && (!one.needs || (problem && problem.onset <= visit.day))
      if (!fits || !random.chance(one.share)) continue
      const period = { start: momentOf(chart, visit.day, visit.minute + 10), end: momentOf(chart, visit.day, visit.minute + 25) }
      chart.resources.push({
        resourceType: 'Procedure',
        id: random.uuid(),
        subject: patientOf(chart, random.chance(0.15)),
        status: 'completed',
        code: one.code,
        ...(problem && { reasonReference: link(chart, 'Condition', problem.id) }),
        performer: [{ actor: practitionerOf(visit.practitioner, random.chance(0.3)) }],
        ...(random.chance(0.5) ? { performedDateTime: period.start } : { performedPeriod: period }),
        encounter: link(chart, 'Encounter', visit.id),
        ...(random.chance(0.15) && {
          notes: [{ authorReference: practitionerOf(visit.practitioner, true), time: period.end, text: aside(chart, random, visit.day) }],
        }),
      })
    }
  }
}

const substances: readonly { substance: Concept; category: 'food' | 'medication' | 'environment'; share: number }[] = [
  { substance: sct('373270004', 'Penicillin -class of antibiotic-'), category: 'medication', share: 30 },
  { substance: sct('256349002', 'Peanut - dietary'), category: 'food', share: 14 },
  { substance: sct('256277009', 'Grass pollen'), category: 'environment', share: 20 },
  { substance: sct('260147004', 'House dust mite'), category: 'environment', share: 16 },
  { substance: sct('260152009', 'Cat dander'), category: 'environment', share: 12 },
  { substance: sct('111088007', 'Latex'), category: 'environment', share: 8 },
]
const manifestations = [
  sct('247472004', 'Wheal'),
  sct('271807003', 'Eruption of skin'),
  sct('49727002', 'Cough'),
  sct('39579001', 'Anaphylaxis'),
  sct('267036007', 'Dyspnea'),
]
const oral = concept(v2('0162'), 'PO', 'Oral')

export function addAllergies(chart: Chart): void {
  const random = streamOf(chart, 'allergies')
  const { person } = chart
  const count = random.chance(0.28) ? random.int(1, 2) : 0
  const first = random.weigh(substances, (one) => one.share)
  for (let at = 0; at < count; at++) {
    const { substance, category } = at === 0 ? first : (substances[(substances.indexOf(first) + 2) % substances.length] ?? first)
    const onset = person.birthDay + Math.floor(random.next() * (person.until - person.birthDay) * 0.9)
    chart.resources.push({
      resourceType: 'AllergyIntolerance',
      id: random.uuid(),
      onset: isoDay(onset).slice(0, random.pick([4, 7, 10])),
      recordedDate: momentOf(chart, Math.max(onset, person.since), 600),
      patient: patientOf(chart, random.chance(0.2)),
      reporter: patientOf(chart),
      substance,
      status: 'active',
      criticality: random.pick(['CRITL', 'CRITH', 'CRITU']),
      type: 'allergy',
      category,
      ...(random.chance(0.3) && {
        note: {
          authorString: random.chance(0.5) ? person.latin.given : 'desk',
          text: random.chance(0.6) ? aside(chart, random, person.since) : plain(random),
        },
      }),
      reaction: [
        {
          manifestation: [random.pick(manifestations)],
          severity: random.pick(['mild', 'moderate', 'severe']),
          ...(category === 'medication' && { exposureRoute: oral }),
        },
      ],
    })
  }
}
