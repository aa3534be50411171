// When a person is seen: yearly check-ups, follow-ups of long diseases, acute episodes by season, and now and then a stay in hospital.
import { weekday, winter } from './calendar.js'
import { episodes, type Episode } from './diseases.js'
import { problemOf, type Problem } from './health.js'
import type { PersonPlan } from './person.js'
import { openRandom, type Random } from './random.js'
import type { Facility, Practitioner } from './world.js'

export interface Visit {
  id: string
  kind: 'checkup' | 'followup' | 'acute' | 'virtual' | 'inpatient'
  day: number
  /** minute of the day */
  minute: number
  /** in minutes */
  length: number
  practitioner: Practitioner
  problem: Problem | null
  episode: Episode | null
}

export function drawVisits(person: PersonPlan, facility: Facility, problems: readonly Problem[]): Visit[] {
  const random = openRandom(`${person.stream}|visits`)
  const visits = [
    ...checkups(person, random),
    ...problems.flatMap((problem) => followups(person, problem, random)),
    ...acute(person, random),
    ...stays(person, problems, random),
  ].map((visit): Visit => ({ ...visit, id: random.uuid(), practitioner: random.pick(facility.practitioners) }))
  return visits.sort((a, b) => a.day - b.day || a.minute - b.minute)
}

type Planned = Omit<Visit, 'id' | 'practitioner'>

const open = (day: number) => day + ([1, 0, 0, 0, 0, 0, 2][weekday(day)] ?? 0)
const minuteOfWork = (random: Random) => 8 * 60 + random.int(0, 35) * 15

function checkups(person: PersonPlan, random: Random): Planned[] {
  const list: Planned[] = []
  for (let day = person.since + random.int(0, 40); day < person.until - 3; day += random.int(330, 420)) {
    list.push({ kind: 'checkup', day: open(day), minute: minuteOfWork(random), length: 30, problem: null, episode: null })
  }
  return list
}

function followups(person: PersonPlan, problem: Problem, random: Random): Planned[] {
  const list: Planned[] = []
  const gap = 365 / problem.disease.visits
  const first = problem.onset > person.since ? problem.onset : person.since + random.int(3, 90)
  for (let day = first; day < person.until - 3; day += Math.floor(gap * random.between(0.75, 1.35))) {
    const kind = day > first && random.chance(0.12) ? 'virtual' : 'followup'
    list.push({ kind, day: open(day), minute: minuteOfWork(random), length: kind === 'virtual' ? 15 : 20, problem, episode: null })
  }
  return list
}

function acute(person: PersonPlan, random: Random): Planned[] {
  const list: Planned[] = []
  const aYear = person.age < 12 ? 1.5 : 0.65
  for (let day = person.since; ;) {
    day += Math.floor(-Math.log(1 - random.next()) * (365 / (aYear * 1.6))) + 1
    if (day >= person.until - 3) return list
    const child = day - person.birthDay < 13 * 365
    const episode = random.weigh(episodes, (one) => (one.childrenOnly && !child ? 0 : one.share))
    if (!random.chance(0.62 * (1 + episode.winter * winter(day)))) continue
    const night = random.chance(0.15)
    list.push({
      kind: 'acute',
      day: night ? day : open(day),
      minute: night ? random.int(0, 1439) : minuteOfWork(random),
      length: night ? 95 : 20,
      problem: null,
      episode,
    })
  }
}

/** Stays for grave hearts and lungs, and the last days of some. */
function stays(person: PersonPlan, problems: readonly Problem[], random: Random): Planned[] {
  const list: Planned[] = []
  const grave = problemOf(problems, 'heart-failure') ?? problemOf(problems, 'copd') ?? problemOf(problems, 'asthma')
  const years = (person.until - person.since) / 365
  const days = 1440
  if (grave && random.chance(Math.min(0.7, 0.14 * years * (0.5 + grave.severity)))) {
    const day = Math.max(grave.onset, person.since) + random.int(0, Math.max(0, person.until - Math.max(grave.onset, person.since) - 12))
    if (day < person.until - 10)
      list.push({ kind: 'inpatient', day, minute: random.int(0, 1439), length: random.int(2, 8) * days, problem: grave, episode: null })
  }
  if (person.deathDay !== null && random.chance(0.6)) {
    const before = Math.min(person.deathDay - person.since - 1, random.int(2, 11))
    list.push({
      kind: 'inpatient',
      day: person.deathDay - before,
      minute: random.int(0, 1439),
      length: before * days - 700,
      problem: grave ?? problems[0] ?? null,
      episode: null,
    })
  }
  return list
}
