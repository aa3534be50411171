// A statement of a notebook is kept under a title and run again: what changed is told in bands, and its rows can be opened.
import { expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

test('a query is saved, run, held against its run before, and forgotten', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  const cell = page.getByRole('region', { name: 'SQL cell result', exact: true })
  await cell.locator('.monaco-editor').first().click()
  await page.keyboard.insertText('select gender, count(*) as people from patients group by gender')
  await page.keyboard.press('Escape')

  await cell.getByRole('button', { name: 'More for this cell' }).click()
  await page.getByRole('menuitem', { name: 'Save as a query' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save as a query' })
  await dialog.getByLabel('Title').fill('People by sex, each day')
  await dialog.getByRole('button', { name: /Runs/ }).click()
  await page.getByRole('option', { name: 'Every day' }).click()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Show', exact: true }).click()

  const row = page.getByRole('list', { name: 'Saved queries' }).getByRole('button', { name: /People by sex, each day/ })
  await expect(row).toContainText('every day')
  await row.click()
  const detail = page.getByRole('region', { name: 'Saved query People by sex, each day' })
  await detail.getByRole('button', { name: 'Run now' }).click()
  await expect(detail).toContainText('The first run', { timeout: 30_000 })
  await detail.getByRole('button', { name: 'Run now' }).click()
  await expect(detail).toContainText('As before', { timeout: 30_000 })
  await inBothLooks(page, 'saved-queries')

  await detail.getByRole('button', { name: 'Open with its rows' }).click()
  await expect(page.getByLabel('Title of the notebook')).toHaveValue('People by sex, each day')
  await expect(cell.locator('footer')).toContainText('snapshot', { timeout: 30_000 })
  await detail.getByRole('button', { name: 'Forget this query' }).click()
  await expect(page.getByText('No saved query')).toBeVisible()
})
