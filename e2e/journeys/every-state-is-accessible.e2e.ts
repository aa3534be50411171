// States of the notebook in each look: what axe finds, and contrast.
import type { Page } from '@playwright/test'
import { accessible, contrastToo, expect, signIn, test } from '../world/index.js'

const themes = ['light', 'dark', 'contrast-light', 'contrast-dark'] as const
const list = /\/query\/api\/v1\/notebooks\?/
const result = (page: Page) => page.getByRole('region', { name: 'SQL cell result', exact: true })

async function inEveryLook(page: Page, state: string): Promise<void> {
  for (const theme of contrastToo ? themes : themes.slice(0, 1)) {
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
    await accessible(page, `${state}, ${theme}`, theme === 'light' ? {} : { rules: ['color-contrast'] })
  }
}

async function ask(page: Page, sql: string): Promise<void> {
  await result(page).locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  await page.keyboard.press('Control+Enter')
}

test('a notebook that loads, is empty, has a result, is stale, in every look', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(240_000)

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
})

test('suppressed cells, in every look', { tag: '@long' }, async ({ page, platform }) => {
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Catalogue' }).first().click()
  await expect(page.getByRole('article', { name: 'Table patients' }).locator('.hidden-figure').first()).toBeVisible({ timeout: 60_000 })
  await inEveryLook(page, 'suppressed')
})
