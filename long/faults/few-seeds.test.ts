// A few of the runs of seeds.test.ts, short, for `npm test`: an erasure, the replicator, lake and reservoir broken off by kill -9.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../../apps/server/src/storage/index.js'
import { namedPoints } from './harness/faults.js'
import { runSeed } from './harness/run.js'

const points = namedPoints()
const chosen = ['erasure.step-acted', 'lake.segment-written', 'replicator.batch-stored', 'reservoir.manifest-written']
let duck: Awaited<ReturnType<typeof openDuckDb>>
beforeAll(async () => {
  duck = await openDuckDb({ threads: 1 })
})
afterAll(() => duck.close())

// A seed's first fault is at the point of its number.
test.each(chosen)('killed at %s, every store holds what was acknowledged', async (point) => {
  const { faults, struck, phases } = await runSeed(points.indexOf(point), points, duck.connection, 'short')
  expect([faults, struck.map((fault) => fault.point)], phases.join(', ')).toEqual([[], [point]])
})
