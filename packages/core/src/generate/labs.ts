// Laboratory values, singly and as panels with their reports. Houses report in conventional or SI units; a few results carry the code of
// one unit and the value of the other, as real feeds do.
import { instantOf, link, momentOf, patientOf, streamOf, type Chart, type Reference } from './chart.js'
import { base64, utf8 } from './bytes.js'
import { problemOf } from './health.js'
import { categories, laboratorySection, measures, panels } from './measures.js'
import { letter, plain, telling } from './notes.js'
import { addObservation, type Reading } from './observation.js'
import type { Random } from './random.js'
import { concept, escape, narrative, quantity, v2, type Concept, type Quantity } from './shape.js'
import type { Visit } from './visits.js'

export function addLaboratory(chart: Chart): void {
  const random = streamOf(chart, 'laboratory')
  const diabetes = problemOf(chart.problems, 'diabetes')
  const kidney = problemOf(chart.problems, 'kidney')
  for (const visit of chart.visits) {
    const years = (visit.day - chart.person.birthDay) / 365.25
    if (visit.kind === 'virtual' || visit.kind === 'acute' || years < 18) continue
    const sugar = diabetes && visit.day >= diabetes.onset && visit.problem === diabetes
    if (sugar || (visit.kind === 'checkup' && years >= 40 && random.chance(0.6))) addHba1c(chart, random, visit)
    if (visit.kind === 'inpatient' || (sugar && random.chance(0.3)) || (kidney && visit.problem === kidney))
      addMetabolicPanel(chart, random, visit)
    else if (visit.kind === 'checkup' && years >= 35 && random.chance(0.5)) addMetabolicPanel(chart, random, visit)
    if (visit.kind === 'checkup' && years >= 35) addLipidPanel(chart, random, visit)
  }
}

/** mg/dL in the unit of the house; a small share comes with the code of the other unit. */
export function glucoseIn(chart: Chart, random: Random, milligrams: number, home: boolean): { code: Concept; value: Quantity } {
  const molar = (chart.facility.place.units === 'si') !== random.chance(0.08)
  const value = molar ? quantity(milligrams / 18.016, 'mmol/L', 1) : quantity(milligrams, 'mg/dL')
  const crossed = molar !== random.chance(0.02)
  const code = home ? (crossed ? measures.homeGlucoseMolar : measures.homeGlucose) : crossed ? measures.glucoseMolar : measures.glucose
  return { code, value }
}

function addHba1c(chart: Chart, random: Random, visit: Visit): void {
  const percent = chart.body.hba1c(visit.day) + random.normal(0, 0.15)
  const ifcc = chart.facility.place.units === 'si' && random.chance(0.6)
  addResult(chart, random, visit, {
    code: ifcc ? measures.hba1cIfcc : measures.hba1c,
    value: ifcc ? quantity((percent - 2.15) * 10.929, 'mmol/mol') : quantity(percent, '%', 1),
    range: ifcc ? { low: 20, high: 42 } : { low: 4, high: 5.7 },
    ...(random.chance(0.03) && { comments: telling(chart, random, visit.day) }),
  })
}

function addMetabolicPanel(chart: Chart, random: Random, visit: Visit): void {
  const { body } = chart
  const { day } = visit
  const glucose = glucoseIn(chart, random, Math.max(58, body.glucose(day) + random.normal(0, 9)), false)
  const results = [
    addResult(chart, random, visit, {
      ...glucose,
      range: glucose.value.unit === 'mg/dL' ? { low: 65, high: 99 } : { low: 3.6, high: 5.5 },
    }),
    addResult(chart, random, visit, {
      code: measures.sodium,
      value: quantity(random.normal(140, 2), 'mmol/L'),
      range: { low: 136, high: 144 },
    }),
    addResult(chart, random, visit, {
      code: measures.potassium,
      value: quantity(random.normal(4.2, 0.3), 'mmol/L', 1),
      range: { low: 3.7, high: 5.2 },
    }),
    addResult(chart, random, visit, {
      code: measures.urea,
      value: quantity(13 + (100 - body.egfr(day)) * 0.22 + random.normal(0, 2), 'mg/dL'),
      range: { low: 7, high: 20 },
    }),
    addResult(chart, random, visit, {
      code: measures.creatinine,
      value: quantity(body.creatinine(day) + random.normal(0, 0.06), 'mg/dL', 2),
      range: { low: 0.6, high: 1.3 },
    }),
    addResult(chart, random, visit, {
      code: measures.egfr,
      value: quantity(body.egfr(day) + random.normal(0, 2), 'mL/min/{1.73_m2}', 0),
      range: { low: 60, high: 140 },
    }),
  ]
  addReport(chart, random, visit, panels.metabolic, results)
}

function addLipidPanel(chart: Chart, random: Random, visit: Visit): void {
  const { body } = chart
  const ldl = body.ldl(visit.day) + random.normal(0, 6)
  const fats = body.triglycerides(visit.day) + random.normal(0, 14)
  const total = ldl + body.hdl + fats / 5
  const molar = chart.facility.place.units === 'si'
  const results = [
    molar
      ? addResult(chart, random, visit, {
          code: measures.cholesterolMolar,
          value: quantity(total / 38.67, 'mmol/L', 1),
          range: { low: 3, high: 5.2 },
        })
      : addResult(chart, random, visit, { code: measures.cholesterol, value: quantity(total, 'mg/dL'), range: { low: 120, high: 200 } }),
    addResult(chart, random, visit, { code: measures.ldl, value: quantity(ldl, 'mg/dL'), range: { low: 0, high: 130 } }),
    addResult(chart, random, visit, {
      code: measures.hdl,
      value: quantity(body.hdl + random.normal(0, 3), 'mg/dL'),
      range: { low: 40, high: 90 },
    }),
    addResult(chart, random, visit, { code: measures.triglycerides, value: quantity(fats, 'mg/dL'), range: { low: 30, high: 150 } }),
  ]
  addReport(chart, random, visit, panels.lipids, results)
}

type Result = Pick<Reading, 'code' | 'value' | 'range' | 'comments'>

function addResult(chart: Chart, random: Random, visit: Visit, result: Result): string {
  const { day, minute } = visit
  return addObservation(chart, random, {
    ...result,
    category: categories.laboratory,
    day,
    minute: minute + 12,
    visit,
    performer: laboratoryOf(chart),
  })
}

function laboratoryOf(chart: Chart): Reference {
  return { reference: `Organization/${chart.facility.laboratory.id}` }
}

const blood = concept(v2('0487'), 'BLD', 'Whole blood')

function addReport(chart: Chart, random: Random, visit: Visit, code: Concept, results: readonly string[]): void {
  const { day, minute } = visit
  const specimen = random.chance(0.15)
  const issued = minute + random.int(100, 900)
  const told = random.chance(0.12)
  chart.resources.push({
    resourceType: 'DiagnosticReport',
    id: random.uuid(),
    ...(random.chance(0.15) && {
      text: narrative(
        `<p>Report for ${escape(chart.person.latin.given)} ${escape(chart.person.latin.family)}: ${escape(code.text ?? '')}.</p>`,
      ),
    }),
    ...(specimen && { contained: [drawSpecimen(chart, random, day, minute)] }),
    ...(random.chance(0.25) && { identifier: [{ system: 'https://laboratory.example.org/accession', value: `LAB-${random.digits(9)}` }] }),
    status: 'final',
    category: laboratorySection,
    code,
    subject: patientOf(chart, random.chance(0.15)),
    encounter: link(chart, 'Encounter', visit.id),
    effectiveDateTime: momentOf(chart, day, minute + 12),
    issued: instantOf(chart, day, issued),
    performer: { ...laboratoryOf(chart), display: chart.facility.laboratory.name },
    ...(specimen && { specimen: [{ reference: '#s1' }] }),
    result: results.map((id) => link(chart, 'Observation', id)),
    ...(random.chance(0.3) && { conclusion: told ? telling(chart, random, day) : plain(random) }),
    ...(random.chance(0.04) && {
      presentedForm: [
        {
          contentType: 'text/plain',
          language: 'en',
          title: `report-${chart.person.latin.family}.txt`,
          data: base64(utf8(letter(chart, random, day))),
        },
      ],
    }),
  })
}

function drawSpecimen(chart: Chart, random: Random, day: number, minute: number): object {
  return {
    resourceType: 'Specimen',
    id: 's1',
    type: blood,
    subject: patientOf(chart),
    accessionIdentifier: { system: 'https://laboratory.example.org/tube', value: `T${random.digits(10)}` },
    collection: { collectedDateTime: momentOf(chart, day, minute + 12) },
  }
}
