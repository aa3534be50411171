import { statisticsGroupsMax, type ReadStatisticsRequest, type StatisticsAnswer } from '../contract/index.js'
import { isRefusal, refuse, type Refusal } from '../refusal/index.js'
import { adherence, type Supply } from './adherence.js'
import { missingPatterns } from './missing.js'
import { dayNumber, groupsOf, isNumeric, peopleRows, usedColumns, type PeopleRows, type StatisticsInput } from './people-rows.js'
import { methodOf } from './methods.js'
import { groupNames, tableOne, type Cell } from './table-one.js'
import { tellAdherence, tellIncidence, tellMissing, type SuppliedGroup } from './tell-counts.js'
import { tellSurvival, type FollowUpGroup } from './tell-survival.js'
import { tellTableOne } from './tell-table-one.js'
import { marksIn, ruleInWords, toldCount, type Rule } from './told.js'

type Without<Answer> = Answer extends StatisticsAnswer ? Omit<Answer, 'statement' | 'basis'> : never
/** The answer but for the statement and basis it rests on. */
export type StatisticsBody = Without<StatisticsAnswer>
type Of<Kind extends ReadStatisticsRequest['kind']> = Extract<ReadStatisticsRequest, { kind: Kind }>
type Used = { column: string; type: string; as: string }[]
type Figures<Body = StatisticsBody> = Body extends StatisticsBody ? Omit<Body, 'suppressed' | 'rule' | 'lineage'> & { used: Used } : never

/** Statistics over what a statement found; with a rule only what may be told under it. */
export function statisticsOf(request: ReadStatisticsRequest, input: StatisticsInput, rule: Rule): StatisticsBody | Refusal {
  const rows = peopleRows(input, request.kind)
  if (isRefusal(rows)) return rows
  const found = figuresOf(request, rows, rule)
  if (isRefusal(found)) return found
  const { used, ...figures } = found
  return {
    ...figures,
    suppressed: marksIn(figures),
    rule: rule === null ? 'none' : 'small-cells',
    lineage: { columns: used, method: methodOf(request, rule), policy: ruleInWords(rule) },
  }
}

function figuresOf(request: ReadStatisticsRequest, rows: PeopleRows, rule: Rule): Figures | Refusal {
  switch (request.kind) {
    case 'table-one':
      return tableOneOf(request, rows, rule)
    case 'survival':
      return survivalOf(request, rows, rule)
    case 'incidence':
      return incidenceOf(request, rows, rule)
    case 'missing':
      return missingOf(request, rows, rule)
    case 'adherence':
      return adherenceOf(request, rows, rule)
  }
}

const leftOut = (count: number, why: string, rule: Rule): string[] => (count === 0 ? [] : [`Left out: ${toldCount(count, rule)}, ${why}.`])
const grouping = { most: statisticsGroupsMax, names: groupNames }

function tableOneOf({ by, variables }: Of<'table-one'>, rows: PeopleRows, rule: Rule): Figures | Refusal {
  const used = usedColumns(rows, [{ column: by, as: 'by' }, ...variables.map(({ column }) => ({ column, as: 'variable' }))])
  if (isRefusal(used)) return used
  const groups = by === undefined ? null : groupsOf(rows, by, grouping)
  if (isRefusal(groups)) return groups
  const typeOf = (column: string): string => used.find((each) => each.column === column)?.type ?? ''
  const columns = variables.map(({ column, as }) => {
    const kind = as ?? (isNumeric(typeOf(column)) ? 'continuous' : 'categorical')
    const values: Cell[] = kind === 'continuous' ? rows.numbers(column) : rows.cells(column)
    return { column, as: kind, values }
  })
  const table = tableOne(columns, by === undefined ? null : rows.names(by), rows.people)
  return { kind: 'table-one', used, notes: [], ...tellTableOne(table, rule) }
}

function survivalOf({ time, event, group, unit, level, times }: Of<'survival'>, rows: PeopleRows, rule: Rule): Figures | Refusal {
  const used = usedColumns(rows, [
    { column: time, as: 'time', type: 'number' },
    { column: event, as: 'event', type: 'number' },
    { column: group, as: 'group' },
  ])
  if (isRefusal(used)) return used
  const groups = groupsOf(rows, group, grouping)
  if (isRefusal(groups)) return groups
  const [ends, events] = [rows.numbers(time), rows.numbers(event)]
  const isEvent = (value: number | null | undefined): boolean => value === 0 || value === 1
  // R codes 1 and 2, competing risks 0, 1 and 2: taken for true, they would all be events. Whoever gets counts only is not told by a refusal.
  if (rule === null && events.some((value) => value !== null && !isEvent(value)))
    return refuse('bad-parameter', {
      detail: `${event} has other values than 0, 1, false and true. 1 or true is the event, 0 or false the end of watching: write (status = 2) AS ${event}, say.`,
      parameter: 'event',
    })
  const isWhole = (at: number): boolean => (ends[at] ?? -1) >= 0 && isEvent(events[at])
  const followed = groups.map(({ name, places }): FollowUpGroup => ({
    name,
    people: places.filter(isWhole).map((at) => ({ time: ends[at]!, event: events[at] === 1 })),
  }))
  const missing = rows.rows - followed.reduce((total, { people }) => total + people.length, 0)
  const told = tellSurvival(followed, { rule, level, times })
  const notes = leftOut(missing, 'without a time of 0 or more or without an event that is true or false', rule)
  return { kind: 'survival', used, unit, level, notes: [...notes, ...endNotes(told.groups, unit)], ...told }
}

function endNotes(groups: { name: string | null; ends: { time: number; because: string } }[], unit: string): string[] {
  const words: Record<string, string> = { 'few-at-risk': 'fewer than 11 are at risk', rounding: 'rounding moves it too far' }
  return groups.flatMap(({ name, ends: { time, because } }) => {
    const why = words[because]
    return why === undefined ? [] : [`The drawn curve${name === null ? '' : ` of ${name}`} ends at ${time} ${unit}: later ${why}.`]
  })
}

function incidenceOf({ time, events, group, unit, per, level }: Of<'incidence'>, rows: PeopleRows, rule: Rule): Figures | Refusal {
  const used = usedColumns(rows, [
    { column: time, as: 'time', type: 'number' },
    { column: events, as: 'events', type: 'number' },
    { column: group, as: 'group' },
  ])
  if (isRefusal(used)) return used
  const groups = groupsOf(rows, group, grouping)
  if (isRefusal(groups)) return groups
  const [times, counts] = [rows.numbers(time), rows.numbers(events)]
  const isWhole = (at: number): boolean => (times[at] ?? -1) >= 0 && Number.isInteger(counts[at]) && counts[at]! >= 0
  const atRisk = groups.map(({ name, places }) => ({
    name,
    people: places.filter(isWhole).map((at) => ({ time: times[at]!, events: counts[at]! })),
  }))
  const missing = rows.rows - atRisk.reduce((total, { people }) => total + people.length, 0)
  const notes = leftOut(missing, 'without a time of 0 or more or a whole number of events', rule)
  return { kind: 'incidence', used, unit, per, level, notes, groups: tellIncidence(atRisk, { rule, per, level }) }
}

function missingOf({ variables }: Of<'missing'>, rows: PeopleRows, rule: Rule): Figures | Refusal {
  const columns = variables ?? rows.columns.map(({ name }) => name).filter((name) => name !== 'patient_key')
  const used = usedColumns(
    rows,
    columns.map((column) => ({ column, as: 'variable' })),
  )
  if (isRefusal(used)) return used
  const cells = columns.map((column) => rows.cells(column))
  const patterns = missingPatterns(
    columns,
    rows.keys.map((_, at) => cells.map((column) => column[at])),
  )
  return { kind: 'missing', used, notes: [], ...tellMissing(columns, patterns, rule) }
}

function adherenceOf(
  { start, days, group, from, until, end, threshold }: Of<'adherence'>,
  rows: PeopleRows,
  rule: Rule,
): Figures | Refusal {
  const used = usedColumns(rows, [
    { column: start, as: 'start' },
    { column: days, as: 'days', type: 'number' },
    { column: group, as: 'group' },
    { column: end, as: 'end' },
  ])
  if (isRefusal(used)) return used
  const groups = groupsOf(rows, group, grouping)
  if (isRefusal(groups)) return groups
  const lastDays = lastDayOf(rows, end)
  const period = { from: from === undefined ? null : dayNumber(from), until: dayNumber(until) }
  const [starts, lengths] = [rows.days(start), rows.numbers(days)]
  let [missing, without] = [0, 0]
  const supplied = groups.map(({ name, places }): SuppliedGroup => {
    const people = new Map<string, Supply[]>()
    for (const at of places) {
      const [begin, length] = [starts[at] ?? null, lengths[at] ?? null]
      if (begin === null || length === null || length <= 0) missing++
      else people.set(rows.keys[at]!, [...(people.get(rows.keys[at]!) ?? []), { start: begin, days: length }])
    }
    const found = [...people].flatMap(
      ([key, supplies]) => adherence(supplies, { ...period, until: Math.min(period.until, lastDays.get(key) ?? Infinity) }) ?? [],
    )
    without += people.size - found.length
    return { name, supplies: [...people.values()].reduce((total, each) => total + each.length, 0), people: found }
  })
  const notes = [
    ...leftOut(missing, 'supplies without a date or without days', rule),
    ...leftOut(without, `people of a group without a supply by ${until}${end === undefined ? '' : ` or the end in ${end}`}`, rule),
    end === undefined
      ? `Everybody is observed to ${until}: for who died or left before, the days after count as days without a supply. Name a column (end) with the last day of each.`
      : `Everybody is observed to ${until}, or to the day in ${end} where that is earlier.`,
  ]
  return { kind: 'adherence', used, threshold, notes, groups: tellAdherence(supplied, { rule, threshold }) }
}

/** The last day of each person, the earliest of what his rows say; of who has none the period's. */
function lastDayOf(rows: PeopleRows, column: string | undefined): Map<string, number> {
  const last = new Map<string, number>()
  if (column === undefined) return last
  for (const [at, day] of rows.days(column).entries())
    if (day !== null) last.set(rows.keys[at]!, Math.min(day, last.get(rows.keys[at]!) ?? Infinity))
  return last
}
