import { existsSync } from 'node:fs'
import path from 'node:path'
import { defineConfig, devices } from '@playwright/test'

// E2E_CHROMIUM, else the system's Chromium, else Playwright's own; `npm test` says what to do where there is none of them.
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const onPath = (name: string) =>
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file))
const executablePath = process.env['E2E_CHROMIUM'] ?? names.map(onPath).find(Boolean)
// Chromium refuses its sandbox to root.
const asRoot = process.getuid?.() === 0

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  globalSetup: './world/once.ts',
  globalTimeout: process.env['AQUIFER_TEST_LONG'] === '1' ? 55 * 60_000 : 20 * 60_000,
  // The long run has other suites beside it.
  timeout: process.env['AQUIFER_TEST_LONG'] === '1' ? 240_000 : 120_000,
  expect: { timeout: process.env['AQUIFER_TEST_LONG'] === '1' ? 40_000 : 20_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  // Journeys that `npm test` has no time for: part `looks` of the long run has them all.
  ...(process.env['AQUIFER_TEST_LONG'] === '1' || process.env['AQUIFER_SCREENSHOTS'] !== undefined ? {} : { grepInvert: /@long/ }),
  reporter: [['list']],
  // A trace costs a quarter of a journey's time: scripts/again.mjs asks for one of those that run once more; `--trace on` here.
  use: { trace: 'off', screenshot: 'only-on-failure', video: 'off' },
  projects: [
    {
      name: 'web',
      testMatch: 'journeys/**/*.e2e.ts',
      use: {
        ...devices['Desktop Chrome'],
        viewport: { width: 1440, height: 900 },
        permissions: ['clipboard-read', 'clipboard-write'],
        // Without a graphics card every moving pixel is drawn by the processor that the platform needs.
        contextOptions: { reducedMotion: 'reduce' },
        launchOptions: {
          chromiumSandbox: !asRoot,
          args: asRoot ? ['--no-sandbox'] : [],
          ...(executablePath === undefined ? {} : { executablePath }),
        },
      },
    },
    { name: 'desktop', testMatch: 'desktop/**/*.e2e.ts' },
  ],
})
