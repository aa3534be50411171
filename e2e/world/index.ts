import { AxeBuilder } from '@axe-core/playwright'
import { expect, test as base, type Page } from '@playwright/test'
import { reach, type Platform, type PlatformAddress } from './platform.js'

export { expect } from '@playwright/test'
export type { Platform } from './platform.js'

export const demoPassword = 'aquifer-demo'

export interface Watched {
  /** Text of every answer the page was given. */
  answers: string[]
  /** What the page or the browser complained about. */
  complaints: string[]
  settled(): Promise<unknown>
}

interface Worker {
  platform: Platform
}

interface PerTest {
  watched: Watched
  consoleIsQuiet: void
}

export const test = base.extend<PerTest, Worker>({
  platform: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => use(reach(JSON.parse(process.env['E2E_PLATFORM'] ?? '') as PlatformAddress)),
    { scope: 'worker' },
  ],
  watched: async ({ page }, use) => {
    const watched = watch(page)
    await use(watched)
    await watched.settled()
  },
  consoleIsQuiet: [
    async ({ watched }, use) => {
      await use()
      expect(watched.complaints).toEqual([])
    },
    { auto: true },
  ],
})

export function watch(page: Page): Watched {
  const reads: Promise<unknown>[] = []
  const watched: Watched = { answers: [], complaints: [], settled: () => Promise.all(reads) }
  page.on('console', (message) => {
    // A refused request is an answer the page handles; the browser logs it all the same.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) watched.complaints.push(message.text())
  })
  page.on('pageerror', (error) => watched.complaints.push(error.message))
  // The body of an answer that was broken off never comes.
  page.on('requestfinished', (request) => {
    if (!/\/api\/v1\//.test(request.url())) return
    reads.push(
      request
        .response()
        .then((response) => response?.body())
        .then(
          (body) => watched.answers.push(body?.toString('latin1') ?? ''),
          () => undefined,
        ),
    )
  })
  return watched
}

export async function signIn(page: Page, url: string, user: string, password = demoPassword): Promise<void> {
  await page.goto(url)
  await page.getByLabel('User').fill(user)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
}

export type Look = 'light' | 'dark'

export async function look(page: Page, theme: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
  await expect(page.locator(`html[data-theme="${theme}"]`)).toBeAttached()
  // Colours on their way from one theme to the other have a contrast of neither.
  await page.evaluate(async () => {
    const passing = document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity)
    await Promise.allSettled(passing.map((each) => each.finished))
  })
}

// Contrast takes axe longer than all other rules together, and of the tokens it is computed (ui/tokens.test.ts): on screens in the long run.
export const contrastToo = process.env['AQUIFER_TEST_LONG'] === '1' || process.env['AQUIFER_SCREENSHOTS'] !== undefined

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * WCAG 2.2 A and AA; violations are told by rule and place, so that a failure reads as what to mend. Of a long table the first rows stand
 * for those that follow. `within`: the part of a page that differs from one that was judged.
 */
export async function accessible(
  page: Page,
  where: string,
  options: { legacy?: boolean; rules?: string[]; within?: string } = {},
): Promise<void> {
  const axe = new AxeBuilder({ page }).exclude('tbody tr:nth-child(n + 9)')
  if (options.within !== undefined) axe.include(options.within)
  if (options.rules) axe.withRules(options.rules)
  else axe.withTags(tags).disableRules(contrastToo ? [] : ['color-contrast', 'color-contrast-enhanced'])
  const { violations } = await axe.setLegacyMode(options.legacy ?? false).analyze()
  const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(' | ')}`)
  expect(found, where).toEqual([])
}
