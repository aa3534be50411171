import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

export default defineConfig({
  root,
  resolve: { alias: [{ find: /^@aquifer\/core\/(.+)$/, replacement: `${root}/packages/core/src/$1/index.ts` }] },
  test: {
    include: ['long/**/*.test.ts'],
    // `npm test` has the few; one seed alone is run again without the suites that kill real servers.
    exclude: ['long/faults/few-seeds.test.ts', ...(process.env['FAULT_SEED'] === undefined ? [] : ['long/faults/*-kill.test.ts'])],
    // vitest's own second is too short on a machine that others use, too.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 25 * 60_000,
    hookTimeout: 5 * 60_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
