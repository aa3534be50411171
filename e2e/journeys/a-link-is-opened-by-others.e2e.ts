// A version is restored, and a link to one is opened by people with other rights: each with his own.
import type { Browser, Page } from '@playwright/test'
import { expect, signIn, test, watch } from '../world/index.js'

const cellOf = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })

async function write(page: Page, sql: string): Promise<void> {
  await cellOf(page, 'result').locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  await page.keyboard.press('Control+s')
  await expect(page.locator('.unsaved-dot')).toHaveCount(0)
}

/** Somebody else at another machine. */
async function atAnother(browser: Browser, url: string, user: string, link: string, then: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    const { complaints } = watch(page)
    await signIn(page, url, user)
    await page.evaluate((to) => (location.hash = to), new URL(link).hash)
    await then(page)
    expect(complaints).toEqual([])
  } finally {
    await context.close()
  }
}

test(
  'a version is restored, and its link shows each reader what his rights allow',
  { tag: '@long' },
  async ({ page, platform, browser }) => {
    test.setTimeout(600_000)
    const first = 'select gender, count(*) as people from patients group by gender'
    const second = 'select count(*) as everybody from patients'
    await signIn(page, platform.url, 'ada')
    await page.getByRole('link', { name: 'Notebooks' }).first().click()
    await page.getByRole('button', { name: 'New notebook' }).first().click()

    await test.step('what was written over comes back as a new version', async () => {
      await write(page, first)
      await write(page, second)
      await page.getByRole('button', { name: /Show all versions/ }).click()
      const panel = page.getByRole('complementary', { name: 'Versions' })
      await panel.getByRole('button', { name: /on the way/ }).click()
      await panel.getByRole('button', { name: /^v2/ }).click()
      const shown = page.getByRole('region', { name: 'Version 2' })
      await expect(shown.locator('del', { hasText: 'gender' }).first()).toBeVisible()
      await page.getByRole('button', { name: 'Restore as new version' }).click()
      await expect(cellOf(page, 'result').locator('.view-lines')).toContainText('group by gender')
      await expect(page.getByRole('button', { name: 'Version 4. Show all versions' })).toBeVisible()
    })

    await page.getByRole('button', { name: 'Share' }).click()
    await expect(page.getByText('Copied a link to version 4')).toBeVisible()
    const link = await page.evaluate(() => navigator.clipboard.readText())

    await test.step('what was just told never lies over a dialog', async () => {
      await page.setViewportSize({ width: 760, height: 620 })
      await page.keyboard.press('Control+k')
      await page.keyboard.press('Control+s')
      const keys = page.getByRole('dialog', { name: 'Keyboard' })
      await expect(page.getByText('Copied a link to version 4')).toBeAttached()
      await keys.getByRole('button', { name: 'Close', exact: true }).click({ timeout: 4000 })
      await expect(keys).toHaveCount(0)
      await page.setViewportSize({ width: 1440, height: 900 })
    })

    await test.step('a researcher reads it, runs it, and writes into a copy of his own', async () => {
      await atAnother(browser, platform.url, 'remy', link, async (theirs) => {
        await expect(cellOf(theirs, 'result').locator('.view-lines')).toContainText('group by gender')
        await expect(theirs.getByRole('grid')).toHaveCount(0)
        await theirs.getByRole('button', { name: 'Run result', exact: true }).click()
        await expect(theirs.getByRole('grid', { name: /^result:/ })).toBeVisible()
        await cellOf(theirs, 'result').getByRole('button', { name: 'Download', exact: true }).click()
        await expect(theirs.getByRole('menu')).toBeVisible()
        await expect(theirs.getByRole('menuitem', { name: 'Parquet' })).toHaveCount(0)
        await expect(theirs.getByRole('menuitem', { name: /Rows need the right to release/ })).toBeDisabled()
        await theirs.keyboard.press('Escape')
        await cellOf(theirs, 'result').locator('.monaco-editor').first().click()
        await theirs.keyboard.press('Control+End')
        await theirs.keyboard.insertText(' order by 1')
        await theirs.getByRole('button', { name: 'Keep as my own copy' }).click()
        await expect(theirs.getByRole('tab', { name: /\(mine\)/ })).toBeVisible()
      })
    })

    await test.step('who gets counts only is told that there is none for her', async () => {
      await atAnother(browser, platform.url, 'mona', link, async (theirs) => {
        await expect(theirs.getByText('There is no such notebook here.')).toBeVisible()
        await expect(theirs.getByRole('button', { name: 'Close the tab' })).toBeVisible()
      })
    })

    await test.step('and the owner’s stays as she left it', async () => {
      await page.reload()
      await expect(cellOf(page, 'result').locator('.view-lines')).toContainText('group by gender')
      await expect(cellOf(page, 'result').locator('.view-lines')).not.toContainText('order by 1')
    })
  },
)
