// Which long diseases a person has, since when, how bad they are and how faithfully they are treated.
import { plusYears } from './calendar.js'
import { diseases, type Disease, type DiseaseKey } from './diseases.js'
import type { PersonPlan } from './person.js'
import { openRandom, type Random } from './random.js'

export interface Problem {
  id: string
  disease: Disease
  onset: number
  /** 0 mild to 1 grave */
  severity: number
  /** share of days on which the medicine is taken */
  adherence: number
}

export function drawProblems(person: PersonPlan, focus: DiseaseKey | null): Problem[] {
  const random = openRandom(`${person.stream}|problems`)
  const problems: Problem[] = []
  for (const disease of diseases) {
    const has = random.chance(disease.share(person.age, person.female))
    const id = random.uuid()
    const severity = random.next()
    const adherence = random.chance(0.25) ? random.between(0.35, 0.7) : random.between(0.75, 1)
    const onset = drawOnset(random, person, disease)
    const chosen = disease.key === focus && person.age >= disease.youngest
    if ((has || chosen) && onset < person.until) problems.push({ id, disease, onset, severity, adherence })
  }
  return problems
}

export function problemOf(problems: readonly Problem[], key: DiseaseKey): Problem | undefined {
  return problems.find((problem) => problem.disease.key === key)
}

/** For close to a half it begins while records are kept, so that the course before and after treatment can be seen. */
function drawOnset(random: Random, person: PersonPlan, disease: Disease): number {
  const earliest = plusYears(person.birthDay, disease.youngest)
  const before =
    earliest + Math.floor(random.next() * Math.max(0, Math.min(person.until, plusYears(person.birthDay, disease.oldest)) - earliest))
  const within = person.since + Math.floor(random.between(0.1, 0.7) * (person.until - person.since))
  return random.chance(0.45) && within >= earliest ? within : Math.max(before, person.birthDay + 200)
}
