// What is typed lies on a disk that may be full, and that all tabs of a browser share.
import type { Page } from '@playwright/test'
import { expect, signIn, test, watch } from '../world/index.js'

const cellOf = (page: Page) => page.getByRole('region', { name: 'SQL cell result', exact: true })

async function write(page: Page, sql: string): Promise<void> {
  await cellOf(page).locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
}

async function newNotebook(page: Page, url: string): Promise<string> {
  await signIn(page, url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  await expect(cellOf(page)).toBeVisible()
  return page.url()
}

test('a full disk is said where it is typed, until there is room again', async ({ page, platform }) => {
  await newNotebook(page, platform.url)
  const browser = await page.context().newCDPSession(page)
  const { origin } = new URL(platform.url)
  const full = page.getByRole('alert').filter({ hasText: 'This machine’s disk takes no more' })
  await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await write(page, 'select 1 as on_a_full_disk')
  await expect(full).toContainText('edits are not kept here')
  await browser.send('Storage.overrideQuotaForOrigin', { origin })
  await write(page, 'select 2 as with_room')
  await expect(full).toHaveCount(0)
})

test('two tabs of one notebook: each sees the other, and nothing is written over', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  const link = await newNotebook(page, platform.url)
  await write(page, 'select 1 as of_the_first')
  await expect(page.locator('.unsaved-dot')).toHaveCount(0)
  const second = await page.context().newPage()
  const { complaints } = watch(second)
  await signIn(second, platform.url, 'ada')
  await second.evaluate((to) => (location.hash = to), new URL(link).hash)
  const elsewhere = (tab: Page) => tab.getByText('Open in another tab, too.')
  const lines = (tab: Page) => cellOf(tab).locator('.view-lines')

  await test.step('both say so, and what one saves the other shows', async () => {
    await expect(lines(second)).toContainText('of_the_first')
    await expect(elsewhere(second)).toBeVisible()
    await expect(elsewhere(page)).toBeVisible()
    await write(second, 'select 2 as of_the_second')
    await expect(lines(page)).toContainText('of_the_second')
  })

  await test.step('where both were edited, one is asked', async () => {
    await page.route(/\/notebooks\/[^/]+$/, (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
    await write(page, 'select 3 as of_the_first_again')
    await expect(page.locator('.unsaved-dot')).toHaveCount(1)
    const version = second.getByRole('button', { name: /^Version \d+/ })
    const before = (await version.textContent()) ?? ''
    await write(second, 'select 4 as of_the_second_again')
    await expect(version).not.toHaveText(before)
    await page.unroute(/\/notebooks\/[^/]+$/)
    await expect(page.getByRole('alert').filter({ hasText: 'Another tab saved version' })).toBeVisible({ timeout: 30_000 })
    await expect(lines(page)).toContainText('of_the_first_again')
  })

  await test.step('a tab that ends leaves its edits to the other', async () => {
    await page.close()
    await expect(elsewhere(second)).toHaveCount(0)
    await second.getByRole('button', { name: 'Bring them back' }).click()
    await expect(lines(second)).toContainText('of_the_first_again')
    await expect(second.locator('.unsaved-dot')).toHaveCount(0)
    expect(complaints).toEqual([])
  })
})
