// Filled-in forms: the PHQ-9 with its score over the course of a depression, and the intake form with identifiers in every answer type.
import { isoDay } from './calendar.js'
import { link, momentOf, patientOf, streamOf, type Chart } from './chart.js'
import { problemOf } from './health.js'
import { categories, measures } from './measures.js'
import { aside } from './notes.js'
import { spellPhone } from './numbers.js'
import { addressText } from './address.js'
import { addObservation } from './observation.js'
import { intakeItems, phq9Answers, phq9Items, type Question } from './questionnaires.js'
import type { Random } from './random.js'
import { quantity, rounded, type Resource } from './shape.js'
import type { Visit } from './visits.js'
import { weightIn } from './vitals.js'

export function addAnswers(chart: Chart): void {
  const random = streamOf(chart, 'answers')
  const depression = problemOf(chart.problems, 'depression')
  for (const visit of chart.visits) {
    const asked = depression && visit.problem === depression ? random.chance(0.85) : visit.kind === 'checkup' && random.chance(0.12)
    if (asked && visit.day - chart.person.birthDay > 13 * 365) addPhq9(chart, random, visit)
  }
  const first = chart.visits[0]
  if (first && random.chance(0.55)) addIntake(chart, random, first)
}

function addPhq9(chart: Chart, random: Random, visit: Visit): void {
  const expected = Math.max(0, chart.body.phq9(visit.day)) / 9
  const points = phq9Items.map((_, at) => Math.max(0, Math.min(3, Math.round(random.normal(at === 8 ? expected * 0.3 : expected, 0.55)))))
  const id = random.uuid()
  chart.resources.push({
    ...response(chart, random, { id, form: 'phq9', visit }),
    group: {
      linkId: 'phq9',
      title: 'PHQ-9',
      question: phq9Items.map((item, at) => ({
        linkId: item.linkId,
        text: item.text,
        answer: [{ valueCoding: phq9Answers[points[at] ?? 0] }],
      })),
    },
  })
  const total = points.reduce((sum, point) => sum + point, 0)
  const { day, minute } = visit
  addObservation(chart, random, {
    code: measures.phq9,
    category: categories.survey,
    day,
    minute: minute + 15,
    visit,
    value: quantity(total, '{score}'),
  })
}

function addIntake(chart: Chart, random: Random, visit: Visit): void {
  const skipped = random.int(0, 3)
  chart.resources.push({
    ...response(chart, random, { id: random.uuid(), form: 'intake', visit }),
    group: {
      linkId: 'intake',
      title: random.chance(0.2) ? `Intake of ${chart.person.names[0]?.text ?? ''}` : 'Intake form',
      question: intakeItems
        .filter((_, at) => at % 5 !== skipped || at < 3)
        .map((item) => ({ linkId: item.linkId, text: item.text, answer: [answer(chart, random, item, visit)] })),
    },
  })
}

function response(chart: Chart, random: Random, plan: { id: string; form: 'phq9' | 'intake'; visit: Visit }): Resource {
  const { visit } = plan
  const guardian = chart.person.minor ? chart.person.relatives[0] : undefined
  const by = guardian ? link(chart, 'RelatedPerson', guardian.id, guardian.name.text) : patientOf(chart, random.chance(0.3))
  return {
    resourceType: 'QuestionnaireResponse',
    id: plan.id,
    questionnaire: { reference: `Questionnaire/${chart.world.forms[plan.form]}` },
    status: random.chance(0.95) ? 'completed' : 'in-progress',
    subject: patientOf(chart),
    author: by,
    authored: momentOf(chart, visit.day, visit.minute - random.int(5, 50)),
    source: by,
    encounter: link(chart, 'Encounter', visit.id),
  }
}

function answer(chart: Chart, random: Random, item: Question, visit: Visit): object {
  const { person } = chart
  const { numbers } = person
  const relative = person.relatives[0]
  const answers: Record<string, () => object> = {
    'in-1': () => ({
      valueString: random.chance(0.5) ? (person.names[0]?.text ?? '') : `${person.latin.family.toUpperCase()}, ${person.latin.given}`,
    }),
    'in-2': () => ({ valueDate: isoDay(person.birthDay) }),
    'in-3': () => ({ valueString: numbers.beneficiary }),
    'in-4': () => ({ valueInteger: Number(numbers.ssn.replaceAll('-', '')) }),
    'in-5': () => ({
      valueString: relative
        ? `${relative.name.text}, ${spellPhone(relative.phone, random.int(0, 5))}`
        : `nobody; home is ${addressText(person.address)}`,
    }),
    'in-6': () => ({ valueBoolean: random.chance(0.15) }),
    'in-7': () => ({ valueDecimal: rounded(random.normal(7, 0.8), 1) }),
    'in-8': () => ({ valueTime: `0${random.int(5, 9)}:${random.int(10, 59)}:00` }),
    'in-9': () => ({ valueDateTime: isoDay(visit.day - random.int(20, 900)).slice(0, random.pick([4, 7, 10])) }),
    'in-10': () => ({ valueQuantity: weightIn(chart, random, visit.day) }),
    'in-11': () => ({ valueCoding: random.pick(item.options ?? []) }),
    'in-12': () => ({ valueUri: person.url }),
  }
  return (answers[item.linkId] ?? (() => ({ valueString: aside(chart, random, visit.day) })))()
}
