import type { CohortCriteria, ReadStatisticsRequest, ResultColumn } from '@aquifer/core/contract'
import { patternsSql } from '@aquifer/core/cohort'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import {
  countsOnly,
  protectFigures,
  protectGroups,
  tellingGroups,
  union,
  type CellState,
  type People,
  type ToldPeople,
} from '@aquifer/core/small-cells'
import { foldRare, numbersOf, roundedBody, spreadBody, statisticsOf, toldPeopleOf, type StatisticsBody } from '@aquifer/core/statistics'
import type { Engines } from '../engines.js'
import { runStatement, type StatementWork } from '../run-statement.js'
import { measure, membershipsMax, tooMany, type Numbers } from './measure.js'
import type { Question } from './question.js'
import { roundedPeople, tell, type TellBy, type Told } from './tell.js'

// What each kind of question found of people, and what of it may be told beside what was told before.

interface Protected {
  told: ToldPeople
  /** Nothing may be told, because of what was told before. */
  spent: boolean
  tell(by: TellBy, limit: number): Told
}
interface Inquiry {
  columns: ResultColumn[]
  /** Columns whose cells can be hidden. */
  figures: number[]
  protect(before: readonly ToldPeople[]): Protected
}

export function inquire(engines: Engines, { about }: Question, work: StatementWork, numbers: Numbers): Promise<Inquiry | Refusal> {
  if (about === null) return ofStatement(engines, work, numbers)
  return 'cohort' in about ? ofCohort(engines, about.cohort, work, numbers) : ofStatistics(engines, about.statistics, work, numbers)
}

/** What is wrong with a question that is not answered now, or why it is not: nobody's rows are looked at. */
export async function heldBack(engines: Engines, about: Question['about'], work: StatementWork, instead: Refusal): Promise<Refusal> {
  if (about !== null && 'cohort' in about) return instead
  const asked = about === null ? { counts: 'figures' as const } : { counts: 'people' as const, numbers: numbersOf(about.statistics) }
  const checked = await runStatement(engines, { ...work, ...asked, instead })
  return isRefusal(checked) ? checked : instead
}

async function ofStatement(engines: Engines, work: StatementWork, numbers: Numbers): Promise<Inquiry | Refusal> {
  const measured = await measure(engines, work, numbers)
  if (isRefusal(measured)) return measured
  return {
    columns: measured.columns,
    figures: measured.plan.columns.flatMap(({ is }, at) => (is === 'label' ? [] : [at])),
    protect(before) {
      const shown = protectGroups(
        measured.groups.map(({ people }) => people),
        before,
        countsOnly,
      )
      return { told: shown.told, spent: shown.spent, tell: (by, limit) => tell(measured, shown, by, limit) }
    },
  }
}

const peopleMax = 1_000_000

async function rowsOf(engines: Engines, work: StatementWork): Promise<{ columns: ResultColumn[]; rows: unknown[][] } | Refusal> {
  const result = await runStatement(engines, { ...work, limit: peopleMax, format: 'json' })
  if (isRefusal(result)) return result
  if (result.truncated) return tooMany(`figures of people are of ${peopleMax.toLocaleString('en')} at most`)
  return { columns: result.columns, rows: JSON.parse(`[${Buffer.concat(result.chunks).toString('utf8')}]`) as unknown[][] }
}

/** Everybody, then rule by rule who meets it alone, and with all before it: rows as a funnel has them. */
async function ofCohort(engines: Engines, { all }: CohortCriteria, work: StatementWork, numbers: Numbers): Promise<Inquiry | Refusal> {
  const { parameters: _none, ...rest } = work
  const found = await rowsOf(engines, { ...rest, sql: patternsSql({ all }) })
  if (isRefusal(found)) return found
  const patterns = found.rows.map((row) => ({ meets: row.slice(0, -1), people: numbers.of((row.at(-1) ?? []) as string[]) }))
  const who = (isIn: (meets: readonly unknown[]) => boolean): People =>
    union(patterns.filter(({ meets }) => isIn(meets)).map(({ people }) => people))
  const after = all.map((_, at) => who((meets) => meets.slice(0, at + 1).every(Boolean)))
  const alone = all.map((_, at) => who((meets) => meets[at] === true))
  const everybody = who(() => true)
  // The cohort itself comes first: where two figures would tell of few, a step of the funnel is hidden and not what was asked for.
  const figures = [everybody, after.at(-1) ?? everybody, ...after.slice(0, -1), ...alone]
  return {
    columns: ['alone', 'after'].map((name) => ({ name, type: 'BIGINT' })),
    figures: [0, 1],
    protect(before) {
      const { states, told } = protectFigures(figures, before, countsOnly)
      return { told, spent: false, tell: (by) => tellFunnel(figures, states, all.length, by) }
    },
  }
}

function tellFunnel(figures: readonly People[], states: readonly CellState[], rules: number, by: TellBy): Told {
  const value = (at: number): number | null => (states[at] === 'told' ? roundedPeople(figures[at]!, by) : null)
  const afterAt = (rule: number): number => (rule === rules - 1 ? 1 : 2 + rule)
  const places = [[0, 1], ...Array.from({ length: rules }, (_, rule) => [1 + Math.max(rules, 1) + rule, afterAt(rule)])]
  const suppressed = places.flatMap((row, at) =>
    row.flatMap((figure, column): Told['suppressed'] => {
      const state = states[figure]!
      return state === 'told' ? [] : [[at, column, state]]
    }),
  )
  return { rows: places.map((row) => row.map(value)), suppressed, people: value(1) }
}

/** Statistics of people's rows: the small-cell rule of statistics first, then each told number held against what was told before. */
async function ofStatistics(
  engines: Engines,
  request: ReadStatisticsRequest,
  work: StatementWork,
  numbers: Numbers,
): Promise<Inquiry | Refusal> {
  if (request.kind === 'adherence') return noAdherence()
  const found = await rowsOf(engines, { ...work, counts: 'people', numbers: numbersOf(request) })
  if (isRefusal(found)) return found
  const input = foldRare(request, found, countsOnly)
  const exact = statisticsOf(request, input, { ...countsOnly, rounding: null })
  if (isRefusal(exact)) return exact
  const body = spreadBody(exact, request, input, countsOnly)
  const parts = toldPeopleOf(request, input, body).map((sets) => sets.map((keys) => numbers.of(keys)))
  if (parts.flat().reduce((sum, people) => sum + people.length, 0) > membershipsMax) return tooMany('too many people in too many figures')
  return {
    columns: [{ name: 'statistics', type: 'JSON' }],
    figures: [],
    protect(before) {
      const told = { all: null, groups: parts.flat() }
      return { told, spent: tellsOfFew(parts, before), tell: (by) => tellBody(body, told.groups, by) }
    },
  }
}

/** Within a part the rule of statistics holds; two parts, and earlier answers, are held against each other here. */
function tellsOfFew(parts: readonly (readonly People[])[], before: readonly ToldPeople[]): boolean {
  const known = [...before]
  return parts.some((groups) => {
    const telling = tellingGroups({ all: null, groups }, known, countsOnly).groups.size > 0
    known.push({ all: null, groups })
    return telling
  })
}

function tellBody(body: StatisticsBody, told: readonly People[], by: TellBy): Told {
  const bySize = new Map(told.map((people) => [people.length, people]))
  const round = (count: number): number => {
    const people = bySize.get(count)
    return people === undefined ? Math.round(count / countsOnly.threshold) * countsOnly.threshold : roundedPeople(people, by)
  }
  const rounded = roundedBody(body, round)
  return { rows: [[rounded]], suppressed: [], people: told[0] === undefined ? null : roundedPeople(told[0], by) }
}

const noAdherence = (): Refusal =>
  refuse('business-rule', { detail: 'Adherence rests on supplies of single people: it needs masked rows.' })
