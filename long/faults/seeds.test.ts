// Random workloads and faults at named points, by seed: after each recovery every store holds what was acknowledged, and at no instant
// anything that must not be seen. FAULT_SEED=n runs one seed again, FAULT_RUNS=n so many, from FAULT_FIRST; FAULT_MINUTES begins none after that.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../../apps/server/src/storage/index.js'
import { namedPoints, type FaultKind } from './harness/faults.js'
import { runSeed, type RunResult } from './harness/run.js'

const points = namedPoints()
const one = process.env['FAULT_SEED']
const first = Number(one ?? process.env['FAULT_FIRST'] ?? 0)
const runs = one === undefined ? Number(process.env['FAULT_RUNS'] ?? 300) : 1
const until = Date.now() + Number(process.env['FAULT_MINUTES'] ?? Infinity) * 60_000
const results: RunResult[] = []
let duck: Awaited<ReturnType<typeof openDuckDb>>

beforeAll(async () => {
  duck = await openDuckDb({ threads: 1 })
})
afterAll(() => duck.close())

test.skipIf(runs === 0)(`${runs} runs from seed ${first}`, async () => {
  const failed: string[] = []
  for (let seed = first; seed < first + runs && Date.now() < until; seed += 1) {
    const result = await runSeed(seed, points, duck.connection)
    results.push(result)
    if (one !== undefined || process.env['FAULT_TELL'] !== undefined)
      console.log(
        `seed ${seed}: ${result.planned.join(', ')}; struck ${result.struck.map(({ point, kind }) => `${point} ${kind}`).join(', ')}; ${result.opened} starts, ${result.looks} looks, ${Math.round(result.ms)} ms (${result.phases.join(', ')})`,
      )
    if (result.faults.length === 0) continue
    const said = `FAULT_SEED=${seed} npm run test:faults\n  ${result.planned.join(', ')}\n  ${result.faults.join('\n  ')}`
    console.log(said)
    failed.push(said)
  }
  console.log(`${results.length} runs, ${Math.round(results.reduce((sum, { ms }) => sum + ms, 0) / results.length)} ms each`)
  expect(failed).toEqual([])
})

test.skipIf(one !== undefined || runs < 300)('every named point was struck', ({ skip }) => {
  console.log(table())
  if (results.length < runs) skip('the time was up')
  const struck = new Set(results.flatMap((result) => result.struck.map(({ point }) => point)))
  expect(points.filter((point) => !struck.has(point))).toEqual([])
})

function table(): string {
  const count = (of: string, by: FaultKind): number =>
    results.filter(({ struck }) => struck.some(({ point, kind }) => point === of && kind === by)).length
  const rows = points.map((point) => [point, ...(['stop', 'fail', 'delay'] as const).map((kind) => String(count(point, kind)))])
  return [['point', 'stop', 'fail', 'delay'], ...rows]
    .map(([point = '', ...counts]) => point.padEnd(40) + counts.map((each) => each.padStart(6)).join(''))
    .join('\n')
}
