// Who may not release results sees rows and takes none of them home as a file; who may leaves a line in the trail for each file.
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, signIn, test } from '../world/index.js'

const cell = (page: Page) => page.getByRole('region', { name: 'SQL cell result', exact: true })

async function asked(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Notebooks', exact: true }).click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  await cell(page).locator('.monaco-editor').first().click()
  await page.keyboard.insertText('select gender, birth_year from patients order by birth_year limit 7')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('grid', { name: /^result:/ })).toBeVisible()
}

async function report(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'More for this notebook' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Report, HTML' }).click()
  return readFileSync(await (await saved).path(), 'utf8')
}

test('a researcher takes no file of rows', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'remy')
  await asked(page)
  await cell(page).getByRole('button', { name: 'Download', exact: true }).click()
  await expect(page.getByRole('menuitem')).toHaveCount(1)
  await expect(page.getByRole('menuitem', { name: /right to release/ })).toBeDisabled()
  await page.keyboard.press('Escape')
  const withoutRows = await report(page)
  expect(withoutRows).toContain('needs the right to release results')
  expect(withoutRows).not.toContain('<td')
})

test('an analyst takes a file of rows that the trail has first', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  await asked(page)
  const noted = page.waitForResponse((response) => response.url().endsWith('/query/api/v1/releases'))
  await cell(page).getByRole('button', { name: 'Download', exact: true }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: /at once/ }).click()
  const answer = await noted
  expect([answer.status(), answer.request().postDataJSON()]).toEqual([204, expect.objectContaining({ form: 'csv', rows: 7 })])
  expect(
    readFileSync(await (await saved).path(), 'utf8')
      .trim()
      .split('\r\n'),
  ).toHaveLength(9)
  expect(await report(page)).toContain('<td')
})
