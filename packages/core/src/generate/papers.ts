// What lies around a record: insurance, accounts, letters, pictures, messages, and the certificate of a death.
import { dayNumber, isoDay, civil } from './calendar.js'
import { houseOf, instantOf, momentOf, patientOf, practitionerOf, streamOf, titled, type Chart } from './chart.js'
import { base64, portrait, utf8 } from './bytes.js'
import { categories, measures } from './measures.js'
import { letter, telling } from './notes.js'
import { addObservation } from './observation.js'
import type { Random } from './random.js'
import { concept, loinc, v3 } from './shape.js'

export function addPapers(chart: Chart): void {
  const random = streamOf(chart, 'papers')
  if (random.chance(0.85)) addCoverage(chart, random)
  if (random.chance(0.25)) addAccount(chart, random)
  const visit = chart.visits.at(-1)
  if (visit && random.chance(0.12)) addLetter(chart, random, visit.day)
  if (visit && random.chance(0.12)) addMessage(chart, random, visit.day)
  if (random.chance(0.05)) addPicture(chart, random)
  if (chart.person.deathDay !== null) addCauseOfDeath(chart, random)
}

function addCoverage(chart: Chart, random: Random): void {
  const { numbers, since, relatives, minor } = chart.person
  const payer = random.pick(chart.world.payers)
  const { year } = civil(since)
  chart.resources.push({
    resourceType: 'Coverage',
    id: random.uuid(),
    issuer: { reference: `Organization/${payer.id}`, display: payer.name },
    period: { start: isoDay(dayNumber(year, 1, 1)), ...(random.chance(0.2) && { end: isoDay(dayNumber(year + 4, 12, 31)) }) },
    type: { system: v3('ActCode'), code: 'EHCPOL', display: 'extended healthcare' },
    subscriberId: { system: 'https://payers.example.org/member', value: numbers.beneficiary },
    identifier: [{ system: 'https://payers.example.org/certificate', value: `CERT${random.digits(9)}` }],
    group: numbers.planGroup,
    plan: random.pick(['B37FC', 'GOLD-2', 'SILVER-1']),
    dependent: minor ? 1 + relatives.length : 1,
    subscriber: patientOf(chart, random.chance(0.5)),
  })
}

function addAccount(chart: Chart, random: Random): void {
  const { numbers, names } = chart.person
  chart.resources.push({
    resourceType: 'Account',
    id: random.uuid(),
    identifier: [{ system: `${chart.facility.mrnSystem}/billing`, value: numbers.account }],
    name: `Billing account of ${names[0]?.text ?? ''}`,
    status: 'active',
    subject: patientOf(chart, true),
    owner: houseOf(chart),
    description: `Card on file ends ${numbers.account.slice(-4)}; statements to ${chart.person.email}.`,
  })
}

const summary = concept(loinc, '34133-9', 'Summarization of Episode Note')

function addLetter(chart: Chart, random: Random, day: number): void {
  const text = letter(chart, random, day)
  chart.resources.push({
    resourceType: 'DocumentReference',
    id: random.uuid(),
    masterIdentifier: { system: 'https://letters.example.org', value: `LTR-${random.digits(9)}` },
    subject: patientOf(chart, true),
    type: summary,
    author: [practitionerOf(random.pick(chart.facility.practitioners), true)],
    custodian: houseOf(chart),
    created: momentOf(chart, day, 900),
    indexed: instantOf(chart, day, 960),
    status: 'current',
    description: `Letter about ${chart.person.latin.given} ${chart.person.latin.family}`,
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          language: 'en',
          data: base64(utf8(text)),
          title: `${chart.person.latin.family}-${isoDay(day)}.txt`,
          creation: isoDay(day),
        },
      },
    ],
    context: { sourcePatientInfo: patientOf(chart) },
  })
}

function addMessage(chart: Chart, random: Random, day: number): void {
  const doctor = random.pick(chart.facility.practitioners)
  chart.resources.push({
    resourceType: 'Communication',
    id: random.uuid(),
    sender: patientOf(chart, true),
    recipient: [practitionerOf(doctor, true)],
    payload: [{ contentString: `Dear ${titled(doctor)}, ${telling(chart, random, day)} Yours, ${chart.person.latin.given}` }],
    status: 'completed',
    sent: momentOf(chart, day, random.int(400, 1300)),
    subject: patientOf(chart),
  })
}

function addPicture(chart: Chart, random: Random): void {
  chart.resources.push({
    resourceType: 'Media',
    id: random.uuid(),
    type: 'photo',
    identifier: [{ system: 'https://pictures.example.org', value: `IMG-${random.digits(8)}` }],
    subject: patientOf(chart),
    deviceName: `Camera of ${chart.person.latin.given}`,
    height: 8,
    width: 8,
    content: {
      contentType: 'image/bmp',
      data: base64(portrait(random)),
      title: `${chart.person.latin.family}-rash.bmp`,
      creation: isoDay(chart.person.since),
    },
  })
}

function addCauseOfDeath(chart: Chart, random: Random): void {
  const { deathDay, birthMinute } = chart.person
  if (deathDay === null) return
  const grave = chart.problems.find((problem) => ['heart-failure', 'coronary', 'dementia', 'copd', 'kidney'].includes(problem.disease.key))
  const value = grave?.disease.concept ?? {
    text: 'old age',
    coding: [{ system: 'http://snomed.info/sct', code: '397709008', display: 'Patient died' }],
  }
  addObservation(chart, random, {
    code: measures.causeOfDeath,
    category: categories.exam,
    day: deathDay,
    minute: birthMinute,
    value,
    performer: practitionerOf(random.pick(chart.facility.practitioners), true),
  })
}
