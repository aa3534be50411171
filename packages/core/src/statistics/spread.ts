import type { ReadStatisticsRequest } from '../contract/index.js'
import { isSpread, spreadOf, type SmallCellPolicy } from '../small-cells/index.js'
import type { StatisticsBody } from './answer.js'
import type { StatisticsInput } from './people-rows.js'
import { marksIn } from './told.js'

// What who gets counts only could write so that a figure of many people is one of a few: a number that is large for those of interest.

/** Columns of whose numbers figures are told, and how these may come to be; `flags`: conditions are taken as 0 and 1. */
export function numbersOf(request: ReadStatisticsRequest): { column: string; made: 'plain' | 'reckoned'; flags: boolean }[] {
  switch (request.kind) {
    case 'table-one':
      return request.variables
        .filter(({ as }) => as !== 'categorical')
        .map(({ column, as }) => ({ column, made: 'plain', flags: as === undefined }))
    case 'survival':
      return [{ column: request.time, made: 'reckoned', flags: false }]
    case 'incidence':
      return [
        { column: request.time, made: 'reckoned', flags: false },
        { column: request.events, made: 'reckoned', flags: true },
      ]
    default:
      return []
  }
}

type Incidence = Extract<StatisticsBody, { kind: 'incidence' }>

/** Sums over people, without what few of them have beyond others; where that is much, they are not told. */
export function spreadBody(
  body: StatisticsBody,
  request: ReadStatisticsRequest,
  { columns, rows }: StatisticsInput,
  policy: SmallCellPolicy,
): StatisticsBody {
  if (body.kind !== 'incidence' || request.kind !== 'incidence') return body
  const valueOf = (row: readonly unknown[], column: string | undefined): unknown =>
    column === undefined ? null : (row[columns.findIndex(({ name }) => name === column)] ?? null)
  const spread = (group: Incidence['groups'][number]): Incidence['groups'][number] => {
    if (typeof group.events !== 'number' || group.time === null) return group
    const isIn = (row: readonly unknown[]): boolean => {
      const value = valueOf(row, request.group)
      const name = value === null || typeof value === 'string' ? value : JSON.stringify(value)
      return name === group.name && Number(valueOf(row, request.time) ?? -1) >= 0 && valueOf(row, request.events) !== null
    }
    const within = rows.filter(isIn)
    const [events, time] = [request.events, request.time].map((column) =>
      spreadOf(
        within.map((row) => Number(valueOf(row, column))),
        policy,
      ),
    )
    if (!isSpread(events!, policy) || !isSpread(time!, policy))
      return { ...group, events: policy.besides, time: null, rate: null, low: null, high: null }
    return { ...group, events: group.events - events!.beyond, time: group.time - time!.beyond }
  }
  const groups = body.groups.map(spread)
  return { ...body, groups, suppressed: marksIn(groups) }
}
