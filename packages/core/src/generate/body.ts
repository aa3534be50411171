// Courses of measurements: smooth curves by age, disease, treatment and season, to which every reading adds its own noise.
import { winter } from './calendar.js'
import { problemOf, type Problem } from './health.js'
import type { PersonPlan } from './person.js'
import { openRandom, type Random } from './random.js'

/** All in the units in which the curves are drawn; a house converts. */
export interface Body {
  heightCm(day: number): number
  weightKg(day: number): number
  systolic(day: number): number
  diastolic(day: number): number
  heartRate(day: number): number
  /** percent */
  hba1c(day: number): number
  /** mg/dL */
  glucose(day: number): number
  ldl(day: number): number
  hdl: number
  triglycerides(day: number): number
  egfr(day: number): number
  creatinine(day: number): number
  /** L/min */
  peakFlow(day: number): number
  phq9(day: number): number
}

const year = 365.25

export function openBody(person: PersonPlan, problems: readonly Problem[]): Body {
  const random = openRandom(`${person.stream}|body`)
  const ageAt = (day: number) => (day - person.birthDay) / year
  const size = sizeOf(person, problems, random, ageAt)
  const pressure = pressureOf(problems, random, ageAt)
  const sugar = sugarOf(problems, random)
  const fats = fatsOf(problems, random)
  const egfr = kidneyOf(problems, random, ageAt)
  const rest = random.normal(72, 7)
  return {
    ...size,
    ...pressure,
    ...sugar,
    ...fats,
    egfr,
    creatinine: (day) => (person.female ? 0.65 : 0.8) + Math.max(0, 100 - egfr(day)) * 0.013,
    heartRate: (day) => (ageAt(day) < 12 ? rest + (12 - ageAt(day)) * 4 : rest),
    peakFlow: peakFlowOf(person, problems, ageAt),
    phq9: moodOf(problems, random),
  }
}

/** 0 before, then towards 1 with the half time of the days given */
const settled = (day: number, from: number, halfDays: number) => (day <= from ? 0 : 1 - 2 ** (-(day - from) / halfDays))
/** 0 until so many days before, then straight up to 1 at the onset */
const coming = (day: number, onset: number, leadDays: number) => Math.min(1, Math.max(0, (day - onset + leadDays) / leadDays))

function sizeOf(
  person: PersonPlan,
  problems: readonly Problem[],
  random: Random,
  ageAt: (day: number) => number,
): Pick<Body, 'heightCm' | 'weightKg'> {
  const adult = person.female ? random.normal(163, 6.5) : random.normal(177, 7)
  const obesity = problemOf(problems, 'obesity')
  const index = random.normal(24.5, 2.6) + (obesity ? 6 + obesity.severity * 6 : 0)
  const yearly = random.normal(0.3, 0.7)
  const heart = problemOf(problems, 'heart-failure')
  const heightCm = (day: number) => (ageAt(day) >= 18 ? adult : 50 + (adult - 50) * (ageAt(day) / 18) ** 0.62)
  return {
    heightCm,
    weightKg: (day) => {
      const metres = heightCm(day) / 100
      const young = Math.max(0, 18 - ageAt(day))
      const water = heart && day > heart.onset ? (1 + Math.sin(day / 19)) * 1.6 * (1.3 - heart.adherence) : 0
      return (index - young * 0.42) * metres * metres + (young ? 0 : yearly * ((day - person.since) / year)) + water
    },
  }
}

function pressureOf(problems: readonly Problem[], random: Random, ageAt: (day: number) => number): Pick<Body, 'systolic' | 'diastolic'> {
  const own = random.normal(0, 6)
  const gap = random.normal(0, 3)
  const hypertension = problemOf(problems, 'hypertension')
  const systolic = (day: number) => {
    const age = ageAt(day)
    const base = age < 18 ? 92 + age * 1.2 : 113 + Math.max(0, age - 30) * 0.24
    const season = winter(day) * 2.6
    if (!hypertension) return base + own * 0.7 + season
    const high = (18 + hypertension.severity * 16) * coming(day, hypertension.onset, 500)
    const lowered = (6 + 14 * hypertension.adherence) * settled(day, hypertension.onset + 14, 60)
    return base + own + season * 1.4 + high - lowered
  }
  return { systolic, diastolic: (day) => systolic(day) * 0.42 + 26 + gap }
}

function sugarOf(problems: readonly Problem[], random: Random): Pick<Body, 'hba1c' | 'glucose'> {
  const own = random.normal(5.4, 0.2)
  const diabetes = problemOf(problems, 'diabetes')
  const hba1c = (day: number) => {
    if (!diabetes) return own
    const peak = 1.7 + diabetes.severity * 2.6
    const goal = own + peak * coming(day, diabetes.onset, 700)
    const lowered = peak * (0.22 + 0.45 * diabetes.adherence) * settled(day, diabetes.onset + 20, 80)
    const drift = 0.13 * (1.4 - diabetes.adherence) * Math.max(0, (day - diabetes.onset) / year)
    return Math.min(13.8, goal - lowered + drift + winter(day) * 0.12)
  }
  return { hba1c, glucose: (day) => 28.7 * hba1c(day) - 46.7 - 14 }
}

function fatsOf(problems: readonly Problem[], random: Random): Pick<Body, 'ldl' | 'hdl' | 'triglycerides'> {
  const own = random.normal(104, 16)
  const lipids = problemOf(problems, 'lipids')
  const treated = (day: number) => (lipids ? 1 - 0.38 * lipids.adherence * settled(day, lipids.onset + 10, 40) : 1)
  const raised = lipids ? 42 + lipids.severity * 40 : 0
  return {
    ldl: (day) => (own + raised) * treated(day),
    hdl: random.normal(52, 9),
    triglycerides: (day) => (118 + raised * 0.9) * (0.6 + 0.4 * treated(day)),
  }
}

function kidneyOf(problems: readonly Problem[], random: Random, ageAt: (day: number) => number): (day: number) => number {
  const own = random.normal(0, 6)
  const kidney = problemOf(problems, 'kidney')
  return (day) => {
    const healthy = Math.min(118, 112 - Math.max(0, ageAt(day) - 28) * 0.75 + own)
    if (!kidney) return Math.max(46, healthy)
    const lost = coming(day, kidney.onset, 900) * 22 + Math.max(0, (day - kidney.onset) / year) * (1.2 + kidney.severity * 3)
    return Math.max(8, Math.min(healthy, 74) - lost)
  }
}

function peakFlowOf(person: PersonPlan, problems: readonly Problem[], ageAt: (day: number) => number): (day: number) => number {
  const asthma = problemOf(problems, 'asthma')
  return (day) => {
    const best = Math.min(person.female ? 430 : 560, 90 + ageAt(day) * 24) - Math.max(0, ageAt(day) - 40) * 2
    if (!asthma) return best
    const spring = Math.max(0, Math.cos(((day - 120) / year) * 2 * Math.PI)) * 0.11
    return best * (0.72 + 0.2 * asthma.adherence - spring - asthma.severity * 0.08)
  }
}

function moodOf(problems: readonly Problem[], random: Random): (day: number) => number {
  const own = random.between(0.5, 4)
  const depression = problemOf(problems, 'depression')
  return (day) => {
    if (!depression) return own
    const peak = 8 + depression.severity * 10
    return (
      own +
      peak * coming(day, depression.onset, 90) -
      peak * 0.75 * depression.adherence * settled(day, depression.onset + 15, 50) +
      winter(day) * 1.8
    )
  }
}
