// Each state of the notebook in each look: what axe finds, and contrast.
import type { Page } from '@playwright/test'
import { accessible, contrastToo, demoPassword, expect, signIn, test } from '../world/index.js'

const themes = ['light', 'dark', 'contrast-light', 'contrast-dark'] as const
const list = /\/query\/api\/v1\/notebooks\?/
const cell = '[aria-label="SQL cell result"]'
const below = '[aria-label="History, jobs and problems"]'
const result = (page: Page) => page.getByRole('region', { name: 'SQL cell result', exact: true })

/** `within`: what of the page this state changes, where the rest was judged before in every look; then two of them do. */
async function inEveryLook(page: Page, state: string, within?: string): Promise<void> {
  for (const theme of themes.slice(0, !contrastToo ? 1 : within === undefined ? 4 : 2)) {
    await page.evaluate((name) => {
      localStorage.setItem('aquifer.theme', name)
      dispatchEvent(new StorageEvent('storage', { key: 'aquifer.theme' }))
    }, theme)
    await expect(page.locator(`html[data-theme="${theme}"]`)).toBeAttached()
    // Colours on their way from one look to the other have a contrast of neither.
    await page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((each) => each.effect?.getComputedTiming().iterations !== Infinity)
          .map((each) => each.finished),
      ),
    )
    await accessible(page, `${state}, ${theme}`, {
      ...(within === undefined ? {} : { within }),
      ...(theme === 'light' ? {} : { rules: ['color-contrast'] }),
    })
  }
}

async function ask(page: Page, sql: string): Promise<void> {
  await result(page).locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  await page.keyboard.press('Control+Enter')
}

test('every state of a notebook, in every look', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)

  await test.step('loading', async () => {
    await page.route(list, () => undefined)
    await signIn(page, platform.url, 'ada')
    await page.getByRole('link', { name: 'Notebooks' }).first().click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Notebooks')
    await expect(page.locator('[aria-busy="true"]').first()).toBeVisible()
    await inEveryLook(page, 'loading')
    await page.unroute(list)
    await page.reload()
  })

  await test.step('empty', async () => {
    await page.getByRole('button', { name: 'New notebook' }).first().click()
    await expect(result(page)).toBeVisible()
    await inEveryLook(page, 'empty')
  })

  await test.step('a result, its menu, its lineage', async () => {
    await ask(page, 'select gender, count(*) as people from patients group by 1')
    await expect(page.getByRole('grid', { name: /^result:/ })).toBeVisible()
    await result(page).getByRole('button', { name: 'Lineage' }).click()
    await inEveryLook(page, 'result')
    await result(page).getByRole('button', { name: 'More for this cell' }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await inEveryLook(page, 'menu')
    await page.keyboard.press('Escape')
  })

  await test.step('stale', async () => {
    await page.getByRole('button', { name: 'SQL', exact: true }).click()
    await page.getByRole('region', { name: 'SQL cell result_2' }).locator('.monaco-editor').first().click()
    await page.keyboard.insertText('select sum(people) as n from result')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('grid', { name: /^result_2:/ })).toBeVisible()
    await ask(page, 'select gender, count(*) as people from patients where birth_year > 1900 group by 1')
    await expect(page.getByRole('region', { name: 'SQL cell result_2' }).getByRole('status')).toContainText('result')
    await inEveryLook(page, 'stale')
  })

  await test.step('running, stopped, an error', async () => {
    await ask(page, 'select count(*) as n from range(100000000) a, range(100000) b')
    await expect(result(page).locator('.running-words')).toBeVisible()
    await inEveryLook(page, 'running', cell)
    await page.keyboard.press('Control+.')
    await expect(result(page)).toContainText('Stopped after')
    await inEveryLook(page, 'stopped', cell)
    await ask(page, 'select gendr from patients')
    await expect(result(page).getByRole('alert')).toContainText('gendr')
    await inEveryLook(page, 'error', cell)
  })

  await test.step('history with a question in full, jobs, problems', async () => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+j')
    const bottom = page.getByRole('region', { name: 'History, jobs and problems' })
    await bottom.locator('.history-row .bottom-row').first().click()
    await inEveryLook(page, 'history', below)
    for (const part of ['Jobs', 'Problems']) {
      await bottom.getByRole('tab', { name: part }).click()
      await inEveryLook(page, part, below)
    }
    await page.keyboard.press('Control+j')
  })

  await test.step('palette, list of keys', async () => {
    await page.keyboard.press('Control+Shift+P')
    await expect(page.getByRole('combobox', { name: 'Search or run a command' })).toBeVisible()
    await inEveryLook(page, 'palette', '.scrim')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Control+s')
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible()
    await inEveryLook(page, 'keys', '.scrim')
    await page.keyboard.press('Escape')
  })

  await test.step('offline, then locked', async () => {
    await page.context().setOffline(true)
    await expect(page.locator('.offline-bar')).toBeVisible({ timeout: 30_000 })
    await inEveryLook(page, 'offline', '.offline-bar')
    await page.context().setOffline(false)
    await page.keyboard.press('Control+l')
    await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible()
    await inEveryLook(page, 'locked')
    await page.getByLabel('Password', { exact: true }).fill(demoPassword)
    await page.keyboard.press('Enter')
    await expect(result(page)).toBeVisible()
  })

  await test.step('the tour', async () => {
    await page.keyboard.press('Control+Shift+P')
    await page.getByRole('combobox', { name: 'Search or run a command' }).fill('take the tour')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('complementary', { name: 'Tour' })).toBeVisible()
    await inEveryLook(page, 'tour', '[aria-label="Tour"]')
  })
})

test('suppressed cells, in every look', { tag: '@long' }, async ({ page, platform }) => {
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await expect(page.getByRole('article', { name: 'Table patients' }).locator('.hidden-figure').first()).toBeVisible({ timeout: 60_000 })
  await inEveryLook(page, 'suppressed')
})
