// A study manager asks: figures of groups are told, those of few are hatched, rows are refused with the reason, and nothing is offered that the server would not give.
import type { Page } from '@playwright/test'
import { expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

const cellOf = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })

async function write(page: Page, cell: string, sql: string): Promise<void> {
  await page.getByRole('button', { name: 'SQL', exact: true }).click()
  await cellOf(page, cell).locator('.monaco-editor').first().click()
  await page.keyboard.insertText(sql)
}

async function ask(page: Page, cell: string, sql: string): Promise<void> {
  await write(page, cell, sql)
  await page.keyboard.press('Control+Enter')
}

test('a study manager counts groups of people, and never meets a row', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  const closed: string[] = []
  page.on('response', (response) => response.status() === 403 && closed.push(new URL(response.url()).pathname))
  await signIn(page, platform.url, 'mona')
  await page.getByRole('link', { name: 'Notebooks', exact: true }).click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()

  await test.step('the notebook says what is told here, and what that means', async () => {
    await expect(page.getByText('Counts only: groups of 11 or more people')).toBeVisible()
    await page.getByRole('button', { name: 'What this means' }).click()
    const meaning = page.getByRole('dialog', { name: 'Counts only' })
    await expect(meaning).toContainText('never a row')
    await inBothLooks(page, 'counts-only-meaning')
    await meaning.getByRole('button', { name: 'Close' }).click()
  })

  await test.step('the suggested question has an answer, rounded', async () => {
    await cellOf(page, 'result').locator('.monaco-editor').first().click()
    await page.keyboard.press('Control+Enter')
    const grid = page.getByRole('grid', { name: /^result:/ })
    await expect(grid.getByRole('gridcell', { name: 'female' })).toBeVisible()
    await expect(
      grid
        .getByRole('gridcell')
        .filter({ hasText: /^\d*[05]$/ })
        .first(),
    ).toBeVisible()
  })

  await test.step('few people are a hatched cell', async () => {
    await ask(page, 'result_2', 'select count(*) as people from patients where birth_year < 1900')
    await expect(page.getByRole('grid', { name: /^result_2:/ }).getByRole('gridcell')).toHaveText('<11')
    await expect(cellOf(page, 'result_2').locator('[data-suppressed]')).toHaveCount(1)
    await expect(cellOf(page, 'result_2').locator('footer')).toContainText('1 suppressed')
  })

  await test.step('rows are refused at the cell, with the reason', async () => {
    await ask(page, 'result_3', 'select * from patients')
    await expect(cellOf(page, 'result_3').getByRole('alert')).toContainText('Rows are not told')
    // Words that the editor offers lie over the page.
    await page.keyboard.press('Escape')
    await expect(page.locator('.suggest-widget.visible')).toHaveCount(0)
    await page.locator('.cells').evaluate((element) => element.scrollTo(0, 0))
    await inBothLooks(page, 'notebook-counts-only')
  })

  await test.step('statistics are made of a text that is never run by itself', async () => {
    await write(page, 'result_4', 'select patient_key, gender from patients')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Statistics', exact: true }).click()
    const figure = page.getByRole('region', { name: 'Statistics cell table_one', exact: true })
    await figure.getByRole('button', { name: /^Variables/ }).click()
    await expect(page.getByRole('menuitem')).toHaveText(['gender'])
    await page.getByRole('menuitem', { name: 'gender' }).click()
    await figure.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(figure.getByRole('rowheader', { name: 'female' })).toBeVisible()
  })

  await test.step('beside a result stand lineage and privacy, without profiles of columns', async () => {
    await cellOf(page, 'result').getByRole('button', { name: 'Lineage' }).click()
    const inspector = page.getByRole('complementary', { name: 'Lineage of result' })
    await expect(inspector.getByRole('tab')).toHaveText(['Lineage', 'Privacy'])
    await inspector.getByRole('tab', { name: 'Privacy' }).click()
    await expect(inspector).toContainText('Figures of groups')
  })

  await test.step('the catalogue has the tables that are counted, and what masking did to them', async () => {
    await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'Catalogue', level: 1 })).toBeVisible()
    const columns = page.getByRole('region', { name: 'Columns of patients' })
    await expect(columns.getByRole('columnheader')).toHaveText(['Column', 'Type', /^(FHIR element|Element of \w+)$/, 'Masking'])
    await expect(page.getByRole('button', { name: 'Codebook' })).toHaveCount(0)
    await inBothLooks(page, 'catalogue-counts-only')
  })

  expect(closed).toEqual([])
})
