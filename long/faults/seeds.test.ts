// Random workloads and faults at named points, by seed: after each recovery every store holds what was acknowledged, and at no instant
// anything that must not be seen. FAULT_SEED=n runs one seed again, FAULT_RUNS=n so many, from FAULT_FIRST; FAULT_MINUTES begins none after that.
// FAULT_RESULTS=DIR keeps what was struck, so that several of these side by side make the 300.
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../../apps/server/src/storage/index.js'
import { namedPoints, type FaultKind } from './harness/faults.js'
import { runSeed, type RunResult } from './harness/run.js'

const points = namedPoints()
const one = process.env['FAULT_SEED']
const first = Number(one ?? process.env['FAULT_FIRST'] ?? 0)
const runs = one === undefined ? Number(process.env['FAULT_RUNS'] ?? 300) : 1
const until = Date.now() + Number(process.env['FAULT_MINUTES'] ?? Infinity) * 60_000
const folder = process.env['FAULT_RESULTS']
const runMsMax = 10 * 60_000
const results: RunResult[] = []
let duck: Awaited<ReturnType<typeof openDuckDb>>

beforeAll(async () => {
  duck = await openDuckDb({ threads: 1 })
})
afterAll(() => duck.close())

test.skipIf(runs === 0)(`${runs} runs from seed ${first}`, { timeout: runs * runMsMax }, async () => {
  const failed: string[] = []
  for (let seed = first; seed < first + runs && Date.now() < until; seed += 1) {
    const result = await runSeed(seed, points, duck.connection)
    results.push(result)
    keep(result)
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

test.skipIf(one !== undefined)('every named point was struck', ({ skip }) => {
  const all = kept()
  if (all.size < 300) skip(`${all.size} of 300 runs`)
  console.log(table([...all.values()]))
  const struck = new Set([...all.values()].flatMap((each) => each.map(({ point }) => point)))
  expect(points.filter((point) => !struck.has(point))).toEqual([])
})

type Struck = Pick<RunResult, 'seed' | 'struck'>
function keep({ seed, struck }: Struck): void {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  appendFileSync(path.join(folder, `from-${first}.ndjson`), `${JSON.stringify({ seed, struck } satisfies Struck)}\n`)
}

/** What was struck by seed: here, and by those beside. */
function kept(): Map<number, RunResult['struck']> {
  const lines =
    folder === undefined ? [] : readdirSync(folder).flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
  const beside = lines.map((line) => JSON.parse(line) as Struck)
  return new Map([...beside, ...results].map(({ seed, struck }) => [seed, struck]))
}

function table(all: readonly RunResult['struck'][]): string {
  const count = (of: string, by: FaultKind): number =>
    all.filter((struck) => struck.some(({ point, kind }) => point === of && kind === by)).length
  const rows = points.map((point) => [point, ...(['stop', 'fail', 'delay'] as const).map((kind) => String(count(point, kind)))])
  return [['point', 'stop', 'fail', 'delay'], ...rows]
    .map(([point = '', ...counts]) => point.padEnd(40) + counts.map((each) => each.padStart(6)).join(''))
    .join('\n')
}
