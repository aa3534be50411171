// The server ends in the middle of a run, by kill -9 and by a restart: what was typed stays, and the run says what became of it.
import type { Page } from '@playwright/test'
import { expect, signIn, test } from '../world/index.js'
import { startPlatform } from '../world/platform.js'

const long = 'select count(*) as n from range(100000000) a, range(100000) b'
const cellOf = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })

async function write(page: Page, cell: string, sql: string): Promise<void> {
  await cellOf(page, cell).locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
}

test('a server that ends in the middle of a run takes nothing along', { tag: '@long' }, async ({ page }) => {
  test.setTimeout(600_000)
  const platform = await startPlatform(10)
  try {
    await signIn(page, platform.url, 'ada')
    await page.getByRole('link', { name: 'Notebooks' }).first().click()
    await page.getByRole('button', { name: 'New notebook' }).first().click()
    const rows = page.getByRole('grid', { name: /^result:/ }).getByRole('gridcell')
    const endless = cellOf(page, 'result_2')

    await test.step('killed: the run did not finish, and can be begun again', async () => {
      await write(page, 'result', 'select count(*) as people from patients')
      await page.keyboard.press('Control+Enter')
      await expect(rows).toHaveCount(1)
      await page.getByRole('button', { name: 'SQL', exact: true }).click()
      await write(page, 'result_2', long)
      const begun = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/statements'))
      await page.keyboard.press('Control+Enter')
      await begun
      await expect(endless.locator('.running-words')).toBeVisible()
      await write(page, 'result', 'select 1 as typed_just_before')
      await platform.end('SIGKILL')
      await expect(page.locator('.offline-bar')).toContainText('Edits are kept here')
      await expect(endless.locator('.running-words')).toContainText('no answer at the moment')
      await write(page, 'result', 'select 2 as typed_while_it_was_away')
      await platform.again()
      await expect(endless.getByRole('alert')).toContainText('The server ended while it ran', { timeout: 60_000 })
      await expect(page.locator('.offline-bar')).toHaveCount(0)
      await expect(page.locator('.unsaved-dot')).toHaveCount(0, { timeout: 30_000 })
    })

    await test.step('restarted: the run is ended, says so, and can be begun again', async () => {
      await endless.getByRole('button', { name: 'Run again' }).click()
      await expect(endless.locator('.running-words')).toBeVisible()
      await Promise.all([platform.end('SIGTERM'), write(page, 'result', 'select 3 as typed_at_the_end')])
      await platform.again()
      await expect(endless).toContainText(/Ended by the server|The server ended while it ran/, { timeout: 60_000 })
      await write(page, 'result_2', 'select 4 as four')
      await endless.getByRole('button', { name: 'Run again' }).click()
      await expect(page.getByRole('grid', { name: /^result_2:/ }).getByRole('gridcell')).toHaveText(['4'])
    })

    await test.step('after a reload all of it is there: the text, and the rows of the run before', async () => {
      await expect(page.locator('.unsaved-dot')).toHaveCount(0, { timeout: 30_000 })
      await page.reload()
      await expect(cellOf(page, 'result').locator('.view-lines')).toContainText('typed_at_the_end')
      await expect(cellOf(page, 'result')).toContainText('edited since it ran')
      await expect(rows).toHaveCount(1)
    })
  } finally {
    await platform.stop()
  }
})
