import {
  codeNamesSql,
  cohortNotes,
  cohortSentence,
  cohortSql,
  funnelSql,
  isAmount,
  leavesOf,
  otherUnitsSql,
  ruleWords,
  type CodeNames,
} from '@aquifer/core/cohort'
import { statementRowsMax, type CohortCount, type CohortCriteria, type QueryLevel, type StatementRows } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { bandOf, cmsCells, countsOnly, showCount, type Shown } from '@aquifer/core/small-cells'
import type { Study } from '../repository/index.js'
import { faultOf } from './cohorts.js'
import type { Query } from './query.js'

export interface CohortAsked {
  criteria: CohortCriteria
  cut?: string | undefined
  actor: string
  purpose: string
  /** `counts`: held against what the caller was told before, and in his history. */
  level: QueryLevel
}
/** People of a study who are not among the masked, by why. */
export interface LeftOut {
  noConsent: number
  withdrawn: number
  underAge: number
  held: number
}

/** How many meet the criteria, rule by rule, all in one statement on one snapshot. */
export async function countCohort(
  query: Pick<Query, 'figures' | 'run' | 'told' | 'movesDates'>,
  study: Study,
  { leftOut, ...asked }: CohortAsked & { leftOut: LeftOut },
): Promise<CohortCount | Refusal> {
  const { criteria, cut, level } = asked
  const fault = faultOf(criteria)
  if (fault !== null) return fault
  const found = await (level === 'counts' ? countsOf(query, study, asked) : exactOf(query, study, asked))
  if (isRefusal(found)) return found
  const { everybody, alone, after, otherUnits, names, basis } = found
  const nameOf = new Map(names.map(({ is, code, name }) => [`${is} ${code}`, name]))
  const called: CodeNames = (is, code) => nameOf.get(`${is} ${code}`)
  const datesMove = await query.movesDates(study, basis.maskingPolicy)
  return {
    study: study.id,
    ...basis,
    ...(cut === undefined ? {} : { cut }),
    people: after.at(-1) ?? everybody,
    of: everybody,
    sentence: cohortSentence(criteria, datesMove, called),
    names,
    notes: cohortNotes(criteria, datesMove, otherUnits),
    sql: cohortSql(criteria),
    rounded: level === 'counts',
    funnel: criteria.all.map((rule, at) => ({ rule: ruleWords(rule, called), alone: alone[at]!, after: after[at]! })),
    governance: governanceOf(leftOut, (cause, band) => (level === 'counts' ? query.told.alone(study, `people ${cause}`, band) : band)),
  }
}

interface Counted {
  everybody: Shown
  alone: Shown[]
  after: Shown[]
  /** By the number of a rule, how many readings it cannot compare. */
  otherUnits: ReadonlyMap<number, string>
  names: CohortCount['names']
  basis: { snapshot: string; maskingPolicy: string; consentEpoch: number; statement?: string }
}

async function exactOf(query: Pick<Query, 'figures'>, study: Study, { criteria, cut }: CohortAsked): Promise<Counted | Refusal> {
  const asked = leavesOf(criteria).flatMap(({ rule, leaf }) => {
    const sql = isAmount(leaf) ? otherUnitsSql(leaf) : null
    return sql === null ? [] : [{ rule, sql }]
  })
  const naming = codeNamesSql(criteria)
  const of = [funnelSql(criteria), ...asked.map(({ sql }) => sql), ...(naming === null ? [] : [naming])]
  const found = await query.figures(study, of, { cut })
  if (isRefusal(found)) return found
  const { answers, snapshot, maskingPolicy, consentEpoch } = found
  const [everybody = 0, ...counts] = (answers[0]?.[0] ?? []).map(Number).map((count) => showCount(count, cmsCells))
  const rules = criteria.all.length
  const others = new Map<number, number>()
  for (const [at, { rule }] of asked.entries()) others.set(rule, (others.get(rule) ?? 0) + Number(answers[at + 1]?.[0]?.[0] ?? 0))
  const otherUnits = new Map([...others].filter(([, readings]) => readings > 0).map(([rule, readings]) => [rule, bandOf(readings)]))
  return {
    everybody,
    alone: counts.slice(0, rules),
    after: counts.slice(rules),
    otherUnits,
    names: namesOf(naming === null ? [] : (answers.at(-1) ?? [])),
    basis: { snapshot, maskingPolicy, consentEpoch },
  }
}

async function countsOf(query: Pick<Query, 'run'>, study: Study, asked: CohortAsked): Promise<Counted | Refusal> {
  const { criteria, cut, actor, purpose } = asked
  const of = { study, actor, purpose, cut, sql: cohortSql(criteria), about: { cohort: criteria }, level: 'counts' as const }
  const answer = await query.run({ ...of, limit: statementRowsMax, format: 'json' })
  if (isRefusal(answer)) return answer
  const { statement, rows, suppressed = [], basis } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
  const marks = new Map(
    suppressed.map(([row, column, why]) => [`${row} ${column}`, why === 'primary' ? countsOnly.show : countsOnly.besides]),
  )
  const [everybody, ...rules] = rows.map((row, at) => row.map((value, column) => marks.get(`${at} ${column}`) ?? (value as number)))
  const { snapshot, maskingPolicy, consentEpoch } = basis
  return {
    everybody: everybody![0]!,
    alone: rules.map(([alone]) => alone!),
    after: rules.map(([, after]) => after!),
    // How many readings are in a unit is a figure that nothing here rounds.
    otherUnits: new Map(
      leavesOf(criteria).flatMap(({ rule, leaf }) => (isAmount(leaf) && otherUnitsSql(leaf) !== null ? [[rule, 'not counted here']] : [])),
    ),
    // At this level a text is told of a group that was counted, and by nothing else.
    names: [],
    basis: { snapshot, maskingPolicy, consentEpoch, statement },
  }
}

const namesOf = (rows: readonly unknown[][]): CohortCount['names'] =>
  rows.map(([is, code, name]) => ({ is: String(is), code: String(code), name: String(name) }))

const words = {
  'no-consent': 'have not given a consent that the study requires, or it is suspended or has expired',
  withdrawn: 'have withdrawn',
  'under-age': 'are under age, and nobody consented for them',
  held: 'are held back before masking',
} as const

function governanceOf(
  { noConsent, withdrawn, underAge, held }: LeftOut,
  told: (cause: string, band: string) => string,
): CohortCount['governance'] {
  const counts = { 'no-consent': noConsent, withdrawn, 'under-age': underAge, held }
  return (Object.keys(words) as (keyof typeof words)[]).map((cause) => ({
    cause,
    what: words[cause],
    people: told(cause, bandOf(counts[cause])),
  }))
}
