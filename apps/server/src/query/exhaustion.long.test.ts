import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQueryWorld, type World } from './test/world.js'

// Statements that want all of the machine end with a reason, and the next one of somebody else is answered.

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

const times = (count: number, text: string): string => Array.from({ length: count }, () => text).join('')
const greedy: readonly [name: string, sql: string][] = [
  ['a recursion without an end', `WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t`],
  ['a recursion that doubles', `WITH RECURSIVE t(n) AS (SELECT 'x' UNION ALL SELECT n || n FROM t) SELECT max(len(n)) FROM t`],
  ['a sorted series', `SELECT n FROM generate_series(1, 100000000000) AS s(n) ORDER BY hash(n) LIMIT 1`],
  ['a list of all', `SELECT len(list(a.range || b.range)) FROM range(100000) a, range(100000) b`],
  ['lists in lists', `SELECT len(flatten(list_transform(range(100000), lambda x: range(100000))))`],
  ['a text of gigabytes', `SELECT len(repeat(repeat('x', 1000000), 1000000))`],
  ['groups without number', `SELECT count(*) FROM (SELECT DISTINCT hash(a.range, b.range) FROM range(100000) a, range(100000) b)`],
  ['a window over all', `SELECT max(n) FROM (SELECT sum(range) OVER (ORDER BY hash(range)) AS n FROM range(2000000000))`],
  ['many unions', `SELECT 1 ${times(20_000, 'UNION ALL SELECT 1 ')}`],
  ['a long sum', `SELECT 1${times(40_000, '+1')}`],
  ['deep lists', `SELECT ${times(5_000, '[')}1${times(5_000, ']')}`],
  ['deep conditions', `SELECT ${times(5_000, 'CASE WHEN true THEN ')}1${times(5_000, ' END')}`],
  ['a join without a condition', `SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b`],
]
// No backtracking: an answer, and soon.
const patient = `SELECT regexp_matches(repeat('a', 100000), '^(a+)+$b'), repeat('a', 50000) LIKE '${times(60, '%a')}%b'`

test.for(greedy)('%s', { timeout: 300_000 }, async ([, sql]) => {
  const limits = { time: 1_500, memoryMb: 256, spillMb: 256, rows: 1_000 }
  const answer = await world.rows(sql, { limits, actor: 'greedy' })
  if (isRefusal(answer)) {
    expect(['statement-limit', 'statement-invalid', 'not-ready', 'statement-cancelled']).toContain(answer.refusal)
    expect(JSON.stringify(answer)).not.toMatch(/\/tmp|duckdb|\.js:/i)
  }
  expect(await world.rows('SELECT 1', { actor: 'other' })).toMatchObject({ rows: [[1]] })
})

test('patterns are matched in one pass', { timeout: 300_000 }, async () => {
  expect(await world.rows(patient)).toMatchObject({ rows: [[false, false]] })
})
