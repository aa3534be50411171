// Devices at home with their readings: some days are missing, some readings arrive twice, a few are far off. And implants.
import { isoDay, weekday } from './calendar.js'
import { instantOf, link, patientOf, streamOf, type Chart, type Reference } from './chart.js'
import { problemOf, type Problem } from './health.js'
import { glucoseIn } from './labs.js'
import { categories, measures } from './measures.js'
import { addObservation, type Reading } from './observation.js'
import type { Random } from './random.js'
import { concept, quantity, snomed, type Concept } from './shape.js'
import { weightIn } from './vitals.js'

type Kind = 'pressure' | 'glucose' | 'scale' | 'peakFlow'

const kinds: Readonly<Record<Kind, { type: Concept; maker: string; model: string }>> = {
  pressure: { type: concept(snomed, '43770009', 'Sphygmomanometer', 'Blood pressure monitor'), maker: 'Calmcuff', model: 'CC-20' },
  glucose: { type: concept(snomed, '337414009', 'Blood glucose meter', 'Blood glucose meter'), maker: 'Sweetspot', model: 'SP3' },
  scale: { type: concept(snomed, '19892000', 'Scale', 'Scale'), maker: 'Evenweight', model: 'E1' },
  peakFlow: { type: concept(snomed, '334990001', 'Peak flow meter', 'Peak flow meter'), maker: 'Puffwell', model: 'P' },
}

/** Whose disease is followed by what; the first that fits gives the person's device. */
const wants: readonly { disease: 'diabetes' | 'heart-failure' | 'hypertension' | 'asthma'; kind: Kind; share: number }[] = [
  { disease: 'diabetes', kind: 'glucose', share: 0.5 },
  { disease: 'heart-failure', kind: 'scale', share: 0.6 },
  { disease: 'hypertension', kind: 'pressure', share: 0.42 },
  { disease: 'asthma', kind: 'peakFlow', share: 0.35 },
]

export function addDevices(chart: Chart): void {
  const random = streamOf(chart, 'devices')
  if (problemOf(chart.problems, 'heart-failure') && random.chance(0.3)) addImplant(chart, random)
  for (const { disease, kind, share } of wants) {
    const problem = problemOf(chart.problems, disease)
    if (!problem || !random.chance(share)) continue
    addReadings(chart, random, kind, problem, addDevice(chart, random, kind))
    return
  }
}

function addDevice(chart: Chart, random: Random, kind: Kind): Reference {
  const { type, maker, model } = kinds[kind]
  const { numbers, latin } = chart.person
  const id = random.uuid()
  const named = random.chance(0.35)
  chart.resources.push({
    resourceType: 'Device',
    id,
    identifier: [
      {
        type: concept('http://hl7.org/fhir/identifier-type', 'SNO', 'Serial Number'),
        system: `https://${maker.toLowerCase()}.example.com/serial`,
        value: numbers.deviceSerial,
      },
    ],
    type,
    ...(random.chance(0.3) && {
      note: [
        {
          authorString: latin.given,
          text: `Lent to ${latin.given} ${latin.family}; pairs from ${numbers.ip}, MAC 00-00-5E-00-53-${random.int(16, 255).toString(16)}.`,
        },
      ],
    }),
    status: 'available',
    manufacturer: maker,
    model,
    version: `${random.int(1, 4)}.${random.int(0, 9)}`,
    manufactureDate: isoDay(chart.person.since - random.int(30, 700)),
    udi: numbers.deviceUdi,
    lotNumber: `L${random.digits(5)}`,
    patient: patientOf(chart, named),
    ...(random.chance(0.2) && { contact: [{ system: 'phone', value: numbers.mobilePhone }] }),
    ...(random.chance(0.5) && {
      url: random.chance(0.5) ? `http://${numbers.ip}:8080/readings` : `https://devices.example.com/${numbers.deviceSerial}`,
    }),
  })
  addMetric(chart, random, id, kind)
  return link(chart, 'Device', id)
}

/** The metric names no patient: the scope extension says whose it is. */
function addMetric(chart: Chart, random: Random, deviceId: string, kind: Kind): void {
  if (!random.chance(0.3)) return
  chart.resources.push({
    resourceType: 'DeviceMetric',
    id: random.uuid(),
    extension: [{ url: 'urn:aquifer:patient-id', valueString: chart.person.id }],
    type: kinds[kind].type,
    identifier: { system: 'https://devices.example.com/metric', value: `${chart.person.numbers.deviceSerial}-1` },
    source: link(chart, 'Device', deviceId),
    operationalStatus: 'on',
    category: 'measurement',
    calibration: [{ type: 'offset', state: 'calibrated', time: instantOf(chart, chart.person.since, 600) }],
  })
}

function addImplant(chart: Chart, random: Random): void {
  const { numbers } = chart.person
  chart.resources.push({
    resourceType: 'Device',
    id: random.uuid(),
    identifier: [{ type: concept('http://hl7.org/fhir/identifier-type', 'UDI', 'Universal Device Identifier'), value: numbers.implantUdi }],
    type: concept(snomed, '14106009', 'Cardiac pacemaker', 'Cardiac pacemaker'),
    status: 'available',
    manufacturer: 'Evenbeat',
    model: 'EB-2',
    udi: numbers.implantUdi,
    patient: patientOf(chart, true),
  })
}

function addReadings(chart: Chart, random: Random, kind: Kind, problem: Problem, device: Reference): void {
  const { person } = chart
  const from = Math.max(problem.onset, person.since, person.until - random.int(25, 200))
  const days = Math.min(random.int(18, 75), person.until - from)
  const faithful = random.between(0.5, 0.97)
  const hour = random.int(6, 9) * 60
  for (let day = from; day < from + days; day++) {
    const weekend = weekday(day) % 6 === 0
    if (!random.chance(faithful * (weekend ? 0.75 : 1))) continue
    const reading = {
      ...measured(chart, random, kind, day),
      day,
      minute: hour + random.int(0, 80),
      seconds: random.int(0, 59),
      category: categories.vitals,
      device,
      performer: patientOf(chart),
    }
    addObservation(chart, random, reading)
    if (random.chance(0.05)) addObservation(chart, random, reading)
    if (random.chance(0.04))
      addObservation(chart, random, { ...reading, ...measured(chart, random, kind, day), minute: reading.minute + 2 })
  }
}

type Measured = Pick<Reading, 'code' | 'value' | 'components' | 'comments'>

function measured(chart: Chart, random: Random, kind: Kind, day: number): Measured {
  const { body } = chart
  const wild = random.chance(0.006) ? random.between(1.25, 1.6) : 1
  const comments = random.chance(0.008) ? { comments: `Sent by ${chart.person.email} through ${chart.person.numbers.ip}` } : {}
  if (kind === 'scale') return { code: measures.weight, value: weightIn(chart, random, day), ...comments }
  if (kind === 'peakFlow')
    return { code: measures.peakFlow, value: quantity((body.peakFlow(day) + random.normal(0, 18)) / wild, 'L/min'), ...comments }
  if (kind === 'glucose')
    return { ...glucoseIn(chart, random, Math.max(52, (body.glucose(day) + 8 + random.normal(0, 24)) * wild), true), ...comments }
  const components = [
    { code: measures.systolic, value: quantity((body.systolic(day) + random.normal(-2, 5)) * wild, 'mmHg', 0, 'mm[Hg]') },
    { code: measures.diastolic, value: quantity(body.diastolic(day) + random.normal(-1, 3.5), 'mmHg', 0, 'mm[Hg]') },
  ]
  return { code: measures.pressure, components, ...comments }
}
