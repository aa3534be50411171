// Vital signs at visits, in the units of the house: kilograms or pounds, Celsius or Fahrenheit, centimetres or inches. Some houses mix.
import { streamOf, type Chart } from './chart.js'
import { categories, measures } from './measures.js'
import { aside } from './notes.js'
import { addObservation } from './observation.js'
import type { Random } from './random.js'
import { concept, quantity, rounded, snomed, type Quantity } from './shape.js'
import type { Visit } from './visits.js'

const notTaken = concept('http://hl7.org/fhir/data-absent-reason', 'unknown', 'Unknown')

export function addVitals(chart: Chart): void {
  const random = streamOf(chart, 'vitals')
  for (const visit of chart.visits) {
    if (visit.kind === 'virtual') continue
    if (visit.kind === 'checkup' || visit.kind === 'inpatient') addFull(chart, random, visit)
    else if (visit.kind === 'acute') addTemperature(chart, random, visit)
    if (visit.kind !== 'acute' || random.chance(0.4)) addPressure(chart, random, visit)
    if (visit.kind === 'followup' && random.chance(0.7)) addWeight(chart, random, visit)
  }
  addSmoking(chart, random)
  if (chart.person.age >= 75) addAge(chart, random)
}

export function weightIn(chart: Chart, random: Random, day: number): Quantity {
  const kilograms = chart.body.weightKg(day) + random.normal(0, 0.5)
  const pounds = (chart.facility.place.units === 'us') !== random.chance(0.12)
  return pounds ? quantity(kilograms * 2.20462, 'lb', 1, '[lb_av]') : quantity(kilograms, 'kg', 1)
}

function addFull(chart: Chart, random: Random, visit: Visit): void {
  const { body } = chart
  const { day, minute } = visit
  const category = categories.vitals
  const height = body.heightCm(day) + random.normal(0, 0.4)
  const inches = (chart.facility.place.units === 'us') !== random.chance(0.12)
  const weight = weightIn(chart, random, day)
  const at = { category, day, visit }
  addObservation(chart, random, {
    ...at,
    minute: minute + 3,
    code: measures.height,
    value: inches ? quantity(height / 2.54, 'in', 1, '[in_i]') : quantity(height, 'cm', 1),
  })
  addObservation(chart, random, { ...at, minute: minute + 4, code: measures.weight, value: weight })
  const kilograms = weight.code === 'kg' ? weight.value : weight.value / 2.20462
  addObservation(chart, random, {
    ...at,
    minute: minute + 4,
    code: measures.bmi,
    value: quantity(kilograms / (height / 100) ** 2, 'kg/m2', 1),
  })
  const comments = random.chance(0.02) ? aside(chart, random, visit.day) : undefined
  addObservation(chart, random, {
    ...at,
    minute: minute + 6,
    code: measures.heartRate,
    value: quantity(body.heartRate(day) + random.normal(0, 5), '/min'),
    comments,
  })
  addObservation(chart, random, { ...at, minute: minute + 6, code: measures.breathing, value: quantity(random.normal(15, 1.6), '/min') })
  addTemperature(chart, random, visit)
  if (visit.kind === 'inpatient')
    addObservation(chart, random, {
      ...at,
      minute: minute + 7,
      code: measures.saturation,
      value: quantity(Math.min(100, random.normal(94, 2.4)), '%'),
    })
}

function addPressure(chart: Chart, random: Random, visit: Visit): void {
  const { body } = chart
  const { day, minute } = visit
  const whiteCoat = random.normal(3, 7)
  const systolic = quantity(body.systolic(day) + whiteCoat, 'mmHg', 0, 'mm[Hg]')
  const diastolic = quantity(body.diastolic(day) + whiteCoat * 0.5 + random.normal(0, 3), 'mmHg', 0, 'mm[Hg]')
  const missed = random.chance(0.01)
  addObservation(chart, random, {
    code: measures.pressure,
    category: categories.vitals,
    day,
    minute: minute + 5,
    visit,
    components: [
      { code: measures.systolic, value: systolic },
      missed ? { code: measures.diastolic, absent: notTaken } : { code: measures.diastolic, value: diastolic },
    ],
  })
}

function addTemperature(chart: Chart, random: Random, visit: Visit): void {
  const celsius = 36.7 + random.normal(0, 0.25) + (visit.episode?.fever ?? 0) * random.between(0.5, 1.1)
  const fahrenheit = (chart.facility.place.units === 'us') !== random.chance(0.1)
  addObservation(chart, random, {
    code: measures.temperature,
    category: categories.vitals,
    day: visit.day,
    minute: visit.minute + 7,
    visit,
    value: fahrenheit ? quantity(celsius * 1.8 + 32, 'degF', 1, '[degF]') : quantity(celsius, 'Cel', 1),
  })
}

function addWeight(chart: Chart, random: Random, visit: Visit): void {
  const { day, minute } = visit
  addObservation(chart, random, {
    code: measures.weight,
    category: categories.vitals,
    day,
    minute: minute + 4,
    visit,
    value: weightIn(chart, random, day),
  })
}

const smokingAnswers = [
  { answer: concept(snomed, '266919005', 'Never smoked tobacco', 'Never smoked tobacco'), share: 60 },
  { answer: concept(snomed, '8517006', 'Ex-smoker', 'Ex-smoker'), share: 24 },
  { answer: concept(snomed, '77176002', 'Smoker', 'Smoker'), share: 16 },
]

function addSmoking(chart: Chart, random: Random): void {
  const first = chart.visits.find((visit) => visit.kind === 'checkup')
  if (!first || chart.person.age < 13) return
  const { answer } = random.weigh(smokingAnswers, (one) => one.share)
  addObservation(chart, random, {
    code: measures.smoking,
    category: categories.social,
    day: first.day,
    minute: first.minute + 10,
    visit: first,
    value: answer,
  })
}

/** An age is an identifier above 89. */
function addAge(chart: Chart, random: Random): void {
  const last = chart.visits.findLast((visit) => visit.kind !== 'virtual')
  if (!last) return
  const years = Math.floor((last.day - chart.person.birthDay) / 365.25)
  addObservation(chart, random, {
    code: measures.age,
    category: categories.exam,
    day: last.day,
    minute: last.minute + 1,
    visit: last,
    value: { ...quantity(rounded(years, 0), 'years', 0, 'a') },
  })
}
