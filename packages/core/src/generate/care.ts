// Care plans with their goals.
import { isoDay } from './calendar.js'
import { houseOf, link, momentOf, patientOf, practitionerOf, streamOf, type Chart } from './chart.js'
import type { DiseaseKey } from './diseases.js'
import type { Problem } from './health.js'
import { aside } from './notes.js'
import type { Random } from './random.js'
import { concept, escape, narrative, snomed, type Concept } from './shape.js'

interface Plan {
  category: Concept
  activities: readonly Concept[]
  goals: readonly string[]
}

const sct = (code: string, display: string): Concept => concept(snomed, code, display, display)
const exercise = sct('229065009', 'Exercise therapy')

const plans: Readonly<Partial<Record<DiseaseKey, Plan>>> = {
  hypertension: {
    category: sct('443402002', 'Lifestyle education regarding hypertension'),
    activities: [sct('1151000175103', 'Dietary approaches to stop hypertension diet'), exercise],
    goals: ['Blood pressure below 140/90 mmHg'],
  },
  diabetes: {
    category: sct('698360004', 'Diabetes self management plan'),
    activities: [sct('160670007', 'Diabetic diet'), exercise],
    goals: ['Hemoglobin A1c below 7.0 %', 'Fasting glucose below 108 mg/dL'],
  },
  asthma: {
    category: sct('699728000', 'Asthma self management'),
    activities: [sct('371605008', 'Deep breathing and coughing exercises')],
    goals: ['No more than two nights a month with wheezing'],
  },
  'heart-failure': {
    category: sct('408580007', 'Physical activity target light exercise'),
    activities: [exercise],
    goals: ['Weight steady within 2 kg'],
  },
}

export function addCare(chart: Chart): void {
  const random = streamOf(chart, 'care')
  for (const problem of chart.problems) {
    const plan = plans[problem.disease.key]
    if (plan && random.chance(0.6)) addPlan(chart, random, problem, plan)
  }
}

function addPlan(chart: Chart, random: Random, problem: Problem, plan: Plan): void {
  const { person } = chart
  const start = Math.max(problem.onset, person.since)
  const visit = chart.visits.find((one) => one.day >= start && one.kind !== 'virtual')
  const goals = plan.goals.map((description) => addGoal(chart, random, { problem, description, start }))
  const over = person.deathDay !== null || random.chance(0.15)
  chart.resources.push({
    resourceType: 'CarePlan',
    id: random.uuid(),
    ...(random.chance(0.2) && { text: narrative(`<p>Plan agreed with ${escape(person.names[0]?.text ?? '')} on ${isoDay(start)}.</p>`) }),
    subject: patientOf(chart, random.chance(0.2)),
    status: over ? 'completed' : 'active',
    ...(visit && { context: link(chart, 'Encounter', visit.id) }),
    period: { start: isoDay(start), ...(over && { end: isoDay(Math.max(start, person.until)) }) },
    author: [visit ? practitionerOf(visit.practitioner, random.chance(0.3)) : houseOf(chart)],
    modified: momentOf(chart, Math.min(person.until, start + 30), 700),
    category: [plan.category],
    addresses: [link(chart, 'Condition', problem.id)],
    participant: [{ member: patientOf(chart, true) }],
    goal: goals,
    activity: plan.activities.map((code) => ({
      ...(random.chance(0.15) && {
        progress: [{ time: momentOf(chart, Math.min(person.until, start + 60), 720), text: aside(chart, random, start + 60) }],
      }),
      detail: {
        code,
        status: over ? 'completed' : 'in-progress',
        prohibited: false,
        ...(random.chance(0.2) && { scheduledString: 'three times a week' }),
      },
    })),
    ...(random.chance(0.2) && { note: { authorString: person.latin.given, text: aside(chart, random, start) } }),
  })
}

function addGoal(chart: Chart, random: Random, plan: { problem: Problem; description: string; start: number }): object {
  const id = random.uuid()
  chart.resources.push({
    resourceType: 'Goal',
    id,
    subject: patientOf(chart, random.chance(0.1)),
    startDate: isoDay(plan.start),
    targetDate: isoDay(plan.start + 180),
    description: plan.description,
    status: random.pick(['in-progress', 'in-progress', 'achieved', 'sustaining', 'on-hold']),
    statusDate: isoDay(Math.min(chart.person.until, plan.start + random.int(10, 150))),
    addresses: [link(chart, 'Condition', plan.problem.id)],
    ...(random.chance(0.15) && { note: [{ authorReference: patientOf(chart, true), text: aside(chart, random, plan.start) }] }),
  })
  return link(chart, 'Goal', id)
}
