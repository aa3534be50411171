import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests run on sources; only worker threads and child processes run from dist (storage/program.ts), so `npm test` builds first.
const source = fileURLToPath(new URL('./packages/core/src', import.meta.url))
const alias = [{ find: /^@aquifer\/core\/(.+)$/, replacement: `${source}/$1/index.ts` }]

// What is waited for comes late on a machine that others use, too; vitest's own second is too short for that.
const expectations = { poll: { timeout: 30_000 } }

const isLong = process.env['AQUIFER_TEST_LONG'] === '1'

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        // Pure code: its modules are read once for all files.
        test: {
          name: 'core',
          sequence: { groupOrder: 0 },
          include: ['packages/core/src/**/*.test.ts'],
          testTimeout: 60_000,
          isolate: false,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'server',
          sequence: { groupOrder: 2 },
          expect: expectations,
          include: ['apps/server/src/**/*.test.ts'],
          // Too long for `npm test`: scripts/test-long.mjs runs them.
          exclude: isLong ? [] : ['**/*.long.test.ts'],
          // Long suites run beside each other on all cores.
          testTimeout: isLong ? 360_000 : 120_000,
          hookTimeout: isLong ? 360_000 : 120_000,
          pool: 'forks',
          // Each file opens its own world; reading the server's modules anew for each took as long as the tests.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'faults',
          sequence: { groupOrder: 2 },
          expect: expectations,
          include: ['long/faults/few-seeds.test.ts'],
          testTimeout: 500_000,
          hookTimeout: 120_000,
          // A process of its own: its files and sockets stop with what it kills.
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      'apps/desktop/vitest.config.ts',
      { test: { name: 'tidy', sequence: { groupOrder: 0 }, include: ['tidy/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
})
